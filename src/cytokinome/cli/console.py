"""What the commands say: text and tables for people, JSON for programs, each on the right stream."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cytokinome.diagnostics import Collector
from cytokinome.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

STDOUT = "-"
WIDE = 200  # columns where nobody's terminal sets a limit
# Whatever a file holds, it must not steer the terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return text without control characters other than line ends and tabs."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def tell(text: str) -> None:
    """Write a line for people to standard error: findings, progress, what went wrong."""
    typer.echo(clean(text), err=True)


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of a table; `style` is a colour, used on terminals that have any."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Screen:
    """Where the answer of a command goes.

    Parameters
    ----------
    json : str
        File for the answer as data, ``-`` for standard output (text for people then goes to standard error), empty for
        none.

    Raises
    ------
    StoreError
        ``STORE_UNWRITABLE`` where the folder of that file does not exist: known before the work, not after it.
    """

    json: str = ""

    def __post_init__(self) -> None:
        path = Path(self.json)
        if self.json not in ("", STDOUT) and (not path.absolute().parent.is_dir() or path.is_dir()):
            message = (
                f"{self.json} cannot be written: {'it is a folder' if path.is_dir() else 'its folder does not exist'}"
            )
            found = Collector()
            found.error("STORE_UNWRITABLE", message, hint="name a file in a folder that exists")
            raise StoreError(found.report().render(), found.report())

    @property
    def is_aside(self) -> bool:
        """Whether text goes to standard error, because data go to standard output."""
        return self.json == STDOUT

    def line(self, text: str = "") -> None:
        """Write text as it is."""
        typer.echo(clean(text), err=self.is_aside)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str | Cell]], *, right: Sequence[str] = ()) -> None:
        """Write a table; the columns named in `right` are aligned to the right."""
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for column in columns:
            table.add_column(column, justify="right" if column in right else "left", overflow="fold")
        for row in rows:
            cells = [c if isinstance(c, Cell) else Cell(c) for c in row]
            table.add_row(*(Text(clean(c.text), style=c.style) for c in cells))
        console = Console(file=sys.stderr if self.is_aside else sys.stdout, highlight=False, markup=False)
        if not console.is_terminal:
            console.width = WIDE
        console.print(table)

    def data(self, content: object) -> None:
        """Write the answer as JSON where it was asked for.

        Raises
        ------
        StoreError
            Where the file cannot be written.
        """
        if not self.json:
            return
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        if self.is_aside:
            typer.echo(text, nl=False)
            return
        from cytokinome.report.files import write

        write(self.json, text.encode("utf-8"))
