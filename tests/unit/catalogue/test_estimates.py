"""Estimates: near what was measured of proteins of known mass, and never before a measurement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cytokinome.catalogue import catalogue, why
from cytokinome.catalogue.estimates import BODY, WATER, YOUNG, diffusion_in_water
from cytokinome.catalogue.load import load_text
from cytokinome.catalogue.selection import choices
from cytokinome.diagnostics import Collector
from cytokinome.text.layout import print_tree


@pytest.mark.parametrize(
    ("mass", "kelvin", "viscosity", "measured"),
    [
        # TNF, 37 C: hydrodynamic diameter 5.6 nm, pmc:PMC7283243, legend of Figure 1
        (52_000, BODY, WATER, 118),
        # nerve growth factor in buffer at 34 C: 12.6e-7 cm^2/s, pmc:PMC1303113, abstract; water has 0.734 mPa s there
        (26_000, 307.15, 0.734, 126),
    ],
)
def test_estimates_are_near_measurements(mass: float, kelvin: float, viscosity: float, measured: float):
    """The rule comes within a fifth of what was measured, temperature and viscosity of water taken into account."""
    estimate = diffusion_in_water(mass) * kelvin / BODY * WATER / viscosity
    assert estimate == pytest.approx(measured, rel=0.2)


def test_eight_times_the_mass_is_half_as_fast():
    """Diffusion goes with the cube root of the mass."""
    assert diffusion_in_water(8 * 17_000) == pytest.approx(diffusion_in_water(17_000) / 2)


def test_a_measurement_goes_before_an_estimate():
    """TNF was measured itself; of IL-6 only nerve growth factor, which is shown and not taken."""
    _, (tnf,) = why(catalogue(), "TNF.diffusion")
    assert tnf.default is not None
    assert tnf.default.measured.source.id != YOUNG
    _, (il6,) = why(catalogue(), "IL6.diffusion")
    assert il6.default is not None
    assert il6.default.measured.source.id == YOUNG
    assert {one.measured.stand_in for one in il6.candidates} == {None, "nerve growth factor"}
    assert il6.spread == 1.0


def test_a_stand_in_is_never_taken():
    """A record whose only value is of another molecule has none that models take, and says why."""
    sheet = next(sheet for sheet in catalogue().sheets if sheet.record.id == "TNF")
    text = print_tree(sheet.tree).replace("form: trimer in water, 37 C", "stand-in: lysozyme")
    again = load_text(text, "TNF.yaml", Collector())
    assert again is not None
    (choice,) = choices(again.record, "diffusion")
    assert choice.default is None
    own = replace(choice, candidates=tuple(one for one in choice.candidates if one.measured.stand_in))
    assert own.reason == "only other molecules were measured"
    assert "of lysozyme in its place" in own.candidates[0].measured.described("")
