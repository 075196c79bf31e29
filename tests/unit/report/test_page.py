"""The report: complete, self-contained, harmless whatever names are in it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cytokinome.errors import StoreError
from cytokinome.evidence import Source
from cytokinome.experiments.compare import compare
from cytokinome.report.page import POLICY, render, write_report
from tests.unit.report.sample import sample_result

VOID = {"meta", "br", "hr", "img", "link", "input"}


class _Reader(HTMLParser):
    """Collects tags, ids, addresses and text, and checks that tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


@pytest.fixture(scope="module")
def html():
    """The report on the sample."""
    return render(sample_result())


@pytest.fixture(scope="module")
def page(html):
    """The same, read."""
    return _Reader(html)


def test_well_formed(page):
    """Every tag is closed, and no id occurs twice."""
    assert page.open == []
    ids = Counter(a["id"] for _, a in page.tags if "id" in a)
    assert [name for name, count in ids.items() if count > 1] == []


def test_references_lead_somewhere(html, page):
    """Clip paths and marks inside the pictures find their definitions."""
    ids = {a["id"] for _, a in page.tags if "id" in a}
    wanted = set(re.findall(r'url\(#([^)"]+)\)|href="#([^"]+)"', html))
    assert wanted
    assert {a or b for a, b in wanted} <= ids


def test_nothing_is_loaded(html, page):
    """No script, no frame, no image, no style sheet from elsewhere; only links that a reader may follow."""
    assert not {t for t, _ in page.tags} & {
        "script",
        "link",
        "iframe",
        "object",
        "embed",
        "img",
        "base",
        "form",
        "image",
    }
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []
    outside = [(t, k, v) for t, a in page.tags for k, v in a.items() if v and "//" in v and not k.startswith("xmlns")]
    assert {(t, k) for t, k, _ in outside} == {("a", "href")}
    assert all(v.startswith("https://") for _, _, v in outside)
    assert not [k for _, a in page.tags for k in a if k.startswith("on")]


def test_policy(page):
    """The page forbids itself to load or run anything."""
    policies = [a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [POLICY]
    assert POLICY == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_order(page):
    """The parts stand in the order in which a reader asks for them."""
    parts = [
        "Endotoxin as a bolus and as an infusion", "Blood monocytes under endotoxin", "LPS 2 ng/kg into blood",
        "Figure 1.", "Agreement with what was measured", "Claims", "The network", "The rules, and what each one did",
        "Every number and where it comes from", "Measured data", "The virtual patients", "What to cite", "Do it again",
    ]  # fmt: skip
    places = [page.words.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_agreement(page):
    """The table holds R², the share within one SD, and both peaks."""
    row = sample_result().agreement("bolus", "TNF")
    assert row is not None
    assert f"bolus TNF {row.r2:.3f} {100 * row.within_1sd:.0f}" in page.words
    assert f"{row.peak:.0f} 331 pg/mL" in page.words


def test_no_data():
    """Without measured data only the peaks of the model are told."""
    result = sample_result(comparison=compare(sample_result().experiment, sample_result().arms))
    texts = {k: v for k, v in result.manifest.texts.items() if k != "data"}
    page = _Reader(render(replace(result, manifest=replace(result.manifest, texts=texts))))
    assert page.open == []
    assert "Peaks" in page.words
    assert "R²" not in page.words
    assert "Measured data" not in page.words


def test_failing_claims_are_shown_failing(html, page):
    """A claim that is not met says so in words and colour, with its explanation and note."""
    assert "1 of 3 claims are met; 2 are not." in page.words
    assert html.count('<tr class="failed">') == html.count("✗ not met") == 2
    assert "The clearance of LPS is assumed." in page.words
    assert "no patient has a value" in page.words


def test_sources_are_linked(html):
    """A DOI and an arXiv number become links, an assumption is red."""
    assert '<a href="https://doi.org/10.1113/EP091552" rel="noopener noreferrer">doi:10.1113/EP091552</a>' in html
    assert 'href="https://arxiv.org/abs/2308.01495"' in html
    assert '<span class="assumed">assumed</span>' in html
    assert ".assumed { color: var(--bad)" in html


def test_repeatable(page):
    """Command, versions, seed and hashes are there, and the texts themselves."""
    for part in (
        "cytokinome run endotoxemia-test",
        "NumPy 2.3.0",
        "Seed 1",
        "ab" * 32,
        "cd" * 32,
        "arm,time_h,analyte",
    ):
        assert part in page.words


def test_same_result_same_page(html):
    """The page carries no clock and no chance."""
    assert render(sample_result()) == html


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>${7*7}{{7*7}}</svg>&amp;"


def _poisoned():
    """The sample with hostile text wherever a user may write."""
    result = sample_result()
    model = replace(result.model, title=EVIL, source=Source(EVIL))
    model = replace(model, molecules=tuple(replace(m, id=EVIL) if m.id == "IL8" else m for m in model.molecules))
    model = replace(
        model, parameters=tuple(replace(p, note=EVIL, source=Source(f"doi:10.1000/{EVIL}")) for p in model.parameters)
    )
    arms = tuple(replace(a, title=EVIL) for a in result.experiment.arms)
    claims = tuple(replace(c, says=EVIL, explanation=EVIL, note=EVIL, expected=EVIL) for c in result.claims)
    manifest = replace(result.manifest, command=EVIL, texts={**result.manifest.texts, EVIL: EVIL})
    experiment = replace(result.experiment, title=EVIL, arms=arms)
    return replace(result, model=model, experiment=experiment, claims=claims, manifest=manifest)


def test_hostile_names(page):
    """Whatever is written in titles, names, sources and texts stays text."""
    poisoned = _Reader(render(_poisoned()))
    assert poisoned.open == []
    assert "<script>alert(1)</script>" in poisoned.words
    assert "{{7*7}}" in poisoned.words
    assert {t for t, _ in poisoned.tags} <= {t for t, _ in page.tags} | {"ul", "li"}
    assert not [k for _, a in poisoned.tags for k in a if k.startswith("on")]
    links = [a["href"] or "" for t, a in poisoned.tags if t == "a"]
    assert all(link.startswith("https://") for link in links)


def test_model_title_is_escaped():
    """A model's title with a script in it is shown, not run."""
    result = sample_result()
    html = render(replace(result, model=replace(result.model, title="<script>alert(1)</script>")))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_interrupted():
    """A run that was stopped says so, also when no arm was finished."""
    result = sample_result(arms={}, claims=(), comparison=(), effects=())
    page = _Reader(render(replace(result, manifest=replace(result.manifest, status="interrupted"))))
    assert "This run is interrupted" in page.words
    assert "No arm has a curve to show." in page.words


def test_written(tmp_path):
    """The file is written whole, and an older one is replaced."""
    path = tmp_path / "report.html"
    path.write_text("old")
    assert write_report(sample_result(), path) == path
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["nowhere/report.html", "", "a\0b"])
def test_unwritable(tmp_path, name):
    """A path that cannot be written is an error with a code, and leaves nothing behind."""
    with pytest.raises(StoreError, match="STORE_UNWRITABLE"):
        write_report(sample_result(), f"{tmp_path}/{name}")
    assert list(tmp_path.iterdir()) == []
