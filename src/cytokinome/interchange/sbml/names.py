"""Ids of a file as names of the language: the same, but for words of the language, which get an underscore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.diagnostics import Collector, Span
from cytokinome.model.fields import check_id
from cytokinome.text import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOWHERE = Span("", 1, 1)


class Names:
    """The names that are given so far; every one is given once."""

    def __init__(self, ids: Iterable[str]) -> None:
        ids = tuple(ids)
        self._given = {id for id in ids if not is_word(id)}
        self._numbers: dict[str, int] = {}  # the last one behind each name that was wanted
        self.of: dict[str, str] = {}
        for id in ids:
            self.of[id] = id if id in self._given else self.fresh(id)

    @property
    def changed(self) -> dict[str, str]:
        """The ids that could not stay, with their names."""
        return {id: name for id, name in self.of.items() if id != name}

    def fresh(self, wanted: str) -> str:
        """Return `wanted`, with an underscore or a number where that name is taken, and take it."""
        name, number = wanted, self._numbers.get(wanted, 0)
        while name in self._given or is_word(name):
            number += 1
            name = f"{wanted}_{number}" if number > 1 else f"{wanted}_"
        self._numbers[wanted] = number
        self._given.add(name)
        return name


def is_word(id: str) -> bool:
    """Whether an id is a word of the language and cannot be a name."""
    return not check_id(Scalar(id, _NOWHERE, False), Collector(), "quantity")
