"""How drugs of a new model are given, and how they arrive: regimens of their records as doses of an experiment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cytokinome import units
from cytokinome.catalogue.records import Receptor, Standard
from cytokinome.catalogue.selection import TIERS
from cytokinome.model.assemble.sentences import cited
from cytokinome.units import TIME

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.catalogue.records import Measured, Pharmacokinetics, Regimen, Therapy
    from cytokinome.model.assemble.gather import Cast
    from cytokinome.model.assemble.rooms import Rooms
    from cytokinome.model.assemble.sentences import Desk, Entry

_DOSE = ("1 ug", "no concentration or regimen that fits was read")
_SPAN = "0 to 48 h, every 30 min"  # of a culture
_WEEK = 168.0  # hours
_LEAST_WEEKS, _INTERVALS = 2, 3  # how long blood is watched: at least two weeks, and over so many doses
_POINTS = 4  # per hour of a week: some 700 in all, whatever the span
_LARGE = ("monoclonal antibody", "fusion protein", "bispecific antibody", "antibody fragment")
_SLOW = ("0.3 /day", "no rate of absorption was read; typical of antibodies under the skin")
_FAST = ("0.3 /h", "no rate of absorption was read; typical of small proteins under the skin")
_ALL = ("100 %", "no bioavailability was read")


@dataclass(frozen=True, slots=True)
class Given:
    """A drug in the experiment: its regimen where one can be stated, else the dose that is assumed or was used."""

    drug: Therapy
    regimen: Regimen | None

    @property
    def is_injected_into_blood(self) -> bool:
        """Whether it needs no depot."""
        return self.regimen is None or self.regimen.route == "intravenous"

    @property
    def every(self) -> float | None:
        """The interval between two doses [h]."""
        return _hours(self.regimen.every) if self.regimen else None


def given(cast: Cast, drugs: Iterable[Therapy]) -> tuple[Given, ...]:
    """Return how drugs are given: for the disease of the model where a regimen says so; in a dish as was used there."""
    return tuple(Given(drug, None if cast.place == "culture" else _regimen(cast, drug)) for drug in drugs)


def _regimen(cast: Cast, drug: Therapy) -> Regimen | None:
    """The first regimen that can be stated, for the disease of the model where there is one."""
    stated = [one for one in drug.regimens if one.dose.is_own and _is_amount(cast, drug, one)]
    disease = cast.disease.id if cast.disease else None
    return next((one for one in stated if one.indication == disease), stated[0] if stated else None)


def _is_amount(cast: Cast, drug: Therapy, regimen: Regimen) -> bool:
    """Whether a dose is a mass, or an activity that a standard turns into one; per body surface nothing is known."""
    bases = _bases(regimen)
    if bases & {"length", "cell"} or ("time" in bases and regimen.route != "intravenous"):
        return False
    return "mass" in bases or ("activity" in bases and standard_of(cast, drug) is not None)


def _bases(regimen: Regimen) -> set[str]:
    """The base dimensions of a dose: mass or activity, body weight, time of what flows."""
    return {name for name, _ in regimen.dose.quantity.read(regimen.dose.value).dimension.exponents}


def standard_of(cast: Cast, drug: Therapy) -> Standard | None:
    """Return the standard of the only ligand of the receptors that a drug activates."""
    if drug.mode not in ("activates receptor", "replaces"):
        return None
    records = [cast.known.find(target) for target in drug.target]
    ligands = {b.molecule for r in records if isinstance(r, Receptor) for b in r.ligands}
    known = (r for r in cast.known.records("standard") if isinstance(r, Standard))
    fitting = [s for s in known if ligands == {s.molecule} and s.specific_activity is not None]
    return fitting[0] if fitting else None


def arms(desk: Desk, drugs: tuple[Given, ...], where: Rooms) -> Entry:
    """Return the arms of the experiment: one without drugs, and one for each."""
    made: Entry = {"untreated": {}}
    for one in drugs:
        made[one.drug.id] = {"doses": [_dose(desk, one, where, _weeks(drugs) * _WEEK)]}
    return made


def span(drugs: tuple[Given, ...], where: Rooms) -> str:
    """Return the times of the experiment: of a dish two days, of blood long enough for some doses of each drug."""
    weeks = _weeks(drugs)
    return f"0 to {7 * weeks} day, every {weeks / _POINTS:g} h" if where.blood else _SPAN


def _weeks(drugs: tuple[Given, ...]) -> int:
    longest = max((one.every for one in drugs if one.every), default=0.0)
    return max(_LEAST_WEEKS, math.ceil(_INTERVALS * longest / _WEEK))


def _dose(desk: Desk, one: Given, where: Rooms, hours: float) -> Entry:
    """One line of doses: what is given, where, how, and how often in so many hours."""
    into = where.blood or where.home[0]
    entry: Entry = {"of": one.drug.id, "into": into.id, "at": "0 h"}
    if one.regimen is None:
        return {**entry, "amount": _used(desk, one.drug)}
    regimen = one.regimen
    lasting = _hours(regimen.lasting)
    if "time" in _bases(regimen):
        entry |= {"rate": regimen.dose.value, "for": f"{min(lasting or hours, hours):g} h"}
    else:
        entry |= {"amount": regimen.dose.value} if one.is_injected_into_blood else _under_the_skin(desk, one, regimen)
    if one.every:
        entry |= {"every": regimen.every, "times": max(1, math.ceil(min(lasting or hours, hours) / one.every))}
    if regimen.then:
        desk.left_out.append(f"{one.drug.id}: {regimen.then}; the experiment goes on as it begins")
    return entry


def _under_the_skin(desk: Desk, one: Given, regimen: Regimen) -> Entry:
    if regimen.route != "subcutaneous":
        desk.left_out.append(f"{one.drug.id}: what is {regimen.route} arrives here as from a depot under the skin")
    return {"amount": regimen.dose.value, "route": "subcutaneous"}


def _used(desk: Desk, drug: Therapy) -> str:
    """What is given where no regimen can be stated: into a dish the concentration that was used in one."""
    used = [u.concentration.value for u in drug.used if u.context.compartment == "culture"]
    per_mL = [value for value in used if value.endswith("/mL")]
    if desk.cast.place == "culture" and per_mL:
        return per_mL[0].removesuffix("/mL")
    desk.assumed.append(f"dose of {drug.id} = {_DOSE[0]}: {_DOSE[1]}")
    return _DOSE[0]


def kinetics(desk: Desk, one: Given) -> Entry:
    """Return what a molecule of a drug needs so that its doses can be stated: a depot, a specific activity."""
    if one.regimen is None:
        return {}
    found: Entry = {}
    if "activity" in _bases(one.regimen) and (standard := standard_of(desk.cast, one.drug)):
        activity = standard.specific_activity
        if activity is not None:
            found["specific-activity"] = activity.value
            desk.assumed.append(f"specific activity of {one.drug.id} = {activity.value}: that of {standard.id}")
    if not one.is_injected_into_blood:
        found["pk"] = _depot(desk, one.drug, one.regimen)
    return found


def _depot(desk: Desk, drug: Therapy, regimen: Regimen) -> Entry:
    """How a depot empties, of this route where that was read."""
    read = sorted(drug.pk, key=lambda numbers: numbers.route != regimen.route)
    share = _first(numbers.bioavailability for numbers in read)
    F = desk.take(f"F_{drug.id}", share) if share else desk.assume(f"F_{drug.id}", _ALL)
    if rate := _first(numbers.absorption for numbers in read):
        return {"ka": desk.take(f"ka_{drug.id}", rate), "F": F, "source": cited(rate.source)}
    if half := _first(numbers.absorption_half_life for numbers in read):
        return {"ka": f"log(2) / {desk.take(f't_absorption_{drug.id}', half)}", "F": F, "source": cited(half.source)}
    guess = _SLOW if drug.drug_class in _LARGE else _FAST
    return {"ka": desk.assume(f"ka_{drug.id}", guess), "F": F, "source": f"assumed: {guess[1]}"}


def half_life(drug: Therapy) -> Measured | None:
    """Return the half-life in blood among the pharmacokinetics: from the vein before other routes, then by tier."""
    read = [numbers for numbers in drug.pk if numbers.half_life is not None and numbers.half_life.is_own]
    return _first(numbers.half_life for numbers in sorted(read, key=_directness))


def _directness(numbers: Pharmacokinetics) -> tuple[bool, int]:
    measured = numbers.half_life
    return numbers.route != "intravenous", TIERS.index(measured.source.tier) if measured else len(TIERS)


def _first(found: Iterable[Measured | None]) -> Measured | None:
    return next((value for value in found if value is not None and value.is_own), None)


def _hours(text: str | None) -> float | None:
    """A stated time [h]."""
    quantity = units.parse_quantity(text) if text else None
    return quantity.canonical if quantity is not None and quantity.dimension == TIME else None
