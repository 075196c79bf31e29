"""Where a source is found, and what it says: addresses are made from identifiers, nothing is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.catalogue.records import Source, blocks
from cytokinome.report.pages.text import badge, counted, link, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cytokinome.catalogue.records import Identifiers, Record

_OBO = "http://purl.obolibrary.org/obo/"
_EBI = "https://www.ebi.ac.uk"
# Identifiers of sources by what stands before the colon: name of the database, and the beginning of the address.
_ADDRESSES: dict[str, tuple[str, str]] = {
    "doi": ("doi:", "https://doi.org/"),
    "pubmed": ("PubMed ", "https://pubmed.ncbi.nlm.nih.gov/"),
    "pmc": ("", "https://pmc.ncbi.nlm.nih.gov/articles/"),
    "arXiv": ("arXiv:", "https://arxiv.org/abs/"),
    "nct": ("", "https://clinicaltrials.gov/study/"),
    "biomodels": ("", f"{_EBI}/biomodels/"),
    "uniprot": ("UniProt ", "https://www.uniprot.org/uniprotkb/"),
    "hgnc": ("HGNC:", "https://www.genenames.org/data/gene-symbol-report/#!/hgnc_id/HGNC:"),
    "reactome": ("", "https://reactome.org/content/detail/"),
    "gtopdb": ("GtoPdb ", "https://www.guidetopharmacology.org/GRAC/LigandDisplayForward?ligandId="),
    "cl": ("CL:", f"{_OBO}CL_"),
    "go": ("GO:", f"{_OBO}GO_"),
    "mondo": ("MONDO:", f"{_OBO}MONDO_"),
    "uberon": ("UBERON:", f"{_OBO}UBERON_"),
    "chebi": ("CHEBI:", f"{_OBO}CHEBI_"),
    "sbo": ("SBO:", f"{_EBI}/ols4/ontologies/sbo/terms?obo_id=SBO:"),
    "drugbank": ("DrugBank ", "https://go.drugbank.com/drugs/"),
    "complexportal": ("", f"{_EBI}/complexportal/complex/"),
}
# Keys of `identifiers:` → the words above.
_KEYS = {"gtopdb-ligand": "gtopdb"}
_NAMES = {"cellphonedb": "CellPhoneDB", "atc": "ATC", "rxnorm": "RxNorm"}
TIERS = {
    "A": "the primary text",
    "B": "a model or data file that names its primary",
    "S": "a secondary text",
    "C": "nothing that names its primary; fitted or assumed",
    "V": "a vendor's page",
}
_SILENT = {"primary": "", "secondary": "read second-hand", "cited_only": "only cited there", None: ""}
_VERDICTS = {"supports": "", "refutes": "**Against:** ", "qualifies": "**Only under a condition:** "}


def address(id: str) -> str:
    """Return where a source is found; nothing for an assumption.

    Examples
    --------
    >>> address("pubmed:8324076")
    'https://pubmed.ncbi.nlm.nih.gov/8324076'
    """
    kind, _, rest = id.partition(":")
    if kind == "url":
        return f"https://{rest}"
    if kind == "github":
        repository, _, path = rest.partition(":")
        repository, _, commit = repository.partition("@")
        return f"https://github.com/{repository}/blob/{commit or 'HEAD'}/{path}"
    return _ADDRESSES[kind][1] + rest if kind in _ADDRESSES else ""


def short(id: str) -> str:
    """Return a source in few words: the identifier, the repository of a file, the host of a page."""
    kind, _, rest = id.partition(":")
    if kind == "url":
        return rest.partition("/")[0].removeprefix("www.")
    if kind == "github":
        return rest.partition(":")[0].partition("@")[0]
    return _ADDRESSES[kind][0] + rest if kind in _ADDRESSES else id


def cited(id: str) -> str:
    """Return the link to a source, its words alone where it has no address."""
    return link(plain(short(id)), address(id)) if address(id) else plain(short(id))


def said(source: Source) -> str:
    """Return what a source says, where, and how well that was read, on one line."""
    place = ", ".join(word for word in (cited(source.id), plain(source.locator)) if word)
    read = f", {words}" if (words := _SILENT[source.read]) else ""
    return f"{_VERDICTS[source.verdict]}{plain(source.says)} ({place}{read}) {badge(source.tier)}"


def identifiers(known: Identifiers) -> str:
    """Return the identifiers of a record in public databases, those with an address as links."""
    stated: dict[str, str] = known.model_dump(by_alias=True, exclude_none=True)
    links: list[str] = []
    for key, text in stated.items():
        kind, bare = _KEYS.get(key, key), text.rpartition(":")[2]
        is_known = kind in _ADDRESSES
        links.append(cited(f"{kind}:{bare}") if is_known else f"{_NAMES.get(key, key)} {plain(text)}")
    return ", ".join(links)


def sources_of(records: Iterable[Record]) -> tuple[Source, ...]:
    """Return every source that stands anywhere in records."""
    return tuple(block for record in records for _, block in blocks(record) if isinstance(block, Source))


def tier_note() -> list[str]:
    """Return what the letters beside the sources mean."""
    return ["What was read: " + ", ".join(f"{badge(tier)} {words}" for tier, words in TIERS.items()) + ".", ""]


def source_list(sources: Iterable[Source]) -> list[str]:
    """Return the distinct sources as a list, those that most statements rest on first."""
    groups: dict[str, list[Source]] = {}
    for source in sources:
        groups.setdefault(source.id, []).append(source)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return [f"- {_whole(id)}: {_use(uses)}" for id, uses in ordered]


def _whole(id: str) -> str:
    words = id.partition(":")[2] if id.startswith(("url:", "github:")) else short(id)
    return link(plain(words), address(id)) if address(id) else plain(words)


def _use(uses: list[Source]) -> str:
    tiers = " ".join(badge(tier) for tier in sorted({source.tier for source in uses}))
    return f"{counted(len(uses), 'statement')} {tiers}"
