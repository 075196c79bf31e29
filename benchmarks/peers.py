"""The tools that are compared: each loads a problem and simulates patients. Nothing is imported before it is asked for.

A tool gets our patients [patient, parameter] and returns [patient, time, state] in the units of the file, NaN for
patients it could not finish. Every tool gets rtol, and rtol/100 of a unit of the file as absolute tolerance. Parameters
of the file are bare numbers here too, so peers get the very values that we have.
"""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from benchmarks.generated import Functions, functions
from benchmarks.problems import N_TIMES
from cytokinome.engines.base import Schedule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from benchmarks.problems import Problem

    Array = NDArray[np.float64]

ATOL = 1e-2  # of rtol, in units of the file
MAX_STEPS = 5_000  # between two outputs


class Solve(Protocol):
    """A loaded problem."""

    def __call__(self, patients: Array, rtol: float, *, read: bool = True) -> Array:
        """Return [patient, time, state]; values may be missing unless they are to be read."""
        ...


class Tool(Protocol):
    """One way to simulate patients."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """The modules that it imports."""
        ...

    @property
    def reads_sbml(self) -> bool:
        """Whether it reads the SBML file itself, not our import of it."""
        ...

    def load(self, problem: Problem) -> Solve:
        """Make the problem ready to be solved."""
        ...


def missing(tool: Tool) -> str:
    """Return why a tool cannot run here; empty when it can."""
    return "" if all(_importable(module) for module in tool.needs) else "not installed"


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package above it
        return False


# ------------------------------------------------------------------------------------------------ ours
@dataclass(frozen=True)
class Ours:
    """An engine of this package: the reference, or lanes."""

    name: str
    needs: tuple[str, ...]
    reads_sbml: bool = False

    def load(self, problem: Problem) -> Solve:
        """Make the problem ready to be solved."""
        kernel, engine = self._parts(problem)

        def solve(patients: Array, rtol: float, *, read: bool = True) -> Array:
            del read
            found = engine.solve(
                kernel, patients, Schedule(), problem.times, select=problem.select, rtol=rtol, atol_factor=ATOL * rtol
            )
            return found.values

        return solve

    def _parts(self, problem: Problem) -> tuple[Any, Any]:
        """The kernel and the engine."""
        if self.name == "reference":
            from cytokinome.engines.ode import reference

            return problem.stages.kernel, reference
        from cytokinome.engines.ode import lanes

        return LaneReady(problem), lanes


class LaneReady:
    """The reference kernel of a problem, with its functions for lanes."""

    def __init__(self, problem: Problem) -> None:
        self._stages = problem.stages
        self._lanes: dict[tuple[int, ...], Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stages.kernel, name)

    def compiled(self, select: tuple[int, ...]) -> Any:
        """Return the machine code that computes these outputs."""
        from cytokinome.compiler.targets.llvm import compile_lanes

        if select not in self._lanes:
            self._lanes[select] = compile_lanes(self._stages.system, select)
        return self._lanes[select]


# ----------------------------------------------------------------------------------------------- SciPy
@dataclass(frozen=True)
class Scipy:
    """SciPy's solvers on numba's compilation of our right-hand side and analytic Jacobian."""

    name: str
    needs: tuple[str, ...] = ("numba", "scipy.integrate")
    reads_sbml: bool = False

    def load(self, problem: Problem) -> Solve:
        """Make the problem ready to be solved."""
        compiled = functions(problem.stages.system)
        one = _lsoda if self.name == "scipy-lsoda" else _bdf

        def solve(patients: Array, rtol: float, *, read: bool = True) -> Array:
            del read
            found = np.empty((len(patients), N_TIMES, len(problem.species)))
            for i, p in enumerate(patients):
                found[i] = one(compiled, p, problem.times, rtol, ATOL * rtol)
            return found

        return solve


def _lsoda(compiled: Functions, p: Array, times: Array, rtol: float, atol: float) -> Array:
    """ODEPACK's LSODA with its loop over steps outside Python: SciPy's fastest."""
    from scipy.integrate import odeint

    y = compiled.initial(0.0, p, p)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, report = odeint(
            compiled.rhs, y, times, args=(p,), Dfun=compiled.jacobian, tfirst=True, rtol=rtol, atol=atol,
            mxstep=MAX_STEPS, full_output=True,
        )  # fmt: skip
    return found if report["message"] == "Integration successful." else np.full_like(found, np.nan)


def _bdf(compiled: Functions, p: Array, times: Array, rtol: float, atol: float) -> Array:
    return solve_ivp_with("BDF", compiled, p, times, rtol, atol)


def solve_ivp_with(method: str, compiled: Functions, p: Array, times: Array, rtol: float, atol: float) -> Array:
    """Return [time, state] by one of the methods of SciPy's solve_ivp; NaN where it fails."""
    from scipy.integrate import solve_ivp

    span, y = (times[0], times[-1]), compiled.initial(0.0, p, p)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = solve_ivp(
            compiled.rhs, span, y, method=method, t_eval=times, args=(p,), jac=compiled.jacobian, rtol=rtol, atol=atol
        )
    return found.y.T if found.success else np.full((len(times), len(y)), np.nan)


# ---------------------------------------------------------------------- tools that read the file themselves
@dataclass(frozen=True)
class RoadRunner:
    """libRoadRunner: SBML compiled by LLVM, CVODE."""

    name: str = "libroadrunner"
    needs: tuple[str, ...] = ("roadrunner",)
    reads_sbml: bool = True

    def load(self, problem: Problem) -> Solve:
        """Make the problem ready to be solved."""
        roadrunner: Any = import_module("roadrunner")

        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
        runner = roadrunner.RoadRunner(str(problem.tables.sbml))
        ids = list(runner.model.getGlobalParameterIds())
        for name in set(ids) & set(problem.settings):
            runner[name] = problem.settings[name]
        varied, slots = [ids.index(name) for name in problem.varied_names], list(problem.varied)
        runner.selections = ["time", *(f"[{s}]" for s in problem.species)]

        def solve(patients: Array, rtol: float, *, read: bool = True) -> Array:
            del read
            runner.integrator.relative_tolerance = rtol
            runner.integrator.absolute_tolerance = ATOL * rtol
            runner.integrator.maximum_num_steps = MAX_STEPS
            found = np.full((len(patients), N_TIMES, len(problem.species)), np.nan)
            for i, p in enumerate(patients):
                runner.model.setGlobalParameterValues(varied, p[slots])
                runner.reset()
                try:
                    found[i] = np.asarray(runner.simulate(0, problem.published.span, N_TIMES))[:, 1:]
                except RuntimeError:  # CVODE gave up on this patient
                    continue
            return found

        return solve


@dataclass(frozen=True)
class Copasi:
    """COPASI's deterministic time course, LSODA, through its own Python binding.

    Its table of results is read value by value through the binding, which costs as much as solving and is not timed.
    """

    name: str = "copasi"
    needs: tuple[str, ...] = ("COPASI",)
    reads_sbml: bool = True

    def load(self, problem: Problem) -> Solve:
        """Make the problem ready to be solved."""
        copasi: Any = import_module("COPASI")

        store = copasi.CRootContainer.addDatamodel()
        if not store.importSBML(str(problem.tables.sbml)):
            raise RuntimeError(f"COPASI cannot read {problem.tables.sbml}: {copasi.CCopasiMessage.getAllMessageText()}")
        task = _time_course(store, problem.published.span)
        values = {v.getSBMLId(): v for v in _members(store.getModel().getModelValues())}
        _set_values(copasi, store, [(values[n], v) for n, v in problem.settings.items() if n in values])
        varied, slots = [values[name] for name in problem.varied_names], list(problem.varied)
        method = task.getMethod()

        def solve(patients: Array, rtol: float, *, read: bool = True) -> Array:
            method.getParameter("Relative Tolerance").setDblValue(rtol)
            method.getParameter("Absolute Tolerance").setDblValue(ATOL * rtol)
            method.getParameter("Max Internal Steps").setUIntValue(MAX_STEPS * N_TIMES)
            found = np.full((len(patients), N_TIMES, len(problem.species)), np.nan)
            for i, p in enumerate(patients):
                _set_values(copasi, store, zip(varied, p[slots].tolist(), strict=True))
                if task.process(True) and read:
                    found[i] = _series(task.getTimeSeries(), store, problem.species)
            return found

        return solve


@dataclass(frozen=True)
class Amici:
    """AMICI: SBML as C++ code that is compiled for each model, CVODES. Its first result waits for the C++ compiler."""

    name: str = "amici"
    needs: tuple[str, ...] = ("amici",)
    reads_sbml: bool = True

    def load(self, problem: Problem) -> Solve:
        """Make the problem ready to be solved."""
        amici: Any = import_module("amici")
        sundials: Any = import_module("amici.sim.sundials")

        name, folder = f"amici_{problem.name}", mkdtemp(prefix="cytokinome-")
        read_file = amici.SbmlImporter(str(problem.tables.sbml))
        read_file.sbml2amici(name, folder, generate_sensitivity_code=False, compute_conservation_laws=False)
        model = amici.import_model_module(name, folder).get_model()
        shutil.rmtree(folder)
        ids = list(model.get_free_parameter_ids())
        for parameter in set(ids) & set(problem.settings):
            model.set_free_parameter_by_id(parameter, problem.settings[parameter])
        model.set_timepoints(np.linspace(0.0, problem.published.span, N_TIMES))
        solver, nominal = model.create_solver(), np.array(model.get_free_parameters())
        varied, slots = [ids.index(name) for name in problem.varied_names], list(problem.varied)
        columns = [list(model.get_state_ids()).index(s) for s in problem.species]

        def solve(patients: Array, rtol: float, *, read: bool = True) -> Array:
            del read
            solver.set_relative_tolerance(rtol)
            solver.set_absolute_tolerance(ATOL * rtol)
            solver.set_max_steps(MAX_STEPS * N_TIMES)
            found = np.full((len(patients), N_TIMES, len(problem.species)), np.nan)
            for i, p in enumerate(patients):
                nominal[varied] = p[slots]
                model.set_free_parameters(nominal)
                made = sundials.run_simulation(model, solver)
                if made.status == sundials.AMICI_SUCCESS:
                    found[i] = made.x[:, columns]
            return found

        return solve


def _members(vector: Any) -> list[Any]:
    return [vector.get(i) for i in range(vector.size())]


def _time_course(store: Any, duration: float) -> Any:
    """COPASI's task for a time course on our grid."""
    task = store.getTask("Time-Course")
    problem = task.getProblem()
    problem.setAutomaticStepSize(False)
    problem.setDuration(duration)
    problem.setStepNumber(N_TIMES - 1)
    problem.setTimeSeriesRequested(True)
    return task


def _set_values(copasi: Any, store: Any, pairs: Iterable[tuple[Any, float]]) -> None:
    """Set initial values of COPASI's global quantities, and what follows from them."""
    changed = copasi.ObjectStdVector()
    for value, number in pairs:
        value.setInitialValue(number)
        changed.append(value.getInitialValueReference())
    store.getModel().updateInitialValues(changed)


def _series(series: Any, store: Any, states: tuple[str, ...]) -> Array:
    columns = {series.getSBMLId(j, store): j for j in range(series.getNumVariables())}
    rows = range(series.getRecordedSteps())
    found = [[series.getConcentrationData(i, columns[s]) for s in states] for i in rows]
    return np.array(found) if len(found) == N_TIMES else np.full((N_TIMES, len(states)), np.nan)


TOOLS: tuple[Tool, ...] = (
    Ours("lanes", ("cytokinome.engines.ode.lanes", "cytokinome.compiler.targets.llvm")),
    Ours("reference", ("cytokinome.engines.ode.reference",)),
    Scipy("scipy-lsoda"),
    Scipy("scipy-bdf"),
    RoadRunner(),
    Copasi(),
    Amici(),
)
