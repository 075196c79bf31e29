"""Throw random texts at a reader: ``python -m tests.fuzz expressions|models|sbml --count N --seed S``.

Prints how many texts were taken how, and each finding with its seed and number and a small text that shows it. Exit
status 1 where anything was found. ``--start`` goes on where an earlier call ended, or makes one trial again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from tests.fuzz.running import Finding, Fuzzer, fuzzed


def _expressions() -> Fuzzer:
    from tests.fuzz.expressions import Expressions

    return Expressions()


def _models() -> Fuzzer:
    from tests.fuzz.models import Models

    return Models()


def _sbml() -> Fuzzer:
    from tests.fuzz.sbml import Sbml

    return Sbml()


FUZZERS: dict[str, Callable[[], Fuzzer]] = {"expressions": _expressions, "models": _models, "sbml": _sbml}


def _tell(finding: Finding) -> None:
    place = f"seed {finding.seed}, trial {finding.trial}"
    shown = finding.text if len(finding.text) < 500 else f"{finding.text[:400]}… ({len(finding.text)} characters)"
    sys.stdout.write(f"{place}: {finding.what}\n    {shown!r}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=FUZZERS)
    parser.add_argument("--count", type=int, default=1000, help="how many texts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=int, default=0, help="number of the first trial")
    asked = parser.parse_args(arguments)
    taken, findings = fuzzed(FUZZERS[asked.what](), asked.count, asked.seed, asked.start, _tell)
    for kind, count in taken.most_common():
        sys.stdout.write(f"{count:>9} {kind}\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
