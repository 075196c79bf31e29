"""What each rule and each modifier does in an experiment, for the typical person.

A modifier that uses little of its range, or a rule without which nothing changes, is a claim that the model does not
need: below 1 % is worth a warning.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.diagnostics import Collector
from cytokinome.experiments.grid import reading_times
from cytokinome.experiments.interventions import with_blockable
from cytokinome.experiments.prepare import PreparedArm, prepare, solve_typical
from cytokinome.experiments.result import ModifierUse, RuleEffect
from cytokinome.model import populations
from cytokinome.model.components import CellGroup, Verb
from cytokinome.model.scope import all_populations, molecule_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.engines.base import Solution
    from cytokinome.experiments.prepare import Compile
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.model.components import Model, Rule

    Array = NDArray[np.float64]

# H of a modifier; where it differs between populations or compartments the name goes on with " in …".
_MODIFIER = re.compile(r"H\((?P<rule>.+), (?P<part>driven|increased|decreased)\)(?: in .+)?\Z")
PRESENT = 1e-9  # cells below this part of their largest number are absent
_MOLECULAR = (Verb.SECRETES, Verb.TAKES_UP, Verb.BINDS, Verb.RELEASES)
_GEOMETRIC = (Verb.MOVES, Verb.ADHERES)


def modifier_usage(
    model: Model, experiment: Experiment, *, rtol: float = 1e-6, compile: Compile | None = None
) -> tuple[ModifierUse, ...]:
    """Return for each modifier the least and the largest H while its subject exists, over all arms.

    Returns
    -------
    tuple of ModifierUse
        In the order of the kernel's outputs. Both bounds are NaN for a modifier whose subject never exists.
    """
    times = reading_times(experiment)
    ranges: dict[tuple[str, str], tuple[float, float]] = {}
    for item in prepare(model, _one_person(experiment), compile):
        names = [output.name for output in item.kernel.outputs]
        select = [i for i, name in enumerate(names) if name.startswith(("H(", "n("))]
        solution = solve_typical(item, experiment, select, rtol=rtol, times=times)
        curves = dict(zip(solution.outputs, solution.values[0].T, strict=True))
        for name, match in ((n, m) for n in solution.outputs if (m := _MODIFIER.match(n))):
            rule, part = match["rule"], match["part"]
            own = _range(curves[name], curves.get(f"n({rule})"))
            before = ranges.get((rule, part), (np.nan, np.nan))
            ranges[rule, part] = float(np.fmin(before[0], own[0])), float(np.fmax(before[1], own[1]))
    return tuple(ModifierUse(rule, part, *bounds) for (rule, part), bounds in ranges.items())


def _one_person(experiment: Experiment) -> Experiment:
    """The experiment without its cohort: only the typical person is asked here, so nobody else needs to be drawn."""
    return replace(experiment, patients=replace(experiment.patients, count=1))


def _range(level: Array, number: Array | None) -> tuple[float, float]:
    exists = np.isfinite(level)
    if number is not None:
        exists &= number > PRESENT * np.nanmax(number, initial=0.0)
    return (float(level[exists].min()), float(level[exists].max())) if exists.any() else (np.nan, np.nan)


def rule_effects(
    model: Model,
    experiment: Experiment,
    *,
    rtol: float = 1e-6,
    rules: Sequence[str] | None = None,
    compile: Compile | None = None,
) -> tuple[RuleEffect, ...]:
    """Return for each rule the relative change of ∫target dt when it is removed, in the arm where that is largest.

    The target is the concentration of the molecule that the rule changes, or the cells that it makes, moves or
    removes. All rules are removed in one kernel, one at a time, as blocks of 100 %; baseline productions stay those of
    the intact model. Rules about geometry and rules knocked out in every arm are left out.

    Returns
    -------
    tuple of RuleEffect
        `change` is (without - with)/with; infinite where nothing is there with the rule; NaN where the typical person
        could not be simulated without it.
    """
    chosen = [r for r in model.rules if r.verb not in _GEOMETRIC and (rules is None or r.id in rules)]
    found = Collector()
    removable = with_blockable(model, [r.id for r in chosen], found)
    times = reading_times(experiment)
    best: dict[str, RuleEffect] = {}
    for item in prepare(removable, _one_person(experiment), compile):
        select, targets = _selection(item, chosen)
        whole = solve_typical(item, experiment, select, rtol=rtol, times=times)
        for rule in chosen:
            if rule.id not in targets or f"block({rule.id})" not in {s.name for s in item.kernel.parameters}:
                continue
            without = solve_typical(item, experiment, select, rtol=rtol, blocked=rule.id, times=times)
            effect = _largest(rule, targets[rule.id], item.arm.id, whole, without)
            before = best.get(rule.id)
            if before is None or _size(effect) > _size(before):
                best[rule.id] = effect
    return tuple(best[r.id] for r in chosen if r.id in best)


def _size(effect: RuleEffect) -> float:
    return -1.0 if np.isnan(effect.change) else abs(effect.change)


def _selection(item: PreparedArm, rules: Sequence[Rule]) -> tuple[list[int], dict[str, tuple[str, ...]]]:
    """The outputs that are targets of rules, and their names per rule."""
    known = {output.name: index for index, output in enumerate(item.kernel.outputs)}
    targets = {rule.id: tuple(n for n in acted_on(item.model, rule) if n in known) for rule in rules}
    targets = {id: names for id, names in targets.items() if names}
    return sorted({known[name] for names in targets.values() for name in names}), targets


def _largest(rule: Rule, names: tuple[str, ...], arm: str, whole: Solution, without: Solution) -> RuleEffect:
    """The effect on that target of the rule which it changes most."""
    effects: list[RuleEffect] = []
    for name in names:
        column = whole.outputs.index(name)
        areas = [float(np.trapezoid(s.values[0, :, column], s.times)) for s in (whole, without)]
        difference = areas[1] - areas[0]
        change = difference / abs(areas[0]) if areas[0] else float(np.copysign(np.inf, difference))
        effects.append(RuleEffect(rule.id, name, arm, change if difference else 0.0))
    return max(effects, key=_size)


def acted_on(model: Model, rule: Rule) -> tuple[str, ...]:
    """Return the names of outputs that a rule changes, best first."""
    if rule.verb in _MOLECULAR:
        places = dict.fromkeys(p.kind.compartment for p in _members(model, rule.subject))
        return tuple(molecule_state(model, rule.object, place) for place in places)
    if rule.verb is Verb.PRODUCES:
        labels = (f"mean({group}.{rule.object})" for group in _names(model, rule.subject))
        return tuple(labels)
    group = rule.target or rule.subject
    if rule.verb is Verb.BECOMES:
        group = _after(model, rule)
    return tuple(f"{what}({name})" for name in _names(model, group) for what in ("count", "density"))


def _after(model: Model, rule: Rule) -> CellGroup:
    """The group of cells that `becomes` makes."""
    cell = model.cell(rule.subject.cell)
    index = populations.axis_of(cell, rule.object) if cell else None
    axis = cell.axes[index].states if cell and index is not None else ()
    kept = tuple(state for state in rule.subject.states if state not in axis)
    return replace(rule.subject, states=(*kept, rule.object))


def _members(model: Model, group: CellGroup) -> list[populations.Population]:
    return [p for p in all_populations(model) if populations.matches(group, p.kind)]


def _names(model: Model, group: CellGroup) -> tuple[str, ...]:
    """How the outputs may call a group: as written, with its compartment, by its kinds."""
    written = " ".join((*group.states, group.cell))
    kinds = dict.fromkeys(populations.kind_label(model, p.kind) for p in _members(model, group))
    places = [f"{written}@{group.compartment}"] if group.compartment else []
    return tuple(dict.fromkeys((written, *places, *kinds)))
