"""Blocks of work in worker processes, in the order in which they finish.

A worker is told how to prepare itself, not handed what was prepared: compiled things do not travel. It ignores Ctrl-C;
the parent decides, and tells all workers to stop at their next step.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from cytokinome.errors import SimulationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from multiprocessing.synchronize import Event

    Block = tuple[int, int, int]


_POLL = 1.0  # s between two looks whether the parent is there


class Job(Protocol):
    """Something that can run a block, and stops when asked to."""

    def block(self, index: int, first: int, count: int, should_stop: Callable[[], bool] | None = None) -> Any:
        """Run one block."""
        ...


class _Worker:
    """The state of a worker process."""

    job: ClassVar[Job | None] = None
    stop: ClassVar[Event | None] = None


def run_blocks(
    prepare: Callable[..., Job], arguments: tuple[Any, ...], blocks: Sequence[Block], workers: int
) -> Generator[tuple[Block, Any], None, None]:
    """Yield each block with its result.

    Parameters
    ----------
    prepare : callable
        Makes the job of a worker from `arguments`; a function of a module, so that any way of starting works.
    arguments : tuple
    blocks : sequence
    workers : int

    Raises
    ------
    SimulationError
        A worker process died.
    """
    stop = multiprocessing.Event()
    # Not concurrent.futures.wait: Ctrl-C inside it can leave futures locked for ever, and the pool then never ends.
    done: SimpleQueue[Future[Any]] = SimpleQueue()
    size = min(workers, len(blocks))
    pool = ProcessPoolExecutor(size, initializer=_start, initargs=(prepare, arguments, stop))
    try:
        pending = {pool.submit(_run, block): block for block in blocks}
        for future in pending:
            future.add_done_callback(done.put)
        while pending:
            future = done.get()
            yield pending.pop(future), future.result()
    except BrokenExecutor:
        raise SimulationError(
            "a worker process ended unexpectedly, perhaps for lack of memory; try again with fewer workers"
        ) from None
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _start(prepare: Callable[..., Job], arguments: tuple[Any, ...], stop: Event) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _Worker.job, _Worker.stop = prepare(*arguments), stop


def _end_with(parent: int) -> None:
    """End when the parent has been killed: nobody would take what is simulated here, and nobody would stop it."""
    while os.getppid() == parent:
        time.sleep(_POLL)
    os._exit(1)


def _run(block: Block) -> Any:
    if _Worker.job is None or _Worker.stop is None:
        raise RuntimeError("a worker was not started")
    return _Worker.job.block(*block, should_stop=_Worker.stop.is_set)
