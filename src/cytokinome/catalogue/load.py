"""Text → a record. Every fault, of the text or of the schema, becomes a diagnostic with file, line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from cytokinome.catalogue.records import KINDS
from cytokinome.catalogue.sheets import Sheet, reached
from cytokinome.diagnostics import did_you_mean
from cytokinome.text import Mapping, Scalar, Sequence, parse_text, plain_data

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from cytokinome.diagnostics import Collector
    from cytokinome.text import Node


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
        None when there is any fault.
    """
    found.add_text(file, text)
    tree = parse_text(text, file, found)
    if tree is None:
        return None
    kind = tree.get("kind")
    model = KINDS.get(kind.text) if isinstance(kind, Scalar) else None
    if model is None:
        got = f"`kind: {kind.text}`" if isinstance(kind, Scalar) else "no `kind:`"
        where = (kind or tree).where
        found.error(
            "CATALOGUE_INVALID",
            f"a record has one of {', '.join(KINDS)} as kind, got {got}",
            where,
            hint=did_you_mean(kind.text, KINDS) if isinstance(kind, Scalar) else "add `kind: cytokine`",
        )
        return None
    try:
        return Sheet.of(model.model_validate(plain_data(tree)), tree, text, file)
    except ValidationError as faults:
        known = faults.errors(include_url=False)
        for fault in known:
            if not _follows(fault, known):
                _report(fault, tree, found)
        return None


def _follows(fault: ErrorDetails, known: list[ErrorDetails]) -> bool:
    """Whether a list is only too short because of a fault in one of its items."""
    path = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > len(path) and other["loc"][: len(path)] == path for other in known
    )


def _report(fault: ErrorDetails, tree: Mapping, found: Collector) -> None:
    """Turn one fault of the schema into a diagnostic."""
    path = fault["loc"]
    node, left = reached(tree, path)
    context = fault.get("ctx") or {}
    what = ".".join(str(step + 1) if isinstance(step, int) else step for step in path) or "the record"
    where, hint = node.where, str(context.get("hint", ""))
    message = f"{what}: {fault['msg']}"
    match fault["type"]:
        case "missing":
            message = f"{what} is missing"
            hint = f"add `{left[-1]}:`" if left else ""
        case "extra_forbidden":
            owner, _ = reached(tree, path[:-1])
            key = owner.key(str(path[-1])) if isinstance(owner, Mapping) else None
            where = key.where if key else where
            message = f"`{path[-1]}:` is no key here"
            hint = "remove it, or look up the keys of this kind of record"
        case "literal_error":
            message = f"{what}: got {_shown(node)}, expected {context.get('expected', 'another word')}"
        case "string_pattern_mismatch":
            message = f"{what}: {_shown(node)} does not have the form of such an identifier"
            hint = f"the form is {context.get('pattern', '')}"
        case "quantity":
            where = where.part(int(context.get("start", 0)), int(context.get("length", 1)))
        case "value_error":
            message = f"{what}: {context.get('error', fault['msg'])}"
        case _:
            pass
    found.error("CATALOGUE_INVALID", message, where, hint=hint or "see the other records of this kind")


def _shown(node: Node) -> str:
    return repr(node.text) if isinstance(node, Scalar) else "a list" if isinstance(node, Sequence) else "a mapping"
