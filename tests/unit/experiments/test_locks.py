"""Locks: what was claimed stays, and every way of claiming less is found."""

from __future__ import annotations

import pytest

from cytokinome.diagnostics import Collector
from cytokinome.experiments.locks import HEADER, additions, check_lock, read_lock, with_questions
from cytokinome.experiments.questions import questions
from cytokinome.experiments.read import read_experiment

CLAIMS = """
experiment: dish
model: dish
time: 0 to 6 h, every 1 h
arms:
  a: {title: nothing is done}
  b: {doses: [{of: LPS, amount: 2 ng/kg, at: 0 h}]}
  c: {}
patients: {count: 5, weight: 70 kg}
measure: {TNF: pg/mL}
claims:
  - id: ratio
    says: a is above b
    value: peak(a.TNF) / peak(b.TNF)
    expect: {within: [1.2, 3]}
    kind: predicts
    source: doi:10.1000/1, Table 1
  - id: late
    says: TNF peaks late
    value: peak_time(a.TNF)
    expect: {above: 2}
    of: typical
    kind: calibrated
    source: "assumed: a test, no more"
"""


def lock_of(text: str) -> str:
    """The lock of an experiment as it is made the first time."""
    return HEADER + "".join(additions(text, ()).values())


def faults(text: str, lock: str) -> tuple[list[str], set[str]]:
    """The codes found when an experiment is held against a lock, and the claims that stand."""
    found = Collector()
    experiment = read_experiment(text, "experiment.yaml", found)
    assert experiment is not None
    kept = check_lock([experiment], read_lock(lock, "claims.lock", found), questions(text), found)
    return [d.code for d in found.report().diagnostics], set(kept)


def test_a_lock_holds_what_was_written() -> None:
    """What is locked is what the claims say; against their own lock they stand, and nothing is added twice."""
    found = Collector()
    ratio, late = read_lock(lock_of(CLAIMS), "claims.lock", found)
    assert not found.report().diagnostics
    assert (ratio.id, ratio.experiment, ratio.of, ratio.source) == ("ratio", "dish", "median", "doi:10.1000/1, Table 1")
    assert (ratio.expect.low, ratio.expect.high, str(late.expect), late.of) == (1.2, 3, "above 2", "typical")
    assert faults(CLAIMS, lock_of(CLAIMS)) == ([], {"ratio", "late"})
    assert additions(CLAIMS, ("ratio", "late")) == {}
    assert list(additions(CLAIMS, ("ratio",))) == ["late"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("within: [1.2, 3]", "within: [1.1, 3]", "CLAIM_LOOSENED"),
        ("within: [1.2, 3]", "above: 1.2", "CLAIM_LOOSENED"),
        ("above: 2", "within: [2, 5]", "CLAIM_LOOSENED"),  # 2 itself did not meet it
        ("value: peak(a.TNF) /", "value: auc(a.TNF) /", "CLAIM_CHANGED"),
        ("of: typical", "of: median", "CLAIM_CHANGED"),
        ("kind: calibrated", "kind: predicts", "CLAIM_CHANGED"),
        ("kind: predicts", "kind: calibrated", "CLAIM_CHANGED"),
        ("Table 1", "Table 2", "CLAIM_CHANGED"),
        ("experiment: dish", "experiment: bowl", "CLAIM_CHANGED"),
        ("2 ng/kg", "4 ng/kg", "CLAIM_CHANGED"),
        ("a: {title: nothing is done}", "a: {knock-out: [IL10]}", "CLAIM_CHANGED"),
        ("0 to 6 h", "0 to 8 h", "CLAIM_CHANGED"),
        ("weight: 70 kg", "weight: 20 g", "CLAIM_CHANGED"),
        ("model: dish", "model: model-other.yaml", "CLAIM_CHANGED"),
        ("id: ratio", "id: ratios", "CLAIM_REMOVED"),
    ],
)
def test_less_is_found(old: str, new: str, code: str) -> None:
    """A claim that is loosened, aimed elsewhere, called something else or taken away is reported by its code."""
    assert old in CLAIMS
    codes, kept = faults(CLAIMS.replace(old, new), lock_of(CLAIMS))
    assert code in codes
    assert len(kept) < 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("within: [1.2, 3]", "within: [1.5, 2]"),
        ("within: [1.2, 3]", "near: 2, tolerance: 10 %"),
        ("above: 2", "above: 3"),
        ("kind: predicts", "kind: constructed"),
        ("peak(a.TNF) / peak", "peak(a.TNF)/peak"),
        ("says: a is above b", "says: a lies above b"),
        ("title: nothing is done", "title: control"),
        ("{of: LPS, amount: 2 ng/kg, at: 0 h}", "{at: 0 h, of: LPS, amount: 2 ng/kg}"),
        ("  c: {}\n", "  c: {knock-out: [TNF]}\n"),  # no claim looks at it
        ("every 1 h", "every 30 min"),
        ("count: 5", "count: 500"),
    ],
)
def test_more_is_welcome(old: str, new: str) -> None:
    """A stricter expectation, other words, and a label that counts for nothing leave a claim as locked."""
    assert old in CLAIMS
    assert faults(CLAIMS.replace(old, new), lock_of(CLAIMS)) == ([], {"ratio", "late"})


def test_what_is_not_locked() -> None:
    """A claim without an entry is reported; a lock that cannot be read says where."""
    first = additions(CLAIMS, ("late",))["ratio"]
    assert faults(CLAIMS, first) == (["CLAIM_UNLOCKED"], {"ratio"})
    found = Collector()
    assert read_lock("ratio: {expect: {above: 1}, kind: predicts}\n", "claims.lock", found) == ()
    assert {d.code for d in found.report().errors} == {"MISSING_KEY", "MISSING_SOURCE"}


def test_arms_may_change_with_a_reason() -> None:
    """A claim that says why its arms changed is no fault, and does not stand as locked; only claims of that arm are."""
    other = CLAIMS.replace("2 ng/kg", "4 ng/kg")
    assert faults(other, lock_of(CLAIMS)) == (["CLAIM_CHANGED"], {"late"})
    amended = other.replace("    kind: predicts", "    kind: predicts\n    amended: the paper was misread")
    assert faults(amended, lock_of(CLAIMS)) == ([], {"late"})
    looser = amended.replace("[1.2, 3]", "[1.1, 3]")
    assert faults(looser, lock_of(CLAIMS)) == (["CLAIM_LOOSENED"], {"late"})


def test_what_is_done_in_space_is_locked() -> None:
    """Where cells stand belongs to the question of an engine that knows places; how finely it is solved does not."""
    space = CLAIMS.replace(
        "measure:", "engine: tissue\ntissue: {size: [100 um, 100 um], spacing: 10 um, step: 6 min}\nmeasure:"
    )
    assert questions(space) == questions(space.replace("spacing: 10 um", "spacing: 5 um"))
    assert questions(space) != questions(space.replace("[100 um,", "[200 um,"))
    assert questions(CLAIMS.replace("arms:", "arms: [")) == {}
    assert questions(CLAIMS.replace("value: peak_time(a.TNF)", "value: peak_time(a.TNF")).keys() == {"ratio"}


def test_older_locks_are_completed() -> None:
    """An entry without arms is not held against them; it gets them, and nothing else in it or its header changes."""
    new = lock_of(CLAIMS)
    old = "".join(line for line in new.splitlines(keepends=True) if not line.startswith(("  setting:", "  arms:")))
    assert len(old) < len(new)
    assert faults(CLAIMS.replace("2 ng/kg", "4 ng/kg"), old) == ([], {"ratio", "late"})
    assert with_questions(old, questions(CLAIMS)) == (new, ("ratio", "late"))
    assert with_questions(new, questions(CLAIMS)) == (new, ())
    assert with_questions(new, questions(CLAIMS.replace("2 ng/kg", "4 ng/kg"))) == (new, ())
    assert with_questions("", {}) == ("", ())
