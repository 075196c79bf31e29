"""One HTML file that holds a result against what was measured, readable offline and on paper.

Everything a user wrote passes the template's autoescape; the page has no script and may load nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cytokinome.errors import ExperimentError
from cytokinome.report import equations, tables, words
from cytokinome.report.figures import measured_points, plot
from cytokinome.report.files import svg, write
from cytokinome.report.network import network_figure
from cytokinome.report.space import draw_arms
from cytokinome.report.verified.text import whole

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from cytokinome.experiments.result import Result

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SCREEN_SCALE = 1.3
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_REFERENCE = re.compile(r'(?<=[\s;"])(id="|(?:xlink:)?href="#)|(url\(#)')


def write_report(result: Result, path: str | Path) -> Path:
    """Write the report on a result as one self-contained HTML file.

    Parameters
    ----------
    result : Result
    path : str or Path
        An existing file is replaced.

    Returns
    -------
    Path

    Raises
    ------
    StoreError
        Where the file cannot be written.
    """
    return write(path, render(result).encode("utf-8"))


def render(result: Result) -> str:
    """Return the report as HTML text; equal results give equal text."""
    return environment().get_template("report.html").render(_content(result))


def environment() -> Environment:
    """Return what all pages of results are rendered with: every text is escaped, and no name may be missing."""
    made = Environment(
        loader=PackageLoader("cytokinome.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": words.number, "percent": words.percent, "hours": words.hours}
    made.filters |= {"listed": words.listed, "known_within": words.known_within, "whole": whole}
    return made


def _content(result: Result) -> dict[str, object]:
    """What the template may speak of."""
    experiment, claims = result.experiment, tables.claims(result)
    agreements = [result.agreement(arm, m.name) for arm in result.arms for m in experiment.measure]
    return {
        "policy": POLICY,
        "result": result,
        "experiment": experiment,
        "model": result.model,
        "manifest": result.manifest,
        "provenance": result.manifest.provenance,
        "arms": [(arm, words.arm_phrases(arm)) for arm in experiment.arms],
        "curves": _curves(result),
        "space": _space(result),
        "points": measured_points(result),
        "agreements": [a for a in agreements if a is not None],
        "central": experiment.compare.central if experiment.compare else "",
        "claims": claims,
        "met": sum(row.claim.passed for row in claims),
        "kinds": {str(kind): meaning for kind, meaning in tables.KINDS.items()},
        "network": _network(result),
        "equations": equations.rows(result.model),
        "rules": tables.rules(result),
        "processes": tables.processes(result),
        "parameters": tables.parameters(result),
        "constants": tables.constants(result),
        "studies": tables.studies(result),
        "outcomes": tables.outcomes(result),
        "citations": tables.citations(result),
    }


def _curves(result: Result) -> Markup | None:
    """The main figure, None where no arm has a curve."""
    try:
        figure = plot(result)
    except ExperimentError:
        return None
    names = ", ".join(m.name for m in result.experiment.measure)
    return inline(figure, "curves", f"Simulated and measured {names} over time")


def _network(result: Result) -> Markup | None:
    """The picture of the model, None where it has too much to be seen."""
    if not equations.is_drawn(result.model):
        return None
    return inline(network_figure(result.model), "network", f"Network of {result.model.id}")


def _space(result: Result) -> Markup | None:
    """The last snapshots, None where the run had no places."""
    if not any(arm.space for arm in result.arms.values()):
        return None
    try:
        figure = draw_arms(result)
    except ExperimentError:
        return None
    return inline(figure, "space", "Cells and concentrations in space at the end, an arm per column")


def inline(figure: Figure, prefix: str, description: str) -> Markup:
    """Return a figure as an SVG element, a little larger than on paper.

    Parameters
    ----------
    figure : Figure
    prefix : str
        Of its ids, because one page must not have an id twice.
    description : str
        What it shows, for those who do not see it.
    """
    text = svg(figure, salt=prefix)
    text = re.sub(r"<!--.*?-->", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = _TAG.sub(lambda tag: _REFERENCE.sub(lambda m: f"{m[0]}{prefix}-", tag[0]), text)
    style = f"width:{SCREEN_SCALE * figure.get_figwidth():.2f}in"
    label = Markup('<svg role="img" aria-label="{}" style="{}" ').format(description, style)
    return Markup(text.replace("<svg ", label, 1))
