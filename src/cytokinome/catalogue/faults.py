"""What the schema refuses in a record, in words: what was got, what is expected, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from cytokinome.catalogue.halves import WORD
from cytokinome.catalogue.records import inner_block
from cytokinome.catalogue.sheets import reached
from cytokinome.diagnostics import did_you_mean
from cytokinome.text import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from cytokinome.catalogue.records import Block, Path
    from cytokinome.diagnostics import Collector, Span
    from cytokinome.text import Node

# What each form of identifier looks like, by key; ids of records where the key is none of these.
_FORMS = {
    "hgnc": "HGNC:11892",
    "uniprot": "P01375",
    "chebi": "CHEBI:16412",
    "cl": "CL:0000235",
    "go": "GO:0006954",
    "mondo": "MONDO:0008383",
    "uberon": "UBERON:0002018",
    "atc": "L04AB02",
    "rxnorm": "191831",
    "drugbank": "DB00065",
    "gtopdb-ligand": "5004",
    "complexportal": "CPX-8834",
    "eco": "ECO:0000269",
    "mature": "77-233",
    "on": "2026-11-23",
}
_SOURCE_FORM = "doi:10.1000/example, pubmed:1, pmc:PMC1, nct:, uniprot:, hgnc:, biomodels:, github:, url:, or assumed"
_PAGE = "docs/catalogue.md shows a right one"


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault of the schema with what of the text it is about: the node that was reached, and the path to it."""

    raw: ErrorDetails
    node: Node
    left: Path
    model: type[Block]

    @property
    def path(self) -> Path:
        return self.raw["loc"]

    @property
    def what(self) -> str:
        steps = (str(step + 1) if isinstance(step, int) else step for step in self.path)
        return ".".join(steps) or "the record"

    @property
    def shown(self) -> str:
        node = self.node
        return repr(node.text) if isinstance(node, Scalar) else "a list" if isinstance(node, Sequence) else "keys"

    def context(self, key: str) -> str:
        return str((self.raw.get("ctx") or {}).get(key, ""))


def report(raw: ErrorDetails, tree: Mapping, model: type[Block], found: Collector) -> None:
    """Turn one fault of the schema `model` into a diagnostic at its place."""
    node, left = reached(tree, raw["loc"])
    fault = _Fault(raw, node, left, model)
    code, where = "CATALOGUE_INVALID", node.where
    match raw["type"]:
        case "missing":
            message, hint = f"{fault.what} is missing", _how_to_add(fault)
        case "extra_forbidden":
            where = _key_place(tree, fault.path) or where
            message = f"`{fault.path[-1]}:` is no key here"
            hint = f"{did_you_mean(str(fault.path[-1]), _keys(model, fault.path[:-1]))}; else remove it"
        case "quantity":
            code = fault.context("code")
            where = where.part(int(fault.context("start")), int(fault.context("length")))
            message, hint = f"{fault.what}: {raw['msg']}", fault.context("hint")
        case "value_error":
            message, hint = f"{fault.what}: {fault.context('error')}", _PAGE
        case _:
            said, hint = _wrong_value(fault)
            message = f"{fault.what}: {said}"
    found.error(code, message, where, hint=hint or _PAGE)


def follows(fault: ErrorDetails, known: list[ErrorDetails]) -> bool:
    """Return whether a list is only too short because of a fault in one of its items."""
    path = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(other["loc"]) > len(path) and other["loc"][: len(path)] == path for other in known
    )


def _wrong_value(fault: _Fault) -> tuple[str, str]:
    """What is wrong with a value, and what to write in its place."""
    got = fault.shown
    match fault.raw["type"]:
        case "literal_error":
            expected = fault.context("expected")
            near = did_you_mean(got.strip("'"), WORD.findall(expected))
            return f"got {got}, expected {expected}", near if near.startswith("did") else "write one of these words"
        case "string_pattern_mismatch":
            return f"{got} does not have the form of such an identifier", f"write it as {_form(fault.path)}"
        case "string_type":
            return f"got {got}, expected one text or number", "write it on one line behind the colon"
        case "string_too_short":
            return "nothing is written here", "write it, or remove the key"
        case "tuple_type":
            return f"got {got}, expected a list", "write `[a, b]`, or one item per line behind a dash"
        case "model_type" | "model_attributes_type":
            keys = ", ".join(_keys(fault.model, fault.path)) or "those of this block"
            return f"got {got}, expected keys with values", f"write keys below it: {keys}"
        case "too_short":
            return "the list is empty", "write at least one item"
        case "int_parsing" | "int_type" | "int_from_float":
            return f"got {got}, expected a whole number", "write digits alone, such as 3"
        case "bool_parsing" | "bool_type":
            return f"got {got}, expected true or false", "write true or false"
        case "greater_than_equal":
            return f"got {got}, expected at least {fault.context('ge')}", "correct the number"
        case "less_than_equal":
            return f"got {got}, expected at most {fault.context('le')}", "correct the number"
        case _:
            return fault.raw["msg"], fault.context("hint")


def _how_to_add(fault: _Fault) -> str:
    key = str(fault.left[-1]) if fault.left else str(fault.path[-1])
    inside, words = _keys(fault.model, fault.path), _words(fault.model, fault.path)
    options = f", one of {', '.join(words)}" if words else f" with {', '.join(inside)}" if inside else ""
    return f"add `{key}:`{options}"


def _form(path: Path) -> str:
    key = str(next((step for step in reversed(path) if isinstance(step, str)), ""))
    if key == "id":
        return _SOURCE_FORM if len(path) > 1 else "letters, digits and _, beginning with a letter"
    return _FORMS.get(key, "the id of a record: letters, digits and _")


def _key_place(tree: Mapping, path: Path) -> Span | None:
    """Where a key stands, as against its value."""
    owner, _ = reached(tree, path[:-1])
    key = owner.key(str(path[-1])) if isinstance(owner, Mapping) else None
    return key.where if key else None


def _block(model: type[Block], path: Path) -> type[Block] | None:
    """The block at a path of a record; None where there is none."""
    block: type[Block] | None = model
    for step in path:
        if block is not None and isinstance(step, str):
            block = inner_block(block, step)
    return block


def _words(model: type[Block], path: Path) -> list[str]:
    """The words of which one may stand at a path of a record, where these are few."""
    owner = _block(model, path[:-1])
    fields = owner.model_fields.items() if owner is not None else ()
    meant = [field.annotation for name, field in fields if (field.alias or name) == path[-1]]
    return [str(word) for kind in meant if get_origin(kind) is Literal for word in get_args(kind)]


def _keys(model: type[Block], path: Path) -> list[str]:
    """The keys of the block at a path of a record, those that it needs first; none where there is no block."""
    block = _block(model, path)
    if block is None:
        return []
    fields = sorted(block.model_fields.items(), key=lambda field: not field[1].is_required())
    return [field.alias or name for name, field in fields]
