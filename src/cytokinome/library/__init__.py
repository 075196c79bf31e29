"""Shipped scenarios: one folder each, with a model, an experiment and its data. This module is their index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent
DEMO = "human-endotoxemia-published"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A shipped folder; `model` and `experiment` are the paths of its files."""

    id: str
    folder: Path

    @property
    def model(self) -> Path:
        """Path of the model file."""
        return self.folder / "model.yaml"

    @property
    def experiment(self) -> Path:
        """Path of the experiment file."""
        return self.folder / "experiment.yaml"


def scenarios() -> tuple[Scenario, ...]:
    """Return all shipped scenarios, by id."""
    folders = sorted(p.parent for p in ROOT.glob("*/model.yaml"))
    return tuple(Scenario(folder.name, folder) for folder in folders)


def find(id: str) -> Scenario | None:
    """Return the scenario of this id."""
    return next((s for s in scenarios() if s.id == id), None)
