"""How measurements are printed and drawn."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.measure import Measured, Run

STANDARD = 1e-6  # the rtol at which tools are compared


@dataclass(frozen=True)
class Row:
    """A tool on a model: what was measured, and the first result with empty caches [s]; or why there is nothing."""

    model: str
    tool: str
    cold: float = math.nan
    measured: Measured | None = None
    why_not: str = ""

    def standard(self) -> Run | None:
        """Return the run at the standard tolerance."""
        runs = self.measured.runs if self.measured else ()
        return next((r for r in runs if math.isclose(r.rtol, STANDARD)), None)

    def cheapest(self, worst_error: float) -> Run | None:
        """Return the cheapest run whose error is not larger than another tool's."""
        runs = [r for r in self.measured.runs if r.error <= worst_error] if self.measured else []
        return min(runs, key=lambda r: r.cost, default=None)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Cost, error, first result and memory of every tool on one model, at the standard tolerance."""
    head = f"{'':15}{'CPU µs/patient':>15}{'error':>10}{'first result: cold':>20}{'warm':>9}{'peak':>10}{'timed':>7}"
    yield head
    for row in rows:
        run = row.standard()
        if row.measured is None or run is None:
            yield f"{row.tool:15}{row.why_not or 'nothing measured':>15}"
            continue
        yield (
            f"{row.tool:15}{run.cost:15.1f}{run.error:10.1e}{row.cold:18.2f} s{row.measured.first_result:7.2f} s"
            f"{row.measured.memory:7.0f} MB{run.n_timed:7d}"
        )


def ratios(rows: Sequence[Row], ours: str) -> Iterator[str]:
    """How many times cheaper we are than each peer: at equal tolerance, and at its error or better."""
    models = list(dict.fromkeys(r.model for r in rows))
    found = {(r.model, r.tool): r for r in rows}
    for title, at_equal_error in (("equal tolerance", False), ("equal or better error", True)):
        yield f"peer / {ours}, {title}"
        yield f"{'':15}{''.join(f'{m:>11}' for m in models)}{'geometric mean':>17}"
        for tool in dict.fromkeys(r.tool for r in rows if r.tool != ours and r.measured):
            times = [_ratio(found[m, tool], found[m, ours], at_equal_error) for m in models]
            known = [x for x in times if x is not None]
            mean = f"{statistics.geometric_mean(known):.3g}" if known else "–"
            mark = f" of {len(known)}" if known and len(known) < len(times) else ""
            yield f"{tool:15}{''.join(_cell(x) for x in times)}{mean + mark:>17}"
        yield ""


def _cell(ratio: float | None) -> str:
    return f"{'–':>11}" if ratio is None else f"{ratio:11.3g}"


def _ratio(peer: Row, ours: Row, at_equal_error: bool) -> float | None:
    theirs = peer.standard()
    mine = None if theirs is None else ours.cheapest(theirs.error) if at_equal_error else ours.standard()
    return theirs.cost / mine.cost if theirs and mine else None


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the error of each tool against its cost, one panel per model, a point per tolerance."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    models = list(dict.fromkeys(r.model for r in rows))
    figure, panels = pyplot.subplots(1, len(models), figsize=(3.2 * len(models), 3.4), squeeze=False)
    for panel, model in zip(panels[0], models, strict=True):
        for row in (r for r in rows if r.model == model and r.measured):
            points = [(r.cost, r.error) for r in (row.measured.runs if row.measured else ()) if math.isfinite(r.error)]
            panel.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=row.tool)
        panel.set(title=model, xlabel="CPU µs per patient")
    panels[0][0].set_ylabel("error")
    figure.tight_layout(rect=(0, 0.1, 1, 1))
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="lower center", ncols=len(rows), fontsize=8)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)
