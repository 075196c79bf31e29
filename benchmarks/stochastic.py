"""Million events per CPU second of exact stochastic simulation: ``python -m benchmarks.stochastic``.

A cascade of 50 reactions: 25 molecules, each made at a rate proportional to the one before it and broken down at first
order, 100 of each on average. All rates are linear, so the mean number of events of a run is known exactly; the number
of S that each tool makes, half as many, shows that it simulates them. Tools that are not installed are left out. Their
methods: libRoadRunner's `gillespie`, COPASI's direct method and Gibson and Bruck's, GillesPy2's solver in C++ (needs a
compiler, and SCons for the interpreter that it starts). Compilation and loading are not counted; CPU time of child
processes is.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from cytokinome.compiler.jumps import jumps_of
from cytokinome.compiler.lower import lower
from cytokinome.engines.base import Schedule
from cytokinome.engines.stochastic import lanes
from cytokinome.engines.stochastic.runs import Runs
from cytokinome.model.load import check_text

STEPS, COUNT, HOURS = 25, 100, 100.0
EVENTS = 2 * STEPS * COUNT * HOURS  # of a run, on average
REPEATS = 5
OURS, THEIRS = 400, 4  # runs of a repeat
LITRES = 1e-9
PM = COUNT / (LITRES * 6.02214076e11)  # of COUNT molecules

Simulate = Callable[[int], float]  # so many runs; their mean number of S at the end


def ours() -> Simulate:
    """Return our engine on one thread."""
    names = [f"A{i}" for i in range(STEPS + 1)]
    reactions = "".join(
        f"  - {{id: make{i}, equation: {a} -> {a} + {b}, k: 1 /h, source: assumed}}\n"
        f"  - {{id: lose{i}, equation: {b} -> S, k: 1 /h, source: assumed}}\n"
        for i, (a, b) in enumerate(pairwise(names))
    )
    text = (
        f"cytokinome: 1\nmodel: cascade\ncompartments: {{well: {{kind: culture, volume: {LITRES!r} L}}}}\nmolecules:\n"
        + "".join(f"  {name}: {{in: well, initial: {PM!r} pM}}\n" for name in names)
        + f"  S: {{in: well}}\nreactions:\n{reactions}"
    )
    model = check_text(text, "cascade.yaml").require()
    kernel = lower(model).kernel
    p, times = kernel.defaults()[None], np.array([0.0, HOURS])
    sink = [output.name for output in kernel.outputs].index("S")
    runs = Runs(jumps_of(model), kernel, p, Schedule(), times, (sink,), seed=1)

    def simulate(count: int) -> float:
        found = lanes.solve(replace(runs, count=count)).solution
        return float(found.values[:, -1, 0].mean()) / PM * COUNT

    return simulate


def _sbml() -> str:
    """Return the cascade in SBML, in numbers of molecules."""
    species = "".join(
        f'<species id="{name}" compartment="c" initialAmount="{0 if name == "S" else COUNT}" '
        'hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/>'
        for name in [*(f"A{i}" for i in range(STEPS + 1)), "S"]
    )
    reactions = ""
    for i in range(STEPS):
        for id, reactant, products in (
            (f"make{i}", f"A{i}", (f"A{i}", f"A{i + 1}")), (f"lose{i}", f"A{i + 1}", ("S",)),
        ):  # fmt: skip
            made = "".join(f'<speciesReference species="{x}" stoichiometry="1" constant="true"/>' for x in products)
            reactions += (
                f'<reaction id="{id}" reversible="false" fast="false"><listOfReactants><speciesReference '
                f'species="{reactant}" stoichiometry="1" constant="true"/></listOfReactants><listOfProducts>{made}'
                f'</listOfProducts><kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/>'
                f"<ci>k</ci><ci>{reactant}</ci></apply></math></kineticLaw></reaction>"
            )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" '
        'version="1"><model id="cascade" substanceUnits="item" timeUnits="second" extentUnits="item">'
        '<listOfUnitDefinitions><unitDefinition id="item"><listOfUnits><unit kind="item" exponent="1" scale="0" '
        'multiplier="1"/></listOfUnits></unitDefinition></listOfUnitDefinitions>'
        '<listOfCompartments><compartment id="c" spatialDimensions="3" size="1" constant="true"/></listOfCompartments>'
        f'<listOfSpecies>{species}</listOfSpecies><listOfParameters><parameter id="k" value="1" constant="true"/>'
        f"</listOfParameters><listOfReactions>{reactions}</listOfReactions></model></sbml>"
    )


def roadrunner() -> Simulate:
    """Return libRoadRunner's direct method."""
    runner: Any = import_module("roadrunner").RoadRunner(_sbml())
    runner.setIntegrator("gillespie")
    runner.getIntegrator().setValue("variable_step_size", False)

    def simulate(count: int) -> float:
        last: list[float] = []
        for _ in range(count):
            runner.reset()
            last.append(float(runner.simulate(0, HOURS, 2, ["S"])[-1][0]))
        return statistics.fmean(last)

    return simulate


def _copasi(method: str) -> Simulate:
    copasi: Any = import_module("COPASI")
    store = copasi.CRootContainer.addDatamodel()
    if not store.importSBMLFromString(_sbml()):
        raise RuntimeError("COPASI does not read the model")
    task = store.getTask("Time-Course")
    task.setMethodType(getattr(copasi.CTaskEnum, method))
    problem = task.getProblem()
    problem.setAutomaticStepSize(False)
    problem.setDuration(HOURS)
    problem.setStepNumber(1)
    task.getMethod().getParameter("Max Internal Steps").setIntValue(2_000_000_000)

    def simulate(count: int) -> float:
        last: list[float] = []
        for _ in range(count):
            if not task.process(True):
                raise RuntimeError(f"COPASI: {task.getProcessError()}")
            series = task.getTimeSeries()
            column = next(i for i in range(series.getNumVariables()) if series.getTitle(i) == "S")
            last.append(series.getData(series.getRecordedSteps() - 1, column))
        return statistics.fmean(last)

    return simulate


def copasi_direct() -> Simulate:
    """Return COPASI's direct method."""
    return _copasi("Method_directMethod")


def copasi_next() -> Simulate:
    """Return COPASI's method of Gibson and Bruck."""
    return _copasi("Method_stochastic")


def gillespy() -> Simulate:
    """Return GillesPy2's direct method in C++."""
    library: Any = import_module("gillespy2")
    model = library.Model(name="cascade")
    rate = library.Parameter(name="k", expression=1)
    model.add_parameter(rate)
    species = [library.Species(name=f"A{i}", initial_value=COUNT) for i in range(STEPS + 1)]
    sink = library.Species(name="S", initial_value=0)
    model.add_species([*species, sink])
    for i, (a, b) in enumerate(pairwise(species)):
        model.add_reaction(library.Reaction(name=f"make{i}", reactants={a: 1}, products={a: 1, b: 1}, rate=rate))
        model.add_reaction(library.Reaction(name=f"lose{i}", reactants={b: 1}, products={sink: 1}, rate=rate))
    model.timespan(library.TimeSpan(np.array([0.0, HOURS])))
    solver = library.SSACSolver(model=model)

    def simulate(count: int) -> float:
        found = model.run(solver=solver, number_of_trajectories=count)
        return statistics.fmean(float(run["S"][-1]) for run in found)

    return simulate


PEERS: dict[str, tuple[str, Callable[[], Simulate]]] = {
    "libRoadRunner": ("roadrunner", roadrunner),
    "COPASI direct": ("COPASI", copasi_direct),
    "COPASI Gibson-Bruck": ("COPASI", copasi_next),
    "GillesPy2 C++": ("gillespy2", gillespy),
}


def _cpu() -> float:
    """CPU time of this process and its finished children [s]."""
    return sum(os.times()[:4])


@dataclass
class Tool:
    """A tool, what it took (seconds of CPU per run, a repeat each), and how many S it made."""

    name: str
    simulate: Simulate
    runs: int
    costs: list[float] = field(default_factory=list[float])
    made: list[float] = field(default_factory=list[float])

    def repeat(self) -> None:
        """Simulate once more."""
        begun = _cpu()
        self.made.append(self.simulate(self.runs))
        self.costs.append((_cpu() - begun) / self.runs)


def main() -> None:
    """Measure every tool that is installed, in turns, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    repeats = parser.parse_args().repeats
    tools = [Tool("cytokinome", ours(), OURS)]
    for name, (module, make) in PEERS.items():
        if find_spec(module) is None:
            print(f"{name}: not installed")
            continue
        try:
            tools.append(Tool(name, make(), THEIRS))
        except Exception as fault:  # of somebody else's library: the others are still worth measuring
            print(f"{name}: cannot be started ({str(fault).splitlines()[0]})")
    for tool in tools:
        tool.simulate(1)  # compiles what there is to compile
    for _ in range(repeats):
        for tool in tools:
            tool.repeat()
    own = EVENTS / statistics.median(tools[0].costs) / 1e6
    print(f"{EVENTS:.0f} events in a run of {HOURS:g} h; medians of {repeats}")
    print(f"{'':22}{'million events':>16}{'slowest … fastest':>20}{'cytokinome is':>16}{'S made':>12}")
    print(f"{'':22}{'per CPU second':>16}{'':>20}{'so many times':>16}")
    for tool in tools:
        speed = [EVENTS / cost / 1e6 for cost in tool.costs]
        middle, made = statistics.median(speed), statistics.fmean(tool.made)
        print(
            f"{tool.name:22}{middle:16.2f}{f'{min(speed):.2f} … {max(speed):.2f}':>20}{own / middle:16.1f}{made:12.0f}"
        )


if __name__ == "__main__":
    main()
