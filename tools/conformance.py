"""Write docs/conformance.md from what ``python -m tests.conformance … --json`` has found.

python tools/conformance.py semantic.json biomodels.json
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "conformance.md"
VERDICTS = ("pass", "refused", "wrong", "crash", "hang", "undecided")
HEAD = """\
# Models of others, held against their expected results

Two suites were run with `python -m tests.conformance {semantic|biomodels} PATH`; anybody can repeat it with a download
of the [SBML Test Suite](https://github.com/sbmlteam/sbml-test-suite) and of [BioModels](https://www.biomodels.org).

*Pass* means, in the semantic suite, that every value is off by no more than the case allows; among published models,
that |a − b| ≤ 1e-4·max(|b|, 1e-3·max over t of |b|, 1e-9·largest species) at 101 times from 0 to 100, b by
libRoadRunner at a relative tolerance of 1e-10. *Refused* means a code and no number. *Undecided*: libRoadRunner at
1e-12 differs from itself by that rule, or does not run the model.

Programs differ on whether an event happens that waits for an instant, `time == t`. Here it does, and models whose doses
are stated so stand below with what the other program has.

"""


def main(paths: list[str]) -> None:
    """Write the page."""
    suites = {Path(path).stem: json.loads(Path(path).read_text(encoding="utf-8")) for path in paths}
    lines = ["| suite | cases | " + " | ".join(VERDICTS) + " |", "|---|---|" + "---|" * len(VERDICTS)]
    for name, found in suites.items():
        counts = " | ".join(str(found[verdict]) for verdict in VERDICTS)
        lines.append(f"| {name} | {len(found['cases'])} | {counts} |")
    for name, found in suites.items():
        lines += section(name, found["cases"])
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def section(name: str, cases: list[dict[str, Any]]) -> list[str]:
    """Return what did not pass in one suite: refusals by code, all others one by one."""
    refused = [case for case in cases if case["verdict"] == "refused"]
    codes = Counter(case["reason"].partition(":")[0] for case in refused)
    lines = ["", f"## {name}: what did not pass", ""]
    for code, number in codes.most_common():
        listed = ", ".join(case["case"] for case in refused if case["reason"].startswith(f"{code}:"))
        lines += [f"`{code}`, {number}: {listed}", ""]
    others = [case for case in cases if case["verdict"] not in ("pass", "refused")]
    if others:
        lines += ["| case | verdict | why |", "|---|---|---|"]
        lines += [f"| {case['case']} | {case['verdict']} | {case['reason']} |" for case in others]
    return lines


if __name__ == "__main__":
    main(sys.argv[1:])
