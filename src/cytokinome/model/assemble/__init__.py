"""From records of the catalogue to models: the only door between the two rooms.

::

    entries   a record → what a model that says `from: catalogue` takes from it
    gather    names of records → which molecules, cells and drugs a new model has
    sentences what the records say of them → rules, each number with its source, or assumed
    rooms     where it happens: a dish, blood, or the tissues of a disease beside blood
    doses     the regimens of drugs → doses, and how those arrive
    draft     all of it → the texts of a model and of an experiment
"""

from __future__ import annotations

from cytokinome.model.assemble.entries import catalogue_lookup, entry, source

__all__ = ["catalogue_lookup", "entry", "source"]
