"""Evidence: where a number comes from, what there is to cite, and what a result was made with.

Nothing is ever fetched: a source is what its author wrote, and an address is only built from it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cytokinome.diagnostics import Span

Kind = Literal["doi", "pubmed", "arxiv", "biomodels", "text", "assumed"]

# An identifier ends at the first comma, semicolon or space. The order is that of Kind.
_END = r"(?=[,;\s]|$)"
_IDENTIFIERS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("doi", re.compile(rf"(?:https?://(?:dx\.)?doi\.org/|doi:\s?|)(10\.[0-9]{{4,9}}/[^\s,;]+){_END}", re.I)),
    ("pubmed", re.compile(rf"(?:pubmed|pmid):\s?([0-9]{{1,9}}){_END}", re.I)),
    ("arxiv", re.compile(rf"arxiv:\s?([0-9]{{4}}\.[0-9]{{4,5}}(?:v[0-9]+)?|[a-z.-]+/[0-9]{{7}}){_END}", re.I)),
    ("biomodels", re.compile(rf"(?:biomodels:\s?)?((?:BIOMD|MODEL)[0-9]{{10}}){_END}", re.I)),
)
_ADDRESSES: dict[Kind, str] = {
    "doi": "https://doi.org/",
    "pubmed": "https://pubmed.ncbi.nlm.nih.gov/",
    "arxiv": "https://arxiv.org/abs/",
    "biomodels": "https://www.ebi.ac.uk/biomodels/",
}
_ASSUMED = re.compile(r"assumed(?=[:,]|$)", re.I)
_ESTIMATED = re.compile(r"(?:assumed: )?(?:fitted|calibrated)(?=[:, ]|$)", re.I)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from.

    Parameters
    ----------
    text : str
        ``doi:10.1073/pnas.95.2.570``, ``pubmed:12626585``, ``arXiv:2308.01495``, ``BIOMD0000000001``, ``assumed``,
        or plain words.
    locator : str
        The place inside it: ``abstract``, ``Table 2``.
    read : str
        What of it was read, when that is less than the whole.
    tier : str
        How strong the evidence is, in the words of the catalogue.
    cited : str
        What the author wrote where that named records of the catalogue, of which this is then the source.
    numbers : tuple of str
        Which numbers of the catalogue were taken: each a record and the path in it.
    where : Span, optional
        Place in the text.
    """

    text: str
    locator: str = ""
    read: str = ""
    tier: str = ""
    cited: str = field(default="", repr=False)
    numbers: tuple[str, ...] = field(default=(), repr=False)
    where: Span | None = field(default=None, repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Source:
        """Split an identifier, or the word assumed, from the locator at the first comma; plain words stay whole.

        Examples
        --------
        >>> Source.parse("pubmed:12626585, Table 2")
        Source(text='pubmed:12626585', locator='Table 2', read='', tier='')
        """
        clean = " ".join(text.split())
        head, _, tail = clean.partition(",")
        if cls(clean).kind == "text" or (_ASSUMED.match(head) and head.casefold() != "assumed"):
            return cls(clean)
        return cls(head.strip(), tail.strip())

    @property
    def is_assumed(self) -> bool:
        """Whether the author says that the number is an assumption."""
        return bool(_ASSUMED.match(self.text.strip()))

    @property
    def is_estimated(self) -> bool:
        """Whether the number was fitted or calibrated where it stands, as ``fitted: ID (fit.yaml)``."""
        return bool(_ESTIMATED.match(self.text.strip()))

    @property
    def kind(self) -> Kind:
        """What sort of identifier the text is."""
        return self._identified[0]

    @property
    def doi(self) -> str | None:
        """The DOI without a prefix."""
        return self._identified[1] if self.kind == "doi" else None

    @property
    def pubmed(self) -> str | None:
        """The PubMed number."""
        return self._identified[1] if self.kind == "pubmed" else None

    @property
    def url(self) -> str | None:
        """The address of the identified document; none for plain words and assumptions."""
        from urllib.parse import quote

        kind, identifier = self._identified
        return _ADDRESSES[kind] + quote(identifier, safe="/:;()._-") if kind in _ADDRESSES else None

    @property
    def cite_key(self) -> str:
        """The same text for all spellings of one source, e.g. ``doi:10.1073/pnas.95.2.570``."""
        kind, identifier = self._identified
        return kind if kind == "assumed" else f"{kind}:{identifier.casefold()}"

    @property
    def _identified(self) -> tuple[Kind, str]:
        text = " ".join(self.text.split())
        if self.is_assumed:
            return "assumed", ""
        for kind, pattern in _IDENTIFIERS:
            if match := pattern.match(text):
                return kind, match[1].rstrip(".")
        return "text", text

    def __str__(self) -> str:
        return f"{self.text}, {self.locator}" if self.locator else self.text


@dataclass(frozen=True, slots=True)
class Citation:
    """One source to cite, with all its locators, and what rests on it."""

    source: Source
    supports: tuple[str, ...] = ()


def merge(sources: Iterable[Source | tuple[Source, str]]) -> tuple[Citation, ...]:
    """Return the distinct sources in the order of their first use; assumptions are nothing to cite and drop out.

    Parameters
    ----------
    sources : iterable of Source or (Source, reason)
        A reason says which quantity or sentence the source supports.
    """
    groups: dict[str, list[tuple[Source, str]]] = {}
    for item in sources:
        source, reason = (item, "") if isinstance(item, Source) else item
        if not source.is_assumed:
            groups.setdefault(source.cite_key, []).append((source, reason))
    return tuple(_citation(uses) for uses in groups.values())


def _citation(uses: list[tuple[Source, str]]) -> Citation:
    return Citation(
        Source(
            uses[0][0].text,
            "; ".join(_distinct(source.locator for source, _ in uses)),
            "; ".join(_distinct(source.read for source, _ in uses)),
            "; ".join(_distinct(source.tier for source, _ in uses)),
        ),
        _distinct(reason for _, reason in uses),
    )


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a result was made with.

    Parameters
    ----------
    package, python, numpy, scipy : str
        Versions; ``unknown`` for a package that runs without being installed.
    platform : str
        Operating system and processor.
    created : str
        The time, as the caller states it (ISO 8601); there is no clock in here, so that results can be equal.
    texts : tuple of (name, SHA-256)
        The texts that went in, sorted by name.
    """

    package: str
    python: str
    numpy: str
    scipy: str
    platform: str
    created: str
    texts: tuple[tuple[str, str], ...] = ()

    @classmethod
    def collect(cls, *, created: str, texts: Mapping[str, str]) -> Provenance:
        """Return the provenance of a result made here from `texts` (name to content)."""
        import platform

        digests = tuple(sorted((name, text_digest(text)) for name, text in texts.items()))
        return cls(
            package=_version("cytokinome"),
            python=platform.python_version(),
            numpy=_version("numpy"),
            scipy=_version("scipy"),
            platform=f"{platform.system()} {platform.machine()}",
            created=created,
            texts=digests,
        )


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _version(distribution: str) -> str:
    """The installed version, read from its metadata, so that nothing heavy is imported."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return "unknown"
