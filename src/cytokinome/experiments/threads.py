"""Blocks of work on threads, in order: compiled kernels leave Python alone, so that threads run at once."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from cytokinome.experiments.processes import Block, Job


def run_blocks(job: Job, blocks: Sequence[Block], workers: int) -> Generator[tuple[Block, Any], None, None]:
    """Yield each block with its result, in the order given; at most `workers` + 1 are begun and not yet taken.

    When the caller closes the generator, the blocks under way are told to stop, and nothing further is begun.
    """
    stop = threading.Event()
    running: deque[tuple[Block, Future[Any]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="patients")
    try:
        for block in blocks:
            running.append((block, pool.submit(job.block, *block, should_stop=stop.is_set)))
            if len(running) > workers:
                yield _taken(running)
        while running:
            yield _taken(running)
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _taken(running: deque[tuple[Block, Future[Any]]]) -> tuple[Block, Any]:
    block, future = running.popleft()
    return block, future.result()
