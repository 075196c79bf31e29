"""VTK's XML files, which ParaView and PyVista open: fields as ImageData, cells as PolyData, time as a collection.

Written after the pages "XML File Formats" of the VTK documentation and "VTK XML Formats" of its wiki, and opened with
VTK 9.7: arrays are compressed blocks in base64 behind a header of 64-bit counts. Lengths are in µm and times in h; an
array's name ends with its unit.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from numpy.typing import NDArray

    from cytokinome.interchange.scene import Scene

TYPES = {"f8": "Float64", "i8": "Int64"}


def files(scenes: Sequence[Scene]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every file of a course of time.

    ``fields.pvd`` and ``cells.pvd`` are what a viewer is given; they name one file for each time.

    Parameters
    ----------
    scenes : sequence of Scene
        In the order of time.
    """
    for kind, suffix, write in (("fields", "vti", fields), ("cells", "vtp", cells)):
        names = [f"{kind}_{i:04d}.{suffix}" for i in range(len(scenes))]
        for name, scene in zip(names, scenes, strict=True):
            yield name, write(scene)
        yield f"{kind}.pvd", collection([s.time for s in scenes], names)


def collection(times: Sequence[float], names: Sequence[str]) -> bytes:
    """Return a file that says which file shows which time [h]."""
    root = ElementTree.Element("VTKFile", type="Collection", version="0.1", byte_order="LittleEndian")
    parts = ElementTree.SubElement(root, "Collection")
    for time, name in zip(times, names, strict=True):
        ElementTree.SubElement(parts, "DataSet", timestep=repr(float(time)), group="", part="0", file=name)
    return _text(root)


def fields(scene: Scene) -> bytes:
    """Return a file of the concentrations in every voxel [pM]; a layer is one voxel thick, around z = 0."""
    grid, is_layer = scene.grid, scene.grid.thickness is not None
    shape = (*grid.shape, 1) if is_layer else grid.shape
    origin = (0.0, 0.0, -0.5 * scene.depth if is_layer else 0.0)
    root, image = _root("ImageData", scene)
    extent = " ".join(f"0 {n}" for n in shape)
    image.attrib |= {
        "WholeExtent": extent,
        "Origin": " ".join(map(repr, origin)),
        "Spacing": " ".join(map(repr, (grid.spacing, grid.spacing, scene.depth))),
    }
    piece = ElementTree.SubElement(image, "Piece", Extent=extent)
    ElementTree.SubElement(piece, "PointData")
    data = ElementTree.SubElement(piece, "CellData")
    for name, values in zip(scene.molecules, scene.fields, strict=True):
        _array(data, f"{name} [pM]", values.ravel())  # x runs fastest
    return _text(root)


def cells(scene: Scene) -> bytes:
    """Return a file of the cells as points: id, population, radius and what each carries.

    The names of the populations are in the field data, in the order of their indices.
    """
    n = len(scene.ids)
    root, poly = _root("PolyData", scene)
    counts = {"NumberOfPoints": n, "NumberOfVerts": n, "NumberOfLines": 0, "NumberOfStrips": 0, "NumberOfPolys": 0}
    piece = ElementTree.SubElement(poly, "Piece", {k: str(v) for k, v in counts.items()})
    data = ElementTree.SubElement(piece, "PointData")
    _array(data, "id", scene.ids)
    _array(data, "population", scene.kinds)
    _array(data, "radius [um]", scene.radii)
    for name, (unit, values) in scene.carried.items():
        _array(data, f"{name} [{unit}]", values)
    _array(ElementTree.SubElement(piece, "Points"), "Points", scene.centres)
    vertices = ElementTree.SubElement(piece, "Verts")
    _array(vertices, "connectivity", np.arange(n))
    _array(vertices, "offsets", np.arange(1, n + 1))
    _strings(poly[0], "populations", scene.populations)
    return _text(root)


def _root(kind: str, scene: Scene) -> tuple[Element, Element]:
    """Return a file's outermost element and its data set, which knows its time."""
    root = ElementTree.Element(
        "VTKFile", type=kind, version="1.0", byte_order="LittleEndian", header_type="UInt64",
        compressor="vtkZLibDataCompressor",
    )  # fmt: skip
    content = ElementTree.SubElement(root, kind)
    field = ElementTree.SubElement(content, "FieldData")
    _array(field, "TimeValue", np.array([scene.time])).set("NumberOfTuples", "1")
    return root, content


def _array(parent: Element, name: str, values: NDArray[np.generic]) -> Element:
    """Add an array of numbers, with as many components as it has columns."""
    kind = "i8" if np.issubdtype(values.dtype, np.integer) else "f8"
    element = ElementTree.SubElement(parent, "DataArray", type=TYPES[kind], Name=name, format="binary")
    if values.ndim == 2:
        element.set("NumberOfComponents", str(values.shape[1]))
    element.text = _encoded(np.ascontiguousarray(values, dtype=f"<{kind}").tobytes())
    return element


def _strings(parent: Element, name: str, words: Sequence[str]) -> None:
    """Add an array of words: their bytes, each word closed by a zero."""
    codes = (str(b) for word in words for b in (*word.encode(), 0))
    count = str(len(words))
    element = ElementTree.SubElement(parent, "Array", type="String", Name=name, NumberOfTuples=count, format="ascii")
    element.text = " ".join(codes)


def _encoded(data: bytes) -> str:
    """Return bytes as one compressed block: how many blocks, their size, that of a shorter last one, and compressed."""
    packed = zlib.compress(data, 6) if data else b""
    header = [1, len(data), 0, len(packed)] if data else [0, 0, 0]
    return (base64.b64encode(np.array(header, dtype="<u8").tobytes()) + base64.b64encode(packed)).decode("ascii")


def _text(root: Element) -> bytes:
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"
