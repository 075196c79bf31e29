"""The catalogue as pages for people: records → MyST text that Sphinx makes a site of.

::

    text        escapes, tables, folded parts; values and units as people write them
    sources     where a source is found, and what it says, on one line
    writer      where each record has its page, and links from one page to another
    numbers     the published values of a record, and which one models take
    statements  roles for and against, and who does what to whom
    families    what the families of cytokines and their groups are called
    frame       what all pages of records share
    molecules, people   the page of a record, one function per kind
    picture     groups of names and the arrows between them, as SVG with links
    neighbours  which names stand around a record
    indexes     the first page, families, labels, lists
    codes, faults   what each code of a check means, with a record that has the fault
    site        all pages: path → text

Everything is a pure function of the records; the only file that touches a disk is the one that calls `site`.
"""
