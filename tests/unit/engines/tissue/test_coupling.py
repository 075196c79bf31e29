"""Sentences on agents: each does what its law says, cell by cell, and nothing depends on how it is asked for."""

import numpy as np
import pytest

from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.engines.tissue.coupling_places import Cluster, Ring
from cytokinome.errors import ResourceLimit, UnsupportedFeature
from cytokinome.model.load import check_text
from cytokinome.units import AVOGADRO

PMOL = 1e12 / AVOGADRO  # of one molecule
BOX = (200.0, 200.0, 200.0)
VOLUME = 8e-9  # L of that box


def model_of(rules, *, cells="a: {in: site, initial: 100}", molecules="X: {in: site}", more=""):
    """A model of one compartment as large as the box."""
    text = f"""\
cytokinome: 1
model: tested
title: Tested
compartments:
  site: {{kind: tissue, volume: 8e-9 L}}
molecules:
  {molecules}
cells:
  {cells}
rules:
"""
    text += "".join(f"  - {rule}\n" for rule in rules) + more
    return check_text(text, "tested.yaml").require()


def run(model, hours=1.0, *, points=3, seed=1, entries=(), size=BOX, **options):
    """One run in the box."""
    snapshots = options.pop("snapshots", ())
    options = {"diffusion": {"X": 3.6e4}, "step": 1 / 60, **options}
    schedule = Schedule.of([Entry(t, a, s, np.array([v])) for t, a, s, v in entries])
    return simulate(
        model,
        Geometry(size, 20.0, **options),
        schedule,
        np.linspace(0.0, hours, points),
        seed=seed,
        snapshots=snapshots,
    )


def test_secretion_arrives_in_full():
    """100 cells at 10 molecules/s for an hour."""
    solution = run(model_of(["a secretes X at 10 molecules/cell/s"]))
    expected = 100 * 10 * 3600 * PMOL / VOLUME * np.array([0.0, 0.5, 1.0])
    assert solution.outcome.status == "completed"
    assert solution.of("X") == pytest.approx(expected, rel=1e-9)
    assert solution.of("count(a)") == pytest.approx([100.0] * 3)


def test_loss_and_secretion_balance():
    """[X] → n q/(V k) as 1 − e^(−kt)."""
    model = model_of(
        ["a secretes X at 10 molecules/cell/s"], molecules="X: {in: site, degrades: {rate: 3 /h, source: assumed}}"
    )
    level = 100 * 10 * 3600 * PMOL / VOLUME / 3
    assert run(model, 1.0).of("X") == pytest.approx(level * -np.expm1([0.0, -1.5, -3.0]), rel=1e-9)


RECEPTOR = "receptors:\n  R: {ligands: {X: 100 pM}, source: assumed}\n"


@pytest.mark.parametrize("spacing", [20.0, 40.0])
def test_uptake_is_limited_by_diffusion(spacing):
    """One cell with very many receptors takes what reaches a sphere, whatever the voxels."""
    model = model_of(
        ["a takes up X through R at 1e6 receptors/cell with internalisation 10 /min"],
        cells="a: {in: site, initial: 1}", molecules="X: {in: site, initial: 1 pM}", more=RECEPTOR,
    )  # fmt: skip
    centre = np.array([[400.0, 400.0, 400.0]]) + 3.0
    geometry = Geometry((800.0,) * 3, spacing, place={"a": centre}, diffusion={"X": 360.0}, step=0.25)
    solution = simulate(model, geometry, Schedule(), np.array([0.0, 0.5, 1.5]))
    taken = -np.diff(solution.of("X")) * geometry.grid.volume / np.diff(solution.times)
    # a sphere that takes all: 4πDρ c (1 + ρ/√(πDt)), averaged over the time between
    brought = 4 * np.pi * 360.0 * 5.0 * 1e-15
    mean = lambda t0, t1: 1 + 5.0 * 2 * (np.sqrt(t1) - np.sqrt(t0)) / np.sqrt(np.pi * 360.0) / (t1 - t0)  # noqa: E731
    assert taken[1] == pytest.approx(brought * mean(0.5, 1.5), rel=0.04)


def test_deaths_follow_the_hazard():
    """20 000 cells at 0.5 /h: e^(−0.5 t) within three standard deviations, whatever the step."""
    model = model_of(["a dies at 0.5 /h"], cells="a: {in: site, initial: 2000}")
    for step in (1 / 60, 0.5):
        left = run(model, 2.0, size=BOX, step=step, bodies={"a": Body(radius=1.0)}).of("count(a)")[-1] / 2000
        assert left == pytest.approx(np.exp(-1.0), abs=3 * np.sqrt(np.exp(-1) * (1 - np.exp(-1)) / 2000))


def test_dwell_times_are_those_of_a_chain():
    """After 1 h (4 stages): the part that has become b by t is the Gamma distribution's."""
    from scipy.stats import gamma

    model = model_of(
        ["a becomes old after 1 h (4 stages)"],
        cells="a: {in: site, states: {age: {young: 2000, old: 0}}}",
    )  # fmt: skip
    solution = run(model, 2.0, points=5, bodies={"a": Body(radius=1.0)}, step=1 / 120)
    old = solution.of("count(old a)") / 2000
    exact = gamma.cdf(solution.times, 4, scale=0.25)
    assert old == pytest.approx(exact, abs=3 * 0.5 / np.sqrt(2000))


def test_division_shares_amounts_and_copies_intensives():
    """Twice the cells; the amount per cell halves, the intensive stays, the total of the amount is kept."""
    model = model_of(
        ["a divides at 3 /h"],
        cells='a: {in: site, initial: 50, inside: {Y: {initial: 80}, Z: {kind: intensive, initial: 7, unit: "1"}}}',
    )  # fmt: skip
    solution = run(model, 0.5, snapshots=(0.5,))
    cells = solution.snapshots[0].cells
    assert len(cells) > 120
    assert np.sum(cells.inside["Y"]) == pytest.approx(50 * 80 * PMOL, rel=1e-12)
    assert np.all(cells.inside["Z"] == 7.0)
    generation = np.log2(80 * PMOL / cells.inside["Y"])
    assert generation == pytest.approx(np.rint(generation), abs=1e-12)
    assert len(set(cells.ids.tolist())) == len(cells)
    gaps = np.linalg.norm(cells.places[:, None] - cells.places[None], axis=2)[np.triu_indices(len(cells), 1)]
    assert gaps.min() >= 9.0 * (1 - 2e-4)


def test_becoming_resets_what_it_says():
    """A reset variable starts again, another is carried over, exactly."""
    model = model_of(
        ["a becomes old at 50 /h resetting Y", "a produces Z inside at 3 molecules/cell/h"],
        cells="a: {in: site, states: {age: {young: 20, old: 0}}, inside: {Y: {initial: 8}, Z: {initial: 5}}}",
    )  # fmt: skip
    model_y = run(model, 1.0, snapshots=(1.0,)).snapshots[0].cells
    assert model_y.inside["Y"] == pytest.approx(np.full(20, 8 * PMOL))
    assert model_y.inside["Z"] == pytest.approx(np.full(20, 8 * PMOL), rel=1e-9)


def test_each_cell_has_its_own_inside():
    """Cells near the source of X fill up with Y, those far from it do not."""
    model = model_of(
        ["a produces Y inside at 100 molecules/cell/h, driven by X (half 10 pM)"],
        cells="a: {in: site, initial: 2, inside: {Y: {initial: 0}}}",
    )  # fmt: skip
    walls = {"X": ((100.0, 0.0), (None, None), (None, None))}
    place = {"a": np.array([[10.0, 100.0, 100.0], [190.0, 100.0, 100.0]])}
    solution = run(model, 2.0, walls=walls, place=place, diffusion={"X": 3.6e6}, snapshots=(2.0,))
    near, far = solution.snapshots[0].cells.inside["Y"] / PMOL
    assert near == pytest.approx(2 * 100 * 95 / 105, rel=0.05)
    assert far == pytest.approx(2 * 100 * 5 / 15, rel=0.05)


def test_killers_kill_in_reach():
    """The hazard of a target is k/V_contact per killer in reach, and nothing beyond."""
    model = model_of(
        ["k kills v at 1e-12 L/cell/h"],
        cells="k: {in: site, initial: 1}\n  v: {in: site, initial: 2}",
    )  # fmt: skip
    contact = 4 / 3 * np.pi * (11.0**3 - 10.0**3) * 1e-15
    near, far, n = [100.0, 100.0, 110.5], [100.0, 100.0, 111.5], 300
    alive = np.zeros(2)
    for seed in range(n):
        place = {"k": np.array([[100.0, 100.0, 100.0]]), "v": np.array([near])}
        alive[0] += run(model, 0.5, seed=seed, place=place, step=0.5, points=2).of("count(v)")[-1]
    place = {"k": np.array([[100.0, 100.0, 100.0]]), "v": np.array([far])}
    assert run(model, 5.0, place=place, step=0.5, points=2).of("count(v)")[-1] == 1.0
    expected = np.exp(-0.5 * 1e-12 / contact)
    assert alive[0] / n == pytest.approx(expected, abs=3 * np.sqrt(expected * (1 - expected) / n))


def test_the_dead_release_what_they_hold():
    """By necrosis the amount inside goes where the cell was; `releases` gives its own amount."""
    model = model_of(
        ["a dies by necrosis at 100 /h", "a releases X at 500 molecules/cell"],
        cells="a: {in: site, initial: 30, inside: {X: {initial: 1000}}}",
    )  # fmt: skip
    solution = run(model, 1.0)
    assert solution.of("count(a)")[-1] == 0.0
    assert solution.of("X")[-1] == pytest.approx(30 * 1500 * PMOL / VOLUME, rel=1e-9)


def test_cells_enter_at_walls():
    """At 300 cells/h: a Poisson number, all at the walls."""
    model = model_of(["a enters at 300 cell/h"], cells="a: {in: site, initial: 0}")
    solution = run(model, 1.0, snapshots=(1.0,), bodies={"a": Body(radius=1.0)})
    cells = solution.snapshots[0].cells
    assert len(cells) == pytest.approx(300, abs=3 * np.sqrt(300))
    depth = np.min(np.minimum(cells.places, 200.0 - cells.places), axis=1)
    assert depth.max() < 10.0  # a radius from the wall, or pushed a little on


def test_cells_enter_at_vessels():
    """As many, beside the vessels, called by what is there."""
    model = model_of(["a enters at 300 cell/h, driven by X (half 10 pM)"], cells="a: {in: site, initial: 0}")
    vessels = np.array([[10.0, 100.0, 100.0], [10.0, 150.0, 50.0]])
    walls = {"X": ((90.0, 0.0), (None, None), (None, None))}
    options = {"walls": walls, "diffusion": {"X": 3.6e7}, "bodies": {"a": Body(radius=1.0)}}
    cells = run(model, 1.0, snapshots=(1.0,), vessels=vessels, **options).snapshots[0].cells
    expected = 300 * 85.5 / 95.5
    assert len(cells) == pytest.approx(expected, abs=3 * np.sqrt(expected))
    distance = np.min(np.linalg.norm(cells.places[:, None] - vessels[None], axis=2), axis=1)
    assert distance.max() < 30.0


def test_cells_follow_occupancy():
    """Up the gradient of X; with an antagonist that blocks the receptor, nowhere in particular."""
    rules = ["a moves toward X at 5 um/min"]
    walls = {"X": ((0.0, 200.0), (None, None), (None, None))}
    place = {"a": np.random.default_rng(9).uniform(60, 140, (200, 3))}
    means = []
    for blocker in ("0 pM", "1 uM"):
        more = "receptors:\n  R: {ligands: {X: 100 pM}, antagonists: {B: 1 pM}, source: assumed}\n"
        model = model_of(
            rules, molecules=f"X: {{in: site, initial: 100 pM}}\n  B: {{in: site, initial: {blocker}}}", more=more
        )
        options = {"diffusion": {"X": 3.6e5, "B": 3.6e4}, "walls": walls, "place": place}
        cells = (
            run(model, 0.25, snapshots=(0.25,), bodies={"a": Body(radius=4.0, gain=20.0)}, **options).snapshots[0].cells
        )
        means.append(np.mean(cells.places[:, 0]) - np.mean(place["a"][:, 0]))
    assert means[0] > 15.0
    assert abs(means[1]) < 6.0


def test_sticky_cells_stay_together():
    """A pair that adheres keeps near its distance; one that does not drifts no nearer."""
    place = {"a": np.array([[94.9, 100.0, 100.0], [105.1, 100.0, 100.0]])}
    gaps = []
    for rules in (["a adheres to a at 24 um/h"], ["a dies at 1e-9 /h"]):
        cells = run(model_of(rules), 3.0, place=place, snapshots=(3.0,)).snapshots[0].cells
        gaps.append(np.linalg.norm(cells.places[0] - cells.places[1]))
    assert gaps[0] < 10.0
    assert gaps[1] == pytest.approx(10.2)


# ---------------------------------------------------------------------------------------------- how it is asked
BUSY = ["a secretes X at 10 molecules/cell/s", "a divides at 0.5 /h, driven by X (half 50 pM)", "a dies at 0.3 /h",
        "a moves at 2 um/min"]  # fmt: skip


def test_results_do_not_depend_on_the_output_grid():
    """The same bits at common times, from three outputs and from twenty-five."""
    model = model_of(BUSY)
    few, many = run(model, 1.0, points=3), run(model, 1.0, points=25)
    assert np.array_equal(few.values, many.values[[0, 12, 24]])
    assert np.array_equal(few.values, run(model, 1.0, points=3).values)
    assert not np.array_equal(few.values, run(model, 1.0, points=3, seed=2).values)


def test_between_steps_concentrations_are_read_off_the_line():
    """And cells are those of the step before."""
    model = model_of(["a secretes X at 10 molecules/cell/s"])
    solution = run(model, 1.0, points=8, step=0.25)
    assert solution.of("X") == pytest.approx(100 * 10 * 3600 * PMOL / VOLUME * solution.times, rel=1e-9)


def test_the_schedule_is_obeyed_on_time():
    """A dose between two steps, an infusion, a parameter, and cells that come and go."""
    model = model_of(
        ["a secretes X at q"], molecules="X: {in: site}",
        more="parameters:\n  q: {value: 0 molecules/cell/s, source: assumed}\n",
    )  # fmt: skip
    from cytokinome.compiler.lower import compile_model

    kernel = compile_model(model)
    X, a = kernel.states.index("X"), kernel.states.index("a")
    q = [s.name for s in kernel.parameters].index("q")
    entries = [
        (0.123, Action.ADD, X, 5.0),
        (0.2, Action.RATE_ON, X, 10.0),
        (0.4, Action.RATE_OFF, X, 10.0),
        (0.5, Action.SCALE, a, 0.25),
        (0.6, Action.ADD, a, 10.0),
        (0.75, Action.PARAMETER, q, 3600.0 * PMOL),
        (0.9, Action.SET, X, 1.0),
    ]
    solution = run(model, 1.0, points=21, entries=entries)
    at = lambda t: int(np.searchsorted(solution.times, t - 1e-9))  # noqa: E731
    X_course, count = solution.of("X"), solution.of("count(a)")
    assert X_course[at(0.1)] == 0.0
    assert X_course[at(0.15)] == pytest.approx(5.0)
    assert X_course[at(0.3)] == pytest.approx(6.0)
    assert X_course[at(0.7)] == pytest.approx(7.0)
    assert [count[at(t)] for t in (0.45, 0.5, 0.6)] == [100.0, 25.0, 35.0]
    assert X_course[at(0.85)] == pytest.approx(7.0 + 35 * 3600 * 0.1 * PMOL / VOLUME)
    assert X_course[at(1.0)] == pytest.approx(1.0 + 35 * 3600 * 0.1 * PMOL / VOLUME)


def test_a_dose_does_not_reach_back():
    """Just before a dose there is what there was, however long the step; at its time there is the dose."""
    model = model_of(["a secretes X at 1 molecules/cell/s"])
    schedule = Schedule.of([Entry(0.5, Action.ADD, 0, np.array([5.0]))])
    times = np.array([0.0, 0.4, 0.5 - 1e-8, 0.5, 1.0])
    solution = simulate(model, Geometry(BOX, 20.0, diffusion={"X": 3.6e4}, step=0.25), schedule, times)
    secreted = 100 * 3600 * PMOL / VOLUME * times
    assert solution.of("X") == pytest.approx(secreted + np.array([0.0, 0.0, 0.0, 5.0, 5.0]), rel=1e-6)


def test_the_box_is_a_sample():
    """In an eighth of the volume an eighth of the cells; counts and concentrations are those of the whole."""
    model = model_of(["a secretes X at 10 molecules/cell/s"], cells="a: {in: site, initial: 160}")
    whole, part = run(model), run(model, size=(100.0,) * 3, snapshots=(1.0,))
    assert len(part.snapshots[0].cells) == 20
    assert part.values == pytest.approx(whole.values, rel=1e-9)


@pytest.mark.parametrize(
    ("place", "resting", "active", "within"),
    [
        ({}, 60, 40, 400.0),
        ({"a": Cluster(60.0, (100.0,) * 3)}, 60, 40, 60.0),
        ({"a": Cluster(60.0, (100.0,) * 3, 10)}, 10, 0, 60.0),
        ({"active a": Ring(60.0, (100.0,) * 3, 6)}, 60, 6, 400.0),
        ({"active a": Ring(60.0, (100.0,) * 3), "a": Cluster(60.0, (100.0,) * 3, 0)}, 0, 40, 60.0),
    ],
)
def test_cells_stand_where_they_are_placed(place, resting, active, within):
    """As many as are stated go to the state that most begin in; else each state has the model's number."""
    model = model_of(
        ["resting a becomes active at 0 /h"],
        cells="a: {in: site, states: {activation: {resting: 60, active: 40}}}",
    )
    solution = run(model, 0.01, snapshots=(0.0,), place=place, bodies={"a": Body(radius=1.0)})
    (first,) = solution.snapshots
    found = dict(zip(first.populations, np.bincount(first.cells.populations, minlength=2).tolist(), strict=True))
    assert found == {"resting a": resting, "active a": active}
    assert np.max(np.linalg.norm(first.cells.places - 100.0, axis=1)) <= within + 2.0  # they make room


def test_a_layer_has_a_thickness():
    """In two dimensions with a thickness the amounts are those of its volume."""
    model = model_of(["a secretes X at 10 molecules/cell/s"], cells="a: {in: site, initial: 160}")
    layer = run(model, size=(400.0, 400.0), thickness=25.0, snapshots=(1.0,))
    assert len(layer.snapshots[0].cells) == 80
    assert layer.of("X")[-1] == pytest.approx(160 * 10 * 3600 * PMOL / VOLUME, rel=1e-9)


# ------------------------------------------------------------------------------------------------ what fails
def test_a_crowded_box_is_an_outcome():
    """NaN throughout, a sentence that says so, and the snapshots taken before."""
    model = model_of(["a divides at 20 /h"], cells="a: {in: site, initial: 8}", molecules="X: {in: site}")
    solution = run(model, 2.0, size=(60.0,) * 3, points=9, place={"a": np.full((8, 3), 30.0)}, snapshots=(0.0, 2.0))
    assert solution.outcome.status == "failed"
    assert "find no places" in solution.outcome.sentence
    assert np.isnan(solution.values).all()
    assert [s.time for s in solution.snapshots] == [0.0]


@pytest.mark.parametrize(
    ("geometry", "error", "message"),
    [
        ({"diffusion": {}}, ValueError, "no diffusion coefficient is known for X"),
        ({"bodies": {"b": Body()}}, ValueError, "names 'b'; tested has a"),
        ({"place": {"a": np.array([[1.0, 2.0]])}}, ValueError, r"shape \(1, 2\)"),
        ({"place": {"a": np.array([[1.0, 2.0, 900.0]])}}, ValueError, "outside the box"),
        ({"size": (2e6, 2e6, 2e6)}, ResourceLimit, "voxels"),
        ({"step": 0.0}, ValueError, "step is 0.0"),
    ],
)
def test_a_geometry_that_does_not_fit_is_refused(geometry, error, message):
    """Before anything runs, with what is wrong."""
    with pytest.raises(error, match=message):
        run(model_of(["a dies at 1 /h"]), **geometry)


def test_what_the_tissue_cannot_honour_is_refused():
    """Two compartments, and the sentence that says so."""
    text = """\
cytokinome: 1
model: two
title: Two
compartments:
  blood: {kind: plasma, volume: 1 L}
  joint: {kind: tissue, volume: 1 mL}
molecules:
  X: {in: joint}
cells:
  a: {in: joint, initial: 10}
rules:
  - a dies at 1 /h
"""
    with pytest.raises(UnsupportedFeature, match="compartment joint"):
        run(check_text(text, "two.yaml").require())
