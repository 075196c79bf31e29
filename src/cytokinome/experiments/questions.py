"""What a claim asks, as far as it stands outside the claim: what is done in the arms that it looks at, and to what.

An arm without its title, and the setting that all arms share (model, span of time, body weight, and for engines with
places the box and where cells stand), become short hashes that a lock can hold. Layout, order of keys, comments, grids,
numbers of patients and tolerances do not matter.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.experiments.claim_values import looked_at
from cytokinome.model.expressions import Fault
from cytokinome.text import Mapping, Scalar, Sequence, parse_text, plain_data

if TYPE_CHECKING:
    from cytokinome.text import Node

DIGITS = 12  # of a hash
_PLACES = ("size", "thickness", "place", "walls", "vessels")  # of `tissue:`; the rest is how it is solved


@dataclass(frozen=True, slots=True)
class Question:
    """The hashes of the arms that a claim looks at, by name, and of the setting."""

    arms: tuple[tuple[str, str], ...]
    setting: str

    def differences(self, was: Question) -> tuple[str, ...]:
        """Return in words what is not as it was."""
        mine, other = dict(self.arms), dict(was.arms)
        names = [name for name in {**other, **mine} if mine.get(name) != other.get(name)]
        found = [f"what is done in {'arm' if len(names) == 1 else 'arms'} {', '.join(names)}"] if names else []
        found += ["the setting (model, span of time, body weight, or the box)"] if self.setting != was.setting else []
        return tuple(found)


def questions(text: str) -> dict[str, Question]:
    """Return what each claim of an experiment's text asks; claims that cannot be read are left out."""
    tree = parse_text(text, "", Collector())
    claims = tree.get("claims") if tree is not None else None
    if tree is None or not isinstance(claims, Sequence):
        return {}
    setting, stated = _hash(_setting(tree)), tree.get("arms")
    arms = {key.text: _hash(_arm(node)) for key, node in stated.entries} if isinstance(stated, Mapping) else {}
    asked: dict[str, Question] = {}
    for claim in claims.items:
        id, value = (claim.get("id"), claim.get("value")) if isinstance(claim, Mapping) else (None, None)
        if not isinstance(id, Scalar) or not isinstance(value, Scalar):
            continue
        try:
            names = dict.fromkeys(arm for arm, _ in looked_at(value.text, tuple(arms)))
        except Fault:
            continue
        asked[id.text] = Question(tuple((name, arms[name]) for name in names if name in arms), setting)
    return asked


def _arm(node: Node) -> object:
    """What is done in an arm."""
    entries = node.entries if isinstance(node, Mapping) else ()
    return {key.text: plain_data(value) for key, value in entries if key.text != "title"}


def _setting(tree: Mapping) -> object:
    """What all arms share, as far as it decides what a claim asks."""
    found: dict[str, object] = {key: plain_data(node) for key in ("model", "engine") if (node := tree.get(key))}
    time, patients, tissue = tree.get("time"), tree.get("patients"), tree.get("tissue")
    if isinstance(time, Scalar):
        found["time"] = " ".join(time.text.partition(",")[0].split())
    if isinstance(patients, Mapping):
        found["weight"] = [plain_data(node) for key, node in patients.entries if key.text == "weight"]
    if "engine" in found and isinstance(tissue, Mapping):
        found["tissue"] = {key.text: plain_data(node) for key, node in tissue.entries if key.text in _PLACES}
    return found


def _hash(plain: object) -> str:
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:DIGITS]
