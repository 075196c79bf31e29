"""The arrays of one arm as a Zarr v3 group: float64, plain chunks, digests; nothing else is written or read.

A missing chunk of a Zarr array silently reads as its fill value, so the digest of every array stands in the manifest.
The metadata of an array are judged here, before zarr sees them: a type, codec or size that we do not write is refused.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from cytokinome.engines.tissue.space import AXES, Space
from cytokinome.experiments.result import ArmResult
from cytokinome.experiments.summary import STATISTICS, Summary

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cytokinome.experiments.records import ArmHead

    Array = NDArray[np.float64]

ARRAYS = ("times", "values", "typical", "parameters")
STREAMED = ("times", "typical", "statistics")  # of an arm whose trajectories were not kept
CODECS = frozenset({"bytes", "zstd"})
MAX_NUMBERS = 2_000_000_000  # of one array: 16 GB
MAX_METADATA = 1_000_000  # bytes
_CHUNK = 1_000_000  # numbers


class BadArray(Exception):
    """An array on disk is missing, damaged, or not one that we write."""


def write(directory: Path, arm: ArmResult) -> dict[str, str]:
    """Write the arrays of `arm` and return the digest of each.

    Raises
    ------
    OSError
        As the operating system says.
    """
    import zarr

    group = cast("Any", zarr).open_group(store=str(directory), mode="w-", zarr_format=3)
    digests = {name: _write_one(group, name, numbers) for name, numbers in arrays_of(arm).items()}
    if arm.space is not None:
        inner = group.create_group("space", attributes=_attributes(arm.space))
        for name, numbers in arm.space.arrays().items():
            digests[f"space/{name}"] = _write_one(inner, name, numbers)
    return digests


def _write_one(group: Any, name: str, own: Array) -> str:
    from zarr.codecs import BytesCodec, ZstdCodec

    numbers = np.ascontiguousarray(own, dtype="<f8")
    array = group.create_array(
        name,
        shape=numbers.shape,
        chunks=_chunks(numbers.shape),
        dtype="<f8",
        fill_value=float("nan"),
        serializer=BytesCodec(endian="little"),
        compressors=ZstdCodec(level=3),
    )
    if numbers.size:
        array[...] = numbers
    return digest(numbers)


def _attributes(space: Space) -> dict[str, Any]:
    """What other programs need to make sense of the arrays."""
    axes = {
        "fields": ["patient", "time", "molecule", *AXES[: len(space.frame.shape)][::-1]],
        "cells": ["row", "column"],
    }
    units = {"time": "h", "length": "um", "fields": "pM"}
    return {**asdict(space.frame), "columns": list(space.frame.columns), "axes": axes, "units": units}


def arrays_of(arm: ArmResult) -> dict[str, Array]:
    """Return the arrays of an arm that are stored, by name."""
    if arm.summary is not None:
        return {"times": arm.times, "typical": arm.typical, "statistics": arm.summary.statistics}
    return {"times": arm.times, "values": arm.values, "typical": arm.typical, "parameters": arm.parameters}


def _chunks(shape: tuple[int, ...]) -> tuple[int, ...]:
    """As much of the last axes as is at most about a million numbers: rows of curves, or whole pictures."""
    chunks, room = list[int](), _CHUNK
    for n in reversed(shape):
        chunks.append(max(min(n, room), 1))
        room //= chunks[-1]
    return tuple(reversed(chunks))


def digest(numbers: Array) -> str:
    """Return the SHA-256 of the shape and the little-endian bytes of an array."""
    plain = np.ascontiguousarray(numbers, dtype="<f8")
    return hashlib.sha256(repr(plain.shape).encode() + plain.tobytes()).hexdigest()


def read(directory: Path, head: ArmHead) -> ArmResult:
    """Read the arrays of one arm and hold them against the manifest.

    Raises
    ------
    BadArray
        Missing, damaged, or not an array that `write` makes.
    OSError
        As the operating system says.
    """
    patients, times, names = len(head.outcomes), head.n_times, len(head.names)
    shapes = {
        "times": (times,),
        "values": (patients, times, names),
        "typical": (times, names),
        "parameters": (patients, len(head.parameter_names)) if head.parameter_names else None,
        "statistics": (len(STATISTICS), times, names),
    }
    wanted = ARRAYS if head.fates is None else STREAMED
    found = {name: _read_one(directory / name, shapes[name], head.digests.get(name, "")) for name in wanted}
    space = None
    if head.space is not None:
        parts = (
            _read_one(directory / "space" / name, head.space.shapes[name], head.digests.get(f"space/{name}", ""))
            for name in Space.ARRAYS
        )
        space = Space(head.space.frame, *parts)
    nobody = {"values": np.empty((0, times, names)), "parameters": np.empty((0, len(head.parameter_names)))}
    summary = None if head.fates is None else Summary(found["statistics"], head.fates)
    found = nobody | found
    return ArmResult(
        id=head.id,
        times=found["times"],
        names=head.names,
        units=head.units,
        values=found["values"],
        typical=found["typical"],
        outcomes=head.outcomes,
        parameter_names=head.parameter_names,
        parameters=found["parameters"],
        usage=head.usage,
        summary=summary,
        space=space,
    )


def _read_one(directory: Path, shape: tuple[int, ...] | None, expected: str) -> Array:
    import zarr
    from zarr.errors import BaseZarrError

    what = f"{directory.parent.name}/{directory.name}"
    _check_metadata(directory, shape, what)
    try:
        array = cast("Any", zarr).open_array(store=str(directory), mode="r", zarr_format=3)
        numbers = np.asarray(array[...], dtype=np.float64)
    except (BaseZarrError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise BadArray(f"the array {what} cannot be read: {error}") from error
    if digest(numbers) != expected:
        raise BadArray(f"the numbers of {what} are not those that were written")
    return numbers


def _check_metadata(directory: Path, shape: tuple[int, ...] | None, what: str) -> None:
    """Refuse everything that `write` does not make."""
    file = directory / "zarr.json"
    if not file.is_file():
        raise BadArray(f"the array {what} is missing")
    if file.stat().st_size > MAX_METADATA:
        raise BadArray(f"the metadata of {what} are too large")
    try:
        metadata = json.loads(file.read_text("utf-8"))
        codecs = {codec["name"] for codec in metadata["codecs"]}
        written = tuple(int(n) for n in metadata["shape"])
        is_ours = (metadata["zarr_format"], metadata["node_type"], metadata["data_type"]) == (3, "array", "float64")
        chunks = metadata["chunk_grid"]["name"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadArray(f"the metadata of {what} cannot be read") from error
    if not is_ours or chunks != "regular" or not codecs <= CODECS:
        raise BadArray(f"{what} is not an array of plain numbers")
    if any(n < 0 for n in written) or math.prod(written) > MAX_NUMBERS or (shape is not None and written != shape):
        raise BadArray(f"{what} has the shape {written}, which does not fit the manifest")
