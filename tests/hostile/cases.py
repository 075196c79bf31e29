"""What a hostile or broken file is, how it is made, and how taking it must end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TAKEN = "TAKEN"  # the file is odd, and right


@dataclass(frozen=True, slots=True)
class Case:
    """One file.

    Attributes
    ----------
    name : str
    action : str
        One of `attempts.ACTIONS`.
    make : callable
        Writes what is needed into a folder and returns the path that is given to the action.
    codes : tuple of str
        Of which the first error must be one; `TAKEN` where the file is accepted.
    placed : bool
        Whether the error names a line.
    """

    name: str
    action: str
    make: Callable[[Path], Path]
    codes: tuple[str, ...]
    placed: bool = True


def written(content: str | bytes | Callable[[], str | bytes], name: str) -> Callable[[Path], Path]:
    """Return what writes a file; content that is large is made when it is needed."""

    def make(folder: Path) -> Path:
        data = content() if callable(content) else content
        path = folder / name
        path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
        return path

    return make
