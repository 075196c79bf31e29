"""A fixed sample of the published suites, where they lie: one case in five, chosen by a hash.

``CYTOKINOME_SUITES`` names the folder that holds `sbml-test-suite` and `biomodels`; without it these tests are skipped,
as nothing of the suites is kept here.
"""

import os
from pathlib import Path

import pytest

from tests.conformance.__main__ import line
from tests.conformance.foreign.cases import SUITES, selected
from tests.conformance.foreign.pool import judge_all
from tests.conformance.foreign.verdicts import Verdict

FOLDERS = {"semantic": "sbml-test-suite/semantic", "biomodels": "biomodels"}
BAD = (Verdict.WRONG, Verdict.CRASH, Verdict.HANG)


@pytest.mark.parametrize("suite", FOLDERS)
def test_a_sample_of_a_suite_is_right_or_refused(suite):
    """Nothing is wrong, crashes or hangs; no more than one in fifty is refused, packages apart."""
    folder = Path(os.environ.get("CYTOKINOME_SUITES", "no such folder")) / FOLDERS[suite]
    if not folder.is_dir():
        pytest.skip("CYTOKINOME_SUITES names no folder with the suites")
    findings = judge_all(selected(SUITES[suite](folder), (), (), 5), target="reference", workers=1, limit=120.0)
    bad = [line(finding) for finding in findings if finding.judgement.verdict in BAD]
    assert not bad, "\n".join(bad)
    refused = [
        f for f in findings if f.judgement.verdict is Verdict.REFUSED and "SBML_PACKAGE" not in f.judgement.reason
    ]
    assert len(refused) <= len(findings) / 50, "\n".join(map(line, refused))
