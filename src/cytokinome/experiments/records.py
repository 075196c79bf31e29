"""Results ↔ plain data of the manifest, both ways, with every field checked on the way in.

A number that is not finite is written as text (``"nan"``, ``"inf"``, ``"-inf"``), because JSON has none.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, cast

from cytokinome.engines.base import PatientOutcome
from cytokinome.engines.tissue.space import Frame
from cytokinome.evidence import Provenance
from cytokinome.experiments.claims import ClaimResult
from cytokinome.experiments.compare import Agreement
from cytokinome.experiments.protocol import Central
from cytokinome.experiments.result import Manifest, ModifierUse, RuleEffect, RunOptions
from cytokinome.experiments.summary import Fates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cytokinome.engines.tissue.space import Space
    from cytokinome.experiments.result import ArmResult, Result

_ARM = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}", re.ASCII)
_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class BadRecord(Exception):
    """The manifest lacks something or states it in another form; the sentence says what."""


@dataclass(frozen=True, slots=True)
class ArmHead:
    """What the manifest says of one arm: all but its numbers. `fates` is there for an arm of a streamed run."""

    id: str
    n_times: int
    names: tuple[str, ...]
    units: tuple[str, ...]
    outcomes: tuple[PatientOutcome, ...]
    parameter_names: tuple[str, ...]
    usage: tuple[ModifierUse, ...]
    digests: dict[str, str]
    fates: Fates | None = None
    space: SpaceHead | None = None


@dataclass(frozen=True, slots=True)
class SpaceHead:
    """What the manifest says of the snapshots of an arm: all but the numbers."""

    frame: Frame
    patients: int
    times: int
    cells: int

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each of `Space.ARRAYS`."""
        frame = self.frame
        return {
            "patients": (self.patients,),
            "times": (self.times,),
            "fields": (self.patients, self.times, len(frame.molecules), *frame.shape[::-1]),
            "cells": (self.cells, len(frame.columns)),
        }


@dataclass(frozen=True, slots=True)
class Stored:
    """What the manifest holds."""

    manifest: Manifest
    arms: tuple[ArmHead, ...]
    claims: tuple[ClaimResult, ...]
    comparison: tuple[Agreement, ...]
    effects: tuple[RuleEffect, ...]


# ---- out


def from_result(result: Result, digests: Mapping[str, Mapping[str, str]]) -> dict[str, object]:
    """Return the content of the manifest without schema and status; only arms with digests are in it."""
    manifest = result.manifest
    return {
        "experiment": result.experiment.id,
        "model": result.model.id,
        "provenance": _plain(asdict(manifest.provenance)),
        "texts": dict(manifest.texts),
        "seed": manifest.seed,
        "engine": manifest.engine,
        "command": manifest.command,
        "digest": manifest.digest,
        "options": asdict(manifest.options) if manifest.options else None,
        "results": manifest.results,
        "notes": list(manifest.notes),
        "arms": [_arm(arm, digests[arm.id]) for arm in result.arms.values() if arm.id in digests],
        "claims": [_plain(asdict(claim)) for claim in result.claims],
        "comparison": [_plain(asdict(agreement)) for agreement in result.comparison],
        "effects": [_plain(asdict(effect)) for effect in result.effects],
    }


def _arm(arm: ArmResult, digests: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": arm.id,
        "n_times": len(arm.times),
        "names": list(arm.names),
        "units": list(arm.units),
        "outcomes": [_plain(asdict(outcome)) for outcome in arm.outcomes],
        "fates": _fates(arm.summary.fates) if arm.summary else None,
        "parameter_names": list(arm.parameter_names),
        "usage": [_plain(asdict(use)) for use in arm.usage],
        "digests": dict(digests),
        "space": _space(arm.space) if arm.space else None,
    }


def _space(space: Space) -> dict[str, object]:
    numbers = {"patients": len(space.patients), "times": len(space.times), "cells": len(space.cells)}
    return {"frame": _plain(asdict(space.frame)), **numbers}


def _fates(fates: Fates) -> dict[str, object]:
    others = [{"patient": patient, **asdict(outcome)} for patient, outcome in fates.others]
    return {"counts": dict(fates.counts), "codes": dict(fates.codes), "others": _plain(others)}


def _plain(value: object) -> object:
    """Tuples as lists, special numbers as text."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in cast("list[object]", value)]
    if isinstance(value, float):
        value = float(value)  # a NumPy scalar too
        return value if math.isfinite(value) else "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value


# ---- in


class _Record:
    """Typed access to one JSON object; raises `BadRecord` with the name of what is wrong."""

    def __init__(self, data: object, what: str) -> None:
        if not isinstance(data, dict):
            raise BadRecord(f"{what} is not an object")
        self._data = cast("dict[str, object]", data)
        self._what = what

    def _get(self, key: str, kind: type, named: str) -> object:
        value = self._data.get(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadRecord(f"`{key}` of {self._what} is not {named}")
        return value

    def text(self, key: str) -> str:
        return cast("str", self._get(key, str, "a text"))

    def whole(self, key: str) -> int:
        return cast("int", self._get(key, int, "a whole number"))

    def flag(self, key: str) -> bool:
        return cast("bool", self._get(key, bool, "true or false"))

    def number(self, key: str) -> float:
        value = self._data.get(key)
        if isinstance(value, str) and value in _SPECIAL:
            return _SPECIAL[value]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadRecord(f"`{key}` of {self._what} is not a number")
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        items = cast("list[object]", self._get(key, list, "a list"))
        if not all(isinstance(item, str) for item in items):
            raise BadRecord(f"`{key}` of {self._what} is not a list of texts")
        return tuple(cast("list[str]", items))

    def wholes(self, key: str) -> tuple[int, ...]:
        items = cast("list[object]", self._get(key, list, "a list"))
        if not all(isinstance(item, int) for item in items):
            raise BadRecord(f"`{key}` of {self._what} is not a list of whole numbers")
        return tuple(cast("list[int]", items))

    def table(self, key: str) -> dict[str, str]:
        items = cast("dict[str, object]", self._get(key, dict, "an object"))
        if not all(isinstance(item, str) for item in items.values()):
            raise BadRecord(f"`{key}` of {self._what} does not hold texts")
        return cast("dict[str, str]", items)

    def numbers(self, key: str) -> dict[str, int]:
        items = cast("dict[str, object]", self._get(key, dict, "an object"))
        if not all(isinstance(item, int) for item in items.values()):
            raise BadRecord(f"`{key}` of {self._what} does not hold whole numbers")
        return cast("dict[str, int]", items)

    def has(self, key: str) -> bool:
        return self._data.get(key) is not None

    def record(self, key: str) -> _Record:
        return _Record(self._data.get(key), f"`{key}`")

    def records(self, key: str) -> list[_Record]:
        items = cast("list[object]", self._get(key, list, "a list"))
        return [_Record(item, f"entry {i} of `{key}`") for i, item in enumerate(items, 1)]

    def optional_text(self, key: str) -> str | None:
        return None if self._data.get(key) is None else self.text(key)

    def optional_number(self, key: str) -> float | None:
        return None if self._data.get(key) is None else self.number(key)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        items = cast("list[object]", self._get(key, list, "a list"))
        pairs: list[tuple[str, str]] = []
        for item in items:
            words = cast("list[object]", item) if isinstance(item, list) else []
            if len(words) != 2 or not isinstance(words[0], str) or not isinstance(words[1], str):
                raise BadRecord(f"`{key}` of {self._what} is not a list of pairs")
            pairs.append((words[0], words[1]))
        return tuple(pairs)


def to_stored(content: Mapping[str, object]) -> Stored:
    """Return what a manifest holds.

    Raises
    ------
    BadRecord
        Where a field is missing or has another form.
    """
    top = _Record(content, "the manifest")
    texts = top.table("texts")
    for name in ("experiment", "model"):
        if name not in texts:
            raise BadRecord(f"the text of the {name} is missing")
    manifest = Manifest(
        provenance=_provenance(top.record("provenance")),
        texts=texts,
        seed=top.whole("seed"),
        engine=top.text("engine"),
        command=top.text("command"),
        digest=top.text("digest"),
        options=_options(top.record("options")) if content.get("options") is not None else None,
        results=top.text("results"),
        notes=top.texts("notes") if top.has("notes") else (),
    )
    arms = tuple(_head(r) for r in top.records("arms"))
    if len({arm.id for arm in arms}) != len(arms):
        raise BadRecord("an arm stands twice")
    claims = tuple(_claim(r) for r in top.records("claims"))
    comparison = tuple(_agreement(r) for r in top.records("comparison"))
    effects = tuple(
        RuleEffect(r.text("rule"), r.text("target"), r.text("arm"), r.number("change")) for r in top.records("effects")
    )
    return Stored(manifest, arms, claims, comparison, effects)


def _options(record: _Record) -> RunOptions:
    return RunOptions(
        record.whole("patients"),
        record.number("rtol"),
        record.text("target"),
        record.flag("stream"),
        record.text("engine"),
    )


def _provenance(record: _Record) -> Provenance:
    return Provenance(
        package=record.text("package"),
        python=record.text("python"),
        numpy=record.text("numpy"),
        scipy=record.text("scipy"),
        platform=record.text("platform"),
        created=record.text("created"),
        texts=record.pairs("texts"),
    )


def _head(record: _Record) -> ArmHead:
    head = ArmHead(
        id=record.text("id"),
        n_times=record.whole("n_times"),
        names=record.texts("names"),
        units=record.texts("units"),
        outcomes=tuple(_outcome(r) for r in record.records("outcomes")),
        parameter_names=record.texts("parameter_names"),
        usage=tuple(
            ModifierUse(r.text("rule"), r.text("part"), r.number("low"), r.number("high"))
            for r in record.records("usage")
        ),
        digests=record.table("digests"),
        fates=_read_fates(record.record("fates")) if record.has("fates") else None,
        space=_read_space(record.record("space")) if record.has("space") else None,
    )
    # The id becomes a path.
    if not _ARM.fullmatch(head.id):
        raise BadRecord(f"{head.id[:60]!r} is not the name of an arm")
    if len(head.names) != len(head.units):
        raise BadRecord(f"arm {head.id} has {len(head.names)} names and {len(head.units)} units")
    return head


def _read_space(record: _Record) -> SpaceHead:
    inner = record.record("frame")
    frame = Frame(
        molecules=inner.texts("molecules"),
        populations=inner.texts("populations"),
        carried=inner.texts("carried"),
        shape=inner.wholes("shape"),
        spacing=inner.number("spacing"),
        thickness=inner.optional_number("thickness"),
    )
    if len(frame.shape) not in (2, 3) or not frame.spacing > 0:
        raise BadRecord("`frame` is not a box of two or three sides")
    return SpaceHead(frame, record.whole("patients"), record.whole("times"), record.whole("cells"))


def _outcome(record: _Record) -> PatientOutcome:
    time, state = record.optional_number("time"), record.optional_text("state")
    return PatientOutcome(record.text("status"), record.text("sentence"), time, state)


def _read_fates(record: _Record) -> Fates:
    others = tuple((r.whole("patient"), _outcome(r)) for r in record.records("others"))
    return Fates(record.numbers("counts"), record.numbers("codes"), others)


def _claim(record: _Record) -> ClaimResult:
    return ClaimResult(
        id=record.text("id"),
        experiment=record.text("experiment" if record.has("experiment") else "scenario"),  # as older runs call it
        says=record.text("says"),
        kind=record.text("kind"),
        found=record.number("found"),
        expected=record.text("expected"),
        source=record.text("source"),
        passed=record.flag("passed"),
        note=record.text("note"),
        unit=record.text("unit"),
        of=record.text("of"),
        because=record.texts("because"),
        explanation=record.text("explanation"),
        amended=record.text("amended") if record.has("amended") else "",
    )


def _agreement(record: _Record) -> Agreement:
    central = record.text("central")
    if central not in list(Central):
        raise BadRecord(f"{central[:40]!r} is not a central curve")
    return Agreement(
        arm=record.text("arm"),
        analyte=record.text("analyte"),
        unit=record.text("unit"),
        central=Central(central),
        peak=record.number("peak"),
        peak_time=record.number("peak_time"),
        n=record.whole("n"),
        n_censored=record.whole("n_censored"),
        r2=record.number("r2"),
        r2_identity=record.number("r2_identity"),
        within_1sd=record.number("within_1sd"),
        fold_error=record.number("fold_error"),
        data_peak=record.number("data_peak"),
        data_peak_time=record.number("data_peak_time"),
    )
