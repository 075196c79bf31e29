"""The network picture: which cells make what, and what raises or lowers it. Places come from `layout`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path as Curve

from cytokinome.report.layout import MARGIN, Arrow, Box, Layout, Sign, place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from cytokinome.model.components import Model

INK = "#333333"
COLOURS = {
    Sign.MAKES: "#444444",
    Sign.REMOVES: "#999999",
    Sign.RAISES: "#0072B2",
    Sign.LOWERS: "#D55E00",
    Sign.ENTERS: "#7A5195",
    Sign.CHANGES: "#009E73",
    Sign.HARMS: "#D55E00",
    Sign.REACTS: "#999999",
}
MEANING = {
    Sign.MAKES: "secretes",
    Sign.REMOVES: "taken up",
    Sign.RAISES: "drives or increases",
    Sign.LOWERS: "decreases",
    Sign.ENTERS: "enters the formula",
    Sign.CHANGES: "changes state",
    Sign.HARMS: "kills",
    Sign.REACTS: "binds",
}
OF_EQUATIONS = {Sign.MAKES: "adds to", Sign.REMOVES: "takes from"}  # where no cell secretes or takes up
DASHED = (Sign.REMOVES, Sign.REACTS)
BLUNT = (Sign.LOWERS, Sign.HARMS)
HEAD = 0.085  # length of an arrow head [inch]
KEY_ROW = 0.24
TITLE = 0.26
KEY_WIDTH = 1.55
STYLE: dict[str, object] = {"font.size": 8.5, "font.family": "sans-serif", "svg.fonttype": "none"}


def network_figure(model: Model) -> Figure:
    """Draw the molecules and cells of a model and the signed arrows between them.

    Molecules stand on the left; each group of cells is a box with one row per sentence. An arrow from a row is what
    the cells do, an arrow to a row what drives or increases it, a blunt end what decreases it. Of equations
    the quantities stand on the left, and what changes or determines them is a row.

    Parameters
    ----------
    model : Model
    """
    meaning = MEANING | OF_EQUATIONS if model.equations is not None and not model.rules else MEANING
    return draw(place(model), meaning=meaning)


def draw(layout: Layout, title: str = "", meaning: Mapping[Sign, str] = MEANING) -> Figure:
    """Draw what was placed, with a key of the signs that occur.

    Parameters
    ----------
    layout : Layout
    title : str
        A line above the picture.
    meaning : mapping
        What the key says of each sign.
    """
    signs = [s for s in Sign if any(a.sign is s for a in layout.arrows)]
    width = max(layout.width, 3.4)
    columns = max(1, int((width - MARGIN) / KEY_WIDTH))
    key_rows = -(-len(signs) // columns)
    above = TITLE if title else 0.0
    height = layout.height + 0.12 + KEY_ROW * key_rows + above
    with rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(width, height))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height - above, -above))
        axes.axis("off")
        _draw(axes, layout)
        _text(axes, MARGIN, -above / 3, title, weight="bold")
        for index, sign in enumerate(signs):
            x = MARGIN + KEY_WIDTH * (index % columns)
            _key(axes, sign, meaning[sign], x, layout.height + 0.16 + KEY_ROW * (index // columns))
    return figure


def _draw(axes: Axes, layout: Layout) -> None:
    for arrow in sorted(layout.arrows, key=lambda a: a.sign in BLUNT):
        _arrow(axes, arrow)
    for box in layout.molecules:
        _rounded(axes, box, box.height / 2, "#E8F1F8", "#7FA8C9")
        _text(axes, box.x + box.width / 2, box.middle, box.name, align="center")
    for box in layout.cells:
        _rounded(axes, box, 0.07, "#FBF7EF", "#C9B68A")
        _text(axes, box.x + 0.12, box.y + 0.135, box.title, weight="bold")
        for row in box.rows:
            axes.plot([box.x, box.x + box.width], [row.y, row.y], color="#E4DAC2", linewidth=0.5, zorder=4)
            _text(axes, box.x + 0.16, row.y + row.height / 2, row.label)


def _rounded(axes: Axes, box: Box, radius: float, face: str, edge: str) -> None:
    style = f"round,pad=0,rounding_size={radius:.3f}"
    corner = (box.x, box.y)
    patch = FancyBboxPatch(
        corner, box.width, box.height, boxstyle=style, facecolor=face, edgecolor=edge, linewidth=0.8, zorder=3
    )
    axes.add_patch(patch)


def _text(axes: Axes, x: float, y: float, text: str, *, align: str = "left", weight: str = "normal") -> None:
    axes.text(x, y, text, ha=align, va="center_baseline", weight=weight, color=INK, zorder=6, parse_math=False)


def _arrow(axes: Axes, arrow: Arrow) -> None:
    """A cubic curve with horizontal ends, and a head."""
    (x0, y0), (x1, y1) = arrow.start, arrow.end
    if arrow.side == "channel":
        toward = 1.0 if x1 > x0 else -1.0
        reach = 0.5 * abs(x1 - x0)
        c0, c1 = (x0 + toward * reach, y0), (x1 - toward * reach, y1)
    else:
        out = arrow.bend * (1.0 if arrow.side == "right" else -1.0) * 4 / 3
        c0, c1 = (x0 + out, y0), (x1 + out, y1)
        toward = -1.0 if arrow.side == "right" else 1.0
    stop = x1 - toward * (0.02 if arrow.sign in BLUNT else HEAD * 0.8)
    curve = Curve([(x0, y0), c0, c1, (stop, y1)], [Curve.MOVETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4])
    _line(axes, curve, arrow.sign)
    _head(axes, arrow.sign, x1, y1, toward)


def _line(axes: Axes, curve: Curve, sign: Sign) -> None:
    dash = (0, (3, 2)) if sign in DASHED else "solid"
    axes.add_patch(
        PathPatch(curve, fill=False, edgecolor=COLOURS[sign], linewidth=1.1, linestyle=dash, alpha=0.85, zorder=2)
    )


def _head(axes: Axes, sign: Sign, x: float, y: float, toward: float) -> None:
    """A triangle, or a bar for what decreases and kills, that touches (x, y)."""
    if sign in BLUNT:
        at = x - toward * 0.025
        axes.plot([at, at], [y - 0.05, y + 0.05], color=COLOURS[sign], linewidth=1.8, solid_capstyle="butt", zorder=5)
        return
    back = x - toward * HEAD
    corners = [(x, y), (back, y - 0.036), (back, y + 0.036)]
    axes.add_patch(Polygon(corners, closed=True, facecolor=COLOURS[sign], edgecolor="none", zorder=5))


def _key(axes: Axes, sign: Sign, meaning: str, x: float, y: float) -> None:
    """One entry of the legend."""
    _line(axes, Curve([(x, y), (x + 0.26, y)], [Curve.MOVETO, Curve.LINETO]), sign)
    _head(axes, sign, x + 0.3, y, 1.0)
    axes.text(x + 0.37, y, meaning, va="center_baseline", fontsize=8, color=INK)
