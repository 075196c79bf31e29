"""Draw one culture on three engines: ``python tools/engines.py FILE.png``.

A thousand macrophages in a microlitre, all alike, so that bands show chance and nothing else.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import cytokinome
from cytokinome.experiments.protocol import Measure, Patients
from cytokinome.report.engines import plot_engines

ACTIVE = "density(active macrophage)"
RUNS = {"ode": 1, "hybrid": 5, "tissue": 3}
WORDS = {"ode": "ODE, the mean field", "hybrid": "1 000 cells counted, well mixed", "tissue": "1 000 cells in 1 mm³"}


def main(path: str) -> None:
    """Run the culture three times, and draw."""
    study = cytokinome.load_experiment("tnf-il10-culture")
    model = replace(study.model, parameters=tuple(replace(p, varies=None) for p in study.model.parameters))
    experiment = replace(
        study.experiment,
        arms=study.experiment.arms[:1],
        measure=(*study.experiment.measure, Measure(ACTIVE, "/uL")),
        claims=(),
    )
    results = {}
    for engine, runs in RUNS.items():
        asked = replace(study, model=model, experiment=replace(experiment, patients=Patients(runs, 1)))
        results[WORDS[engine]] = cytokinome.run(asked, engine=engine)
    plot_engines(results, experiment.arms[0].id, ["TNF", "IL10", ACTIVE], path=path)


if __name__ == "__main__":
    main(sys.argv[1])
