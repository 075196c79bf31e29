"""How results are shown: curves, the network picture and the page that holds both.

::

    figures   Result → matplotlib Figure: median, 90 % band, measured points
    layout    Model → places of molecules, cells and arrows, in inches; knows no matplotlib
    signs     whether a formula rises or falls with a name in it
    network   layout → matplotlib Figure
    space     scenes of a tissue → matplotlib Figure: maps of concentrations, cells at their true size
    movie     the same as a film
    words     values, arms, rules and reactions in words; knows no page
    tables    Result → frozen rows, nothing of HTML
    page      rows and figures → one HTML file that works offline
    pages     records of the catalogue → the texts of a site

Nothing below this room knows that anything is ever shown.
"""
