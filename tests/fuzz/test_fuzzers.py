"""A small share of what ``python -m tests.fuzz`` does: nothing is found, and a finding would be told."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.__main__ import FUZZERS, main
from tests.fuzz.running import drawn, fuzzed, reduced

SHARE = {"expressions": 2000, "models": 40, "sbml": 60}


@pytest.mark.parametrize("what", SHARE)
def test_nothing_is_found(what: str) -> None:
    """Texts are taken or refused with a code; what is right runs as it is meant."""
    if what == "sbml":
        pytest.importorskip("libsbml")
    taken, findings = fuzzed(FUZZERS[what](), SHARE[what], seed=2)
    assert findings == []
    assert taken.total() == SHARE[what]
    assert len(taken) > 2  # not all are refused alike


def test_trials_are_made_again() -> None:
    """A trial is the same whatever came before it."""
    fuzzer = FUZZERS["expressions"]()
    assert drawn(fuzzer, 3, 17) == drawn(FUZZERS["expressions"](), 3, 17) != drawn(fuzzer, 3, 18)


class _Broken:
    """A reader that breaks on one letter."""

    def make(self, rng: Random) -> str:
        return "".join(rng.choices("abcx", k=40))

    def judge(self, text: str) -> str:
        return "!broken: x" if "x" in text else "fine"

    def close(self) -> str:
        return ""


def test_findings_are_small() -> None:
    """What is found is told once, with its seed and number, and made small."""
    taken, findings = fuzzed(_Broken(), 20, seed=5)
    assert taken["!broken"] > 1
    assert [(f.seed, f.text) for f in findings] == [(5, "x")]
    assert reduced("aaxaaayaa", lambda text: "x" in text and "y" in text) == "xy"


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The command counts how texts were taken."""
    assert main(["expressions", "--count", "50", "--seed", "9"]) == 0
    assert "valid" in capsys.readouterr().out
