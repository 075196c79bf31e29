"""The key ``tissue:`` of an experiment file: the box, where cells stand, and what walls and vessels do."""

from __future__ import annotations

import re
from math import gcd
from typing import TYPE_CHECKING

from cytokinome.engines.tissue.cells import Body
from cytokinome.engines.tissue.coupling_geometry import MOST_CELLS, STEP, is_inside
from cytokinome.engines.tissue.coupling_places import Anywhere, Cluster, Lattice, Points, Ring, Shape
from cytokinome.engines.tissue.fields import WHOLE, Grid
from cytokinome.engines.tissue.fields_steps import RTOL
from cytokinome.engines.tissue.space import AXES
from cytokinome.experiments import values
from cytokinome.experiments.protocol import MAX_POINTS, TimeGrid, Tissue, Wall
from cytokinome.model.fields import Fields, read_expression
from cytokinome.text import Mapping, Scalar, Sequence
from cytokinome.units import DIMENSIONLESS, LENGTH, TIME

if TYPE_CHECKING:
    from cytokinome.diagnostics import Collector, Span
    from cytokinome.model.expressions import Expression
    from cytokinome.text import Node
    from cytokinome.units import Dimension

    Point = tuple[float, ...]

DIFFUSION = LENGTH * LENGTH / TIME
EXAMPLE = "tissue: {size: [200 um, 200 um, 200 um], spacing: 10 um}"
NO_FLUX = "no flux"
_EVERY = re.compile(r"\s*every\s+(?P<time>.+?)\s*")
_SHAPES = ("at", "cluster", "ring", "lattice")


def read_tissue(top: Fields, times: TimeGrid | None, sample: float | None) -> Tissue | None:
    """Read ``tissue:``; None where it is absent. What cannot be read has been reported, and stands as a default.

    Parameters
    ----------
    top : Fields
        The experiment.
    times : TimeGrid or None
        Of the experiment, where it could be read.
    sample : float or None
        The volume [L] that the experiment states, which the box must have.
    """
    fields = top.mapping("tissue", "`tissue:`")
    if not fields:
        return None
    box = _read_box(fields)
    size = box.size if box else None
    where, step = _places(fields), _read_step(fields, times)
    found = Tissue(
        size=size or (),
        spacing=box.spacing if box else 1.0,
        thickness=box.thickness if box else None,
        step=step,
        rtol=_read_rtol(fields),
        place=_read_place(fields, size),
        bodies=_read_bodies(fields),
        diffusion=_read_diffusion(fields),
        walls=_read_walls(fields, len(size) if size else 3),
        vessels=_read_vessels(fields, size),
        snapshots=_read_snapshots(fields, step),
        where=fields.where,
        places=where,
    )
    fields.close()
    if box is not None and sample is not None and abs(box.volume - sample) > 1e-6 * sample:
        message = f"the box has {box.volume:.6g} L, the `sample:` {sample:.6g} L: with space the box is the sample"
        top.found.error("BAD_VALUE", message, _where(top, "sample"), hint="leave out `sample:`, or make them agree")
    return found


def _places(fields: Fields) -> dict[tuple[str, str], Span]:
    """Where names are written, by key and name."""
    inner = {key: fields.node.get(key) for key in ("place", "cells", "diffusion", "walls")} if fields.node else {}
    return {
        (key, name.text): name.where
        for key, node in inner.items()
        if isinstance(node, Mapping)
        for name, _ in node.entries
    }


def _where(fields: Fields, key: str) -> Span | None:
    node = fields.node.get(key) if fields.node else None
    return node.where if node else fields.where


# --------------------------------------------------------------------------------------------------------- numbers
def _length(scalar: Scalar, found: Collector, what: str) -> float | None:
    """Read a length [µm]; ``0`` needs no unit."""
    quantity = values.read_quantity(scalar, found)
    if quantity is None:
        return None
    if quantity.dimension == LENGTH or (quantity.dimension.is_dimensionless and quantity.value == 0):
        return quantity.canonical
    code = "DIMENSION_MISMATCH" if quantity.unit else "MISSING_UNIT"
    found.error(code, f"{what} is a length, got {scalar.text[:40]}", scalar.where, hint="write a length such as 10 um")
    return None


def _positive(fields: Fields, key: str, dimension: Dimension, example: str, *, is_zero: bool = False) -> float | None:
    """Return the canonical number under `key`, above zero, or zero where that `is_zero`."""
    scalar = fields.scalar(key)
    return _checked(scalar, fields, f"`{key}:` of {fields.what}", dimension, example, is_zero) if scalar else None


def _checked(
    scalar: Scalar, fields: Fields, what: str, dimension: Dimension, example: str, is_zero: bool = False
) -> float | None:
    quantity, found = values.read_quantity(scalar, fields.found), fields.found
    if quantity is None:
        return None
    hint = f"write {example}"
    if quantity.dimension != dimension:
        code = "MISSING_UNIT" if not quantity.unit else "DIMENSION_MISMATCH"
        found.error(code, f"{what} is {scalar.text[:40]!r}, not a number such as {example}", scalar.where, hint=hint)
    elif quantity.canonical < 0 or (quantity.canonical == 0 and not is_zero):
        least = "zero or more" if is_zero else "more than zero"
        found.error("BAD_VALUE", f"{what} is {scalar.text}; it must be {least}", scalar.where, hint=hint)
    else:
        return quantity.canonical
    return None


def _point(node: Node, found: Collector, what: str, dimensions: int | None) -> Point | None:
    """Read a point ``[x, y, z]`` in µm."""
    items = node.items if isinstance(node, Sequence) else ()
    scalars = [item for item in items if isinstance(item, Scalar)]
    wanted = dimensions or len(scalars)
    if not scalars or len(scalars) != len(items) or len(scalars) != wanted or wanted not in (2, 3):
        example = "[50 um, 50 um]" if dimensions == 2 else "[50 um, 50 um, 50 um]"
        found.error("WRONG_SHAPE", f"{what} is a point with one length per side of the box", node.where,
                    hint=f"write {example}")  # fmt: skip
        return None
    coordinates = [_length(scalar, found, f"a coordinate of {what}") for scalar in scalars]
    return tuple(c for c in coordinates if c is not None) if None not in coordinates else None


# ------------------------------------------------------------------------------------------------------------- box
def _read_box(fields: Fields) -> Grid | None:
    scalars, found = fields.words("size", required=True), fields.found
    read = [_checked(s, fields, "a side of the box", LENGTH, "200 um") for s in scalars]
    if scalars and len(scalars) not in (2, 3):
        message = f"the box has {len(scalars)} side{'s' * (len(scalars) != 1)}; it needs two with a thickness, or three"
        found.error("WRONG_SHAPE", message, _where(fields, "size"), hint=f"write {EXAMPLE}")
        read = []
    fields.get("spacing", required=True)
    spacing = _positive(fields, "spacing", LENGTH, "10 um")
    thickness = _positive(fields, "thickness", LENGTH, "10 um")
    if len(read) == 2 and fields.get("thickness") is None:
        found.error("MISSING_KEY", "a box with two sides needs `thickness:`", _where(fields, "size"),
                    hint="add `thickness: 10 um`, or a third side")  # fmt: skip
        return None
    if len(read) == 3 and fields.get("thickness") is not None:
        found.error("BAD_VALUE", "a box with three sides has no thickness", _where(fields, "thickness"),
                    hint="leave it out, or the third side")  # fmt: skip
        return None
    size = tuple(side for side in read if side is not None)
    if not size or len(size) != len(read) or spacing is None or (len(size) == 2 and thickness is None):
        return None
    return _grid(fields, scalars, size, spacing, thickness)


def _grid(
    fields: Fields, scalars: tuple[Scalar, ...], size: Point, spacing: float, thickness: float | None
) -> Grid | None:
    is_whole = True
    for scalar, side in zip(scalars, size, strict=True):
        n = side / spacing
        if round(n) < 1 or abs(n - round(n)) > WHOLE * n:
            is_whole = False
            message = f"a side of {scalar.text} is {n:.6g} voxels of {spacing:g} um; it must be a whole number"
            hint = f"take a spacing of {_fitting(size, spacing):.6g} um, or another side"
            fields.found.error("BAD_VALUE", message, scalar.where, hint=hint)
    return Grid.of(size, spacing, thickness) if is_whole else None


def _fitting(size: Point, spacing: float) -> float:
    """Return a spacing near this one that divides all sides, to a thousandth of a micrometre."""
    thousandths = gcd(*(max(round(1000 * side), 1) for side in size))
    return thousandths / max(round(thousandths / 1000 / spacing), 1) / 1000


def _read_rtol(fields: Fields) -> float:
    scalar = fields.scalar("rtol")
    value = _checked(scalar, fields, "`rtol:` of `tissue:`", DIMENSIONLESS, "1e-3") if scalar else None
    if scalar is not None and value is not None and value >= 1:
        fields.found.error(
            "BAD_VALUE", f"`rtol:` is {scalar.text}; it must be below 1", scalar.where, hint="write 1e-3"
        )
        return RTOL
    return value or RTOL


def _read_snapshots(fields: Fields, step: float) -> float | None:
    scalar = fields.scalar("snapshots")
    if scalar is None:
        return None
    match, hint = _EVERY.fullmatch(scalar.text), "write `snapshots: every 1 h`"
    if match is None:
        fields.found.error(
            "BAD_TIME", f"`snapshots: {scalar.text[:40]}` does not say how often", scalar.where, hint=hint
        )
        return None
    piece = Scalar(match["time"], scalar.where.part(match.start("time"), len(match["time"])), scalar.quoted)
    every = _checked(piece, fields, "the time between snapshots", TIME, "1 h")
    if every is not None and every < step * (1 - 1e-9):
        message = f"snapshots every {piece.text} are more frequent than the steps of {step * 60:.4g} min"
        fields.found.error("BAD_TIME", message, piece.where, hint="take them less often, or state a smaller `step:`")
        return None
    return every


def _read_step(fields: Fields, times: TimeGrid | None) -> float:
    step = _positive(fields, "step", TIME, "1 min")
    if step is not None and times is not None and (times.end - times.start) / step > MAX_POINTS:
        message = f"the experiment would take more than {MAX_POINTS:,} steps"
        fields.found.error("TOO_LARGE", message, _where(fields, "step"), hint="take longer steps, or less time")
        return STEP
    return step or STEP


# ----------------------------------------------------------------------------------------------------------- cells
def _read_bodies(fields: Fields) -> tuple[tuple[str, Body], ...]:
    inner, bodies = fields.mapping("cells", "`cells:` of `tissue:`"), list[tuple[str, Body]]()
    for key, node in inner.entries():
        own, usual = Fields(node, fields.found, f"the body of {key.text}"), Body()
        gain = _positive(own, "gain", DIMENSIONLESS, "10", is_zero=True)
        body = Body(
            radius=_positive(own, "radius", LENGTH, "5 um") or usual.radius,
            persistence=_positive(own, "persistence", TIME, "5 min") or usual.persistence,
            reach=_positive(own, "reach", LENGTH, "1 um") or usual.reach,
            gain=usual.gain if gain is None else gain,
        )
        own.close()
        bodies.append((key.text, body))
    return tuple(bodies)


def _read_place(fields: Fields, size: Point | None) -> tuple[tuple[str, Shape], ...]:
    inner, placed = fields.mapping("place", "`place:` of `tissue:`"), list[tuple[str, Shape]]()
    for key, node in inner.entries():
        shape = _read_shape(key, node, fields, size)
        if shape is None or size is None:
            continue
        if not is_inside(shape, size):
            sides = " x ".join(f"{side:g}" for side in size)
            message = f"{key.text} would stand outside the box of {sides} um"
            fields.found.error("BAD_VALUE", message, node.where, hint="coordinates go from 0 to the side of the box")
        elif (shape.number(size) or 0) > MOST_CELLS:
            message = f"these are {shape.number(size):,} cells; the tissue engine takes at most {MOST_CELLS:,}"
            fields.found.error("TOO_LARGE", message, node.where, hint="place fewer, or take a smaller box")
        else:
            placed.append((key.text, shape))
    return tuple(placed)


def _read_shape(key: Scalar, node: Node, fields: Fields, size: Point | None) -> Shape | None:
    """Read where the cells of one name stand."""
    if isinstance(node, Scalar):
        if node.text != "anywhere":
            hint = "write anywhere, or one of {at: [[x, y, z]]}, {cluster: 50 um}, {ring: 50 um, number: 6}, "
            message = f"`{node.text[:40]}` is no place for {key.text}"
            fields.found.error("BAD_VALUE", message, node.where, hint=hint + "{lattice: 15 um}, {number: 10}")
            return None
        return Anywhere()
    own = Fields(node, fields.found, f"the place of {key.text}")
    if not own:
        return None
    stated = [name for name in _SHAPES if own.node is not None and own.node.get(name) is not None]
    if len(stated) > 1:
        message = f"{key.text} cannot stand in several ways: {', '.join(stated)}"
        fields.found.error("BAD_VALUE", message, own.where, hint="leave one of them")
        return None
    shape = _SHAPE_OF[stated[0] if stated else ""](own, size)
    own.close()
    return shape


def _at(own: Fields, size: Point | None) -> Shape | None:
    items = own.items("at", "points [x, y, z]")
    points = [_point(item, own.found, f"{own.what}", len(size) if size else None) for item in items]
    whole = tuple(point for point in points if point is not None)
    return Points(whole) if len(whole) == len(points) else None


def _round(own: Fields, size: Point | None) -> Shape | None:
    key, kind = ("cluster", Cluster) if own.get("cluster") is not None else ("ring", Ring)
    radius, node = _positive(own, key, LENGTH, "50 um"), own.get("centre")
    dimensions = len(size) if size else None
    middle = tuple(0.5 * side for side in size or ())
    centre = middle if node is None else _point(node, own.found, f"the centre of {own.what}", dimensions)
    number = _number(own)
    return None if radius is None or centre is None else kind(radius, centre, number)


def _lattice(own: Fields, size: Point | None) -> Shape | None:
    spacing = _positive(own, "lattice", LENGTH, "15 um")
    layer = _layer(own, size)
    return None if spacing is None else Lattice(spacing, layer)


def _anywhere(own: Fields, size: Point | None) -> Shape:
    return Anywhere(_number(own), _layer(own, size))


_SHAPE_OF = {"at": _at, "cluster": _round, "ring": _round, "lattice": _lattice, "": _anywhere}


def _number(own: Fields) -> int | None:
    stated = own.get("number") is not None
    return values.whole(own, "number", 0, low=0, high=MOST_CELLS) if stated else None


def _layer(own: Fields, size: Point | None) -> float | None:
    scalar = own.scalar("layer")
    if scalar is None:
        return None
    if size is not None and len(size) == 2:
        message = "`layer:` is a height along the third side, which this box does not have"
        own.found.error("BAD_VALUE", message, scalar.where, hint="leave it out")
        return None
    return _length(scalar, own.found, f"`layer:` of {own.what}")


# --------------------------------------------------------------------------------------------------------- molecules
def _read_diffusion(fields: Fields) -> tuple[tuple[str, float], ...]:
    inner, stated = fields.mapping("diffusion", "`diffusion:` of `tissue:`"), list[tuple[str, float]]()
    for key, _ in inner.entries():
        value = _positive(inner, key.text, DIFFUSION, "100 um^2/s", is_zero=True)
        if value is not None:
            stated.append((key.text, value))
    return tuple(stated)


def _read_walls(fields: Fields, dimensions: int) -> tuple[Wall, ...]:
    inner, walls = fields.mapping("walls", "`walls:` of `tissue:`"), list[Wall]()
    for key, node in inner.entries():
        own = Fields(node, fields.found, f"the walls of {key.text}")
        for axis, name in enumerate(AXES[:dimensions]):
            pair = own.get(name)
            if pair is None:
                continue
            held = _pair(pair, fields.found, f"`{name}:` of {own.what}")
            if held is not None:
                walls.append(Wall(key.text, axis, *held, where=pair.where))
        own.close()
    return tuple(walls)


def _pair(node: Node, found: Collector, what: str) -> tuple[Expression | None, Expression | None] | None:
    """Read what the low and the high wall hold."""
    items = node.items if isinstance(node, Sequence) else ()
    if len(items) != 2 or not all(isinstance(item, Scalar) for item in items):
        found.error("WRONG_SHAPE", f"{what} lists the low and the high wall", node.where,
                    hint="write [no flux, 10 nM], with `no flux` or a concentration for each")  # fmt: skip
        return None
    scalars = [item for item in items if isinstance(item, Scalar)]
    read = [None if s.text == NO_FLUX else read_expression(s, found) for s in scalars]
    return read[0], read[1]


def _read_vessels(fields: Fields, size: Point | None) -> tuple[Point, ...] | None:
    items = fields.items("vessels", "points [x, y, z]")
    points = [_point(item, fields.found, "a vessel", len(size) if size else None) for item in items]
    for point, item in zip(points, items, strict=True):
        if point is not None and size is not None and not is_inside(Points((point,)), size):
            fields.found.error("BAD_VALUE", "a vessel lies outside the box", item.where,
                               hint="coordinates go from 0 to the side of the box")  # fmt: skip
    return tuple(p for p in points if p is not None) or None
