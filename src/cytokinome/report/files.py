"""Writing of pages and pictures: whole or not at all, and a clear error when the disk says no."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.errors import StoreError, UserFileError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("pdf", "png", "svg")
DPI = 200  # of png


def write(path: str | Path, content: bytes) -> Path:
    """Replace the file `path` by `content`; a reader sees the old file or the new one, never a part.

    Raises
    ------
    StoreError
        Where the operating system refuses: no such directory, no right to write, a full disk.
    """
    target = Path(path)
    temporary = target.parent / f".{target.name}.tmp"
    try:
        temporary.write_bytes(content)
        temporary.replace(target)
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        _remove(temporary)
        raise _unwritable(target, error) from error
    return target


def _unwritable(path: Path, error: OSError | ValueError) -> StoreError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    message, hint = f"{path} cannot be written: {reason}", "name a file in a directory that exists and has room"
    found = Collector()
    found.error("STORE_UNWRITABLE", message, hint=hint)
    return StoreError(f"error STORE_UNWRITABLE: {message}\n  help: {hint}", found.report())


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except (OSError, ValueError):
        return  # the first error is the one to tell


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as pdf, png or svg, by the ending of `path`.

    Raises
    ------
    UserFileError
        For another ending.
    StoreError
        As `write`.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        got = f"the ending {Path(path).suffix!r}" if ending else "no ending"
        raise UserFileError(f"{path} has {got}; a picture is written as .pdf, .png or .svg")
    return write(path, svg(figure).encode() if ending == "svg" else _drawn(figure, ending))


def svg(figure: Figure, *, salt: str = "cytokinome") -> str:
    """Return a figure as SVG text without date or address in it, so that equal figures give equal text.

    Text stays text, so it can be searched and read aloud. `salt` makes the ids of two figures on one page differ.
    """
    import matplotlib as mpl

    settings = {"svg.fonttype": "none", "svg.hashsalt": salt, "font.sans-serif": FONTS}
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    buffer = io.BytesIO()
    with mpl.rc_context(settings):  # type: ignore[arg-type]
        figure.savefig(buffer, format="svg", metadata=nothing)
    return buffer.getvalue().decode("utf-8")


# Matplotlib measures text in DejaVu Sans; Verdana has nearly the same widths where the reader lacks it.
FONTS = ["DejaVu Sans", "Verdana", "Helvetica", "Arial", "sans-serif"]


def _drawn(figure: Figure, ending: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=ending, dpi=DPI)
    return buffer.getvalue()
