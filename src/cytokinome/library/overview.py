"""What is said of cytokines, sentence by sentence, with the claims of the library that speak for it and against it.

::

    title: What is said of cytokines
    sections:
      - title: Inflammation
        sentences:
          - {says: Interleukin-10 holds TNF down, for: [il10-halves-tnf]}
          - says: Interferon gamma only inflames
            against: [ifng-saves-mice]

A sentence without claims is shown as open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cytokinome import library
from cytokinome.diagnostics import Collector, did_you_mean
from cytokinome.errors import ExperimentError
from cytokinome.experiments.protocol import Kind
from cytokinome.model.fields import Fields
from cytokinome.text import parse_text, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cytokinome.experiments.verdicts import Verdict
    from cytokinome.text import Scalar

COUNTED = (Kind.PREDICTS, Kind.CALIBRATED)
State = Literal["held", "disputed", "open"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said, where, and the ids of claims that speak for it and against it."""

    says: str
    source: str
    pro: tuple[str, ...]
    contra: tuple[str, ...]

    def state(self, verdicts: Mapping[str, Verdict]) -> State:
        """Return what the claims that were run make of it.

        Parameters
        ----------
        verdicts : mapping of claim to Verdict

        Returns
        -------
        str
            ``disputed`` where a claim for it fails or one against it is met, ``held`` where one for it is met, else
            ``open``. Only claims against measurements count.
        """
        pro, contra = (
            [verdicts[id].claim.passed for id in ids if id in verdicts and verdicts[id].claim.kind in COUNTED]
            for ids in (self.pro, self.contra)
        )
        if any(contra) or not all(pro):
            return "disputed"
        return "held" if pro else "open"


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences about one thing."""

    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All that is said."""

    title: str
    sections: tuple[Section, ...]


def shipped_overview() -> Overview | None:
    """Return the overview of the library, None where it has none.

    Raises
    ------
    ExperimentError
        As `read_overview`.
    """
    path = library.ROOT / "overview.yaml"
    known = (id for s in library.scenarios() for question in s.experiments for id in question.claims)
    return read_overview(known, path) if path.exists() else None


def read_overview(known: Iterable[str], path: Path) -> Overview:
    """Read an overview.

    Parameters
    ----------
    known : iterable of str
        Ids of all claims.
    path : Path

    Raises
    ------
    ExperimentError
        With every fault, among them ids that no claim has.
    """
    found, claims = Collector(), frozenset(known)
    text = read_file(path, found)
    tree = parse_text(text, str(path), found) if text is not None else None
    found.add_text(str(path), text or "")
    top = Fields(tree, found, "the overview")
    title = top.text("title", required=True)
    sections: list[Section] = []
    for node in top.items("sections", "sections"):
        fields = Fields(node, found, "a section")
        named = fields.text("title", required=True)
        own = [_sentence(Fields(item, found, "a sentence"), claims) for item in fields.items("sentences", "sentences")]
        fields.close()
        sections.append(Section(named, tuple(own)))
    top.close()
    found.report().raise_errors(ExperimentError, "the overview cannot be read")
    return Overview(title, tuple(sections))


def _sentence(fields: Fields, claims: frozenset[str]) -> Sentence:
    says, source = fields.text("says", required=True), fields.text("source")
    pro, contra = (_ids(fields.words(key), claims, fields.found) for key in ("for", "against"))
    fields.close()
    return Sentence(says, source, pro, contra)


def _ids(words: Iterable[Scalar], claims: frozenset[str], found: Collector) -> tuple[str, ...]:
    ids: list[str] = []
    for word in words:
        if word.text not in claims:
            hint = did_you_mean(word.text, claims)
            found.error("UNKNOWN_NAME", f"no shipped claim is called {word.text}", word.where, hint=hint)
        ids.append(word.text)
    return tuple(ids)
