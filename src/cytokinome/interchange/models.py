"""Models as files of other programs: which formats there are, and what each file says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cytokinome.interchange.antimony import antimony_text
from cytokinome.interchange.sbml.write import sbml_text
from cytokinome.model.serialise import print_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from cytokinome.interchange.sbml.write import Marks
    from cytokinome.model.components import Model


def _cytokinome(model: Model, marks: Marks) -> str:
    del marks
    return print_model(model)


def written(model: Model, marks: Marks, to: str) -> str:
    """Return the text of a file with these equations.

    Raises
    ------
    ValueError
        There is no such format.
    """
    if to not in FORMATS:
        raise ValueError(f"there is no format {to!r}; known here: {', '.join(FORMATS)}")
    return FORMATS[to](model, marks)


FORMATS: dict[str, Callable[[Model, Marks], str]] = {
    "sbml": sbml_text,
    "antimony": antimony_text,
    "cytokinome": _cytokinome,
}
ENDINGS = {
    ".xml": "sbml",
    ".sbml": "sbml",
    ".ant": "antimony",
    ".txt": "antimony",
    ".yaml": "cytokinome",
    ".yml": "cytokinome",
}
