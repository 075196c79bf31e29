"""Numbers that shipped models take from the catalogue rest on a named primary, or say that they are assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cytokinome import api, library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cytokinome.evidence import Source
    from cytokinome.model.components import Model

STRONG = {"A", "B", "S"}


def from_catalogue(model: Model) -> Iterator[tuple[str, Source]]:
    """What a model was filled with: the name of each number, and where it was read."""
    for molecule in model.molecules:
        yield from ((f"{molecule.id} {field}", source) for field, source in molecule.sources)
        if "losses" in molecule.filled:
            yield from ((f"{molecule.id} {loss.kind}", loss.source) for loss in molecule.losses if loss.source)
    for receptor in model.receptors:
        for side in ("ligands", "antagonists"):
            if side in receptor.filled:
                bound = getattr(receptor, side)
                yield from ((f"{receptor.id} {one.molecule}", one.source) for one in bound if one.source)


@pytest.mark.parametrize("name", [scenario.id for scenario in library.scenarios()])
def test_defaults_are_never_weak_alone(name: str):
    """Tier C and V are never the default of a shipped model, unless as an assumption that the reader is told of."""
    numbers = list(from_catalogue(api.load_model(name)))
    weak = [what for what, source in numbers if source.tier not in STRONG and not source.text.startswith("assumed")]
    assert weak == []


def test_something_is_taken():
    """The shipped models do take numbers from the catalogue."""
    assert sum(len(list(from_catalogue(api.load_model(s.id)))) for s in library.scenarios()) >= 5
