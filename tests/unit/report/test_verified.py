"""Pages of a verified library: an author's text is text, claims show their worth, and sentences their state."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from cytokinome import api, library
from cytokinome.errors import ExperimentError
from cytokinome.experiments.claims import ClaimResult
from cytokinome.experiments.protocol import Expectation
from cytokinome.experiments.removals import Removal
from cytokinome.experiments.verdicts import Verdict
from cytokinome.library.overview import read_overview, shipped_overview
from cytokinome.library.verification import Asked, Examined, Wanted, examined
from cytokinome.report.verified.pages import Told, render_index, render_scenario, write_pages
from cytokinome.report.verified.scale import picture
from cytokinome.report.verified.text import Asked as Figure
from cytokinome.report.verified.text import asked_figures, rendered, title, whole

CULTURE = "tnf-il10-culture"
PAGE = f"""# IL-10 & TNF

What is *said* <script>alert(1)</script> of [IL-10](javascript:alert(1)) and ![a picture](http://example.org/x.png).

{{figure}} {CULTURE}: TNF, IL10 (log)

| a | b |
|---|---|
| 1 | 2 |

{{figure}} another: X
"""


def verdict(
    found: float = 2.0, *, low: float = 1.0, high: float = 3.0, kind: str = "predicts", **more: object
) -> Verdict:
    """A claim that expects something between two numbers."""
    expect = Expectation(low, high, False, f"within [{low:g}, {high:g}]")
    claim = ClaimResult(
        "one", "dish", "a <b> is above b", kind, found, expect.text, "doi:10.1000/1, Table 1", expect.is_met(found)
    )
    return replace(Verdict(claim, "dish", expect), **more)


@pytest.fixture(scope="module")
def told() -> Told:
    """A scenario that was run with everything."""
    item = Wanted(CULTURE, CULTURE, curves=("TNF", "IL10"))
    (one,) = examined([item], Asked(mutants=True, draws=4), api.check_experiment, workers=1)
    return Told(CULTURE, PAGE, (one,), (3, 40))


def test_a_page_is_text() -> None:
    """Markup of the author's becomes HTML, HTML of the author's text; figures stand where they are asked for."""
    assert asked_figures(PAGE) == (Figure(CULTURE, ("TNF", "IL10"), ("IL10",)), Figure("another", ("X",)))
    assert title(PAGE) == "IL-10 & TNF"
    html = rendered(PAGE, lambda asked: Markup("<figure>{} {}</figure>").format(asked.experiment, len(asked.names)))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert "<em>said</em>" in html
    assert "<td>1</td>" in html
    assert f"<figure>{CULTURE} 2</figure>" in html
    assert not re.search(r"<p>\s*(<figure>|</p>)", html)


def test_a_scenario(told: Told) -> None:
    """Its page has the text, the figure, every claim with what it is worth, and loads nothing."""
    html = render_scenario(told)
    assert '<h1><span class="whole">IL-10</span> &amp; TNF</h1>' in html
    assert "<code>at(no_IL10R.TNF, 24 h) / at(LPS.TNF, 24 h)</code>, median of 50 virtual patients" in html
    assert "1 of 1 predictions, 3 of 3 constructed claims met; 3 numbers estimated from 40 measured values" in html
    assert html.count("<figure>") == 1
    assert "another was not run" in html
    for one in told.verdicts:
        assert f'id="{one.claim.id}"' in html
        assert one.robustness is not None
        assert one.removals
    assert "of 4 draws" in html
    assert "default-src" in html
    assert not re.search(r"<script|<img|src=\"http|@import", html)
    assert [v.claim.kind for v in told.verdicts] == ["predicts", "constructed", "constructed", "constructed"]


def test_names_stay_on_one_line() -> None:
    """IL-10, TGF-2a and the like are held together; markup stays text, and dois stay as they are."""
    assert whole("IL-10 <b>") == '<span class="whole">IL-10</span> &lt;b&gt;'
    assert whole("10.1000/ab-12, T-cell") == "10.1000/ab-12, T-cell"


def test_a_scenario_without_a_page(told: Told) -> None:
    """It shows what its experiments measure."""
    (one,) = examined([Wanted(CULTURE, CULTURE, is_drawn=True)], Asked(), api.check_experiment, workers=1)
    html = render_scenario(Told(CULTURE, "", (one,)))
    assert "TNF, IL10 and bound_TNF in" in html
    assert "nothing was fitted here" in html
    assert told.title == "IL-10 & TNF"


def test_the_overview(told: Told, tmp_path: Path) -> None:
    """Sentences are held, disputed or open by the claims that were run; ids that no claim has are refused."""
    path = tmp_path / "overview.yaml"
    lines = ["title: What is said", "sections:", "  - title: One <b>", "    sentences:"]
    lines += ["      - {says: held, for: [il10-halves-tnf]}", "      - {says: disputed, against: [il10-halves-tnf]}"]
    lines += ["      - {says: both, for: il10-brake-on-tnf, against: il10-halves-tnf}", "      - {says: open}"]
    lines += ["      - {says: constructed, for: [il10-brake-on-tnf]}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    known = {v.claim.id for v in told.verdicts}
    overview = read_overview(known, path)
    verdicts = {v.claim.id: v for v in told.verdicts}
    states = [sentence.state(verdicts) for sentence in overview.sections[0].sentences]
    assert states == ["held", "disputed", "disputed", "open", "open"]
    assert overview.sections[0].sentences[0].state({}) == "open"
    html = render_index([told], overview)
    assert "One &lt;b&gt;" in html
    assert html.count('class="held"') == 1
    assert "<b>1 of 1 predictions</b>" in html
    with pytest.raises(ExperimentError, match="did you mean il10-halves-tnf"):
        read_overview({"il10-halves-tnf"}, path)
    paths = write_pages(tmp_path / "pages", [told], overview)
    assert [p.name for p in paths] == ["index.html", f"{CULTURE}.html"]


def test_the_shipped_overview_names_claims() -> None:
    """Every id in it is that of a shipped claim, and every sentence says something."""
    overview = shipped_overview()
    assert overview is not None
    sentences = [sentence for section in overview.sections for sentence in section.sentences]
    assert len(sentences) >= 20
    assert all(sentence.says for sentence in sentences)
    assert len({sentence.says for sentence in sentences}) == len(sentences)


@pytest.mark.parametrize(
    "one",
    [
        verdict(),
        verdict(0.0, low=-math.inf, high=5.0),
        verdict(1e6, low=1.0, high=math.inf),
        verdict(math.nan),
        verdict(-3.0, removals=(Removal("r", 1e5, False), Removal("s", math.nan, False))),
    ],
)
def test_the_picture_of_a_claim(one: Verdict) -> None:
    """Whatever the numbers, it is well-formed, and all that it draws lies on the line, in the order of the numbers."""
    root = ElementTree.fromstring(str(picture(one)))
    xs = [float(circle.attrib["cx"]) for circle in root if circle.tag == "circle"]
    assert all(0 <= x <= 300 for x in xs)
    removed = [r.found for r in one.removals or () if math.isfinite(r.found)]
    numbers = [*removed, *([one.claim.found] if math.isfinite(one.claim.found) else [])]
    assert len(xs) == len(numbers)
    assert sorted(range(len(xs)), key=xs.__getitem__) == sorted(range(len(xs)), key=numbers.__getitem__)
    green, x = [r for r in root if r.tag == "rect"][1], xs[-1] if xs else 0.0
    inside = float(green.attrib["x"]) <= x <= float(green.attrib["x"]) + float(green.attrib["width"])
    assert inside == one.claim.passed or not xs


def test_processes_and_one_after_the_other_agree() -> None:
    """The same verdicts come from one process and from two."""
    items = [Wanted(CULTURE, CULTURE), Wanted(library.DEMO, library.DEMO, frozenset({"bolus-tnf-peak"}))]
    alone = {e.wanted.name: e.verdicts for e in examined(items, Asked(draws=3), api.check_experiment, workers=1)}
    both: dict[str, Examined] = {
        e.wanted.name: e for e in examined(items, Asked(draws=3), api.check_experiment, workers=2)
    }
    assert {name: e.verdicts for name, e in both.items()} == alone
    assert [v.claim.id for v in both[library.DEMO].verdicts] == ["bolus-tnf-peak"]
