"""Text → a record. Every fault, of the text or of the schema, becomes a diagnostic with file, line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from cytokinome.catalogue.faults import follows, report
from cytokinome.catalogue.halves import sound_blocks, stated_references
from cytokinome.catalogue.records import KINDS
from cytokinome.catalogue.sheets import Sheet
from cytokinome.diagnostics import did_you_mean
from cytokinome.text import Scalar, parse_text, plain_data

if TYPE_CHECKING:
    from cytokinome.catalogue.records import Record
    from cytokinome.diagnostics import Collector
    from cytokinome.text import Mapping


def load_text(text: str, file: str, found: Collector) -> Sheet | None:
    """Read one record.

    Parameters
    ----------
    text : str
    file : str
        Name that spans carry.
    found : Collector
        Takes every fault at its place.

    Returns
    -------
    Sheet or None
        None when there is any fault of the schema.
    """
    sheet = load_sheet(text, file, found)
    return sheet if sheet is not None and sheet.is_whole else None


def load_sheet(text: str, file: str, found: Collector) -> Sheet | None:
    """Read one record as `load_text`; of one with faults of the schema return what could be read, as a half sheet.

    None is left where the text has no tree, or no kind.
    """
    found.add_text(file, text)
    tree = parse_text(text, file, found)
    model = None if tree is None else _model(tree, found)
    if tree is None or model is None:
        return None
    data = plain_data(tree)
    try:
        return Sheet.of(model.model_validate(data), tree, text, file)
    except ValidationError as faults:
        known = faults.errors(include_url=False)
        for fault in known:
            if not follows(fault, known):
                report(fault, tree, model, found)
        return Sheet.half(tree, text, file, tuple(sound_blocks(model, data)), tuple(stated_references(model, data)))


def _model(tree: Mapping, found: Collector) -> type[Record] | None:
    """The schema of the kind of a record."""
    kind = tree.get("kind")
    model = KINDS.get(kind.text) if isinstance(kind, Scalar) else None
    if model is None:
        got = f"`kind: {kind.text}`" if isinstance(kind, Scalar) else "no `kind:`"
        where = (kind or tree).where
        hint = did_you_mean(kind.text, KINDS) if isinstance(kind, Scalar) else "add `kind: cytokine`"
        message = f"a record has one of {', '.join(KINDS)} as kind, got {got}"
        found.error("CATALOGUE_INVALID", message, where, hint=hint)
    return model
