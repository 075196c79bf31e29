"""The machine-code target: a system compiled to functions on four patients at a time, kept on disk.

`compile_lanes` gives the addresses that an engine calls; `LlvmKernel` calls the same code for one patient, so that the
tests which judge the reference target judge it too.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import llvmlite
import numpy as np

from cytokinome import cache
from cytokinome._version import __version__
from cytokinome.compiler.rest import at_rest
from cytokinome.compiler.targets.abi import JACOBIAN, LANES, MATHEMATICS, WIDTH, Sizes, invoke
from cytokinome.compiler.targets.functions import Module, mathematics_text
from cytokinome.compiler.targets.machine import Loaded, compile_ir, host, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cytokinome.compiler.kernel import Kernel, Manner
    from cytokinome.compiler.system import Chance, System

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LaneKernel:
    """A compiled system: sizes of its arrays and addresses of its functions.

    Every function takes pointers to arrays [index][4] of doubles, in the order of `abi.LANES`, and returns nothing. All
    values are canonical.

    =========  ==============================================================================================
    initial    p, (q) → y: the state at the start; these three do not read q
    scales     p, (q) → scale: what absolute tolerances refer to
    volumes    p, (q) → volume: what turns an added amount [pmol] into a step of a state
    prepare    p → q: all that depends on parameters alone; before any of those below, and when p changes
    rates      t, y, p, q → f
    factor     t, y, p, q, inv_hg → lu, info: 1/(hγ) − J factorised; info is the smallest |pivot| / Σ|its terms|,
               1 where nothing cancels, and NaN where a pivot is zero or not finite
    solve      lu, b → b: the solution of (1/(hγ) − J)·x = b, in place
    timeslope  t, y, p, q → dfdt: ∂f/∂t; all zero unless `has_time`
    switches   t, y, p, q → g
    triggers   t, y, p, q → on: 1 where the condition of an event is true, else 0
    assignments  t, y, p, q → values: of each event in turn its delay, its priority, and what it assigns
    observe    t, y, p, q → out: the selected outputs
    =========  ==============================================================================================

    The addresses are valid as long as this value lives.
    """

    n: int
    np: int
    nq: int
    nlu: int
    ns: int
    nsel: int
    ne: int
    na: int
    has_time: bool
    assigned: tuple[tuple[tuple[bool, int], ...], ...]  # by each event in turn: whether a parameter, and its index
    manners: tuple[Manner, ...]  # of each event
    addresses: dict[str, int]
    digest: str
    cpu: str
    chance: Chance | None
    loaded: Loaded = field(repr=False)


def compile_lanes(system: System, select: Sequence[int]) -> LaneKernel:
    """Compile a system for four patients at a time, or load what was compiled before.

    Parameters
    ----------
    system : System
    select : sequence of int
        Which of ``system.outputs`` the function `observe` computes, in this order.

    Warns
    -----
    CacheWarning
        The compiled code could not be kept.
    """
    key = _key("lanes", system.digest, tuple(select))
    kept = _kept(key)
    if kept is None:
        module = Module(system, select)
        kept = module.sizes, compile_ir(module.text())
        cache.write(key, json.dumps(asdict(kept[0])).encode() + b"\n" + kept[1])
    sizes, code = kept
    loaded = load(code, LANES)
    return LaneKernel(
        **asdict(sizes),
        assigned=tuple(tuple((kind, index) for kind, index, _ in event.assignments) for event in system.events),
        manners=tuple(event.manner for event in system.events),
        addresses=loaded.addresses,
        digest=system.digest,
        cpu=host()[1],
        chance=system.chance,
        loaded=loaded,
    )


def _key(what: str, *parts: object) -> str:
    return cache.key(what, parts, generator(), host(), __version__, llvmlite.__version__)


@lru_cache(maxsize=1)
def generator() -> str:
    """Return the hash of the files that write the code: a change of them must not meet what was kept before."""
    here = Path(__file__).parent
    files = [*sorted(here.glob("*.py")), here.parent / "elimination.py", here.parent / "dag.py"]
    return cache.key(*(file.read_bytes() for file in files))


def _kept(key: str) -> tuple[Sizes, bytes] | None:
    content = cache.read(key)
    if content is None:
        return None
    head, _, code = content.partition(b"\n")
    return Sizes(**json.loads(head)), code


class LlvmKernel:
    """A `Kernel` on machine code, one patient at a time.

    What happens once per patient, such as the values of a typical person, is left to the kernel given as `once`.

    Parameters
    ----------
    system : System
    once : Kernel
        Any kernel of the same system. It stays at hand for what is asked once per model, so that nothing is compiled
        for that.
    """

    def __init__(self, system: System, once: Kernel) -> None:
        self.states = system.states
        self.parameters = system.slots
        self.outputs = system.outputs
        self.baselines = system.baselines
        self.start = system.start
        self.digest = system.digest
        self.chance = system.chance
        self.steady_lags = once.steady_lags
        self.lags = once.lags
        self.determined = once.determined
        self.settled = once.settled
        self.following = once.following
        self.remembering = once.remembering
        self.events = tuple(event.id for event in system.events)
        self.manners = tuple(event.manner for event in system.events)
        self.once = once
        self.defaults = once.defaults
        self.complete = once.complete
        self.unsound = once.unsound
        self._system = system
        # Where the numbers of each event begin among those of all.
        self._first = np.cumsum([0, *(2 + len(event.assignments) for event in system.events)])
        self._every = tuple(range(len(system.outputs)))
        self._compiled: dict[tuple[int, ...], LaneKernel] = {}
        self._resting: dict[tuple[int, ...], LaneKernel] = {}
        self._jacobian: Loaded | None = None
        # Blocks of patients on two threads ask at once; code that one of them replaced would be gone under the other.
        self._one_at_a_time = threading.Lock()

    def compiled(self, select: tuple[int, ...]) -> LaneKernel:
        """Return the functions on four patients at a time, with these outputs; as `compile_lanes`, once."""
        with self._one_at_a_time:
            if select not in self._compiled:
                self._compiled[select] = compile_lanes(self._system, select)
            return self._compiled[select]

    def resting(self, held: tuple[int, ...]) -> LaneKernel:
        """Return the functions of this model at rest, without outputs; see `rest.at_rest`. Compiled once."""
        with self._one_at_a_time:
            if held not in self._resting:
                self._resting[held] = compile_lanes(at_rest(self._system, held), ())
            return self._resting[held]

    @property
    def lanes(self) -> LaneKernel:
        """The functions that this kernel calls: all outputs."""
        return self.compiled(self._every)

    def initial(self, p: Array) -> Array:
        """Return [state] at the start."""
        return self._begin("initial", p)

    def scale(self, p: Array) -> Array:
        """Return [state]: the scale that absolute tolerances refer to, without doses."""
        return self._begin("scales", p)

    def volume(self, state: int, p: Array) -> float:
        """Return the volume [L] that turns an added amount [pmol] into a step of the state; 1 for amounts."""
        return float(self._begin("volumes", p)[state])

    def rhs(self, t: float, y: Array, p: Array) -> Array:
        """Return [state]: dy/dt."""
        return self._call("rates", t, y, p, self.lanes.n)

    def jacobian(self, t: float, y: Array, p: Array) -> Array:
        """Return [state, state]: ∂(dy/dt)/∂y."""
        if self._jacobian is None:
            self._jacobian = _compile_jacobian(self._system)
        entries = self._system.jacobian
        values = self._call("jacobian", t, y, p, len(entries), self._jacobian)
        matrix = np.zeros((self.lanes.n, self.lanes.n))
        for (row, column, _), value in zip(entries, values, strict=True):
            matrix[row, column] = value
        return matrix

    def switches(self, t: float, y: Array, p: Array) -> Array:
        """Return [switch]: functions that change sign where a condition flips."""
        return self._call("switches", t, y, p, self.lanes.ns)

    def triggers(self, t: float, y: Array, p: Array) -> NDArray[np.bool_]:
        """Return [event]: whether the condition of each event is true."""
        return self._call("triggers", t, y, p, self.lanes.ne) != 0

    def delays(self, t: float, y: Array, p: Array) -> Array:
        """Return [event]: how long after it fires now each is carried out [h]."""
        return self._call("assignments", t, y, p, self.lanes.na)[self._first[:-1]]

    def priorities(self, t: float, y: Array, p: Array) -> Array:
        """Return [event]: the highest goes first among those that are due now."""
        return self._call("assignments", t, y, p, self.lanes.na)[self._first[:-1] + 1]

    def new_values(self, event: int, t: float, y: Array, p: Array) -> Array:
        """Return [assignment]: what an event would set now."""
        start, stop = self._first[event], self._first[event + 1]
        return self._call("assignments", t, y, p, self.lanes.na)[start + 2 : stop]

    def carry_out(self, event: int, values: Array, y: Array, p: Array) -> tuple[Array, Array]:
        """Return [state] and [parameter] after an event has set these values [assignment]."""
        y, p = y.copy(), p.copy()
        for (is_parameter, index, _), value in zip(self._system.events[event].assignments, values, strict=True):
            (p if is_parameter else y)[index] = value
        return y, p

    def observe(self, t: Array, y: Array, p: Array, select: Sequence[int]) -> Array:
        """Return [output, time] of the selected outputs along y[state, time]."""
        columns = [self._call("observe", float(at), y[:, i], p, self.lanes.nsel) for i, at in enumerate(t)]
        return np.array(columns).reshape(len(t), self.lanes.nsel).T[list(select)]

    def _begin(self, name: str, p: Array) -> Array:
        result = np.empty((self.lanes.n, WIDTH))
        invoke(self.lanes.addresses[name], _spread(p), np.empty((0, WIDTH)), result)
        return result[:, 0].copy()

    def _call(self, name: str, t: float, y: Array, p: Array, size: int, code: Loaded | None = None) -> Array:
        """Return the first lane of what a function of t, y and p gives."""
        wide = _spread(p)
        q, result = np.empty((self.lanes.nq, WIDTH)), np.empty((size, WIDTH))
        invoke(self.lanes.addresses["prepare"], wide, q)
        addresses = self.lanes.addresses if code is None else code.addresses
        invoke(addresses[name], np.full(WIDTH, t, dtype=float), _spread(y), wide, q, result)
        return result[:, 0].copy()


def _compile_jacobian(system: System) -> Loaded:
    select = tuple(range(len(system.outputs)))  # the same q as of the other functions
    key = _key("jacobian", system.digest, select)
    code = cache.read(key)
    if code is None:
        code = compile_ir(Module(system, select).jacobian_text())
        cache.write(key, code)
    return load(code, JACOBIAN)


@lru_cache(maxsize=1)
def compile_mathematics() -> Loaded:
    """Return exp, log and pow on four values, as kernels compute them."""
    key = _key("mathematics")
    code = cache.read(key)
    if code is None:
        code = compile_ir(mathematics_text())
        cache.write(key, code)
    return load(code, MATHEMATICS)


def _spread(values: Array) -> Array:
    """Return [index, lane]: the same values in every lane."""
    return np.repeat(np.asarray(values, dtype=float)[:, None], WIDTH, axis=1)
