"""A shipped model has a number of the catalogue where the catalogue has one, or says in its text why another holds.

Compared are molar masses, diffusion coefficients, affinities and first-order losses that a model states itself. What is
cited is held to its record when the model is loaded; what was fitted or is assumed has its own words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from cytokinome import library, units
from cytokinome.errors import CatalogueError
from cytokinome.model.assemble.entries import catalogue_lookup
from cytokinome.model.expressions import Expression, Name, Number
from cytokinome.model.load import check_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cytokinome.evidence import Source
    from cytokinome.model.components import Model
    from cytokinome.units import Quantity

LOOKUP = catalogue_lookup()
MODELS = [path for scenario in library.scenarios() for path in scenario.models]
CLOSE = 0.025

# What differs, and words of the model file that say why.
REASONS: dict[str, str] = {
    "human-endotoxemia-published TNF.half-life.plasma": "Numbers: the authors' published parameter sets",
    "human-endotoxemia-published IL6.half-life.plasma": "Numbers: the authors' published parameter sets",
    "human-endotoxemia-published IL10.half-life.plasma": "Numbers: the authors' published parameter sets",
    "interferon-virus IFNAR.Kd.IFNA2": "half of the effect, far below the 500 pM that fill half the receptors",
    "virus-plaque IFNB1.diffusion": "diffusion: A20, cytokine_dc (100 um^2/s in water)",
    "virus-plaque IFNAR.Kd.IFNB1": "what cells answer to; single chains bind it at 3.3 nM",
}


@dataclass(frozen=True)
class Stated:
    """A number that a model states, and the address under which the catalogue would have it."""

    model: str
    address: str
    number: Number
    source: Source | None

    @property
    def name(self) -> str:
        """The model and the address."""
        return f"{self.model} {self.address}"


def written(model: Model, address: str, value: Expression | None, source: Source | None) -> Iterator[Stated]:
    """The number that an expression is, by itself or as a parameter, whose source then counts."""
    parameter = next((p for p in model.parameters if isinstance(value, Name) and p.id == value.id), None)
    value, source = (parameter.value, parameter.source) if parameter else (value, source)
    if isinstance(value, Number):
        yield Stated(model.id, address, value, source)


def stated(model: Model) -> Iterator[Stated]:
    """Every number of a model of a kind that the catalogue has, but for those that were filled in from there."""
    for molecule in model.molecules:
        for field in ("molar_mass", "diffusion"):
            if field not in molecule.filled:
                yield from written(model, f"{molecule.id}.{field.replace('_', '-')}", getattr(molecule, field), None)
        for loss in () if "losses" in molecule.filled else molecule.losses:
            for kind in {one.kind for one in model.compartments if one.id in molecule.compartments}:
                yield from written(model, f"{molecule.id}.half-life.{kind}", loss.value, loss.source)
    for receptor in model.receptors:
        for one in () if "ligands" in receptor.filled else (*receptor.ligands, *receptor.antagonists):
            yield from written(model, f"{receptor.id}.Kd.{one.molecule}", one.Kd, receptor.source)


def published(address: str) -> tuple[Quantity, ...]:
    """All values that the catalogue has under an address; none where it has no such record or number."""
    try:
        return tuple(figure.quantity for figure in LOOKUP.figures(address) or ())
    except CatalogueError:
        return ()


def is_value(number: Number, quantity: Quantity) -> bool | None:
    """Whether a number is a quantity, to a fortieth; a half-life is compared with a rate. None: of another kind."""
    unit = units.parse_unit(number.unit, per_body_weight="/kg" in number.unit)
    value, other = number.value * unit.factor, quantity.canonical
    if {unit.dimension, quantity.dimension} == {units.TIME, units.RATE}:
        other = math.log(2) / other
    elif unit.dimension != quantity.dimension:
        return None
    return math.isclose(value, other, rel_tol=CLOSE)


def differing(path: Path) -> dict[str, str]:
    """Names of the numbers of a model that the catalogue has in no published value, and these values."""
    found: dict[str, str] = {}
    for one in stated(check_file(path, LOOKUP).require()):
        if one.source is not None and (one.source.numbers or one.source.is_assumed or one.source.is_estimated):
            continue
        same = {q: is_value(one.number, q) for q in published(one.address)}
        if False in same.values() and True not in same.values():
            found[one.name] = f"{one.number}, not {', '.join(map(str, same))}"
    return found


@pytest.mark.parametrize("path", MODELS, ids=[f"{path.parent.name}/{path.name}" for path in MODELS])
def test_models_and_catalogue_say_the_same(path: Path):
    """Who states another number than the catalogue has says why in the model."""
    text = " ".join(path.read_text(encoding="utf-8").replace("\n", " ").replace("#", " ").split())
    assert {name: told for name, told in differing(path).items() if REASONS.get(name, "\0") not in text} == {}


def test_every_reason_is_needed():
    """No number is excused that is none of a model, or that the catalogue has by now."""
    assert sorted(REASONS) == sorted(name for path in MODELS for name in differing(path))


def test_another_number_is_seen():
    """An affinity that no source has is found, one of two published ones is not; half-lives are compared with rates."""
    kd = published("CXCR1.Kd.CXCL8")
    assert [is_value(Number(text, "nM"), kd[0]) for text in ("2", "0.002", "7.9")] == [True, False, False]
    half_life = published("CCL2.half-life")[0]
    assert [is_value(Number(text, "/h"), half_life) for text in ("0.693", "1")] == [True, False]
    assert is_value(Number("2", "/h"), kd[0]) is None
