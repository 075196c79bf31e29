"""Groups of names and the arrows between them as one SVG element, with links, small enough to stand inside a page.

Colours come from the page (`currentColor` and the classes of the style sheet), so that the picture follows a dark page.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LETTER = 7.1  # mean width of a letter of 12 px
ROW, TITLE, GAP, PAD = 22, 22, 14, 10
CHANNEL = 78  # between two columns
LONGEST = 34  # letters of a name
_CLASSES = {"+": " up", "-": " down", "centre": " centre"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A name in a group, with the address of its page where it has one."""

    id: str
    name: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Names under a title; `sign` is + for what raises or makes, - for what lowers, centre for what it is about."""

    title: str
    entries: tuple[Entry, ...]
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Tie:
    """An arrow to the right, between entries or groups, each named by its column (0, 1, …) and its id or title."""

    start: tuple[int, str]
    end: tuple[int, str]
    sign: str = ""


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> tuple[float, float]:
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> tuple[float, float]:
        return self.x + self.width, self.y + self.height / 2


def svg(columns: Sequence[Sequence[Group]], ties: Sequence[Tie], caption: str) -> str:
    """Return the picture of columns of groups from left to right, and the arrows between them."""
    widths = [_width(column) for column in columns]
    heights = [_height(column) for column in columns]
    lefts = list(accumulate((width + CHANNEL for width in widths), initial=2))
    height = max(heights, default=0) + 4
    boxes: dict[tuple[int, str], _Box] = {}
    drawn: list[str] = []
    for index, column in enumerate(columns):
        y = (height - heights[index]) / 2
        for group in column:
            box = _Box(lefts[index], y, widths[index], _group_height(group))
            boxes[index, group.title] = box
            entries = {(index, one.id): _entry_box(box, group, row) for row, one in enumerate(group.entries)}
            drawn += _group(group, box, [entries[index, one.id] for one in group.entries])
            boxes |= {key: place for key, place in entries.items() if key not in boxes}
            y += box.height + GAP
    width = lefts[len(columns) - 1] + widths[-1] + 2 if columns else 4
    arrows = [_arrow(tie, boxes) for tie in ties]
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    head = f'<svg class="net" xmlns="http://www.w3.org/2000/svg" role="group" aria-label="{escape(caption)}" {size}>'
    return "\n".join([head, *arrows, *drawn, "</svg>"])


def _width(column: Sequence[Group]) -> float:
    titles = [len(group.title) * 6.2 for group in column]
    names = [min(len(one.name), LONGEST) * LETTER for group in column for one in group.entries]
    return max([*titles, *names], default=0.0) + 2 * PAD


def _group_height(group: Group) -> float:
    return (TITLE if group.title else 4) + ROW * len(group.entries) + 4


def _height(column: Sequence[Group]) -> float:
    return sum(_group_height(group) + GAP for group in column) - GAP if column else 0.0


def _entry_box(box: _Box, group: Group, row: int) -> _Box:
    return _Box(box.x, box.y + (TITLE if group.title else 4) + ROW * row, box.width, ROW)


def _group(group: Group, box: _Box, places: Sequence[_Box]) -> list[str]:
    kind = _CLASSES.get(group.sign, "")
    size = f'width="{box.width:.1f}" height="{box.height:.1f}"'
    frame = f'<rect class="box{kind}" x="{box.x:.1f}" y="{box.y:.1f}" {size} rx="6"/>'
    title = f'<text class="title" x="{box.x + PAD:.1f}" y="{box.y + 15:.1f}">{escape(group.title)}</text>'
    rows = [_entry(one, place) for one, place in zip(group.entries, places, strict=True)]
    return [frame, *([title] if group.title else []), *rows]


def _entry(one: Entry, place: _Box) -> str:
    name = one.name if len(one.name) <= LONGEST else f"{one.name[: LONGEST - 1]}…"
    text = f'<text x="{place.x + PAD:.1f}" y="{place.y + 15:.1f}">{escape(name)}</text>'
    return f'<a href="{escape(one.href)}">{text}</a>' if one.href else text


def _arrow(tie: Tie, boxes: Mapping[tuple[int, str], _Box]) -> str:
    """A curve with a head; a bar where it lowers."""
    (x0, y0), (x1, y1) = boxes[tie.start].right, boxes[tie.end].left
    bend, stop, kind = max((x1 - x0) / 2, 12), x1 - 6, _CLASSES.get(tie.sign, "")
    path = f"M{x0:.0f} {y0:.1f}C{x0 + bend:.0f} {y0:.1f} {stop - bend:.0f} {y1:.1f} {stop:.0f} {y1:.1f}"
    curve = f'<path class="tie{kind}" d="{path}"/>'
    if tie.sign == "-":
        return curve + f'<path class="tie down bar" d="M{stop:.0f} {y1 - 5:.1f}v10"/>'
    return curve + f'<path class="head{kind}" d="M{x1:.0f} {y1:.1f}L{x1 - 8:.0f} {y1 - 4:.1f}V{y1 + 4:.1f}Z"/>'
