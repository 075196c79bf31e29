"""MultiCellDS snapshots as PhysiCell writes them, which its loaders read.

The layout is that of version 2 of the format, read off PhysiCell 1.14.2 (MathCancer/PhysiCell, commit 69a23db:
modules/PhysiCell_MultiCellDS.cpp, BioFVM/BioFVM_MultiCellDS.cpp, BioFVM/BioFVM_matlab.cpp). A snapshot is one XML file
that names the others beside it: voxels and concentrations, cells, and three graphs between cells. Tables are MATLAB
files of level 4 with a column for each voxel or cell. Lengths are in µm and times in min, as there; concentrations are
in pM.

What an agent of ours does not have, such as a nucleus, and what a snapshot does not tell, such as the diffusion
coefficient of a molecule, is NaN. Nothing states when a file was written: the same snapshot has the same bytes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree

import numpy as np

from cytokinome._version import __version__
from cytokinome.engines.tissue.cells_motion import ADHESION_RANGE
from cytokinome.engines.tissue.cells_neighbours import pairs_within

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from cytokinome.interchange.scene import Scene

    Array = NDArray[np.float64]

MINUTES = 60.0  # in an hour
CUSTOM_CYCLE, LIVE = 9999, 14  # of PhysiCell_constants: a cycle model that is none of its own, a living cell's phase
NO_SUBSTRATE = -1


class Rows(NamedTuple):
    """A label of the table of cells: its unit, and a row for each of its components."""

    name: str
    unit: str
    values: Array


def files(scenes: Sequence[Scene]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every file of a course of time, numbered as PhysiCell numbers them.

    Parameters
    ----------
    scenes : sequence of Scene
        In the order of time.
    """
    for number, scene in enumerate(scenes):
        yield from snapshot(scene, f"output{number:08d}")


def snapshot(scene: Scene, stem: str) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every file of one moment; `stem` begins their names."""
    labels, centres = cell_rows(scene), voxel_centres(scene)
    mesh = np.vstack([centres, np.full(scene.grid.voxels, scene.grid.spacing**2 * scene.depth)])
    levels = [field.ravel() for field in scene.fields]  # x runs fastest
    yield f"{stem}.xml", _described(scene, stem, labels)
    yield f"{stem}_mesh0.mat", matlab("mesh", mesh)
    yield f"{stem}_microenvironment0.mat", matlab("multiscale_microenvironment", np.vstack([mesh, *levels]))
    yield f"{stem}_cells.mat", matlab("cells", np.vstack([rows.values for rows in labels]))
    neighbours, nobody = neighbour_graph(scene), graph(scene.ids, {})
    yield f"{stem}_cell_neighbor_graph.txt", neighbours
    yield f"{stem}_attached_cells_graph.txt", nobody
    yield f"{stem}_spring_attached_cells_graph.txt", nobody


# ------------------------------------------------------------------------------------------------------- tables
def matlab(name: str, table: Array) -> bytes:
    """Return a matrix of doubles as a MATLAB file of level 4, column after column.

    The header is five integers: kind (little-endian doubles, full), rows, columns, imaginary part, length of the name.
    Names end with a zero, as MATLAB's do.
    """
    label = name.encode("ascii") + b"\0"
    return struct.pack("<5i", 0, *table.shape, 0, len(label)) + label + table.astype("<f8").tobytes(order="F")


def axes(scene: Scene) -> list[Array]:
    """Return the centres of voxels along x, y and z [µm]; a layer lies in the plane z = 0."""
    along = [np.linspace(0.5, n - 0.5, n) * scene.grid.spacing for n in scene.grid.shape]
    return along if len(along) == 3 else [*along, np.zeros(1)]


def voxel_centres(scene: Scene) -> Array:
    """Return [axis, voxel] the centres of all voxels [µm]; x runs fastest."""
    x, y, z = np.meshgrid(*axes(scene), indexing="ij")
    return np.stack([x.ravel(order="F"), y.ravel(order="F"), z.ravel(order="F")])


def cell_rows(scene: Scene) -> list[Rows]:
    """Return the labels of the table of cells: those that loaders ask for, and what each cell carries."""
    unknown = np.full(len(scene.ids), np.nan)

    def every(value: float) -> Array:
        return np.full(len(scene.ids), value)

    rows = [
        Rows("ID", "none", scene.ids.astype(float)),
        Rows("position", "microns", scene.centres.T),
        Rows("total_volume", "cubic microns", 4.0 / 3.0 * np.pi * scene.radii**3),
        Rows("cell_type", "none", scene.kinds.astype(float)),
        Rows("cycle_model", "none", every(CUSTOM_CYCLE)),
        Rows("current_phase", "none", every(LIVE)),
        Rows("elapsed_time_in_phase", "min", unknown),
        Rows("nuclear_volume", "cubic microns", unknown),
        Rows("cytoplasmic_volume", "cubic microns", unknown),
        Rows("fluid_fraction", "none", unknown),
        Rows("calcified_fraction", "none", unknown),
        Rows("orientation", "none", np.tile(unknown, (3, 1))),
        Rows("polarity", "none", unknown),
        Rows("dead", "none", every(0.0)),
        Rows("radius", "microns", scene.radii),
        Rows("chemotaxis_index", "none", every(NO_SUBSTRATE)),
    ]
    return rows + [Rows(name, unit, values) for name, (unit, values) in scene.carried.items()]


def neighbour_graph(scene: Scene) -> bytes:
    """Return who is near whom: cells within the range at which they stick, 1.25 of the sum of their radii."""
    ids, radii = scene.ids, scene.radii
    pairs = pairs_within(scene.places, 2.0 * ADHESION_RANGE * float(np.max(radii, initial=0.0)), scene.grid.size)
    near = pairs.distance < ADHESION_RANGE * (radii[pairs.first] + radii[pairs.second])
    found: dict[int, list[int]] = {}
    for i, j in zip(ids[pairs.first[near]].tolist(), ids[pairs.second[near]].tolist(), strict=True):
        found.setdefault(i, []).append(j)
        found.setdefault(j, []).append(i)
    return graph(ids, found)


def graph(ids: NDArray[np.int64], found: dict[int, list[int]]) -> bytes:
    """Return a graph as text: each cell, a colon, and the cells that it is linked with."""
    lines = (f"{i}: {','.join(map(str, sorted(found.get(i, []))))}\n" for i in ids.tolist())
    return "".join(lines).encode("ascii")


# ---------------------------------------------------------------------------------------------------------- XML
def _described(scene: Scene, stem: str, labels: list[Rows]) -> bytes:
    """Return the file that describes a snapshot and names the others."""
    root = ElementTree.Element("MultiCellDS", version="2", type="snapshot/simulation")
    _metadata(root, scene)
    _microenvironment(root, scene, stem)
    _cells(root, scene, stem, labels)
    ElementTree.indent(root, "\t")
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def _metadata(root: Element, scene: Scene) -> None:
    metadata = _add(root, "metadata")
    software = _add(metadata, "software")
    _add(software, "name", "cytokinome")
    _add(software, "version", __version__)
    _add(metadata, "current_time", repr(scene.time * MINUTES), units="min")
    _add(metadata, "current_runtime", "0.0", units="sec")
    _add(metadata, "created")
    _add(metadata, "last_modified")


def _microenvironment(root: Element, scene: Scene, stem: str) -> None:
    """Describe the voxels and the molecules in them."""
    domain = _add(_add(root, "microenvironment"), "domain", name="tissue")
    mesh = _add(domain, "mesh", type="Cartesian", uniform="true", regular="true", units="micron")
    x, y, z = axes(scene)
    half = (0.5 * scene.grid.spacing, 0.5 * scene.grid.spacing, 0.5 * scene.depth)
    ends = [float(a[i] + side * h) for i, side in ((0, -1), (-1, 1)) for a, h in zip((x, y, z), half, strict=True)]
    _add(mesh, "bounding_box", " ".join(map(repr, ends)), type="axis-aligned", units="micron", delimiter=" ")
    for name, centres in (("x", x), ("y", y), ("z", z)):
        _add(mesh, f"{name}_coordinates", " ".join(map(repr, centres.tolist())), delimiter=" ")
    _add(_add(mesh, "voxels", type="matlab"), "filename", f"{stem}_mesh0.mat")
    variables = _add(domain, "variables")
    for i, name in enumerate(scene.molecules):
        variable = _add(variables, "variable", name=name, units="pM", ID=str(i))
        known = _add(variable, "physical_parameter_set")
        _add(known, "conditions")
        _add(known, "diffusion_coefficient", "nan", units="micron^2/min")
        _add(known, "decay_rate", "nan", units="1/min")
    _add(_add(domain, "data", type="matlab"), "filename", f"{stem}_microenvironment0.mat")


def _cells(root: Element, scene: Scene, stem: str, labels: list[Rows]) -> None:
    """Describe the table of cells and the graphs."""
    populations = _add(_add(root, "cellular_information"), "cell_populations")
    custom = _add(_add(populations, "cell_population", type="individual"), "custom")
    # loaders look for the table whose source is PhysiCell: it names the layout
    source = {"source": "PhysiCell", "data_version": "2"}
    data = _add(custom, "simplified_data", type="matlab", **source)
    types = _add(data, "cell_types")
    for i, name in enumerate(scene.populations):
        _add(types, "type", name, ID=str(i), type=str(i))
    listed, index = _add(data, "labels"), 0
    for rows in labels:
        size = len(np.atleast_2d(rows.values))
        _add(listed, "label", rows.name, index=str(index), size=str(size), units=rows.unit)
        index += size
    _add(data, "filename", f"{stem}_cells.mat")
    for tag, file in (
        ("neighbor_graph", "cell_neighbor_graph"),
        ("attached_cells_graph", "attached_cells_graph"),
        ("spring_attached_cells_graph", "spring_attached_cells_graph"),
    ):
        _add(_add(custom, tag, type="text", **source), "filename", f"{stem}_{file}.txt")
