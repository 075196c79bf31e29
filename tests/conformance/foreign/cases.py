"""The cases of a suite: what lies in a folder, without reading any model."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LEVEL = re.compile(r"-sbml-l(\d+)v(\d+)\.xml$")
_TAGS = re.compile(r"^(componentTags|testTags|testType):(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Case:
    """One model of a suite: its name, the file, and what the suite says of it."""

    suite: str
    name: str
    model: Path
    tags: frozenset[str] = frozenset()


def semantic(folder: Path) -> tuple[Case, ...]:
    """Return the cases of the semantic part of the SBML Test Suite, each at its highest level and version."""
    cases: list[Case] = []
    for inner in sorted(p for p in folder.iterdir() if p.is_dir()):
        models = [(_level(p), p) for p in inner.glob(f"{inner.name}-sbml-l*v*.xml") if _level(p)]
        if models and (inner / f"{inner.name}-settings.txt").exists():
            cases.append(Case("semantic", inner.name, max(models)[1], _tags(inner / f"{inner.name}-model.m")))
    return tuple(cases)


def _level(path: Path) -> tuple[int, int]:
    found = _LEVEL.search(path.name)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _tags(path: Path) -> frozenset[str]:
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return frozenset(tag for line in _TAGS.finditer(text) for tag in re.split(r"[,\s]+", line[2]) if tag)


def biomodels(folder: Path) -> tuple[Case, ...]:
    """Return one case for each SBML file of a folder."""
    return tuple(Case("biomodels", path.stem, path) for path in sorted(folder.glob("*.xml")))


SUITES = {"semantic": semantic, "biomodels": biomodels}


def selected(cases: Iterable[Case], names: Sequence[str], tags: Sequence[str], one_in: int) -> tuple[Case, ...]:
    """Return the cases of these names, with all of these tags, and of those one in so many, chosen by a hash."""
    return tuple(
        case
        for case in cases
        if (not names or case.name in names) and case.tags.issuperset(tags) and _drawn(case.name, one_in)
    )


def _drawn(name: str, one_in: int) -> bool:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % one_in == 0
