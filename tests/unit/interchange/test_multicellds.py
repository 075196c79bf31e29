"""MultiCellDS files: read by SciPy and after the layout of PhysiCell, and by its own loader where it is installed."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.io import loadmat

from cytokinome.interchange import multicellds
from tests.unit.interchange.scenes import course, empty


@pytest.fixture(params=[False, True], ids=["box", "layer"])
def written(request, tmp_path):
    """A folder with three snapshots, and the scene of the last."""
    for name, content in multicellds.files(course(request.param)):
        (tmp_path / name).write_bytes(content)
    return tmp_path, course(request.param)[2]


def text_of(root, path):
    """The text of an element that must be there."""
    found = root.find(path)
    assert found is not None
    assert found.text
    return found.text


def test_voxels_and_concentrations(written):
    """Each column of the table is a voxel: centre, volume and concentrations, in the axes of the XML file."""
    folder, scene = written
    root = ElementTree.parse(folder / "output00000002.xml").getroot()
    assert float(text_of(root, "metadata/current_time")) == pytest.approx(60.0)
    domain = root.find("microenvironment/domain")
    assert domain is not None
    axes = [np.array(text_of(domain, f"mesh/{a}_coordinates").split(), dtype=float) for a in "xyz"]
    mesh = loadmat(folder / text_of(domain, "mesh/voxels/filename"))["mesh"]
    table = loadmat(folder / text_of(domain, "data/filename"))["multiscale_microenvironment"]
    assert np.array_equal(table[:4], mesh)
    names = [v.attrib["name"] for v in domain.iter("variable")]
    assert names == ["TNF", "IL10"]
    fields = scene.fields.reshape(2, *(len(a) for a in axes[::-1]))
    at = [np.searchsorted(a, row) for a, row in zip(axes, mesh, strict=False)]
    assert np.array_equal(table[4:], fields[:, at[2], at[1], at[0]])
    box = np.array(text_of(domain, "mesh/bounding_box").split(), dtype=float)
    assert box.tolist() == ([0, 0, -7.5, 120, 80, 7.5] if len(axes[2]) == 1 else [0, 0, 0, 120, 80, 60])
    assert mesh[3].sum() == pytest.approx(np.prod(box[3:] - box[:3]))
    assert mesh[3].sum() * 1e-15 == pytest.approx(scene.grid.volume)


def test_cells_and_their_labels(written):
    """Each label says which rows are its own; positions, sizes, names of types, and what cells carry."""
    folder, scene = written
    data = ElementTree.parse(folder / "output00000002.xml").find(".//simplified_data")
    assert data is not None
    table = loadmat(folder / text_of(data, "filename"))["cells"]
    rows, ends = {}, [0]
    for label in data.iter("label"):
        index, size = int(label.attrib["index"]), int(label.attrib["size"])
        assert index == ends[-1]
        rows[label.text] = table[index : index + size]
        ends.append(index + size)
    assert ends[-1] == len(table)
    # the compatible part of the layout: what readers of the first version take by number
    assert list(rows)[:6] == ["ID", "position", "total_volume", "cell_type", "cycle_model", "current_phase"]
    assert np.array_equal(rows["ID"][0], scene.ids)
    assert np.array_equal(rows["position"].T, scene.centres)
    types = {t.attrib["ID"]: t.text for t in data.iter("type")}
    found = [types[str(int(i))] for i in rows["cell_type"][0]]
    assert found == [scene.populations[i] for i in scene.kinds]
    assert rows["total_volume"][0] == pytest.approx(4 / 3 * np.pi * rows["radius"][0] ** 3)
    assert np.array_equal(rows["Y"][0], scene.carried["Y"][1], equal_nan=True)


def test_neighbours_are_those_in_reach(written):
    """A cell names all others nearer than 1.25 of the sum of their radii, and is named by them."""
    folder, scene = written
    lines = (folder / "output00000002_cell_neighbor_graph.txt").read_text().splitlines()
    named = {int(a): {int(i) for i in b.split(",") if i.strip()} for a, b in (line.split(":") for line in lines)}
    ids, places, radii = scene.ids, scene.places, scene.radii
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2)
    near = (gaps < 1.25 * (radii[:, None] + radii[None])) & ~np.eye(len(ids), dtype=bool)
    assert named == {i: set(ids[row].tolist()) for i, row in zip(ids.tolist(), near, strict=True)}


def test_neighbours_that_touch_are_found():
    """Cells side by side: the graph is not empty."""
    scene = course()[0]
    places = np.full((len(scene.ids), 3), 70.0)
    places[:2] = [[10.0, 10.0, 10.0], [10.0 + 1.24 * 12.0, 10.0, 10.0]]
    first, second, *_ = multicellds.neighbour_graph(replace(scene, places=places)).decode().splitlines()
    assert (first, second) == ("0: 1", "1: 0")


def test_a_box_without_cells(tmp_path):
    """The table of cells has rows and no column."""
    files = dict(multicellds.snapshot(empty(), "output00000000"))
    (tmp_path / "cells.mat").write_bytes(files["output00000000_cells.mat"])
    assert loadmat(tmp_path / "cells.mat")["cells"].shape[1] == 0
    assert files["output00000000_cell_neighbor_graph.txt"] == b""


def test_the_loader_of_physicell_reads_them(written):
    """Times, concentrations and cells as its users see them."""
    pcdl = pytest.importorskip("pcdl")
    folder, scene = written
    step = pcdl.TimeStep("output00000002.xml", output_path=str(folder), verbose=False)
    assert step.get_time() == pytest.approx(60.0)
    table = step.get_cell_df()
    assert table.index.tolist() == scene.ids.tolist()
    places = table[["position_x", "position_y", "position_z"]].to_numpy()
    assert np.array_equal(places, scene.centres)
    assert table["cell_type"].tolist() == [scene.populations[i] for i in scene.kinds]
    assert table["radius"].tolist() == scene.radii.tolist()
    levels = step.get_conc_df().set_index(["voxel_i", "voxel_j", "voxel_k"])
    field = scene.fields[0].reshape(-1, 4, 6)
    for x, y, z in ((0, 0, 0), (5, 0, 0), (2, 3, 0), (5, 3, len(field) - 1)):
        assert levels.loc[(x, y, z), "TNF"] == field[z, y, x]
    assert step.get_unit_dict()["TNF"] == "pM"
    assert step.get_unit_dict()["Y"] == "molecules"
    assert set(step.get_neighbor_graph_dict()) == set(scene.ids.tolist())
    series = pcdl.TimeSeries(str(folder), verbose=False)
    assert [s.get_time() for s in series.get_mcds_list()] == pytest.approx([0.0, 30.0, 60.0])
