"""From the protocol of an arm to the schedule of an engine: doses and timed changes become states, slots and numbers.

`check_arm` finds every fault that the model alone shows, before anything is compiled; `build_schedule` then needs a
kernel and the patients. Things that happen at one time happen in this order: wash-out, cells, changes of parameters
and blocks, doses, each in the order written; so a dose given with a wash-out goes into the fresh medium.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.engines.base import SAME_TIME, Action, Entry, Schedule
from cytokinome.experiments.cell_changes import cell_entries, check_cells
from cytokinome.experiments.interventions import unknown_parameter, with_parameters
from cytokinome.experiments.protocol import Route
from cytokinome.experiments.quantities import Quantities, evaluate, named, plain_value
from cytokinome.model import rules
from cytokinome.model.expressions import Name, Number, walk
from cytokinome.model.quantities import moving
from cytokinome.model.quantities import unit as unit_of
from cytokinome.model.scope import molecule_state, substance
from cytokinome.units import CONCENTRATION, DIMENSIONLESS, SUBSTANCE, TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel
    from cytokinome.diagnostics import Span
    from cytokinome.experiments.protocol import Arm, Change, Dose, TimeGrid, WashOut
    from cytokinome.model.components import Model, Molecule
    from cytokinome.model.expressions import Expression
    from cytokinome.units import Dimension

    Array = NDArray[np.float64]
    Redraw = Callable[[str, Array], Array]

_ONE = Number("1")


def check_arm(model: Model, arm: Arm, times: TimeGrid, found: Collector) -> None:
    """Report every fault of an arm that can be known without a kernel.

    Parameters
    ----------
    model : Model
        The arm's model, interventions included.
    arm : Arm
    times : TimeGrid
        Doses and changes must lie within it.
    found : Collector
    """
    quantities = Quantities(model, found)
    for name, value in arm.parameters:
        if _check_value(quantities, name, value, arm.place(name)) is not None:
            _check_sense(model, name, value, arm.place(name), found)
    for change in arm.change:
        if _check_value(quantities, change.parameter, change.to, change.where) is not None:
            _check_sense(model, change.parameter, change.to, change.where, found)
            _check_volume(model, change, found)
        _check_time(change.at, times, f"the change of {change.parameter}", change.where, found)
    for dose in arm.doses:
        _ready(model, dose, found)
        for start in (dose.at, max(dose.starts(), default=dose.at)):
            _check_time(start, times, f"a dose of {dose.of}", dose.where, found)
    for block in arm.block:
        for time in (block.from_, block.until):
            if time is not None:
                _check_time(time, times, f"the block of {block.what}", block.where, found)
    for wash in arm.wash_out:
        _check_time(wash.at, times, "a wash-out", wash.where, found)
        for name in (n for n in wash.of if n not in _moving(model)):
            _molecule(model, name, wash.where, found)
            _check_equilibrium(model, name, wash, found)
    for cells in arm.cells:
        _check_time(cells.at, times, f"{cells.action} {cells.of}", cells.where, found)
        check_cells(model, cells, found)


def build_schedule(
    kernel: Kernel,
    model: Model,
    arm: Arm,
    times: TimeGrid,
    parameters: Array,
    found: Collector,
    *,
    fixed: frozenset[str] = frozenset(),
    redraw: Redraw | None = None,
) -> Schedule:
    """Return the schedule of an arm for a block of patients.

    Parameters
    ----------
    kernel, model
        The arm's model, interventions included, and its kernel.
    arm : Arm
    times : TimeGrid
    parameters : array [patient, slot]
        From `cohort.sample`.
    found : Collector
        Takes amounts that are negative or not finite for some patient.
    fixed : frozenset of str
        Parameters that do not follow from others (see ``kernel.complete``).
    redraw : callable, optional
        (parameter, new centre [patient]) to its values per patient; without it everybody gets the centre.
    """
    builder = _Builder(kernel, model, parameters, found)
    for wash in arm.wash_out:
        for name in wash.of:
            builder.wash_out(name, wash.at)
    for cells in arm.cells:
        builder.entries += cell_entries(kernel, model, cells, parameters, found)
    builder.changes(arm, fixed, redraw)
    builder.blocks(arm, times)
    for dose in arm.doses:
        builder.dose(dose, times)
    return Schedule.of(builder.entries)


def arm_values(kernel: Kernel, model: Model, arm: Arm, defaults: Array, found: Collector) -> dict[str, float]:
    """Return the canonical values of ``parameters:`` of an arm; expressions read the values of `defaults` [slot]."""
    quantities, values = Quantities(model, found), named(kernel, defaults[None])
    result: dict[str, float] = {}
    for name, expression in arm.parameters:
        resolved = _check_value(quantities, name, expression, arm.place(name))
        if resolved is not None:
            value = float(np.broadcast_to(evaluate(resolved, values), (1,))[0])
            if not np.isfinite(value):
                found.error("BAD_NUMBER", f"parameter {name} of arm {arm.id} is not finite", arm.where)
            result[name] = value
    return result


# ------------------------------------------------------------------------------------------------------------- checks
def _check_time(time: float, times: TimeGrid, what: str, where: Span | None, found: Collector) -> None:
    slack = SAME_TIME * max(1.0, abs(time))
    if not times.start - slack <= time <= times.end + slack:
        message = f"{what} at {time:g} h lies outside the time of the experiment, {times.start:g} to {times.end:g} h"
        found.error("OUTSIDE_TIME", message, where, hint="move it, or lengthen `time:`")


def _check_value(quantities: Quantities, name: str, value: Expression, where: Span | None) -> Expression | None:
    if quantities.model.parameter(name) is None:
        unknown_parameter(quantities.model, name, quantities.found, where)
        return None
    return quantities.parameter(name, value, f"parameter {name}")


def _check_sense(model: Model, name: str, value: Expression, where: Span | None, found: Collector) -> None:
    """Hold the model with a parameter's new value to the checks that it passed with its own: signs, zeros, ranges."""
    after = Collector()
    rules.check(with_parameters(model, {name: value}, Collector()), after)
    known = _faults(model)
    for fault in after.report().errors:
        if (fault.code, fault.message) not in known:
            found.error(fault.code, f"with {name} = {value}: {fault.message}", where, hint=fault.hint)


@lru_cache(maxsize=64)
def _faults(model: Model) -> frozenset[tuple[str, str]]:
    """What an intervened model is told anyway, so that a new value is not blamed for it."""
    before = Collector()
    rules.check(model, before)
    return frozenset((d.code, d.message) for d in before.report().errors)


def _check_volume(model: Model, change: Change, found: Collector) -> None:
    """Refuse to change a volume while time goes on: concentrations would keep their value and amounts would not."""
    volumes = [c.volume for c in model.compartments]
    volumes += [v for m in model.molecules if m.pk for key, v in m.pk.constants if key.startswith("V")]
    if any(isinstance(node, Name) and node.id == change.parameter for v in volumes for node in walk(v)):
        hint = "set it under `parameters:` of the arm, from the start"
        message = f"{change.parameter} is a volume, which cannot change while time goes on"
        found.error("BAD_INTERVENTION", message, change.where, hint=hint)


def _molecule(model: Model, name: str, where: Span | None, found: Collector) -> Molecule | None:
    record = model.molecule(name)
    if record is None:
        hint = did_you_mean(name, [m.id for m in model.molecules])
        found.error("UNKNOWN_NAME", f"the model has no molecule {name}", where, hint=hint)
    return record


def _check_equilibrium(model: Model, name: str, wash: WashOut, found: Collector) -> None:
    """Refuse to wash out one partner of a quasi-equilibrium: its bound part would have to stay."""
    for reaction in model.reactions:
        partners = [partner for partner, _ in (*reaction.reactants, *reaction.products)]
        if reaction.is_quasi_equilibrium and name in partners and not set(partners) <= set(wash.of):
            message = f"{name} is in quasi-equilibrium with others and cannot be washed out alone"
            hint = f"wash out {', '.join(partners)} together, or state kon and koff"
            found.error("UNSUPPORTED_FEATURE", message, wash.where, hint=hint)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A dose in canonical expressions: into which state, how much (a concentration or an amount), share and delay."""

    state: str
    size: Expression
    is_concentration: bool
    is_rate: bool
    share: Expression
    delay: Expression


def _moving(model: Model) -> dict[str, Dimension]:
    """Return the quantities of equations that doses can be given into, and what they are counted in."""
    return {q.id: unit_of(q).dimension for q in moving(model)}


def _ready(model: Model, dose: Dose, found: Collector) -> _Ready | None:
    """Resolve a dose against the model; None after a finding."""
    if dose.of in _moving(model):
        return _ready_quantity(model, dose, found)
    record = _molecule(model, dose.of, dose.where, found)
    written = dose.rate if dose.rate is not None else dose.amount
    if record is None:
        return None
    if written is None:
        found.error("MISSING_KEY", f"the dose of {dose.of} has neither amount nor rate", dose.where)
        return None
    if any(r.is_quasi_equilibrium and dose.of in dict(r.products) for r in model.reactions):
        message = f"{dose.of} is a complex in quasi-equilibrium and cannot be dosed"
        found.error("UNSUPPORTED_FEATURE", message, dose.where, hint="dose its parts, or state kon and koff")
        return None
    state = _target(model, record, dose, found)
    is_rate = dose.rate is not None
    per = TIME if is_rate else DIMENSIONLESS
    quantities, agent = Quantities(model, found), substance(model, dose.of)
    what = f"the {'rate' if is_rate else 'amount'} of the dose of {dose.of}"
    if isinstance(written, Number) and not written.unit:
        hint = "write a rate such as 0.5 ng/kg/h" if is_rate else "write an amount such as 2 ng/kg, 5 mg or 10 ng/mL"
        found.error("MISSING_UNIT", f"{what} needs a unit", written.where or dose.where, hint=hint)
        return None
    options = {"": SUBSTANCE / per, "volume": CONCENTRATION / per}
    chosen = quantities.choose(written, options, what, agent)
    share, delay = _absorption(quantities, record, dose)
    if chosen is None or state is None or share is None or delay is None:
        return None
    size, is_concentration = chosen[0], chosen[1] == options["volume"]
    if is_concentration and dose.route is Route.SUBCUTANEOUS:
        message = f"the dose of {dose.of} under the skin is a concentration"
        found.error("BAD_INTERVENTION", message, dose.where, hint="state an amount, such as 40 mg")
        return None
    value = plain_value(size)
    if value is not None:
        _check_size(np.asarray(value), what, dose.where, found)
    return _Ready(state, size, is_concentration, is_rate, share, delay)


def _ready_quantity(model: Model, dose: Dose, found: Collector) -> _Ready | None:
    """Resolve a dose of a quantity, which is counted as the quantity is."""
    written = dose.rate if dose.rate is not None else dose.amount
    if dose.into is not None or dose.route is Route.SUBCUTANEOUS or dose.ka is not None or written is None:
        message = f"{dose.of} is a quantity of equations: a dose of it is what is added, and where is not asked"
        found.error(
            "BAD_INTERVENTION", message, dose.where, hint=f"for example `{{of: {dose.of}, amount: 5, at: 1 h}}`"
        )
        return None
    is_rate, quantities = dose.rate is not None, Quantities(model, found)
    what = f"the {'rate' if is_rate else 'amount'} of the dose of {dose.of}"
    size = quantities.resolve(written, _moving(model)[dose.of] / (TIME if is_rate else DIMENSIONLESS), what)
    share = quantities.resolve(dose.F, DIMENSIONLESS, f"`F:` of {dose.of}") if dose.F is not None else _ONE
    if size is None or share is None:
        return None
    value = plain_value(size)
    if value is not None:
        _check_size(np.asarray(value), what, dose.where, found)
    return _Ready(dose.of, size, False, is_rate, share, Number(repr(dose.lag or 0.0)))


def _target(model: Model, record: Molecule, dose: Dose, found: Collector) -> str | None:
    """The state that a dose goes into."""
    first = record.compartments[0]
    if dose.into is not None and dose.into not in record.compartments:
        hint = f"{record.id} lives in {', '.join(record.compartments)}"
        known = model.compartment(dose.into) is not None
        message = f"there is no {record.id} in {dose.into}" if known else f"the model has no compartment {dose.into}"
        found.error("UNKNOWN_NAME", message, dose.where, hint=hint)
        return None
    if dose.route is Route.SUBCUTANEOUS:
        if dose.into not in (None, first):
            message = f"the depot of {record.id} empties into {first}, not into {dose.into}"
            found.error("BAD_INTERVENTION", message, dose.where, hint=f"write `into: {first}`")
            return None
        if record.pk is not None and record.pk.get("ka") is not None:
            return f"{record.id} depot"
        message = f"a dose of {record.id} under the skin needs a rate of absorption"
        found.error("MISSING_CONSTANT", message, dose.where, hint="add `ka:` to the dose or to `pk:` of the molecule")
        return None
    if dose.into is None and len(record.compartments) > 1:
        hint = f"add `into:` with one of {', '.join(record.compartments)}"
        found.error("AMBIGUOUS_NAME", f"{record.id} lives in several compartments", dose.where, hint=hint)
        return None
    return molecule_state(model, record.id, dose.into or first)


def _absorption(quantities: Quantities, record: Molecule, dose: Dose) -> tuple[Expression | None, Expression | None]:
    """Share that arrives and delay [h] of a dose. Under the skin the kernel applies `F`, and ``pk`` may state a lag."""
    is_subcutaneous = dose.route is Route.SUBCUTANEOUS
    own = record.pk if record.pk is not None and is_subcutaneous else None
    share = own.get("F") if own else dose.F
    resolved = quantities.resolve(share, DIMENSIONLESS, f"`F:` of {record.id}") if share is not None else _ONE
    value = plain_value(resolved) if resolved is not None else None
    if value is not None and not 0 <= value <= 1:
        message = f"`F:` of {record.id} is {value:g}; a bioavailability lies between 0 and 1"
        quantities.found.error("BAD_VALUE", message, dose.where)
        return None, None
    share = _ONE if is_subcutaneous and resolved is not None else resolved
    if dose.lag is not None:
        return share, Number(repr(dose.lag))
    lag = own.get("lag") if own else None
    return share, quantities.resolve(lag, TIME, f"`lag:` of {record.id}") if lag is not None else Number("0")


def _check_size(values: Array, what: str, where: Span | None, found: Collector) -> bool:
    if not np.all(np.isfinite(values)):
        found.error("BAD_NUMBER", f"{what} is not finite", where)
        return False
    if np.any(values < 0):
        found.error("NEGATIVE_VALUE", f"{what} is negative", where, hint="a dose adds; use `wash-out:` to remove")
        return False
    return True


# -------------------------------------------------------------------------------------------------------------- build
class _Builder:
    """Collects the entries of one arm for one block of patients."""

    def __init__(self, kernel: Kernel, model: Model, parameters: Array, found: Collector) -> None:
        self.kernel, self.model, self.parameters, self.found = kernel, model, parameters, found
        self.values: Mapping[str, Array] = named(kernel, parameters)
        self.states = {state: index for index, state in enumerate(kernel.states)}
        self.slots = {slot.name: index for index, slot in enumerate(kernel.parameters)}
        self.entries: list[Entry] = []

    def _add(self, time: float, action: Action, slot: int, value: Array | float) -> None:
        full = np.array(np.broadcast_to(value, (len(self.parameters),)), dtype=float)
        self.entries.append(Entry(time, action, slot, full))

    def _state(self, name: str) -> int:
        """The state that is changed where `name` is: its total, for a molecule in quasi-equilibrium."""
        return self.states[name if name in self.states else f"total {name}"]

    def wash_out(self, molecule: str, at: float) -> None:
        """Set a molecule to zero wherever it is, or a quantity."""
        if molecule in _moving(self.model):
            self._add(at, Action.SET, self.states[molecule], 0.0)
            return
        record = _molecule(self.model, molecule, None, self.found)
        for place in record.compartments if record else ():
            name = molecule_state(self.model, molecule, place)
            if name in self.states or f"total {name}" in self.states:  # a complex in quasi-equilibrium goes with these
                self._add(at, Action.SET, self._state(name), 0.0)

    def changes(self, arm: Arm, fixed: frozenset[str], redraw: Redraw | None) -> None:
        """Set parameters from a time on, and with them all that follow from them."""
        quantities = Quantities(self.model, self.found)
        current = self.parameters.copy()
        for change in sorted(arm.change, key=lambda c: c.at):
            resolved = _check_value(quantities, change.parameter, change.to, change.where)
            if resolved is None:
                continue
            centre = np.array(np.broadcast_to(evaluate(resolved, self.values), (len(current),)), dtype=float)
            if not np.all(np.isfinite(centre)):
                self.found.error("BAD_NUMBER", f"the new value of {change.parameter} is not finite", change.where)
                continue
            after = current.copy()
            after[:, self.slots[change.parameter]] = redraw(change.parameter, centre) if redraw else centre
            fixed = fixed | {change.parameter}
            after = np.array([self.kernel.complete(row, fixed) for row in after]).reshape(after.shape)
            for slot in np.flatnonzero(np.any(after != current, axis=0)):
                self._add(change.at, Action.PARAMETER, int(slot), after[:, slot])
            current = after

    def blocks(self, arm: Arm, times: TimeGrid) -> None:
        """Set the blocked fraction of each name at every time at which it changes; of overlapping blocks the larger."""
        spans = [
            (b.what, times.start if b.from_ is None else b.from_, np.inf if b.until is None else b.until, b.fraction)
            for b in arm.block
        ]
        for what in dict.fromkeys(name for name, *_ in spans):
            slot = self.slots.get(f"block({what})")
            own = [span[1:] for span in spans if span[0] == what]
            if slot is None:  # knocked out as well: nothing is left to block
                continue
            for time in sorted({t for start, end, _ in own for t in (start, end) if np.isfinite(t)}):
                share = max((f for start, end, f in own if start <= time < end), default=0.0)
                self._add(time, Action.PARAMETER, slot, share)

    def dose(self, dose: Dose, times: TimeGrid) -> None:
        """Give a dose as often as it is repeated."""
        ready = _ready(self.model, dose, self.found)
        if ready is None:
            return
        size = self._sizes(ready, dose)
        lags: Array = np.unique(evaluate(ready.delay, self.values))
        if size is None:
            return
        if len(lags) > 1 or not lags[0] >= 0:
            message = f"the lag of {dose.of} must be one number, not negative, for all patients"
            self.found.error("BAD_INTERVENTION", message, dose.where)
            return
        slot = self._state(ready.state)
        for start in dose.starts():
            time = start + float(lags[0])
            if time > times.end + SAME_TIME * max(1.0, abs(times.end)):
                break
            if dose.duration is None:
                self._add(time, Action.ADD, slot, size)
            else:
                rate = size if ready.is_rate else size / dose.duration
                self._add(time, Action.RATE_ON, slot, rate)
                self._add(time + dose.duration, Action.RATE_OFF, slot, rate)

    def _sizes(self, ready: _Ready, dose: Dose) -> Array | None:
        """Step (or rate of change) of the target state for each patient."""
        size = evaluate(ready.size, self.values) * evaluate(ready.share, self.values)
        size = np.array(np.broadcast_to(size, (len(self.parameters),)), dtype=float)
        if not _check_size(size, f"the dose of {dose.of}", dose.where, self.found):
            return None
        if ready.is_concentration:
            return size
        slot = self._state(ready.state)
        return size / np.array([self.kernel.volume(slot, p) for p in self.parameters])
