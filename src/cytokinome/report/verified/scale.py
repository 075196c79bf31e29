"""A claim on one line: the interval that is expected, what was found, and what is found without the rules it names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from markupsafe import Markup

from cytokinome.report.words import number

if TYPE_CHECKING:
    from cytokinome.experiments.verdicts import Verdict

WIDTH, HEIGHT, LINE = 300.0, 46.0, 18.0
EDGE = 14.0  # left and right of the numbers
WIDE = 20.0  # times the smallest: then the scale is logarithmic
FAR = 4.0  # times the span of what is expected and found
MARGIN = 0.12  # of the span, beyond the outermost number


def picture(verdict: Verdict) -> Markup:
    """Return the line as SVG; empty where nothing was found and nothing is expected that is finite."""
    bounds = [x for x in (verdict.expect.low, verdict.expect.high) if math.isfinite(x)]
    without = [r.found for r in verdict.removals or () if math.isfinite(r.found)]
    found = [verdict.claim.found] if math.isfinite(verdict.claim.found) else []
    numbers = [*bounds, *without, *found]
    if not numbers:
        return Markup("")
    place = _Place([*bounds, *found], without)
    parts = [_rect(EDGE / 2, WIDTH - EDGE / 2, "#e9ecef")]
    low = place.of(verdict.expect.low) if math.isfinite(verdict.expect.low) else EDGE / 2
    high = place.of(verdict.expect.high) if math.isfinite(verdict.expect.high) else WIDTH - EDGE / 2
    parts.append(_rect(min(low, high - 2), high, "#9fd0b3"))
    parts += [_label(place.of(x), HEIGHT - 4, number(x)) for x in bounds]
    parts += [_circle(place.of(x), "none", "#b3261e") for x in without]
    colour = "#1a6b3c" if verdict.claim.passed else "#b3261e"
    parts += [_circle(place.of(x), colour, "#ffffff") for x in found]
    parts += [_label(place.of(x), 9, number(x), colour) for x in found]
    head = Markup('<svg class="scale" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">')
    label = f"found {number(verdict.claim.found)}, expected {verdict.claim.expected}"
    return (
        head.format(label, f"{WIDTH:g}", f"{HEIGHT:g}", f"{WIDTH:g}", f"{HEIGHT:g}")
        + Markup("").join(parts)
        + Markup("</svg>")
    )


class _Place:
    """Where numbers stand on the line: by their logarithm where they are positive and far apart.

    What is found without a rule may lie so far away that nothing else could be told apart; it then stands at the end.
    """

    def __init__(self, shown: list[float], without: list[float]) -> None:
        every = [*shown, *without]
        self._is_log = min(every) > 0 and max(every) / min(every) > WIDE
        if shown and not self._is_log:
            room = FAR * (max(shown) - min(shown) or abs(shown[0]) or 1.0)
            every = [x for x in every if min(shown) - room <= x <= max(shown) + room]
        low, high = min(every), max(every)
        start, end = (math.log(low), math.log(high)) if self._is_log else (low, high)
        room = MARGIN * (end - start or abs(end) or 1.0)
        self._start, self._span = start - room, end - start + 2 * room

    def of(self, x: float) -> float:
        share = ((math.log(x) if self._is_log else x) - self._start) / self._span
        return min(max(EDGE + share * (WIDTH - 2 * EDGE), EDGE / 2), WIDTH - EDGE / 2)


def _rect(left: float, right: float, colour: str) -> Markup:
    pattern = Markup('<rect x="{}" y="{}" width="{}" height="8" rx="2" fill="{}"/>')
    return pattern.format(f"{left:.1f}", f"{LINE - 4:g}", f"{right - left:.1f}", colour)


def _circle(x: float, fill: str, edge: str) -> Markup:
    pattern = Markup('<circle cx="{}" cy="{}" r="5" fill="{}" stroke="{}" stroke-width="1.6"/>')
    return pattern.format(f"{x:.1f}", f"{LINE:g}", fill, edge)


def _label(x: float, y: float, text: str, colour: str = "#5b6470") -> Markup:
    pattern = Markup('<text x="{}" y="{}" text-anchor="middle" font-size="10" fill="{}">{}</text>')
    return pattern.format(f"{min(max(x, 16), WIDTH - 16):.1f}", f"{y:g}", colour, text)
