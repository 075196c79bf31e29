"""Numbers that shipped models take from the catalogue rest on a named primary, or say that they are assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cytokinome import api, library
from cytokinome.library.taken import taken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cytokinome.evidence import Source
    from cytokinome.model.components import Model

STRONG = {"A", "B", "S"}
MODELS = [path for scenario in library.scenarios() for path in scenario.models]


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


@pytest.mark.parametrize("path", MODELS, ids=[f"{path.parent.name}/{path.name}" for path in MODELS])
def test_defaults_are_never_weak_alone(path: Path):
    """Tier C and V are never the default of a shipped model, unless as an assumption that the reader is told of."""
    numbers = list(from_catalogue(api.load_model(path)))
    weak = [what for what, source in numbers if source.tier not in STRONG and not source.text.startswith("assumed")]
    assert weak == []


def test_what_is_cited_is_told():
    """A number that a model cites has the primary of the record behind it, with the place in it and the tier."""
    receptor = next(one for one in api.load_model("tnf-il10-culture").receptors if one.id == "TNFR1")
    assert receptor.source is not None
    assert (receptor.source.doi, receptor.source.locator) == ("10.1073/pnas.95.2.570", "abstract")
    assert (receptor.source.cited, receptor.source.tier) == ("catalogue:TNFR1.Kd", "A")


def test_something_is_taken():
    """The shipped models do take numbers from the catalogue, filled in and cited, and most records more than once."""
    models = [one.models for one in taken()]
    assert len(models) >= 60
    assert sum(len(names) for names in models) >= 120
