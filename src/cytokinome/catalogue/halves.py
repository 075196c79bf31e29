"""What can be read of a record in spite of its faults: so all others of it are found in the same pass."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from cytokinome.catalogue.records import blocks, inner_block, reference_fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.catalogue.records import Block, Path, Refers

WORD = re.compile(r"'([^']*)'")  # of those that pydantic lists where one of several is expected


def sound_blocks(model: type[Block], data: object, path: Path = ()) -> Iterator[tuple[Path, Block]]:
    """Iterate over the blocks of faulty data that the schema takes, with their paths, as `records.blocks` does.

    A block with a wrong value counts without the key of that value, unless it needs it; a wrong word where one of
    several is needed counts as the first of these. What stands under a wrong key is looked through in the same way.

    Parameters
    ----------
    model : type
        The block that the data should be.
    data : object
        Dicts, lists and texts, as `plain_data` has them.
    path : tuple
        Where the data stand in the record.
    """
    if not isinstance(data, dict):
        return
    content = cast("dict[str, Any]", data)
    try:
        yield from blocks(model.model_validate(content), path)
        return
    except ValidationError as faults:
        wrong, stand_ins = _wrong(faults, model)
    kept = {key: value for key, value in content.items() if key not in wrong} | stand_ins
    try:
        yield from blocks(model.model_validate(kept), path)
    except ValidationError:
        wrong = set(content)  # it lacks what it needs: nothing of it counts, but what stands in it
    for key in content:
        block = inner_block(model, key) if key in wrong else None
        if block is not None:
            yield from _below(block, content[key], (*path, key))


def stated_references(model: type[Block], data: object, path: Path = ()) -> Iterator[tuple[Path, str, Refers]]:
    """Iterate over what faulty data name as other records, with the paths: also in blocks that lack something.

    Parameters
    ----------
    model : type
        The block that the data should be.
    data : object
        Dicts, lists and texts, as `plain_data` has them.
    path : tuple
        Where the data stand in the record.
    """
    content = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    marks = {model.model_fields[name].alias or name: mark for name, mark in reference_fields(model).items()}
    for key, value in content.items():
        for at, item in _items(value, (*path, key)):
            if key in marks and isinstance(item, str):
                yield at, item, marks[key]
            elif (block := inner_block(model, key)) is not None:
                yield from stated_references(block, item, at)


def _wrong(faults: ValidationError, model: type[Block]) -> tuple[set[str], dict[str, str]]:
    """The keys with faults, and a word for each of them that needs one of several."""
    known = [fault for fault in faults.errors(include_url=False) if fault["loc"]]
    needed = {field.alias or name for name, field in model.model_fields.items() if field.is_required()}
    words = {
        str(fault["loc"][0]): WORD.findall((fault.get("ctx") or {})["expected"])[0]
        for fault in known
        if fault["type"] == "literal_error" and len(fault["loc"]) == 1 and fault["loc"][0] in needed
    }
    return {str(fault["loc"][0]) for fault in known}, words


def _below(block: type[Block], value: object, path: Path) -> Iterator[tuple[Path, Block]]:
    """The sound blocks of one value, or of each item of a list."""
    for at, item in _items(value, path):
        yield from sound_blocks(block, item, at)


def _items(value: object, path: Path) -> list[tuple[Path, object]]:
    """The items of a list with their paths, or the one value."""
    if isinstance(value, list):
        return [((*path, index), item) for index, item in enumerate(cast("list[object]", value))]
    return [(path, value)]
