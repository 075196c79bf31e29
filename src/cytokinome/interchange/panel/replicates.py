"""Several wells of one sample become one reading; two values that nothing tells apart are a fault."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from cytokinome.experiments.data import Censoring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.diagnostics import Collector
    from cytokinome.interchange.panel.reading import Reading


def merged(readings: Sequence[Reading], found: Collector) -> list[Reading]:
    """Return one reading for each sample and analyte, in the order of the first well of each.

    Of wells that differ in their place on the plate the numbers are averaged; where only some are numbers the average
    is theirs, and counts as extrapolated.
    """
    groups: dict[tuple[object, ...], list[Reading]] = {}
    for reading in readings:
        groups.setdefault((*reading.specimen, reading.analyte), []).append(reading)
    replicated = 0
    kept: list[Reading] = []
    told = 0
    for group in groups.values():
        if len(group) == 1 or len({r.well for r in group}) == len(group):
            replicated += len(group) > 1
            kept.append(_average(group))
            continue
        first, other = group[0], next(r for i, r in enumerate(group) if r.well in {o.well for o in group[:i]})
        of = " ".join(w for w in (first.sample, first.subject) if w)
        written = first.written if first.written == other.written else f"{first.written} and {other.written}"
        message = f"{written} of {of or 'this sample'} stands twice"
        hint = "name samples, times or wells apart (columns sample, time, well), or remove one"
        told += 1
        if told <= 20 and other.where is not None:
            found.error("DUPLICATE_NAME", message, other.where, hint=hint, also=[first.where] if first.where else [])
    if replicated:
        message = f"{replicated} readings are averages over the wells of a sample"
        found.note("PANEL_ASSUMED", message, readings[0].where)
    return kept


def _average(group: Sequence[Reading]) -> Reading:
    """The mean of the wells that hold a number; a limit where none does."""
    first = group[0]
    if len(group) == 1:
        return first
    numbers = [r for r in group if not r.is_missing and r.censoring is Censoring.NONE]
    bounds = [r for r in group if r.censoring is not Censoring.NONE]
    common = replace(first, wells=len(group))
    if numbers:
        mean = math.fsum(r.value for r in numbers) / len(numbers)
        is_extrapolated = bool(bounds) or any(r.is_extrapolated for r in numbers)
        return replace(common, value=mean, censoring=Censoring.NONE, is_extrapolated=is_extrapolated)
    sides = {r.censoring for r in bounds}
    if len(sides) == 1:
        limits = [r.value for r in bounds]
        is_below = sides == {Censoring.BELOW}
        known = [v for v in limits if math.isfinite(v)]
        limit = (max(known) if is_below else min(known)) if len(known) == len(limits) else math.nan
        return replace(common, value=limit, censoring=bounds[0].censoring, is_extrapolated=False)
    return replace(common, value=math.nan, censoring=Censoring.NONE, is_extrapolated=False)
