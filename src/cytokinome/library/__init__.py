"""Shipped scenarios: one folder each, with a model, experiments, data and a page. This module is their index.

A folder ``ID`` holds ``model.yaml``, further ``model-NAME.yaml``; ``experiment.yaml`` with the experiment ``ID``,
further ``experiment-NAME.yaml`` with ``ID-NAME``; data as ``*.csv``; and, where there are any, ``page.md`` for a
reader, ``fit.yaml`` and ``fit-NAME.yaml`` with what is calibrated, and ``claims.lock`` with what was claimed before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cytokinome.text import Node

ROOT = Path(__file__).parent
DEMO = "human-endotoxemia-published"


@dataclass(frozen=True, slots=True)
class Question:
    """A shipped experiment file; its id follows from its name."""

    id: str
    path: Path

    @property
    def claims(self) -> tuple[str, ...]:
        """Ids of what the file claims, be the rest of it right or wrong."""
        from cytokinome.text import Mapping, Scalar, Sequence

        claims = self._stated("claims")
        stated = [c.get("id") for c in claims.items if isinstance(c, Mapping)] if isinstance(claims, Sequence) else []
        return tuple(id.text for id in stated if isinstance(id, Scalar))

    @property
    def is_spatial(self) -> bool:
        """Whether the file puts its model into a box, where molecules diffuse."""
        return self._stated("tissue") is not None

    def _stated(self, key: str) -> Node | None:
        from cytokinome.diagnostics import Collector
        from cytokinome.text import parse_text, read_file

        quiet = Collector()
        text = read_file(self.path, quiet)
        tree = parse_text(text, str(self.path), quiet) if text is not None else None
        return tree.get(key) if tree is not None else None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A shipped folder; `model` and `experiment` are the paths of its first files."""

    id: str
    folder: Path

    @property
    def model(self) -> Path:
        """Path of the model file."""
        return self.folder / "model.yaml"

    @property
    def models(self) -> tuple[Path, ...]:
        """Paths of all model files, `model` first."""
        return (self.model, *sorted(self.folder.glob("model-*.yaml")))

    @property
    def experiment(self) -> Path:
        """Path of the first experiment file."""
        return self.folder / "experiment.yaml"

    @property
    def experiments(self) -> tuple[Question, ...]:
        """All experiments: that of the scenario's own id first, the others by name."""
        others = sorted(self.folder.glob("experiment-*.yaml"))
        named = [(f"{self.id}-{path.stem.removeprefix('experiment-')}", path) for path in others]
        return tuple(Question(id, path) for id, path in [(self.id, self.experiment), *named])

    @property
    def page(self) -> Path:
        """Path of the page for a reader; it need not be there."""
        return self.folder / "page.md"

    @property
    def lock(self) -> Path:
        """Path of what was claimed before the model was calibrated; it need not be there."""
        return self.folder / "claims.lock"

    @property
    def fit(self) -> Path:
        """Path of what is calibrated; it need not be there."""
        return self.folder / "fit.yaml"

    @property
    def fits(self) -> tuple[Path, ...]:
        """Paths of all files that say what is calibrated, `fit` first where it is there."""
        return (*self.folder.glob("fit.yaml"), *sorted(self.folder.glob("fit-*.yaml")))


def scenarios() -> tuple[Scenario, ...]:
    """Return all shipped scenarios, by id."""
    folders = sorted(p.parent for p in ROOT.glob("*/model.yaml"))
    return tuple(Scenario(folder.name, folder) for folder in folders if (folder / "experiment.yaml").is_file())


def find(id: str) -> Scenario | None:
    """Return the scenario of this id."""
    return next((s for s in scenarios() if s.id == id), None)


def question(id: str) -> Question | None:
    """Return the shipped experiment of this id; that of a scenario is its first."""
    return next((q for s in scenarios() for q in s.experiments if q.id == id), None)


def scenario_of(experiment: str) -> str:
    """Return the id of the scenario that an experiment is part of; its own where it is not shipped."""
    shipped = (s.id for s in scenarios() for q in s.experiments if q.id == experiment)
    return next(shipped, experiment)


def ids() -> tuple[str, ...]:
    """Return the ids of all shipped experiments, those of scenarios among them."""
    return tuple(q.id for s in scenarios() for q in s.experiments)
