"""Run a published suite of models: ``python -m tests.conformance {semantic|biomodels} PATH``.

PATH is the folder of the suite: of cases (semantic) or of SBML files (biomodels). Exit status 1 where anything is
wrong, crashes or hangs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conformance.foreign.cases import SUITES, selected
from tests.conformance.foreign.pool import Finding, judge_all
from tests.conformance.foreign.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

_BAD = (Verdict.WRONG, Verdict.CRASH, Verdict.HANG)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; return the exit status."""
    asked = _parser().parse_args(arguments)
    if not asked.path.is_dir():
        sys.stderr.write(f"{asked.path} is no folder; give the one in which the cases of the suite lie\n")
        return 2
    cases = selected(SUITES[asked.suite](asked.path), asked.case, asked.tags, asked.one_in)
    if not cases:
        sys.stderr.write(f"no such case in {asked.path}\n")
        return 2
    done = Counter[Verdict]()

    def progress(finding: Finding) -> None:
        done[finding.judgement.verdict] += 1
        if finding.judgement.verdict in _BAD:
            sys.stderr.write(f"\r\033[K{line(finding)}\n")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{done.total()}/{len(cases)}  {_counts(done)}")

    findings = judge_all(cases, target=asked.target, workers=asked.workers, limit=asked.limit, on_finding=progress)
    report(findings)
    if asked.json:
        asked.json.write_text(json.dumps(as_data(findings), indent=1) + "\n", encoding="utf-8")
    return 1 if any(finding.judgement.verdict in _BAD for finding in findings) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("suite", choices=sorted(SUITES))
    parser.add_argument("path", type=Path)
    parser.add_argument("--json", type=Path, help="write counts and all cases there")
    parser.add_argument("--tags", nargs="+", default=[], help="only cases with all of these tags")
    parser.add_argument("--case", nargs="+", default=[], help="only cases of these names")
    parser.add_argument("--one-in", type=int, default=1, help="only one case in so many, chosen by a hash of its name")
    parser.add_argument("--target", choices=("reference", "llvm"), default="reference")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for one case")
    return parser


def line(finding: Finding) -> str:
    """Return one finding as a line of text."""
    return f"{finding.judgement.verdict:>9}  {finding.case.name}  {finding.judgement.reason}"


def _counts(done: Counter[Verdict]) -> str:
    return "  ".join(f"{verdict} {done[verdict]}" for verdict in Verdict)


def report(findings: Sequence[Finding]) -> None:
    """Print the counts, what was refused by code, and everything that is bad or undecided."""
    counts = Counter(f.judgement.verdict for f in findings)
    codes = Counter(f.judgement.reason.partition(":")[0] for f in findings if f.judgement.verdict is Verdict.REFUSED)
    lines = [f"{len(findings)} cases, {sum(f.seconds for f in findings):.0f} s of workers' time", _counts(counts)]
    lines += [f"  refused, {code}: {number}" for code, number in codes.most_common()]
    lines += [line(f) for f in findings if f.judgement.verdict in (*_BAD, Verdict.UNDECIDED)]
    sys.stdout.write("\n".join(lines) + "\n")


def as_data(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return counts and cases as plain data."""
    counts = Counter(f.judgement.verdict for f in findings)
    return {
        **{verdict.value: counts[verdict] for verdict in Verdict},
        "cases": [
            {
                "case": f.case.name, "verdict": f.judgement.verdict.value, "reason": f.judgement.reason,
                "seconds": round(f.seconds, 3),
            }
            for f in findings
        ],
    }  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
