"""cytokinome: the executable cytokine network.

Write what one cell does with cytokines; run it for a cohort of virtual people; hold it against measured numbers.
Names load when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cytokinome._version import __version__

if TYPE_CHECKING:
    from cytokinome.api import (
        check_experiment,
        check_model,
        explain,
        export,
        export_model,
        import_model,
        load_experiment,
        load_model,
        open,
        plot,
        resume,
        run,
        write_report,
    )
    from cytokinome.compiler.lower import compile_model
    from cytokinome.errors import (
        CatalogueError,
        CytokinomeError,
        ExperimentError,
        ModelError,
        ResourceLimit,
        SimulationError,
        StoreError,
        UnsupportedFeature,
    )
    from cytokinome.experiments.result import Result
    from cytokinome.experiments.study import Study
    from cytokinome.fitting import fit, load_fit
    from cytokinome.library import scenarios
    from cytokinome.model.builder import ModelBuilder
    from cytokinome.model.components import Model
    from cytokinome.model.serialise import print_model

# Public name → module that defines it.
_HOMES = {
    "Model": "cytokinome.model.components",
    "ModelBuilder": "cytokinome.model.builder",
    "Result": "cytokinome.experiments.result",
    "Study": "cytokinome.experiments.study",
    "check_experiment": "cytokinome.api",
    "check_model": "cytokinome.api",
    "compile_model": "cytokinome.compiler.lower",
    "explain": "cytokinome.api",
    "export": "cytokinome.api",
    "export_model": "cytokinome.api",
    "fit": "cytokinome.fitting",
    "import_model": "cytokinome.api",
    "load_experiment": "cytokinome.api",
    "load_fit": "cytokinome.fitting",
    "load_model": "cytokinome.api",
    "open": "cytokinome.api",
    "plot": "cytokinome.api",
    "print_model": "cytokinome.model.serialise",
    "resume": "cytokinome.api",
    "run": "cytokinome.api",
    "write_report": "cytokinome.api",
    "scenarios": "cytokinome.library",
    "CytokinomeError": "cytokinome.errors",
    "ModelError": "cytokinome.errors",
    "ExperimentError": "cytokinome.errors",
    "CatalogueError": "cytokinome.errors",
    "StoreError": "cytokinome.errors",
    "UnsupportedFeature": "cytokinome.errors",
    "SimulationError": "cytokinome.errors",
    "ResourceLimit": "cytokinome.errors",
}

__all__ = [
    "CatalogueError",
    "CytokinomeError",
    "ExperimentError",
    "Model",
    "ModelBuilder",
    "ModelError",
    "ResourceLimit",
    "Result",
    "SimulationError",
    "StoreError",
    "Study",
    "UnsupportedFeature",
    "__version__",
    "check_experiment",
    "check_model",
    "compile_model",
    "explain",
    "export",
    "export_model",
    "fit",
    "import_model",
    "load_experiment",
    "load_fit",
    "load_model",
    "open",
    "plot",
    "print_model",
    "resume",
    "run",
    "scenarios",
    "write_report",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'cytokinome' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
