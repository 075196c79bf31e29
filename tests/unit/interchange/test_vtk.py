"""VTK files: read by a reader written after the format's description, and by VTK itself where it is installed."""

import base64
import zlib
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from cytokinome.interchange import vtk
from cytokinome.interchange.scene import MOLECULES_PER_PICOMOLE, Scene
from tests.unit.interchange.scenes import empty, scenes

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
    scene = scenes(is_layer)[1]
    text = vtk.fields(scene)
    image = ElementTree.fromstring(text).find("ImageData")
    assert image is not None
    shape = (6, 4, 1) if is_layer else (6, 4, 3)
    assert image.attrib["WholeExtent"] == "0 {} 0 {} 0 {}".format(*shape)
    assert image.attrib["Spacing"] == ("20.0 20.0 15.0" if is_layer else "20.0 20.0 20.0")
    assert image.attrib["Origin"] == ("0.0 0.0 -7.5" if is_layer else "0.0 0.0 0.0")
    found = arrays(text)
    assert found["TimeValue"].tolist() == [scene.snapshot.time]
    for name, values in zip(("TNF", "IL10"), scene.snapshot.fields, strict=True):
        back = found[f"{name} [pM]"].reshape(shape[::-1]).transpose()
        assert np.array_equal(back, values.reshape(shape))
    assert np.ptp(found["TNF [pM]"]) > 0


@pytest.mark.parametrize("is_layer", [False, True])
def test_cells_have_what_they_carry(is_layer):
    """Places, radii, populations and contents, bit for bit; amounts in molecules."""
    scene = scenes(is_layer)[2]
    cells, found = scene.snapshot.cells, arrays(vtk.cells(scene))
    assert np.array_equal(found["id"], cells.ids)
    assert np.array_equal(found["population"], cells.populations)
    assert set(found["radius [um]"]) == {6.0, 4.0}
    dimensions = cells.places.shape[1]
    assert np.array_equal(found["Points"][:, :dimensions], cells.places)
    assert np.array_equal(found["heading"][:, :dimensions], cells.headings)
    assert np.all(found["Points"][:, dimensions:] == 0)
    is_macrophage = found["radius [um]"] == 6.0
    assert found["Y [molecules]"][is_macrophage] == pytest.approx(13.0)
    assert np.array_equal(found["Y [molecules]"], cells.inside["Y"] * MOLECULES_PER_PICOMOLE, equal_nan=True)
    assert np.isnan(found["Y [molecules]"][~is_macrophage]).all()
    assert np.all(found["Z [1]"][~is_macrophage] == 2.0)


def test_a_course_of_time_names_its_files():
    """One file per time and kind, in order, and two that name them."""
    made = dict(vtk.files(scenes()))
    names = {f"fields_000{i}.vti" for i in range(3)} | {f"cells_000{i}.vtp" for i in range(3)}
    assert set(made) == names | {"fields.pvd", "cells.pvd"}
    listed = [e.attrib for e in ElementTree.fromstring(made["cells.pvd"]).iter("DataSet")]
    assert [float(e["timestep"]) for e in listed] == pytest.approx([0.0, 0.5, 1.0])
    assert [e["file"] for e in listed] == ["cells_0000.vtp", "cells_0001.vtp", "cells_0002.vtp"]


def test_the_same_scene_has_the_same_bytes():
    """Nothing of the machine or the hour is written."""
    assert dict(vtk.files(scenes())) == dict(vtk.files(tuple(replace(s) for s in scenes())))


def test_a_scene_that_does_not_fit_is_refused():
    """Radii or fields of another run."""
    scene = scenes()[0]
    with pytest.raises(ValueError, match="2 radii for 3 populations"):
        replace(scene, radii=(1.0, 2.0))
    with pytest.raises(ValueError, match=r"fields have the shape \(2, 6, 4, 3\)"):
        Scene(scene.snapshot, scenes(True)[0].grid, scene.radii)


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
        for name, content in vtk.files(scenes(is_layer)):
            (tmp_path / name).write_bytes(content)
        scene = scenes(is_layer)[2]
        image = opened(readers.vtkXMLImageDataReader(), tmp_path / "fields_0002.vti")
        x, y = 3, 1
        bounds = image.GetCell(x, y, 0).GetBounds()
        assert bounds == pytest.approx((60, 80, 20, 40, -7.5, 7.5) if is_layer else (60, 80, 20, 40, 0, 20))
        tnf = vtk_to_numpy(image.GetCellData().GetArray("TNF [pM]"))
        assert tnf[x + 6 * y] == scene.snapshot.fields[0].reshape(6, 4, -1)[x, y, 0]
        assert vtk_to_numpy(image.GetFieldData().GetArray("TimeValue")) == scene.snapshot.time
        cells = opened(readers.vtkXMLPolyDataReader(), tmp_path / "cells_0002.vtp")
        assert cells.GetNumberOfVerts() == len(scene.snapshot.cells) == cells.GetNumberOfPoints()
        places = vtk_to_numpy(cells.GetPoints().GetData())
        assert np.array_equal(places, scene.in_space(scene.snapshot.cells.places))
        assert np.array_equal(vtk_to_numpy(cells.GetPointData().GetArray("id")), scene.snapshot.cells.ids)
        words = cells.GetFieldData().GetAbstractArray("populations")
        assert tuple(words.GetValue(i) for i in range(words.GetNumberOfValues())) == scene.snapshot.populations
    (tmp_path / "empty.vtp").write_bytes(vtk.cells(empty()))
    assert opened(readers.vtkXMLPolyDataReader(), tmp_path / "empty.vtp").GetNumberOfPoints() == 0
