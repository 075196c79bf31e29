"""How far a run is: a bar on a terminal when it lasts, a line now and then where output is a log."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from cytokinome.cli.console import tell

if TYPE_CHECKING:
    from types import TracebackType

PATIENCE = 1.0  # seconds before a bar appears
INTERVAL = 10.0  # seconds between two lines of a log


class Progress:
    """Shows how many patients are done; used as a context manager around a run and called by it."""

    def __init__(self) -> None:
        self._shown: _Bar | _Log = _Bar() if sys.stderr.isatty() else _Log()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._shown.close()

    def __call__(self, done: int, total: int, /) -> None:
        """Take the state of the run."""
        self._shown(done, total)


class _Log:
    """A line at most every `INTERVAL` seconds."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, total: int, /) -> None:
        now = time.monotonic()
        if now - self._last >= INTERVAL:
            self._last = now
            tell(f"{done} of {total} patients")

    def close(self) -> None:
        """Nothing is left on the screen."""


class _Bar:
    """A bar of rich, shown after `PATIENCE` seconds.

    It begins with a finished block, never with a timer: by then all worker processes exist, so that no process is
    copied while the thread that draws the bar runs.
    """

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
        self._start = time.monotonic()
        self._is_shown = False
        self._task = self._bar.add_task("patients", total=None)

    def __call__(self, done: int, total: int, /) -> None:
        what = "patients" if done < total else "what each rule does"
        self._bar.update(self._task, completed=done, total=total, description=what)
        if not self._is_shown and time.monotonic() - self._start >= PATIENCE:
            self._is_shown = True
            self._bar.start()

    def close(self) -> None:
        """Take the bar away."""
        if self._is_shown:
            self._bar.stop()
