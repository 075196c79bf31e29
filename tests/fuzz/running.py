"""Trials by number: what a fuzzer is, how it is run, and how what it finds is made small.

Trial i of seed s draws from a generator of its own, so that each can be made again without those before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from time import process_time
from typing import Protocol

from cytokinome.errors import CytokinomeError

SECONDS_TO_REDUCE = 30.0


class Fuzzer(Protocol):
    """Makes texts and judges them."""

    def make(self, rng: Random) -> str:
        """Return a text."""
        ...

    def judge(self, text: str) -> str:
        """Return how the text was taken: a word; of what is wrong, ``!``, its kind, a colon and the details."""
        ...

    def close(self) -> str:
        """End what was begun; what is wrong with all that was made, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """A text that was taken wrongly: how it is made again, what is wrong, and a smaller text of the same kind."""

    seed: int
    trial: int
    what: str
    text: str


def drawn(fuzzer: Fuzzer, seed: int, trial: int) -> str:
    """Return the text of a trial."""
    return fuzzer.make(Random(f"{seed}/{trial}"))


def fuzzed(
    fuzzer: Fuzzer, count: int, seed: int, start: int = 0, on_finding: Callable[[Finding], None] = lambda finding: None
) -> tuple[Counter[str], list[Finding]]:
    """Run trials; return how many were taken how, and one finding of each kind."""
    taken, findings, kinds = Counter[str](), list[Finding](), set[str]()
    for trial in range(start, start + count):
        text = drawn(fuzzer, seed, trial)
        verdict = fuzzer.judge(text)
        kind = _kind(verdict)
        taken[kind] += 1
        if verdict.startswith("!") and kind not in kinds:
            kinds.add(kind)
            small = reduced(text, partial(_is_of, fuzzer, kind))
            again = fuzzer.judge(small)
            findings.append(Finding(seed, trial, again if again.startswith("!") else f"{verdict} (once)", small))
            on_finding(findings[-1])
    if wrong := fuzzer.close():
        findings.append(Finding(seed, start, wrong, ""))
        on_finding(findings[-1])
    return taken, findings


def _kind(verdict: str) -> str:
    return verdict.partition(":")[0]


def _is_of(fuzzer: Fuzzer, kind: str, text: str) -> bool:
    return _kind(fuzzer.judge(text)) == kind


def reduced(text: str, fails: Callable[[str], bool]) -> str:
    """Return a smaller text that still fails: pieces are left out, ever smaller ones, while that goes."""
    begun, size = process_time(), max(len(text) // 2, 1)
    while process_time() - begun < SECONDS_TO_REDUCE:
        at, found = 0, False
        while at < len(text) and process_time() - begun < SECONDS_TO_REDUCE:
            shorter = text[:at] + text[at + size :]
            if fails(shorter):
                text, found = shorter, True
            else:
                at += size
        if size == 1 and not found:
            break
        size = max(size // 2, 1)
    return text


def refusal(error: CytokinomeError) -> str:
    """Return the code of a refusal; one without a code is a finding."""
    errors = error.report.errors if error.report else ()
    return errors[0].code if errors else f"!refused without a code: {error}"


def defect(error: BaseException) -> str:
    """Return an exception that nobody should see, as a finding: its class and the function that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = trace.tb_frame.f_code.co_qualname if trace else "?"
    return f"!{type(error).__name__} in {where}: {str(error)[:200]}"


def mutated(text: str, rng: Random, words: tuple[str, ...]) -> str:
    """Return the text after some edits: pieces left out, doubled, moved, replaced by odd words."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        a, b = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        b = min(b, a + rng.choice((1, 1, 2, 5, 20, 200)))
        match rng.randrange(6):
            case 0:
                text = text[:a] + text[b:]
            case 1:
                text = text[:b] + text[a:b] * rng.choice((1, 1, 2, 30)) + text[b:]
            case 2:
                to = rng.randint(0, len(text))
                text = text[:to] + text[a:b] + text[to:]
            case 3:
                text = text[:a] + rng.choice(words) + text[b:]
            case 4:
                text = text[:a] + rng.choice(words) + text[a:]
            case _:
                text = text[:a] + chr(rng.choice((rng.randrange(128), rng.randrange(0x3000)))) + text[a:]
    return text
