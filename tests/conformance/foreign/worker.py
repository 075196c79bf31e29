"""A process that judges one case after the other: a line of JSON in, a line of JSON out.

What breaks it, or takes too long, is the end of this process only; the pool starts another.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from pathlib import Path

from cytokinome.errors import CytokinomeError, SimulationError
from tests.conformance.foreign import biomodels, semantic
from tests.conformance.foreign.cases import Case
from tests.conformance.foreign.verdicts import Judgement, Verdict

_JUDGES = {"semantic": semantic.judge, "biomodels": biomodels.judge}


def judged(case: Case, target: str) -> Judgement:
    """Return the verdict on one case."""
    try:
        return _JUDGES[case.suite](case, target)
    except SimulationError as error:
        return Judgement(Verdict.REFUSED, f"OUTCOME: {error}")  # no number, and a sentence that says why
    except CytokinomeError as error:
        codes = [d.code for d in error.report.errors] if error.report else []
        if not codes:
            return Judgement(Verdict.CRASH, f"an error without a code: {error}")
        return Judgement(Verdict.REFUSED, f"{codes[0]}: {error.report.errors[0].message}" if error.report else "")
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        return Judgement(Verdict.CRASH, f"{type(error).__name__} at {place}: {error}")


def main() -> None:
    """Judge what comes in until nothing comes any more."""
    warnings.simplefilter("ignore")
    # Libraries that print must not speak into the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        asked = json.loads(line)
        case = Case(asked["suite"], asked["name"], Path(asked["model"]), frozenset(asked["tags"]))
        found = judged(case, asked["target"])
        answers.write(json.dumps({"verdict": found.verdict, "reason": found.reason}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
