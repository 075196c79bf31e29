"""Whether the loop of the lanes is being compiled: it takes the better part of a minute, once per installation."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@contextmanager
def announced(tell: Callable[[], None]) -> Generator[None]:
    """Call `tell` once when something must be compiled by numba while the block runs; not when its cache has it."""
    from numba.core import event  # numba is slow to load, and only a simulation needs it

    untold = [tell]

    def started(_: Any) -> None:
        if untold:
            untold.pop()()

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            started(event)

        def on_end(self, event: Any) -> None: ...

    with event.install_listener("numba:compile", Listener()):
        yield
