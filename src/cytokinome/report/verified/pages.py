"""The pages of a verified library: an overview, and one page for each scenario. Each is one file and loads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from cytokinome.errors import ExperimentError
from cytokinome.evidence import Source
from cytokinome.report import tables, words
from cytokinome.report.figures import label, measured_points, plot
from cytokinome.report.files import write
from cytokinome.report.page import POLICY, environment, inline
from cytokinome.report.verified import text
from cytokinome.report.verified.scale import picture
from cytokinome.report.verified.told import Told, counted, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.experiments.uncertainty import Influence
    from cytokinome.experiments.verdicts import Verdict
    from cytokinome.library.overview import Overview
    from cytokinome.library.verification import Examined

SHOWN = 4  # parameters that move a claim most; the others when asked


def write_pages(folder: Path, scenarios: Sequence[Told], overview: Overview | None) -> list[Path]:
    """Write ``index.html`` and a page for each scenario, and return their paths, the index first.

    Parameters
    ----------
    folder : Path
        Made where it is not there; files of these names are replaced.
    scenarios : sequence of Told
    overview : Overview, optional

    Raises
    ------
    StoreError
        Where a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"index.html": render_index(scenarios, overview)}
    pages |= {f"{told.id}.html": render_scenario(told) for told in scenarios}
    return [write(folder / name, content.encode("utf-8")) for name, content in pages.items()]


def render_index(scenarios: Sequence[Told], overview: Overview | None) -> str:
    """Return the overview as HTML."""
    verdicts = {verdict.claim.id: verdict for told in scenarios for verdict in told.verdicts}
    return _page(
        "library.html",
        scenarios=scenarios,
        overview=overview,
        verdicts=verdicts,
        counts=counted([*verdicts.values()]),
        all_met=all(verdict.claim.passed for verdict in verdicts.values()),
    )


def render_scenario(told: Told) -> str:
    """Return the page of a scenario as HTML."""
    numbers = count(1)
    by_id = {one.result.experiment.id: one for one in told.examined}

    def figure(asked: text.Asked) -> Markup:
        one = by_id.get(asked.experiment)
        return _figure(one, asked, next(numbers)) if one else _without(f"{asked.experiment} was not run for this page.")

    body = text.rendered(told.page, figure)
    own = [] if told.page else [_figure(one, text.Asked("", ()), next(numbers)) for one in told.examined]
    return _page(
        "scenario.html",
        told=told,
        body=body,
        figures=own,
        rows=[_row(verdict, one) for verdict, one in _with_experiments(told)],
        kinds={str(kind): meaning for kind, meaning in tables.KINDS.items()},
        experiments=[one.result.experiment for one in told.examined],
        arms={id: [(arm, words.arm_phrases(arm)) for arm in one.result.experiment.arms] for id, one in by_id.items()},
        numbers=[(r.model, tables.parameters(r), tables.constants(r), sentences(r)) for r in told.models],
        shown=SHOWN,
        draws=next((v.robustness.draws for v in told.verdicts if v.robustness), 0),
        has_removals=any(v.removals for v in told.verdicts),
    )


def _page(template: str, **content: object) -> str:
    return environment().get_template(template).render(policy=POLICY, **content)


@dataclass(frozen=True, slots=True)
class _Row:
    """A claim as its page tells it."""

    verdict: Verdict
    source: Source
    found: str
    value: str
    people: str
    picture: Markup
    moved: tuple[tuple[Influence, str, str], ...]
    without: tuple[tuple[str, str, bool], ...]


def _with_experiments(told: Told) -> list[tuple[Verdict, Examined]]:
    """The verdicts, each with the experiment that it stands in."""
    by_id = {one.result.experiment.id: one for one in told.examined}
    return [(verdict, by_id[verdict.claim.experiment]) for verdict in told.verdicts]


def _row(verdict: Verdict, one: Examined) -> _Row:
    claim, robust = verdict.claim, verdict.robustness
    influence = robust.influence if robust else ()
    return _Row(
        verdict,
        Source.parse(claim.source),
        words.number(claim.found, 4),
        next((stated.value for stated in one.result.experiment.claims if stated.id == claim.id), ""),
        _people(claim.of, one.result.experiment.patients.count),
        picture(verdict),
        tuple((i, words.number(i.low), words.number(i.high)) for i in influence),
        tuple((r.rule, words.number(r.found), r.passed) for r in verdict.removals or ()),
    )


def _people(of: str, count: int) -> str:
    """Whose value is meant."""
    if of == "typical":
        return "the typical person"
    return f"{of} of {count} virtual patients" if count > 1 else "one virtual patient"


def _figure(one: Examined, asked: text.Asked, number: int) -> Markup:
    """The curves of an experiment, all that is measured without names."""
    experiment = one.result.experiment
    try:
        drawn = plot(one.result, analytes=asked.names or None, log=asked.log)
    except ExperimentError as error:
        return _without(str(error))
    shown = asked.names or tuple(m.name for m in experiment.measure)
    is_measured = any(point.analyte in shown for point in measured_points(one.result))
    svg = inline(drawn, f"figure-{number}", f"{words.listed(shown)} in {experiment.id}")
    people = "lines: median of the virtual patients, bands: 5th to 95th percentile"
    people = people if experiment.patients.count > 1 else "lines: one virtual patient"
    caption = Markup("<figcaption><b>Figure {}.</b> {} in <code>{}</code>; {}{}.</figcaption>").format(
        number,
        words.listed([label(name) for name in shown]),
        experiment.id,
        people,
        "; marks: measured, bars one SD" if is_measured else "",
    )
    return Markup("<figure>") + svg + caption + Markup("</figure>")


def _without(reason: str) -> Markup:
    return Markup('<p class="note">No figure: {}</p>').format(reason)
