"""Problems of the PEtab benchmark collection: their tables as plain values.

The collection (BSD-3-Clause) is no part of this project. A problem is a folder whose YAML file names an SBML file and
tables; the format is version 1 of PEtab, doc/v1/documentation_data_format.rst of github.com/PEtab-dev/PEtab.
"""

from __future__ import annotations

import argparse
import csv
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

WHERE = "https://github.com/Benchmarking-Initiative/Benchmark-Models-PEtab"
HOW = f"git clone --depth 1 {WHERE}; the folder is Benchmark-Models there"
SUITES = "CYTOKINOME_SUITES"  # the environment variable that names a folder with `petab` in it
_NOT_SETTINGS = ("conditionId", "conditionName")

Row = dict[str, str]


@dataclass(frozen=True)
class Tables:
    """What the files of a problem say: texts as they stand there, by the columns of PEtab.

    Attributes
    ----------
    name : str
        The name of the folder.
    sbml : Path
    nominal : dict
        Parameter → its nominal value, not on the scale it is estimated on.
    estimated : tuple of str
        The parameters that the authors estimated.
    conditions : dict
        Condition → what it sets: a number, or the name of a parameter.
    observables, measurements : tuple of dict
    """

    name: str
    sbml: Path
    nominal: dict[str, float]
    estimated: tuple[str, ...]
    conditions: dict[str, Row]
    observables: tuple[Row, ...]
    measurements: tuple[Row, ...]

    def number(self, text: str) -> float:
        """Return what an entry of a table stands for: a number, or the nominal value of a parameter.

        Raises
        ------
        ValueError
            If it is neither.
        """
        if text in self.nominal:
            return self.nominal[text]
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"{self.name}: {text!r} is neither a number nor in the table of parameters") from None

    def settings(self, condition: str) -> dict[str, float]:
        """Return every parameter of the tables with its value under a condition.

        Raises
        ------
        ValueError
            If there is no such condition, or an entry of it is no number.
        """
        if condition not in self.conditions:
            raise ValueError(f"{self.name}: no condition {condition!r}; the table has {', '.join(self.conditions)}")
        stated = self.conditions[condition].items()
        return self.nominal | {id: self.number(text) for id, text in stated}


@lru_cache(maxsize=16)
def tables(folder: Path) -> Tables:
    """Read the tables of a problem.

    Raises
    ------
    FileNotFoundError
        If the folder does not hold the YAML file of a problem.
    ValueError
        If it is of another version of PEtab, or of several models.
    """
    named = sorted(folder.glob("*.yaml"))
    if len(named) != 1:
        raise FileNotFoundError(f"{folder} holds {len(named)} YAML files and should hold the one of a problem; {HOW}")
    text: dict[str, Any] = yaml.safe_load(named[0].read_text("utf-8"))
    if str(text.get("format_version")) != "1" or len(text["problems"]) != 1:
        raise ValueError(f"{named[0]}: only problems of version 1 of PEtab with one model are read")
    (files,) = text["problems"]
    (sbml,) = files["sbml_files"]
    parameters = _rows(folder, [text["parameter_file"]])
    return Tables(
        name=folder.name,
        sbml=folder / sbml,
        nominal={row["parameterId"]: float(row["nominalValue"]) for row in parameters},
        estimated=tuple(row["parameterId"] for row in parameters if float(row["estimate"])),
        conditions={row["conditionId"]: _settings(row) for row in _rows(folder, files["condition_files"])},
        observables=tuple(_rows(folder, files["observable_files"])),
        measurements=tuple(_rows(folder, files["measurement_files"])),
    )


def _rows(folder: Path, names: Sequence[str]) -> list[Row]:
    found: list[Row] = []
    for name in names:
        with (folder / name).open(encoding="utf-8", newline="") as lines:
            found += csv.DictReader(lines, delimiter="\t")
    return found


def _settings(row: Row) -> Row:
    return {id: text for id, text in row.items() if id not in _NOT_SETTINGS and text}


def add_option(parser: argparse.ArgumentParser, name: str = "--petab") -> None:
    """Add the folder of the collection, without which a command says where to get it."""
    optional: dict[str, Any] = {} if name.startswith("-") else {"nargs": "?"}
    parser.add_argument(name, type=_folder, default="", metavar="FOLDER", help=f"the collection: {HOW}", **optional)


def _folder(text: str) -> Path:
    """The folder of an argument; argparse asks for a default that is text, too."""
    folder = Path(text)
    if not text or not folder.is_dir():
        given = f"{text} is no folder" if text else "the PEtab benchmark collection is needed"
        raise argparse.ArgumentTypeError(f"{given}; {HOW}")
    return folder


def suites() -> Path | None:
    """Return the collection that the environment names for tests; None without one."""
    folder = Path(os.environ.get(SUITES, "no such folder")) / "petab"
    return folder if folder.is_dir() else None
