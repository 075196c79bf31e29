"""Rows of the report's tables: everything a reader is told, computed from a result, with nothing of HTML in it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector
from cytokinome.evidence import Source, merge
from cytokinome.experiments.data import parse_table
from cytokinome.experiments.protocol import Kind
from cytokinome.model.components import Verb
from cytokinome.model.expressions import Number, walk
from cytokinome.model.wording import event_text
from cytokinome.report import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cytokinome.evidence import Citation
    from cytokinome.experiments.claims import ClaimResult
    from cytokinome.experiments.data import Table
    from cytokinome.experiments.result import Result, RuleEffect
    from cytokinome.model.components import Rule
    from cytokinome.model.expressions import Expression

_POPULATION = re.compile(r"(count|density|mean)\((.+)\)")
_FOLLOWS = re.compile(r"follows\b", re.IGNORECASE)
OWN, UNSTATED = Source("the experiment"), Source("source not stated")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.@]*")
SMALL = 0.01  # a modifier or rule that does less than this gets a warning (language.md, section 1)
KINDS = {
    Kind.PREDICTS: "measured by somebody, and not used to build the model",
    Kind.CALIBRATED: "the number was in the fit",
    Kind.REPRODUCES: "output of another model, found again",
    Kind.CONSTRUCTED: "follows from one sentence alone",
}
GEOMETRY_ONLY = (Verb.MOVES, Verb.ADHERES)


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim with its sources; `found` carries its unit."""

    claim: ClaimResult
    found: str
    source: Source
    verdict: str


@dataclass(frozen=True, slots=True)
class ModifierRow:
    """The part of a modifier's range, 0 to 1, that was used over all arms."""

    part: str
    low: float
    high: float

    @property
    def used(self) -> float:
        """Largest minus smallest H."""
        return self.high - self.low

    @property
    def is_small(self) -> bool:
        """Whether the modifier hardly mattered."""
        return not self.used >= SMALL

    @property
    def text(self) -> str:
        """The fraction in words."""
        return words.percent(self.used)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One sentence, reaction or transport, and what it did."""

    text: str
    effect: str
    modifiers: tuple[ModifierRow, ...]
    warnings: tuple[str, ...]
    source: Source | None
    only_names: bool = False  # its numbers are parameters, which have sources of their own


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One number of the model: as written, with its unit, spread and source; `arms` where it differs."""

    name: str
    value: str
    unit: str
    source: Source | None
    varies: str = ""
    uncertain: str = ""
    note: str = ""
    arms: tuple[str, ...] = ()
    from_catalogue: bool = False

    @property
    def only_names(self) -> bool:
        """Whether it is built from parameters, which have sources of their own."""
        return not self.unit and not any(c.isdigit() for c in _WORD.sub("", self.value))


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """How many patients of an arm ended how, and what happened to those who did not come to the end."""

    arm: str
    patients: int
    completed: int
    others: tuple[str, ...]


# ---------------------------------------------------------------------------------------------------------- claims
def claims(result: Result) -> tuple[ClaimRow, ...]:
    """Return all claims, those that count most for the biology first."""
    written = {c.id: c.source for c in result.experiment.claims}
    rows = [_claim(c, written.get(c.id) or Source.parse(c.source)) for c in result.claims]
    order = [str(kind) for kind in KINDS]
    return tuple(sorted(rows, key=lambda r: order.index(r.claim.kind) if r.claim.kind in order else len(order)))


def _claim(claim: ClaimResult, source: Source) -> ClaimRow:
    found = " ".join(w for w in (words.number(claim.found, 4), claim.unit) if w)
    verdict = "met" if claim.passed else "not met"
    return ClaimRow(claim, found if math.isfinite(claim.found) else "no value", source, verdict)


# ----------------------------------------------------------------------------------------------------------- rules
def rules(result: Result) -> tuple[RuleRow, ...]:
    """Return every sentence beside what it did."""
    effects = {e.rule: e for e in result.effects}
    return tuple(_rule(rule, effects.get(rule.id), _modifiers(result, rule.id)) for rule in result.model.rules)


def processes(result: Result) -> tuple[RuleRow, ...]:
    """Return every reaction, transport and event, beside what it did."""
    effects, model = {e.rule: e for e in result.effects}, result.model
    rows = [
        (r.id, words.reaction_text(r), r.source, not _is_any_number(e for _, e in r.constants)) for r in model.reactions
    ]
    rows += [(t.id, words.transport_text(t), t.source, not _is_any_number([t.clearance])) for t in model.transports]
    stated = model.equations.events if model.equations else ()
    rows += [(e.id, event_text(e), None, False) for e in (*model.events, *stated)]
    return tuple(
        RuleRow(text, _effect(effects.get(id)), (), _effect_warning(effects.get(id)), source, only_names)
        for id, text, source, only_names in rows
    )


def _modifiers(result: Result, rule: str) -> tuple[ModifierRow, ...]:
    """Ranges over all arms; an arm in which the subject never existed has none."""
    found: dict[str, tuple[float, float]] = {}
    for arm in result.arms.values():
        for use in arm.usage:
            if use.rule == rule and math.isfinite(use.low) and math.isfinite(use.high):
                low, high = found.get(use.part, (use.low, use.high))
                found[use.part] = min(low, use.low), max(high, use.high)
    return tuple(ModifierRow(part, low, high) for part, (low, high) in found.items())


def _rule(rule: Rule, effect: RuleEffect | None, modifiers: tuple[ModifierRow, ...]) -> RuleRow:
    geometry = rule.verb in GEOMETRY_ONLY
    warnings = [f"{m.part}: less than 1 % of its range was used" for m in modifiers if m.is_small]
    text = "geometry only: no effect where everything is well mixed" if geometry else _effect(effect)
    return RuleRow(
        text=words.rule_text(rule),
        effect=text,
        modifiers=modifiers,
        warnings=(*_effect_warning(effect), *warnings),
        source=rule.source,
        only_names=not _has_numbers(rule),
    )


def _has_numbers(rule: Rule) -> bool:
    """Whether numbers with a meaning of their own stand in a sentence."""
    signals = [s for g in rule.driven for s in g]
    signals += [s for m in (rule.increased, rule.decreased) if m for g in m.alternatives for s in g]
    expressions = [rule.rate, rule.after, *(e for _, e in rule.constants)]
    expressions += [e for s in signals for e in (s.half, s.hill)]
    expressions += [rule.increased.up_to] if rule.increased else []
    expressions += [rule.decreased.down_to] if rule.decreased else []
    return _is_any_number(e for e in expressions if e is not None)


def _is_any_number(expressions: Iterable[Expression]) -> bool:
    """Whether numbers stand in expressions; 0 and 1 in a formula are structure."""
    numbers = (n for e in expressions for n in walk(e) if isinstance(n, Number))
    return any(n.unit or n.value not in (0.0, 1.0) for n in numbers)


def _effect(effect: RuleEffect | None) -> str:
    if effect is None or math.isnan(effect.change):
        return words.NOTHING
    target = effect.target
    if match := _POPULATION.fullmatch(target):
        target = f"{'number' if match[1] == 'count' else match[1]} of {match[2]}"
    else:
        target = f"{target} exposure"
    # Per cent is hard to read where something grows tenfold and more.
    change = (
        f"{words.number(1 + effect.change, 2)}-fold"
        if effect.change >= 9
        else words.percent(effect.change, signed=True)
    )
    return f"without it: {target} {change} ({effect.arm})"


def _effect_warning(effect: RuleEffect | None) -> tuple[str, ...]:
    return ("removing it changes less than 1 %",) if effect and abs(effect.change) < SMALL else ()


# ---------------------------------------------------------------------------------------------------------- values
def parameters(result: Result) -> tuple[ValueRow, ...]:
    """Return every declared parameter, with the values that arms set."""
    own = {arm.id: dict(arm.parameters) for arm in result.experiment.arms}
    rows = [
        ValueRow(
            p.id,
            *words.value_and_unit(p.value),
            p.source,
            words.distribution(p.varies),
            f"{p.uncertain_fold:g}-fold" if p.uncertain_fold is not None else "",
            p.note,
            tuple(f"{arm}: {values[p.id]}" for arm, values in own.items() if p.id in values),
        )
        for p in result.model.parameters
    ]
    patients = result.experiment.patients
    if patients.weight is not None:
        value, unit = words.value_and_unit(patients.weight)
        rows.append(ValueRow("body weight", value, unit, OWN, words.distribution(patients.weight_varies)))
    return tuple(rows)


def constants(result: Result) -> tuple[ValueRow, ...]:
    """Return the numbers stated with compartments, molecules, receptors and cells."""
    return tuple(_constants(result))


def _constants(result: Result) -> Iterator[ValueRow]:
    model = result.model
    for c in model.compartments:
        yield ValueRow(f"volume of {c.id}", *words.value_and_unit(c.volume), c.source)
    yield from _of_molecules(result)
    for receptor in model.receptors:
        for binder in (*receptor.ligands, *receptor.antagonists):
            stated = (("Kd", binder.Kd), ("kon", binder.kon), ("koff", binder.koff))
            for name, value in ((n, v) for n, v in stated if v is not None):
                label = f"{name} of {binder.molecule} at {receptor.id}"
                yield ValueRow(
                    label,
                    *words.value_and_unit(value),
                    binder.source or receptor.source,
                    from_catalogue=receptor.from_catalogue,
                )
        if receptor.internalisation is not None:
            value, unit = words.value_and_unit(receptor.internalisation)
            yield ValueRow(f"internalisation of {receptor.id}", value, unit, receptor.source)
    for cell in model.cells:
        counts = [(f"{state} {cell.id}", v) for axis in cell.axes for state, v in axis.numbers]
        counts += [(f"{cell.id} in {compartment}", v) for compartment, v in cell.initial]
        for name, value in counts:
            yield ValueRow(f"{name} at the start", *words.value_and_unit(value), None)
        for inside in cell.inside:
            spread = words.distribution(inside.between_cells)
            name = f"{inside.name} in {cell.id} at the start"
            yield ValueRow(
                name, *words.value_and_unit(inside.initial), None, f"between cells: {spread}" if spread else ""
            )


def _of_molecules(result: Result) -> Iterator[ValueRow]:
    for m in result.model.molecules:
        for kind, values in (("initial", m.initial), ("baseline", m.baseline)):
            for compartment, value in values:
                place = f" in {compartment}" if len(m.compartments) > 1 else ""
                yield ValueRow(f"{kind} {m.id}{place}", *words.value_and_unit(value), None)
        for loss in m.losses:
            includes = f" (includes {words.listed(loss.includes)})" if loss.includes else ""
            name = f"{m.id} {loss.kind}, {loss.form}{includes}"
            yield ValueRow(name, *words.value_and_unit(loss.value), loss.source, from_catalogue="losses" in m.filled)
        if m.molar_mass is not None:
            source, known = dict(m.sources).get("molar_mass"), "molar_mass" in m.filled
            yield ValueRow(f"molar mass of {m.id}", *words.value_and_unit(m.molar_mass), source, from_catalogue=known)
        for name, value in m.pk.constants if m.pk else ():
            yield ValueRow(f"{name} of {m.id}", *words.value_and_unit(value), m.pk.source if m.pk else None)


# ------------------------------------------------------------------------------------------------ data and patients
def data_table(result: Result) -> Table | None:
    """Return the table of measured values that the run was compared with."""
    content = result.manifest.texts.get("data")
    return parse_table(content, "data", Collector()) if content else None


def studies(result: Result) -> tuple[tuple[Source, str], ...]:
    """Return each source of the measured data with what it measured: study, arms, analytes, number of points."""
    table = data_table(result)
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for p in table.points if table else ():
        groups.setdefault((p.source, p.study), []).append((p.arm, p.analyte))
    whole = result.experiment.compare.source if result.experiment.compare else None
    return tuple(
        (Source.parse(source) if source else whole or UNSTATED, _measured(study, found))
        for (source, study), found in groups.items()
    )


def _measured(study: str, found: list[tuple[str, str]]) -> str:
    arms = words.listed(list(dict.fromkeys(arm for arm, _ in found)))
    analytes = words.listed(list(dict.fromkeys(analyte for _, analyte in found)))
    before = f"{study}: " if study and study != arms else ""
    return f"{before}{analytes} in {arms}, {len(found)} {'point' if len(found) == 1 else 'points'}"


def outcomes(result: Result) -> tuple[OutcomeRow, ...]:
    """Return what happened to the patients of each arm; equal fates are told once, with the patients' numbers."""
    rows: list[OutcomeRow] = []
    for arm in result.arms.values():
        fates: dict[tuple[str, str], list[int]] = {}
        ends = arm.fates
        for patient, outcome in ends.others:
            fates.setdefault((outcome.status, outcome.sentence), []).append(patient)
        others = [f"{_patients(who)} {status}: {why}" for (status, why), who in fates.items()]
        completed = ends.counts.get("completed", 0)
        unnamed = ends.patients - completed - len(ends.others)
        others += [f"{unnamed} patients more did not come to the end"] if unnamed else []
        rows.append(OutcomeRow(arm.id, ends.patients, completed, tuple(others)))
    return tuple(rows)


def _patients(numbers: list[int]) -> str:
    shown = [str(n) for n in numbers[:10]]
    more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"patient{'s' if len(numbers) > 1 else ''} {', '.join(shown)}{more}"


# ------------------------------------------------------------------------------------------------------------ cite
def citations(result: Result) -> tuple[Citation, ...]:
    """Return every source once, with what rests on it; what follows from other numbers is nothing to cite."""
    return merge((s, why) for s, why in _uses(result) if s not in (OWN, UNSTATED) and not _FOLLOWS.match(s.text))


def _uses(result: Result) -> Iterator[tuple[Source, str]]:
    model = result.model
    if model.source:
        yield model.source, "the model"
    if model.equations is not None and model.equations.source:
        yield model.equations.source, "the equations"
    yield from ((source, "the experiment") for source in result.experiment.sources)
    yield from ((source, "measured data") for source, _ in studies(result))
    yield from ((row.source, "claims") for row in claims(result))
    for row in (*parameters(result), *constants(result)):
        if row.source:
            yield row.source, row.name
    for part in (*model.rules, *model.reactions, *model.transports):
        if part.source:
            yield part.source, part.id
