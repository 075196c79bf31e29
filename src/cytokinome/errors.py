"""The exception tree.

::

    CytokinomeError                 carries a diagnostics.Report where there is one
    ├── UserFileError               a file of the user's is wrong                    exit status 2
    │   ├── CatalogueError
    │   ├── ModelError
    │   ├── ExperimentError
    │   └── StoreError              a run directory that cannot be read or written
    ├── UnsupportedFeature          right or refused: a construct nobody here can run  exit status 3
    ├── SimulationError             a solver could not start at all                  exit status 4
    └── ResourceLimit               memory, time or disk                             exit status 5

Errors are for the person who reads them: each carries diagnostics that say what is wrong, where, what was
got and expected, and what to do. Engines report failed patients as outcomes; only the edge raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytokinome.diagnostics import Report


class CytokinomeError(Exception):
    """Base of all errors that this package raises on purpose.

    Parameters
    ----------
    message : str
        One sentence for the reader.
    report : Report, optional
        All diagnostics found, when the error stands for several faults.
    """

    exit_status = 1

    def __init__(self, message: str, report: Report | None = None) -> None:
        super().__init__(message)
        self.report = report


class UserFileError(CytokinomeError):
    """A file that the user wrote is wrong."""

    exit_status = 2


class CatalogueError(UserFileError):
    """A catalogue record is wrong or missing."""


class ModelError(UserFileError):
    """A model file or a builder call is wrong."""


class ExperimentError(UserFileError):
    """An experiment file, its data or its claims are wrong."""


class StoreError(UserFileError):
    """A run directory cannot be read or written."""


class UnsupportedFeature(CytokinomeError):
    """A construct that the chosen engine refuses rather than computing it wrongly."""

    exit_status = 3


class SimulationError(CytokinomeError):
    """A simulation could not be started."""

    exit_status = 4


class ResourceLimit(CytokinomeError):
    """A limit of memory, time or disk was reached."""

    exit_status = 5
