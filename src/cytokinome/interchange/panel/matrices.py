"""The body fluid that a panel was measured in: the words of the catalogue, and what laboratories write for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from cytokinome.catalogue.records.shared import Matrix
from cytokinome.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cytokinome.diagnostics import Collector
    from cytokinome.interchange.panel.layouts import Raw
    from cytokinome.interchange.panel.sheet import Cell

MATRICES: tuple[str, ...] = get_args(Matrix)
_WORDS = {
    "csf": "cerebrospinal fluid",
    "bal": "bronchoalveolar lavage",
    "balf": "bronchoalveolar lavage",
    "bronchoalveolar lavage fluid": "bronchoalveolar lavage",
    "supernatant": "culture supernatant",
    "cell culture supernatant": "culture supernatant",
    "medium": "culture supernatant",
    "blood": "whole blood",
    "joint fluid": "synovial fluid",
    "sf": "synovial fluid",
    "tear": "tears",
}


def read(text: str) -> str:
    """Return the catalogue's word for a body fluid, empty where it has none; plasma of any anticoagulant is plasma.

    Examples
    --------
    >>> read("EDTA plasma"), read("CSF"), read("mud")
    ('plasma', 'cerebrospinal fluid', '')
    """
    word = " ".join(text.casefold().replace("-", " ").replace("_", " ").split())
    if word.endswith(" plasma") or word.startswith("plasma "):
        return "plasma"
    word = _WORDS.get(word, word)
    return word if word in MATRICES else ""


def of(raws: Sequence[Raw], stated: str, found: Collector) -> str:
    """Return the body fluid of a table; what it says of it must be one, and that which was stated."""
    asked = read(stated)
    if stated and not asked:
        hint = did_you_mean(stated, (*MATRICES, *_WORDS))
        found.error("BAD_VALUE", f"{stated[:60]!r} is no body fluid of the catalogue", hint=hint)
    cells: dict[str, Cell] = {}
    for raw in raws:
        if raw.matrix is not None and raw.matrix.text:
            cells.setdefault(raw.matrix.text, raw.matrix)
    fluids: dict[str, str] = {}
    for text, cell in cells.items():
        fluid = read(text)
        if not fluid:
            hint = did_you_mean(text, (*MATRICES, *_WORDS))
            found.error("BAD_VALUE", f"{text[:60]!r} is no body fluid of the catalogue", cell.where, hint=hint)
        fluids.setdefault(fluid, text)
    if len(fluids) > 1:
        listed = ", ".join(fluids.values())
        where = cells[list(fluids.values())[1]].where
        hint = "levels differ between body fluids: give a file for each"
        found.error("BAD_DATA", f"the file mixes body fluids: {listed}", where, hint=hint)
    own = next(iter(fluids), "")
    if own and asked and own != asked:
        hint = "leave out `--matrix`, or mend the column"
        found.error("BAD_VALUE", f"`--matrix {stated}`, but the file says {own}", cells[fluids[own]].where, hint=hint)
    if not own and not stated:
        message = "nobody said which body fluid this is: nothing is compared with the catalogue's levels"
        found.warning("PANEL_MATRIX", message, hint="give `--matrix plasma`, serum or another, or a column `matrix`")
    return own or asked
