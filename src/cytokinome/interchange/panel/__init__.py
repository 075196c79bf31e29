"""Panels of cytokines as laboratories export them: a table becomes readings with names and units.

::

    bytes ──sheet──> cells with places ──layouts──> raw readings ──reading──> Panel
                                         (columns: what a column is)  (flags: numbers, limits, decimal signs;
                                                                       naming: the catalogue's names and units)
    Panel ──summary──> what each analyte does, beside the catalogue's levels of the same matrix (levels)
    Panel ──table───> the table that `compare:` and a fit read
"""
