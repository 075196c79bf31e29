"""The modifiers of a rule (language.md §3, Modifiers).

``rate = D·(q + (r − q)·H↑)·(1 − (1 − m)·H↓)`` with ``H = 1 − 1/(1 + Σ odds)``; a signal's odds are
``(max(s, 0)/half)^hill``; a `with` group has odds ``Πx/(Π(1 + x) − Πx)``; ligands of one receptor pool.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.compiler.network import ONE, ZERO, minus, over, plus, times
from cytokinome.compiler.receptors import felt
from cytokinome.compiler.workshop import hill_power
from cytokinome.model.dimensions import constant
from cytokinome.model.expressions import Binary, Call, Expression, Name, Population, Ref
from cytokinome.model.scope import MOLECULES_PER_CELL, bare_unit, inside_dimension, inside_variables
from cytokinome.units import CONCENTRATION, DENSITY, DIMENSIONLESS, PER_CELL, RATE, TIME, Dimension

if TYPE_CHECKING:
    from cytokinome.compiler.workshop import Workshop
    from cytokinome.model import populations
    from cytokinome.model.components import Alternatives, Rule, Signal


def level(
    shop: Workshop, signal: Signal, place: str, cells: populations.Population, partners: tuple[str, ...]
) -> Expression:
    """Return the level of a signal in the units that its half has."""
    if signal.density is not None:
        group = signal.density
        typed = shop.typed(Population("density", group.states, group.cell, group.compartment), place, cells)
        return typed.expression
    if signal.receptor:
        return felt(shop, signal.name, signal.receptor, place, partners)
    typed = shop.typed(Name(signal.name), place, cells)
    if isinstance(typed.expression, Ref) and typed.expression.kind == "molecule":
        return times(typed.expression, shop.unblocked(signal.name))
    return typed.expression


def half_of(shop: Workshop, signal: Signal, place: str, cells: populations.Population) -> Expression:
    """Return the half-maximal level of a signal."""
    if signal.half is None:
        raise ValueError(f"the signal {signal.name} has no half")
    if signal.density is not None:
        return shop.value(signal.half, DENSITY, place, cells)
    variable = next((v for v in inside_variables(shop.model, cells.kind.cell) if v.name == signal.name), None)
    if variable is not None or "." in signal.name:
        return _inside_half(shop, signal, place, cells)
    return shop.value(signal.half, CONCENTRATION, place, cells, signal.name)


def _inside_half(shop: Workshop, signal: Signal, place: str, cells: populations.Population) -> Expression:
    variable = next((v for v in inside_variables(shop.model, cells.kind.cell) if v.name == signal.name), None)
    bare = bare_unit(variable) if variable else MOLECULES_PER_CELL
    expect = inside_dimension(variable) if variable else PER_CELL
    half = shop.scope(place, cells).resolver(bare).resolve(signal.half, expect) if signal.half else None
    if half is None:
        raise ValueError(f"unchecked half reached the compiler: {signal.half}")
    return half


def odds_of_list(shop: Workshop, alternatives: Alternatives, place: str, cells: populations.Population) -> Expression:
    """Return Σ odds of a list of alternatives; ligands of one receptor pool."""
    total: list[Expression] = []
    pooled: set[str] = set()
    for first, *others in alternatives:
        if others:
            total.append(_joint_odds([_odds(shop, (s,), alternatives, place, cells) for s in (first, *others)]))
            continue
        receptor = first.receptor
        if receptor is None:
            total.append(_odds(shop, (first,), alternatives, place, cells))
        elif receptor not in pooled:
            pooled.add(receptor)
            pool = tuple(s for g in alternatives if len(g) == 1 for s in g if s.receptor == receptor)
            total.append(_odds(shop, pool, alternatives, place, cells))
    return plus(*total)


def _odds(
    shop: Workshop, pool: tuple[Signal, ...], alternatives: Alternatives, place: str, cells: populations.Population
) -> Expression:
    """Return (Σ s_i/half_i)^hill of the signals of one pool."""
    ratios: list[Expression] = []
    for signal in pool:
        partners = tuple(s.name for g in alternatives for s in g if s.receptor == signal.receptor and s.receptor)
        ratios.append(over(level(shop, signal, place, cells, partners), half_of(shop, signal, place, cells)))
    hill = shop.value(pool[0].hill, DIMENSIONLESS, place, cells) if pool[0].hill is not None else ONE
    return hill_power(plus(*ratios), hill)


def _joint_odds(odds: list[Expression]) -> Expression:
    """Return Πx/(Π(1 + x) − Πx)."""
    joint = times(*odds)
    return Binary("/", joint, Binary("-", times(*(plus(constant(1.0), x) for x in odds)), joint))


def response(odds: Expression) -> Expression:
    """Return H = 1 − 1/(1 + odds)."""
    return minus(constant(1.0), over(constant(1.0), plus(constant(1.0), odds)))


class Modified:
    """The modified rate of a rule in one population, and the definitions that it adds."""

    def __init__(self, shop: Workshop, rule: Rule, cells: populations.Population, place: str = "") -> None:
        self.shop, self.rule, self.cells = shop, rule, cells
        self.place = place or cells.kind.compartment

    def rate(self, dimension: Dimension, agent: str | None = None) -> Expression:
        """Return the rate after `at`, modified."""
        rule = self.rule
        if rule.rate is None:
            raise ValueError(f"{rule.id} has no rate")
        q = self.shop.value(rule.rate, dimension, self.place, self.cells, agent)
        return self.apply(q, dimension, agent)

    def hazard(self) -> Expression:
        """Return the hazard of an event: the rate after `at`, or k/T for each of k stages."""
        rule = self.rule
        if rule.after is None:
            return self.rate(RATE)
        time = self.shop.value(rule.after, TIME, self.place, self.cells)
        return self.apply(over(constant(float(rule.stages)), time), RATE)

    def apply(self, q: Expression, dimension: Dimension, agent: str | None = None) -> Expression:
        """Return D·(q + (r − q)·H↑)·(1 − (1 − m)·H↓), switched and unblocked."""
        rule, shop = self.rule, self.shop
        factors: list[Expression] = []
        if rule.driven:
            factors.append(self._response("driven", rule.driven))
        if rule.increased:
            factors.append(self._increased(q, dimension, agent))
        else:
            factors.append(q)
        if rule.decreased:
            fall: Expression = self._response("decreased", rule.decreased.alternatives)
            if rule.decreased.down_to is not None:
                floor = shop.value(rule.decreased.down_to, DIMENSIONLESS, self.place, self.cells)
                fall = times(minus(constant(1.0), floor), fall)
            factors.append(minus(constant(1.0), fall))
        if rule.switch is not None:
            condition = shop.typed(rule.switch, self.place, self.cells).expression
            factors.append(Call("if", (condition, constant(1.0), constant(0.0))))
        return times(*factors, shop.unblocked(rule.id))

    def _increased(self, q: Expression, dimension: Dimension, agent: str | None) -> Expression:
        """Return q + (r − q)·H↑; r is a rate, or a fold of q."""
        increase = self.rule.increased
        if increase is None:
            return q
        rise = self._response("increased", increase.alternatives)
        typed = self.shop.typed(increase.up_to, self.place, self.cells)
        if increase.is_fold or typed.dimension == DIMENSIONLESS:
            return times(q, plus(constant(1.0), times(minus(typed.expression, constant(1.0)), rise)))
        highest = self.shop.value(increase.up_to, dimension, self.place, self.cells, agent)
        return plus(q, times(minus(highest, q), rise))

    def _response(self, kind: str, alternatives: Alternatives) -> Expression:
        """Define H of one list; the name says where it differs between populations or compartments."""
        cell = self.shop.model.cell(self.cells.kind.cell)
        name = f"H({self.rule.id}, {kind})"
        if self._reads_inside(alternatives):
            name += f" in {self.shop.label(self.cells)}"
        elif cell and len(cell.compartments) > 1:
            name += f" in {self.place}"
        if name not in self.shop.definitions:
            self.shop.define(name, response(odds_of_list(self.shop, alternatives, self.place, self.cells)))
        return Ref("definition", name) if name in self.shop.definitions else ZERO

    def _reads_inside(self, alternatives: Alternatives) -> bool:
        """Whether a signal is an inside variable, so that H differs between populations."""
        names = self.shop.carried(self.cells)
        return any(s.name in names for g in alternatives for s in g if not s.receptor)
