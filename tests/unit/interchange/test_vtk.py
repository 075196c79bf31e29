"""VTK files: read by a reader written after the format's description, and by VTK itself where it is installed."""

import base64
import zlib
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from cytokinome.interchange import vtk
from tests.unit.interchange.scenes import course, empty, space

DTYPES = {"Float64": "<f8", "Int64": "<i8"}


def arrays(text):
    """Every array of a file by name: a header of counts and one or more blocks, each compressed by zlib."""
    found = {}
    for element in ElementTree.fromstring(text).iter("DataArray"):
        whole = "".join((element.text or "").split())
        n = int.from_bytes(base64.b64decode(whole[:12])[:8], "little")
        length = -(-(3 + n) * 8 // 3) * 4
        _, size, last, *packed = np.frombuffer(base64.b64decode(whole[:length]), "<u8").tolist()
        blocks, data = base64.b64decode(whole[length:]), b""
        for count in packed:
            data, blocks = data + zlib.decompress(blocks[:count]), blocks[count:]
        assert not blocks
        assert len(data) == (size * n if last == 0 else size * (n - 1) + last)
        values = np.frombuffer(data, DTYPES[element.attrib["type"]])
        columns = int(element.get("NumberOfComponents", "1"))
        found[element.attrib["Name"]] = values.reshape(-1, columns) if columns > 1 else values
    return found


@pytest.mark.parametrize("is_layer", [False, True])
def test_fields_are_where_they_belong(is_layer):
    """The first axis runs fastest; origin, spacing and extent are those of the box, and a layer is around z = 0."""
    scene = course(is_layer)[1]
    text = vtk.fields(scene)
    image = ElementTree.fromstring(text).find("ImageData")
    assert image is not None
    shape = (6, 4, 1) if is_layer else (6, 4, 3)
    assert image.attrib["WholeExtent"] == "0 {} 0 {} 0 {}".format(*shape)
    assert image.attrib["Spacing"] == ("20.0 20.0 15.0" if is_layer else "20.0 20.0 20.0")
    assert image.attrib["Origin"] == ("0.0 0.0 -7.5" if is_layer else "0.0 0.0 0.0")
    found = arrays(text)
    assert found["TimeValue"].tolist() == [scene.time]
    for name, values in zip(("TNF", "IL10"), space(is_layer).fields[0, 1], strict=True):
        assert np.array_equal(found[f"{name} [pM]"].reshape(shape[::-1]), values.reshape(shape[::-1]))
    assert np.ptp(found["TNF [pM]"]) > 0


@pytest.mark.parametrize("is_layer", [False, True])
def test_cells_have_what_they_carry(is_layer):
    """Places, radii, populations and contents, bit for bit; amounts in molecules."""
    scene, table = course(is_layer)[2], space(is_layer)
    found = arrays(vtk.cells(scene))
    rows = table.cells[table.cells[:, 1] == 1.0]
    column = dict(zip(table.frame.columns, rows.T, strict=True))
    assert np.array_equal(found["id"], column["id"])
    assert np.array_equal(found["population"], column["population"])
    assert set(found["radius [um]"]) == {6.0, 4.0}
    for i, axis in enumerate("xy" if is_layer else "xyz"):
        assert np.array_equal(found["Points"][:, i], column[axis])
    assert not is_layer or np.all(found["Points"][:, 2] == 0)
    is_macrophage = found["radius [um]"] == 6.0
    assert found["Y [molecules]"][is_macrophage] == pytest.approx(13.0)
    assert np.isnan(found["Y [molecules]"][~is_macrophage]).all()
    assert found["Z [mM]"][~is_macrophage] == pytest.approx(2.0)


def test_a_course_of_time_names_its_files():
    """One file per time and kind, in order, and two that name them."""
    made = dict(vtk.files(course()))
    names = {f"fields_000{i}.vti" for i in range(3)} | {f"cells_000{i}.vtp" for i in range(3)}
    assert set(made) == names | {"fields.pvd", "cells.pvd"}
    listed = [e.attrib for e in ElementTree.fromstring(made["cells.pvd"]).iter("DataSet")]
    assert [float(e["timestep"]) for e in listed] == pytest.approx([0.0, 0.5, 1.0])
    assert [e["file"] for e in listed] == ["cells_0000.vtp", "cells_0001.vtp", "cells_0002.vtp"]


def test_the_same_scene_has_the_same_bytes():
    """Nothing of the machine or the hour is written."""
    assert dict(vtk.files(course())) == dict(vtk.files(tuple(replace(s) for s in course())))


# ------------------------------------------------------------------------------------------- VTK itself, if there
def opened(reader, path):
    """What VTK reads."""
    reader.SetFileName(str(path))
    reader.Update()
    assert reader.GetErrorCode() == 0
    return reader.GetOutput()


def test_vtk_opens_them(tmp_path):
    """VTK's own readers find the same numbers, and where a voxel and a cell are."""
    vtk_to_numpy = pytest.importorskip("vtkmodules.util.numpy_support").vtk_to_numpy
    readers = pytest.importorskip("vtkmodules.vtkIOXML")

    for is_layer in (False, True):
        for name, content in vtk.files(course(is_layer)):
            (tmp_path / name).write_bytes(content)
        scene = course(is_layer)[2]
        image = opened(readers.vtkXMLImageDataReader(), tmp_path / "fields_0002.vti")
        x, y = 3, 1
        bounds = image.GetCell(x, y, 0).GetBounds()
        assert bounds == pytest.approx((60, 80, 20, 40, -7.5, 7.5) if is_layer else (60, 80, 20, 40, 0, 20))
        tnf = vtk_to_numpy(image.GetCellData().GetArray("TNF [pM]"))
        assert tnf[x + 6 * y] == scene.fields[0].reshape(-1, 4, 6)[0, y, x]
        assert vtk_to_numpy(image.GetFieldData().GetArray("TimeValue")) == scene.time
        cells = opened(readers.vtkXMLPolyDataReader(), tmp_path / "cells_0002.vtp")
        assert cells.GetNumberOfVerts() == len(scene.ids) == cells.GetNumberOfPoints()
        places = vtk_to_numpy(cells.GetPoints().GetData())
        assert np.array_equal(places, scene.centres)
        assert np.array_equal(vtk_to_numpy(cells.GetPointData().GetArray("id")), scene.ids)
        words = cells.GetFieldData().GetAbstractArray("populations")
        assert tuple(words.GetValue(i) for i in range(words.GetNumberOfValues())) == scene.populations
    (tmp_path / "empty.vtp").write_bytes(vtk.cells(empty()))
    assert opened(readers.vtkXMLPolyDataReader(), tmp_path / "empty.vtp").GetNumberOfPoints() == 0
