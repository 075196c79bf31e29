"""Cases on several workers: each serves many, and is killed and replaced where a case breaks it or takes too long."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from tests.conformance.foreign.verdicts import Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.conformance.foreign.cases import Case

SERVED = 200  # cases, after which a worker is replaced: what libraries leak stays small


@dataclass(frozen=True, slots=True)
class Finding:
    """A case, what was found, and how long it took [s]."""

    case: Case
    judgement: Judgement
    seconds: float


class _Worker:
    """One process and what it has served."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._served = 0

    def judge(self, case: Case, target: str, limit: float) -> Judgement:
        """Return what the process answers; a new one serves the next case after a crash or a hang."""
        if self._process is None or self._served >= SERVED:
            self.stop()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.conformance.foreign.worker"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
        process, self._served = self._process, self._served + 1
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a worker without pipes")
        asked = {"suite": case.suite, "name": case.name, "model": str(case.model), "tags": sorted(case.tags)}
        try:
            process.stdin.write(json.dumps({**asked, "target": target}) + "\n")
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], limit)
            answer = process.stdout.readline() if ready else None
        except BrokenPipeError:
            answer = ""
        if answer:
            found = json.loads(answer)
            return Judgement(Verdict(found["verdict"]), found["reason"])
        self.stop()
        if answer is None:
            return Judgement(Verdict.HANG, f"no answer within {limit:g} s")
        return Judgement(Verdict.CRASH, f"the process ended with status {process.returncode}")

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
        self._process, self._served = None, 0


def judge_all(
    cases: Sequence[Case],
    *,
    target: str,
    workers: int,
    limit: float,
    on_finding: Callable[[Finding], None] = lambda finding: None,
) -> tuple[Finding, ...]:
    """Judge all cases; the findings stand in the order of the cases, whoever judged which."""
    waiting: SimpleQueue[tuple[int, Case]] = SimpleQueue()
    for item in enumerate(cases):
        waiting.put(item)
    findings: dict[int, Finding] = {}

    def serve() -> None:
        worker = _Worker()
        try:
            while True:
                index, case = waiting.get_nowait()
                begun = monotonic()
                judgement = worker.judge(case, target, limit)
                findings[index] = Finding(case, judgement, monotonic() - begun)
                on_finding(findings[index])
        except Empty:
            return
        finally:
            worker.stop()

    with ThreadPoolExecutor(workers) as threads:
        for future in [threads.submit(serve) for _ in range(workers)]:
            future.result()
    return tuple(findings[index] for index in range(len(cases)))
