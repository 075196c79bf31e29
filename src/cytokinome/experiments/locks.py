"""Locks of claims: what was claimed before a model was calibrated, kept beside it.

A lock is a YAML file with one entry per claim: the experiment it belongs to, what is looked at (`value`, `of`, `unit`),
what was expected, its kind and its source, and hashes of the arms that it looks at and of what they share (`arms`,
`setting`; see `questions`). Entries, and these two in entries that lack them, are only ever added. Afterwards a claim
may become stricter, and it may be called constructed, which counts for nothing; it may not be removed, loosened, aimed
at something else, or given another kind or source, without being found. What is done in an arm may change only where
the claim says why, in `amended:`, which is shown wherever the claim is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.experiments.protocol import Expectation, Kind, Of
from cytokinome.experiments.questions import Question, questions
from cytokinome.experiments.read_claims import read_expectation
from cytokinome.model.fields import Fields
from cytokinome.text import Mapping, Scalar, Sequence, parse_text
from cytokinome.text.layout import print_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as Dict

    from cytokinome.diagnostics import Span
    from cytokinome.experiments.protocol import Claim, Experiment
    from cytokinome.text import Node

HEADER = (
    "# What was claimed, as it stood when it was added; `cytokinome verify --lock` adds what is missing, no more.\n"
)
_KEPT = ("value", "of", "unit", "expect", "kind", "source")  # of a claim as written; an entry begins with `experiment`
_HINT = "state it as it was, with `explanation:` where it fails; a lock is not edited"
_AMEND = "do what was done before, or say why it is another question: `amended: the dose was given per kilogram`"


@dataclass(frozen=True, slots=True)
class Locked:
    """An entry of a lock; one that was made before arms were locked has no question."""

    id: str
    experiment: str
    value: str
    of: Of
    unit: str
    expect: Expectation
    kind: Kind
    source: str
    question: Question | None = None
    where: Span | None = field(default=None, compare=False)


def read_lock(text: str, file: str, found: Collector) -> tuple[Locked, ...]:
    """Return the entries of the text of a lock, none of an empty one; faults go to `found`."""
    found.add_text(file, text)
    tree = parse_text(text, file, found) if text else None
    entries = tree.entries if tree is not None else ()
    read = (_read(key, Fields(node, found, f"the lock of {key.text[:60]}")) for key, node in entries)
    return tuple(entry for entry in read if entry is not None)


def _read(key: Scalar, fields: Fields) -> Locked | None:
    if not fields:
        return None
    experiment, value = fields.text("experiment", required=True), fields.text("value", required=True)
    of, unit = fields.choice("of", tuple(Of), required=True), fields.text("unit")
    kind, source = fields.choice("kind", tuple(Kind), required=True), fields.source(fields.what, required=True)
    expect, question = read_expectation(fields), _read_question(fields)
    fields.close()
    if not (experiment and value and of and kind) or expect is None or source is None:
        return None
    return Locked(key.text, experiment, value, Of(of), unit, expect, Kind(kind), str(source), question, key.where)


def _read_question(fields: Fields) -> Question | None:
    setting, arms = fields.text("setting"), fields.mapping("arms", f"`arms:` of {fields.what}")
    hashes = ((key.text, node.text) for key, node in arms.entries() if isinstance(node, Scalar))
    return Question(tuple(hashes), setting) if setting else None


def with_questions(text: str, asked: Dict[str, Question]) -> tuple[str, tuple[str, ...]]:
    """Return the text of a lock with the arms and settings that its entries lack, and the claims they were added to.

    Parameters
    ----------
    text : str
        Of a lock without faults.
    asked : mapping of claim to Question
    """
    tree = parse_text(text, "", Collector()) if text else None
    entries = tree.entries if tree is not None else ()
    lacking = [key.text for key, node in entries if _lacks_question(node) and key.text in asked]
    if not lacking:
        return text, ()
    head = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    printed: list[str] = []
    for key, node in entries:
        if isinstance(node, Mapping) and key.text in lacking:
            node = replace(node, entries=(*node.entries, *_question(asked[key.text], key)))
        printed.append(print_tree(Mapping(((key, node),), key.where)))
    return head + "".join(printed), tuple(lacking)


def _lacks_question(node: Node) -> bool:
    return isinstance(node, Mapping) and node.get("setting") is None


def additions(text: str, locked: Iterable[str]) -> dict[str, str]:
    """Return what a lock lacks: entries by claim, for those claims of an experiment's text that are not `locked`.

    Parameters
    ----------
    text : str
        Of an experiment file without faults.
    locked : iterable of str
        Ids of claims.
    """
    tree, asked = parse_text(text, "", Collector()), questions(text)
    experiment = tree.get("experiment") if tree is not None else None
    claims = tree.get("claims") if tree is not None else None
    known, lacking = set(locked), dict[str, str]()
    for claim in claims.items if isinstance(claims, Sequence) else ():
        id = claim.get("id") if isinstance(claim, Mapping) else None
        if not (isinstance(claim, Mapping) and isinstance(id, Scalar) and isinstance(experiment, Scalar)):
            continue
        if id.text not in known:
            lacking[id.text] = print_tree(_entry(id, claim, experiment, asked.get(id.text)))
    return lacking


def _entry(id: Scalar, claim: Mapping, experiment: Scalar, question: Question | None) -> Mapping:
    """The part of a claim that is locked, as it is written there."""
    said = {key: claim.get(key) for key in _KEPT}
    said["of"] = said["of"] or _word(Of.MEDIAN, id)
    kept = [(_word(key, id), node) for key, node in said.items() if node is not None]
    further = _question(question, id) if question is not None else ()
    return Mapping(((id, Mapping(((_word("experiment", id), experiment), *kept, *further), id.where)),), id.where)


def _question(question: Question, id: Scalar) -> tuple[tuple[Scalar, Node], ...]:
    """The keys of an entry that hold hashes."""
    hashes = tuple((_word(name, id), _word(digits, id)) for name, digits in question.arms)
    return (_word("setting", id), _word(question.setting, id)), (_word("arms", id), Mapping(hashes, id.where))


def _word(text: str, near: Scalar) -> Scalar:
    return Scalar(text, near.where, quoted=False)


def check_lock(
    experiments: Iterable[Experiment], locked: Iterable[Locked], asked: Dict[str, Question], found: Collector
) -> frozenset[str]:
    """Report every claim that is not what its lock says, and every one that is not locked.

    Parameters
    ----------
    experiments : iterable of Experiment
        All of one scenario.
    locked : iterable of Locked
    asked : mapping of claim to Question
        What their claims ask now.
    found : Collector

    Returns
    -------
    frozenset of str
        Ids of the claims that stand as they were locked, or stricter.
    """
    stated = {claim.id: (experiment.id, claim) for experiment in experiments for claim in experiment.claims}
    kept: set[str] = set()
    for entry in locked:
        experiment, claim = stated.pop(entry.id, ("", None))
        if claim is None:
            found.error("CLAIM_REMOVED", f"claim {entry.id} was locked and is gone", entry.where, hint=_HINT)
        elif _stands(entry, experiment, claim, found) and _asks_the_same(entry, claim, asked.get(entry.id), found):
            kept.add(entry.id)
    _report_unlocked([claim for _, claim in stated.values()], found)
    return frozenset(kept)


def _report_unlocked(claims: list[Claim], found: Collector) -> None:
    """One finding for all: where there is no lock yet, it would be told of every claim."""
    if not claims:
        return
    ids = ", ".join(claim.id for claim in claims)
    message = f"claim {ids} is not locked" if len(claims) == 1 else f"{len(claims)} claims are not locked: {ids}"
    hint = "`cytokinome verify SCENARIO --lock` adds what is missing; do so before anything is calibrated"
    found.error("CLAIM_UNLOCKED", message, claims[0].where, hint=hint)


def _stands(entry: Locked, experiment: str, claim: Claim, found: Collector) -> bool:
    """Whether a claim is what its entry says; every difference is reported."""
    is_same = True
    is_kind = claim.kind in (entry.kind, Kind.CONSTRUCTED)
    pairs = {
        "experiment": (entry.experiment, experiment),
        "value": ("".join(entry.value.split()), "".join(claim.value.split())),
        "of": (str(entry.of), str(claim.of)),
        "unit": (entry.unit, claim.unit),
        "kind": (str(entry.kind), str(entry.kind if is_kind else claim.kind)),
        "source": (entry.source, str(claim.source)),
    }
    also = (entry.where,) if entry.where else ()
    for key, (was, now) in pairs.items():
        if was != now:
            message = f"claim {claim.id} was locked with `{key}: {was}` and now has `{key}: {now}`"
            found.error("CLAIM_CHANGED", message, claim.where, hint=_HINT, also=also)
            is_same = False
    if is_same and not entry.expect.includes(claim.expect):
        message = f"claim {claim.id} was locked with the expectation {entry.expect} and now has {claim.expect}"
        found.error("CLAIM_LOOSENED", message, claim.where, hint=_HINT, also=also)
        is_same = False
    return is_same


def _asks_the_same(entry: Locked, claim: Claim, asked: Question | None, found: Collector) -> bool:
    """Whether the same is done in the arms that a claim looks at; what is not is reported where nobody says why."""
    differences = asked.differences(entry.question) if asked is not None and entry.question is not None else ()
    if differences and not claim.amended:
        also = (entry.where,) if entry.where else ()
        message = f"claim {claim.id} was locked, and then changed {' and '.join(differences)}"
        found.error("CLAIM_CHANGED", message, claim.where, hint=_AMEND, also=also)
    return not differences
