"""Virtual people: parameters per patient, drawn so that patient 17 is always the same.

Every varying parameter has its own random stream, keyed by its name; the entity is the index of the patient. So a
patient does not change when the cohort grows, is cut into blocks, or when another parameter begins to vary.
`varies` (between people) and `uncertain` (what we do not know) are never mixed: see `uncertain_factors`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cytokinome import rng
from cytokinome.experiments.quantities import Quantities, plain_value
from cytokinome.model.expressions import Name, Number, walk
from cytokinome.units import BODY_WEIGHT, DIMENSIONLESS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.diagnostics import Collector, Span
    from cytokinome.experiments.protocol import Patients
    from cytokinome.model.components import Distribution, Model, Parameter
    from cytokinome.model.expressions import Expression

    Array = NDArray[np.float64]
    People = NDArray[np.int64] | None  # indices, None for the typical person alone
    _Resolve = Callable[[Expression], Expression | None]

WEIGHT = "body-weight"
NORMAL_97_5 = 1.959963984540054  # 97.5 % quantile of the standard normal: 95 % lie within ± this many SD
LEAST_SHARE = 1e-9  # a truncation that leaves less of the distribution than this is a mistake


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution with canonical numbers: `kind`, its one or two numbers, and its bounds.

    lognormal: (cv,), the centre is the median and the log-SD √ln(1 + cv²); normal: (sd,) or, with `is_relative`,
    (cv,), the centre is the mean; uniform: (low, high), without centre.
    """

    kind: str
    numbers: tuple[float, ...]
    is_relative: bool = False
    low: float = -math.inf
    high: float = math.inf

    def draw(self, centre: Array | float, uniform: Array) -> Array:
        """Return one value per uniform number, by the inverse distribution function on the bounds."""
        if self.kind == "uniform":
            low, high = max(self.numbers[0], self.low), min(self.numbers[1], self.high)
            return low + (high - low) * uniform
        from scipy.special import ndtri  # pyright: ignore[reportMissingTypeStubs]

        below, above = self.shares(centre)
        z = ndtri(below + uniform * (above - below))
        if self.kind == "lognormal":
            values = centre * np.exp(math.sqrt(math.log1p(self.numbers[0] ** 2)) * z)
        else:
            values = centre + self._deviation(centre) * z
        return np.clip(values, self.low, self.high)

    def shares(self, centre: Array | float) -> tuple[Array, Array]:
        """Return the shares of the untruncated distribution below the lower and below the upper bound."""
        from scipy.special import ndtr  # pyright: ignore[reportMissingTypeStubs]

        return ndtr(self._standard(self.low, centre)), ndtr(self._standard(self.high, centre))

    def _standard(self, bound: float, centre: Array | float) -> Array:
        if math.isinf(bound) or self.kind == "uniform":
            return np.full(np.shape(centre), bound)
        if self.kind == "normal":
            return (bound - np.asarray(centre)) / self._deviation(centre)
        if bound <= 0:
            return np.full(np.shape(centre), -math.inf)
        return np.log(bound / np.asarray(centre)) / math.sqrt(math.log1p(self.numbers[0] ** 2))

    def _deviation(self, centre: Array | float) -> Array:
        return np.asarray(self.numbers[0] * (np.abs(centre) if self.is_relative else 1.0))


def sample(
    kernel: Kernel,
    model: Model,
    patients: Patients,
    found: Collector,
    *,
    overrides: Mapping[str, float] | None = None,
    first: int = 0,
    count: int | None = None,
) -> Array:
    """Return the parameters of patients `first` … `first + count - 1`, [patient, slot], canonical and completed.

    Parameters
    ----------
    kernel, model
        The kernel and the model it was compiled from.
    patients : Patients
        Seed, count and body weight.
    found : Collector
        Takes faults of distributions; the numbers are not to be used after one.
    overrides : mapping of parameter to canonical value, optional
        Values that an arm sets. A varying parameter keeps its spread around the new value, except a uniform one,
        which has no centre and becomes that value.
    first, count : int
        The block; default is everybody.

    Returns
    -------
    array [patient, slot]
    """
    number = patients.count - first if count is None else count
    given = dict(overrides or {})
    values = np.tile(_typical(kernel, model, patients, given, found), (number, 1))
    slots = {slot.name: index for index, slot in enumerate(kernel.parameters)}
    people, factors = _who(patients, first, number)
    weights = _weight_spread(model, patients, found) if people is not None else None
    if people is not None and weights is not None and WEIGHT in slots:
        slot, uniform = slots[WEIGHT], rng.uniform(patients.seed, entity=people, purpose=f"varies:{WEIGHT}")
        values[:, slot] = _drawn(weights, values[:, slot], uniform, "body weight", patients.where, found)
    fixed = set(given)
    for parameter in _in_order(model):
        spread = parameter_spread(model, parameter, found) if people is not None else None
        if spread is not None and spread.kind == "uniform" and parameter.id in given:
            spread = None
        if parameter.id not in slots or (spread is None and parameter.id not in factors):
            continue
        if _follows(parameter):
            values = _completed(kernel, values, frozenset(fixed))
        slot = slots[parameter.id]
        values[:, slot] = _scaled(parameter, spread, values[:, slot], patients.seed, people, factors, found)
        fixed.add(parameter.id)
    return _completed(kernel, values, frozenset(fixed))


def drawn(model: Model, patients: Patients) -> frozenset[str]:
    """Return the parameters that differ from patient to patient."""
    differ = {name for name, _ in patients.scaled}
    if not patients.scaled or patients.each > 1:
        differ |= {p.id for p in model.parameters if p.varies is not None}
    return frozenset(differ)


def typical(
    kernel: Kernel,
    model: Model,
    patients: Patients,
    found: Collector,
    *,
    overrides: Mapping[str, float] | None = None,
) -> Array:
    """Return the parameters [slot] of the typical person: every value as stated, without variation."""
    return _typical(kernel, model, patients, dict(overrides or {}), found)


def redraw(
    model: Model,
    id: str,
    centre: Array,
    patients: Patients,
    found: Collector,
    *,
    first: int = 0,
    is_typical: bool = False,
) -> Array:
    """Return the values [patient] of parameter `id` when its centre becomes `centre`, by the same random numbers."""
    parameter = model.parameter(id)
    if is_typical or parameter is None:
        return centre
    people, factors = _who(patients, first, len(centre))
    spread = parameter_spread(model, parameter, found) if people is not None else None
    if spread is not None and spread.kind == "uniform":
        spread = None
    return _scaled(parameter, spread, centre, patients.seed, people, factors, found)


def uncertain_factors(model: Model, seed: int, runs: int) -> dict[str, tuple[float, ...]]:
    """Return factors [run] for every parameter of which something is not known: ``uncertain: {fold: F}``.

    Log-normal with 1 as median and 95 % inside 1/F … F, for `Patients.scaled`.
    """
    factors: dict[str, tuple[float, ...]] = {}
    for parameter in model.parameters:
        if parameter.uncertain_fold is not None:
            z = rng.normal(seed, run=np.arange(runs), entity=0, purpose=f"uncertain:{parameter.id}")
            values = np.exp(math.log(parameter.uncertain_fold) / NORMAL_97_5 * z)
            factors[parameter.id] = tuple(float(value) for value in values)
    return factors


def check_patients(model: Model, patients: Patients, found: Collector) -> None:
    """Report faults of body weight and of all distributions, without a kernel."""
    _stated_weight(model, patients, found)
    _weight_spread(model, patients, found)
    for parameter in model.parameters:
        parameter_spread(model, parameter, found)


def parameter_spread(model: Model, parameter: Parameter, found: Collector) -> Spread | None:
    """Return how a parameter varies between people, canonical; None where it does not, or after a finding."""
    if parameter.varies is None:
        return None
    quantities, what = Quantities(model, found), f"`varies:` of {parameter.id}"
    return _spread(parameter.varies, lambda e: quantities.parameter(parameter.id, e, what), quantities, what)


# ------------------------------------------------------------------------------------------------------------ details
def _typical(kernel: Kernel, model: Model, patients: Patients, given: dict[str, float], found: Collector) -> Array:
    values = np.array(kernel.defaults(), dtype=float)
    weight = _stated_weight(model, patients, found)
    for index, slot in enumerate(kernel.parameters):
        if slot.name == WEIGHT and weight is not None:
            values[index] = weight
        values[index] = given.get(slot.name, values[index])
    return np.asarray(kernel.complete(values, frozenset(given)), dtype=float)


def _who(patients: Patients, first: int, number: int) -> tuple[People, dict[str, Array]]:
    """Who the patients `first` … are, and their factors of what is not known."""
    entities = np.arange(first, first + number, dtype=np.int64)
    if not patients.scaled:
        return entities, {}
    factors = {id: np.array(own)[entities // patients.each] for id, own in patients.scaled}
    return (entities % patients.each if patients.each > 1 else None), factors


def _scaled(
    parameter: Parameter,
    spread: Spread | None,
    centre: Array,
    seed: int,
    people: People,
    factors: Mapping[str, Array],
    found: Collector,
) -> Array:
    """The values of a parameter around its centre: times what is not known of it, and drawn where people differ."""
    factor = factors.get(parameter.id, np.ones(1))
    if spread is None or people is None:
        return centre * factor
    uniform = rng.uniform(seed, entity=people, purpose=f"varies:{parameter.id}")
    if spread.kind == "uniform":  # it has no centre that could be another one
        return factor * _drawn(spread, centre, uniform, parameter.id, parameter.where, found)
    return _drawn(spread, centre * factor, uniform, parameter.id, parameter.where, found)


def _completed(kernel: Kernel, values: Array, fixed: frozenset[str]) -> Array:
    return np.array([kernel.complete(row, fixed) for row in values], dtype=float).reshape(values.shape)


def _stated_weight(model: Model, patients: Patients, found: Collector) -> float | None:
    if patients.weight is None:
        return None
    resolved = Quantities(model, found).resolve(patients.weight, BODY_WEIGHT, "`weight:`")
    if resolved is None:
        return None
    value = plain_value(resolved)
    if value is None or not (math.isfinite(value) and value > 0):
        message = f"`weight:` must be a positive number of kilograms, got {patients.weight}"
        found.error("NEGATIVE_VALUE", message, patients.where, hint="write weight: 70 kg")
        return None
    return value


def _weight_spread(model: Model, patients: Patients, found: Collector) -> Spread | None:
    if patients.weight_varies is None:
        return None
    quantities, what = Quantities(model, found), "`varies:` of the body weight"
    return _spread(patients.weight_varies, lambda e: quantities.resolve(e, BODY_WEIGHT, what), quantities, what)


def _spread(distribution: Distribution, own: _Resolve, quantities: Quantities, what: str) -> Spread | None:
    """Canonical numbers of a distribution; `own` resolves to the dimension of the varying value itself."""
    found, where = quantities.found, distribution.where
    numbers: list[float] = []
    for key, expression in distribution.numbers:
        resolved = quantities.resolve(expression, DIMENSIONLESS, what) if key == "cv" else own(expression)
        numbers.append(_plain(resolved, quantities, f"{key} of {what}", where))
    bounds = [_plain(own(e), quantities, f"a bound of {what}", where) for e in distribution.within or ()]
    if not all(math.isfinite(n) for n in (*numbers, *bounds)):
        return None
    low, high = bounds or (-math.inf, math.inf)
    if distribution.kind != "uniform" and numbers[0] <= 0:
        found.error("BAD_VALUE", f"the spread of {what} must be above 0, got {numbers[0]:g}", where)
        return None
    least, most = numbers if distribution.kind == "uniform" else (-math.inf, math.inf)
    if not (low < high and least < most and max(low, least) < min(high, most)):
        message = f"the bounds of {what} leave nothing between them"
        found.error("BAD_VALUE", message, where, hint="state the lower bound first: within: [45 kg, 110 kg]")
        return None
    is_relative = distribution.kind == "normal" and distribution.numbers[0][0] == "cv"
    return Spread(distribution.kind, tuple(numbers), is_relative, low, high)


def _plain(resolved: Expression | None, quantities: Quantities, what: str, where: Span | None) -> float:
    """The value of a resolved number; NaN after a finding."""
    if resolved is None:
        return math.nan
    value = plain_value(resolved)
    if value is None:
        quantities.found.error("BAD_VALUE", f"the {what} must be a number, not an expression of parameters", where)
        return math.nan
    if not math.isfinite(value):
        quantities.found.error("BAD_NUMBER", f"the {what} is not finite", where)
    return value


def _drawn(spread: Spread, centre: Array, uniform: Array, what: str, where: Span | None, found: Collector) -> Array:
    """Draw, and refuse what cannot be meant: a median that is not positive, bounds far outside, negative values."""
    if spread.kind == "lognormal" and np.any(centre <= 0):
        found.error(
            "BAD_VALUE", f"{what} varies log-normally and is not above 0", where, hint="use a normal distribution"
        )
        return centre
    below, above = spread.shares(centre)
    if spread.kind != "uniform" and np.any(above - below < LEAST_SHARE):
        message = f"`within:` of {what} leaves next to nothing of its distribution"
        found.error("BAD_VALUE", message, where, hint="put the bounds around the value")
        return centre
    values = spread.draw(centre, uniform)
    negative = int(np.sum((values < 0) & (centre >= 0)))
    if negative:
        message = f"the distribution of {what} gives negative values to {negative} of {len(values)} patients"
        found.error("NEGATIVE_VALUE", message, where, hint="bound it with `within:`, or use lognormal")
    return values


def _follows(parameter: Parameter) -> bool:
    """Whether the centre of a parameter may follow from other parameters or the body weight."""
    nodes = walk(parameter.value)
    return any(isinstance(n, Name) or (isinstance(n, Number) and "kg" in n.unit) for n in nodes)


def _in_order(model: Model) -> list[Parameter]:
    """Parameters such that one follows those that its value names, else as declared."""
    ordered: dict[str, Parameter] = {}

    def visit(parameter: Parameter, trail: frozenset[str]) -> None:
        if parameter.id in ordered or parameter.id in trail:
            return
        for node in walk(parameter.value):
            other = model.parameter(node.id) if isinstance(node, Name) else None
            if other is not None:
                visit(other, trail | {parameter.id})
        ordered[parameter.id] = parameter

    for parameter in model.parameters:
        visit(parameter, frozenset())
    return list(ordered.values())
