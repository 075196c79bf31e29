"""Pictures and films of a tissue: what is drawn is what is there, and nothing else."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import EllipseCollection
from matplotlib.colors import LogNorm, to_hex
from PIL import Image

from cytokinome.engines.base import Schedule
from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.coupling import simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.engines.tissue.space import Frame, Space
from cytokinome.errors import ExperimentError, StoreError, UserFileError
from cytokinome.model.load import check_text
from cytokinome.report.engines import plot_engines
from cytokinome.report.figures import COLOURS
from cytokinome.report.movie import write_film, write_films
from cytokinome.report.space import DEAD, colours_of, draw_arms, draw_series, draw_snapshot, frames, words_of
from cytokinome.report.space_scene import Scene, projected, readable, scenes_of, sliced
from tests.unit.report.sample import sample_result


def scene(time=0.0, *, axes=2, top=20.0, n=3):
    """Three cells in a box of 100 µm whose concentration rises along x up to `top` pM."""
    shape = (10, 10, 5)[:axes]
    slope = np.linspace(top / 10, top, 10).reshape((-1, *(1,) * (axes - 1)))
    places = np.array([[20.0, 50.0, 10.0], [50.0, 50.0, 24.0], [80.0, 30.0, 45.0]])[:n, :axes]
    return Scene(
        time=time,
        size=(100.0, 100.0, 50.0)[:axes],
        fields={"IL2": np.broadcast_to(slope, shape).copy(), "TNF": np.full(shape, 2.0)},
        units={"IL2": "pM", "TNF": "pM"},
        groups=("treg", "dead cell", "effector"),
        group_of=np.array([0, 2, 2])[:n],
        places=places,
        radii=np.array([4.0, 5.0, 6.0])[:n],
    )


def circles(axes):
    """The cells of a panel: centres, diameters, colours."""
    (drawn,) = [c for c in axes.collections if isinstance(c, EllipseCollection)]
    colours = [to_hex(face) for face in np.asarray(drawn.get_facecolor())]
    return np.asarray(drawn.get_offsets()), np.asarray(drawn.get_widths()), colours


def panels(figure):
    """The panels without the scales of colours."""
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]


def test_cells_are_circles_of_their_size():
    """At their places, as wide as they are, in the colour of their kind, which the legend names."""
    figure = draw_snapshot(scene())
    places, widths, colours = circles(panels(figure)[0])
    np.testing.assert_allclose(places, scene().places)
    np.testing.assert_allclose(widths, 2 * scene().radii)
    assert colours == [c.lower() for c in (COLOURS[0], COLOURS[1], COLOURS[1])]
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["treg", "effector"]


def test_dead_cells_are_grey():
    """And take no colour from the living."""
    assert colours_of(("dead cell", "treg")) == {"dead cell": DEAD, "treg": COLOURS[0]}
    assert len(set(colours_of(tuple("abcdefg")).values())) == 7


def test_maps_show_the_concentrations():
    """The first axis runs to the right, in µm, and the bar of colours names molecule and unit."""
    axes = panels(draw_snapshot(scene()))[0]
    (image,) = axes.images
    shown = np.asarray(image.get_array())
    np.testing.assert_allclose(shown[0], np.linspace(2.0, 20.0, 10))
    assert list(image.get_extent()) == [0, 100, 0, 100]
    bars = [a for a in draw_snapshot(scene()).axes if a.get_label() == "<colorbar>"]
    assert [bar.get_ylabel() for bar in bars] == ["IL2 (pM)", "TNF (pM)"]


def test_a_scale_bar_has_a_round_length():
    """Of 100 µm a bar of 20 µm, below the panel."""
    axes = panels(draw_snapshot(scene()))[0]
    (bar,) = axes.get_lines()
    assert np.ptp(np.asarray(bar.get_xdata())) == pytest.approx(20.0)
    assert [t.get_text() for t in axes.texts] == ["20 µm"]
    assert np.all(np.asarray(bar.get_ydata()) < 0)


def test_three_dimensions_have_a_slice_and_a_projection():
    """The middle plane cuts the second cell in a circle; the view from above has all, the highest last."""
    figure = draw_snapshot(scene(axes=3), molecules=["IL2"])
    middle, above = panels(figure)
    assert [a.get_title() for a in (middle, above)] == ["IL2, middle plane, 0 min", "IL2, mean over depth, 0 min"]
    places, widths, _ = circles(middle)
    np.testing.assert_allclose(places, [[50.0, 50.0]])
    np.testing.assert_allclose(widths, 2 * np.sqrt(24.0))
    assert len(circles(above)[0]) == 3


def test_a_slice_takes_the_plane_it_is_asked_for():
    """Of voxels of 10 µm the one that holds the height; a projection takes the mean."""
    stack = scene(axes=3)
    stack = replace(stack, fields={"IL2": np.arange(5.0) * np.ones((10, 10, 5))})
    found = [sliced(stack, "IL2", h).field for h in (0.0, 9.9, 10.1, 50.0)]
    assert [float(f[0, 0]) for f in found if f is not None] == [0.0, 0.0, 1.0, 4.0]
    above = projected(stack, "IL2").field
    assert above is not None
    assert above[0, 0] == pytest.approx(2.0)
    assert list(projected(stack, None).group_of) == [0, 2, 2]


def test_a_series_has_one_scale():
    """Columns are times; the scale holds the largest of all, and six snapshots are shown of many."""
    many = [scene(float(t), top=t + 1.0) for t in range(20)]
    figure = draw_series(many, molecules=["IL2"])
    shown = panels(figure)
    assert len(shown) == 6
    assert {axes.images[0].norm.vmax for axes in shown} == {20.0}
    assert [axes.get_title() for axes in shown] == ["0 h", "4 h", "8 h", "11 h", "15 h", "19 h"]


def test_a_dense_layer_has_a_panel_of_cells():
    """Cells that would hide the map are shown by themselves, and as rings on it."""
    grid = np.stack(np.meshgrid(np.arange(5.0, 100, 10), np.arange(5.0, 100, 10)), axis=-1).reshape(-1, 2)
    dense = replace(scene(), places=grid, radii=np.full(100, 4.5), group_of=np.zeros(100, dtype=int))
    figure = draw_snapshot(dense)
    cells, il2, _ = panels(figure)
    assert not cells.images
    assert len(circles(cells)[2]) in (1, 100)
    assert circles(il2)[2] == []


def test_units_are_readable():
    """16 000 pM are 16 nM, for all scenes alike; a stated unit stays."""
    large, small = scene(top=16000.0), scene(top=1.0)
    found = readable([small, large])
    assert [s.units["IL2"] for s in found] == ["nM", "nM"]
    assert found[1].fields["IL2"].max() == pytest.approx(16.0)
    stated = large.within({"IL2": ("pg/mL", 15.4)})
    assert readable([stated])[0].units["IL2"] == "pg/mL"
    assert readable([scene(top=0.0)])[0].units["IL2"] == "pM"


def test_logarithmic_scales_end_where_there_is_nothing():
    """Three decades at most; zero is drawn as the least."""
    norm = panels(draw_snapshot(scene(top=100.0), log=True))[0].images[0].norm
    assert isinstance(norm, LogNorm)
    assert (norm.vmin, norm.vmax) == (pytest.approx(10.0), 100.0)
    nothing = replace(scene(), fields={"IL2": np.zeros((10, 10))}, units={"IL2": "pM"})
    assert draw_snapshot(nothing, log=True).axes


@pytest.mark.parametrize(
    ("time", "last", "words"), [(0.25, 1.0, "15 min"), (36.0, 96.0, "36 h"), (36.0, 240.0, "1.5 d"), (0.0, 48.0, "0 h")]
)
def test_times_are_told_in_one_unit(time, last, words):
    """That of the whole run."""
    assert words_of(time, last) == words


def test_frames_keep_their_places():
    """Every picture of a film has the same axes at the same places, and the same scale."""
    seen = []
    for figure in frames([scene(0.0, top=1.0), scene(50.0, top=9.0, n=2)]):
        axes = panels(figure)[0]
        seen.append((tuple(axes.get_position().bounds), axes.images[0].norm.vmax, len(circles(axes)[0])))
    assert seen[0][:2] == seen[1][:2]
    assert [n for _, _, n in seen] == [3, 2]


def test_a_film_has_a_frame_per_scene(tmp_path):
    """An animated GIF that repeats, and in which colours are those of the pictures."""
    path = write_film([scene(t, top=10.0) for t in (0.0, 1.0, 2.0)], tmp_path / "x.gif", molecules=["IL2"], seconds=3.0)
    film = Image.open(io.BytesIO(path.read_bytes()))
    assert (getattr(film, "n_frames", 0), film.info["loop"], film.info["duration"]) == (3, 0, 1000)
    film.seek(2)
    assert film.info["duration"] == 1500
    found = {tuple(colour) for colour in np.asarray(film.convert("RGB")).reshape(-1, 3).tolist()}
    wanted = {tuple(int(COLOURS[i][k : k + 2], 16) for k in (1, 3, 5)) for i in (0, 1)}
    assert wanted <= found


def test_stages_are_one_kind_of_cell():
    """Cells in the stages of a dwell time share a colour; radii are those of the geometry."""
    text = """\
cytokinome: 1
model: staged
title: Staged
compartments:
  site: {kind: tissue, volume: 1e-9 L}
molecules:
  X: {in: site, initial: 3 pM, diffusion: 10 um^2/s}
cells:
  a: {in: site, states: {age: {young: 20, old: 0}}}
rules:
  - young a becomes old after 1 h (4 stages)
"""
    model = check_text(text, "staged.yaml").require()
    geometry = Geometry((100.0,) * 3, 20.0, bodies={"a": Body(radius=3.0)})
    times = np.array([0.0, 1.0])
    solution = simulate(model, geometry, Schedule(), times, snapshots=(0.0, 1.0))
    labels = solution.snapshots[0].populations
    frame = Frame(("X",), labels, (), geometry.grid.shape, 20.0)
    space = Space.none(frame, np.array([0.0, 1.0, 2.0])).with_run(2, solution.snapshots, np.full(len(labels), 3.0))
    before, after = scenes_of(space, 2)
    assert after.groups == ("young a", "old a")
    assert np.count_nonzero(after.group_of) == solution.values[-1, solution.outputs.index("count(old a)")]
    assert (before.time, before.size, set(before.radii)) == (0.0, (100.0, 100.0, 100.0), {3.0})
    assert np.all(before.fields["X"] == 3.0)
    with pytest.raises(ExperimentError, match=r"no snapshots of patient 1: kept are those of 2"):
        scenes_of(space, 1)


def test_what_cannot_be_drawn_is_refused(tmp_path):
    """With what is known, and what to do."""
    with pytest.raises(ExperimentError, match="kept no snapshot"):
        draw_series([])
    with pytest.raises(ExperimentError, match=r"no snapshot has a molecule IL3.*IL2"):
        draw_snapshot(scene(), molecules=["IL3"])
    with pytest.raises(UserFileError, match="animated GIF"):
        write_film([scene()], tmp_path / "x.mp4")
    with pytest.raises(StoreError):
        write_film([scene()], tmp_path / "nowhere" / "x.gif")


def test_arms_stand_side_by_side():
    """The last snapshot of the typical person per arm, in the units that the experiment measures in; films per arm."""
    result = sample_result()
    frame = Frame(("TNF", "LPS"), ("monocyte",), (), (5, 5), 20.0, 10.0)
    table = np.array([[0.0, 24.0, 0.0, 0.0, 50.0, 50.0, 5.0]])
    space = Space(frame, np.zeros(1), np.array([0.0, 24.0]), np.full((1, 2, 2, 5, 5), 2.0), table)
    arms = {id: replace(arm, space=space) for id, arm in result.arms.items()}
    figure = draw_arms(replace(result, arms=arms))
    assert [axes.get_title() for axes in panels(figure)] == list(arms)
    bars = [a for a in figure.axes if a.get_label() == "<colorbar>"]
    assert [bar.get_ylabel() for bar in bars] == ["TNF (pg/mL)"]  # LPS is not measured
    assert panels(figure)[0].images[0].norm.vmax == pytest.approx(2.0 * 52.0)  # 52 kDa
    with pytest.raises(ExperimentError, match="kept no snapshot"):
        draw_arms(result)


def test_films_are_named_by_arm(tmp_path):
    """One for each, beside each other."""
    result = sample_result()
    frame = Frame(("TNF",), ("monocyte",), (), (5, 5), 20.0, 10.0)
    space = Space(frame, np.zeros(1), np.array([0.0, 1.0]), np.ones((1, 2, 1, 5, 5)), np.zeros((0, 7)))
    moving = replace(result, arms={id: replace(arm, space=space) for id, arm in result.arms.items()})
    assert [p.name for p in write_films(moving, tmp_path / "f.gif")] == [f"f-{id}.gif" for id in result.arms]
    only = next(iter(moving.arms))
    assert write_films(replace(moving, arms={only: moving.arms[only]}), tmp_path / "f.gif")[0].name == "f.gif"
    with pytest.raises(ExperimentError, match="kept no snapshot"):
        write_films(result, tmp_path / "f.gif")


def test_engines_share_a_figure():
    """A line per engine and panel, a band where there are several runs; an unknown curve is refused."""
    result = sample_result()
    figure = plot_engines({"one": result, "other": result}, "bolus", ["TNF", "IL6"])
    assert [(axes.get_title(), axes.get_ylabel()) for axes in figure.axes] == [("TNF", "pg/mL"), ("IL6", "pg/mL")]
    assert [len(axes.get_lines()) for axes in figure.axes] == [2, 2]
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["one", "other", "90 % of runs"]
    with pytest.raises(ExperimentError, match="one has no curve TNFF"):
        plot_engines({"one": result}, "bolus", ["TNFF"])
