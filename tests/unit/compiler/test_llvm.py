"""The machine-code target against the reference target and against numpy; and what is kept of it on disk."""

import os
from typing import Any

import numpy as np
import pytest

from cytokinome import api, cache
from cytokinome.compiler.dag import LIBRARY, OPERATIONS, Graph
from cytokinome.compiler.lower import lower
from cytokinome.compiler.targets import linear, llvm, machine
from cytokinome.compiler.targets.abi import WIDTH, invoke
from cytokinome.compiler.targets.functions import Module
from cytokinome.compiler.targets.llvm import LlvmKernel, compile_lanes
from cytokinome.compiler.targets.reference import ReferenceKernel
from tests.conformance.harness import parameters, random_states, stages_of
from tests.conformance.sentences import modifiers
from tests.unit.compiler.systems import network, system_of

EVENTS = """
molecules: {X: {in: well, initial: 10 pM, degrades: {rate: 1 /h, source: assumed}}}
parameters: {dose: {value: 3 pM, source: assumed}, level: {value: 4 pM, source: assumed}}
events:
  - {id: refill, when: X < level, do: {X: X + dose, level: level / 2}, delay: 2 h, priority: 3}
  - {id: empty, when: X > 2 * level, do: {X: 0 pM}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A cache of its own for every test."""
    monkeypatch.setenv(cache.ENVIRONMENT, str(tmp_path / "cache"))
    return tmp_path / "cache"


def lanes(values):
    """The same values in every lane."""
    return np.repeat(np.asarray(values, dtype=float)[:, None], WIDTH, axis=1)


def run(kernel, name, t, y, p, size, *rest):
    """What a function of t, y, p and q writes, [index, lane]."""
    q, out = np.empty((kernel.nq, WIDTH)), np.full((size, WIDTH), np.nan)
    invoke(kernel.addresses["prepare"], p, q)
    invoke(kernel.addresses[name], np.full(WIDTH, float(t)), y, p, q, *rest, out)
    return out


def factorised(kernel, y, p, inv_hg, t=0.0):
    """The factorisation and its info."""
    info = np.full(WIDTH, np.nan)
    q, lu = np.empty((kernel.nq, WIDTH)), np.full((kernel.nlu, WIDTH), np.nan)
    invoke(kernel.addresses["prepare"], p, q)
    invoke(kernel.addresses["factor"], np.full(WIDTH, t), y, p, q, np.full(WIDTH, float(inv_hg)), lu, info)
    return lu, info


def of_two(operation):
    """A kernel of two states whose one output is an operation on them."""
    graph = Graph()
    a, b, zero = graph.input("state", 0), graph.input("state", 1), graph.constant(0.0)
    return compile_lanes(system_of(graph, [zero, zero], observed=[graph.apply(operation, a, b)]), [0])


def along(operation, a, b):
    """The same output by the reference target along a trajectory of one point."""
    graph = Graph()
    zero, node = graph.constant(0.0), graph.apply(operation, graph.input("state", 0), graph.input("state", 1))
    kernel = ReferenceKernel(system_of(graph, [zero, zero], observed=[node]))
    return float(kernel.observe(np.zeros(1), np.array([[a], [b]]), np.empty(0), [0])[0, 0])


# ------------------------------------------------------------------------------- against the reference
@pytest.mark.parametrize("name", ["human-endotoxemia-published", "tnf-il10-culture"])
def test_shipped_models_are_those_of_the_reference(name):
    """Starts, rates, slopes and every output agree to twelve digits at random states."""
    stages = lower(api.load_model(name))
    reference, compiled = stages.kernel, LlvmKernel(stages.system, stages.kernel)
    p = reference.defaults()
    np.testing.assert_allclose(compiled.initial(p), reference.initial(p), rtol=1e-13)
    np.testing.assert_allclose(compiled.scale(p), reference.scale(p), rtol=1e-13)
    every = range(len(reference.outputs))
    for t, y in random_states(reference, p):
        np.testing.assert_allclose(compiled.rhs(t, y, p), reference.rhs(t, y, p), rtol=1e-12)
        expected = reference.jacobian(t, y, p)
        np.testing.assert_allclose(
            compiled.jacobian(t, y, p), expected, rtol=1e-10, atol=1e-13 * np.abs(expected).max()
        )
        along = np.array([t, t + 1]), np.stack([y, 2 * y], axis=1), p, every
        np.testing.assert_allclose(compiled.observe(*along), reference.observe(*along), rtol=1e-12)


def test_volumes_are_those_of_the_reference():
    """What turns picomoles into a step of a state comes out the same."""
    stages = lower(api.load_model("human-endotoxemia-published"))
    p, compiled = stages.kernel.defaults(), LlvmKernel(stages.system, stages.kernel)
    for i in range(len(stages.system.states)):
        assert compiled.volume(i, p) == pytest.approx(stages.kernel.volume(i, p), rel=1e-14)


def test_events_are_those_of_the_reference():
    """Conditions, delays, priorities and assignments of events."""
    stages = stages_of(EVENTS)
    reference, compiled = stages.kernel, LlvmKernel(stages.system, stages.kernel)
    p = reference.defaults()
    assert compiled.events == reference.events
    assert compiled.manners == reference.manners
    for x in (1.0, 3.9, 4.0, 9.0):
        y = np.full(len(reference.states), x)
        np.testing.assert_array_equal(compiled.triggers(0.0, y, p), reference.triggers(0.0, y, p))
        np.testing.assert_array_equal(compiled.switches(0.0, y, p), reference.switches(0.0, y, p))
        np.testing.assert_array_equal(compiled.delays(0.0, y, p), reference.delays(0.0, y, p))
        np.testing.assert_array_equal(compiled.priorities(0.0, y, p), reference.priorities(0.0, y, p))
        for event in range(2):
            values = reference.new_values(event, 0.0, y, p)
            np.testing.assert_array_equal(compiled.new_values(event, 0.0, y, p), values)
            pair = compiled.carry_out(event, values, y, p), reference.carry_out(event, values, y, p)
            for found, expected in zip(*pair, strict=True):
                np.testing.assert_array_equal(found, expected)


def test_a_kernel_for_each_selection():
    """Outputs stand in the order selected; the same selection is the same kernel."""
    stages = lower(api.load_model("tnf-il10-culture"))
    kernel = LlvmKernel(stages.system, stages.kernel)
    p = stages.kernel.defaults()
    y = stages.kernel.initial(p) + stages.kernel.scale(p)
    compiled = kernel.compiled((3, 1))
    assert kernel.compiled((3, 1)) is compiled
    found = run(compiled, "observe", 1.0, lanes(y), lanes(p), 2)[:, 0]
    np.testing.assert_array_equal(found, kernel.observe(np.array([1.0]), y[:, None], p, [3, 1])[:, 0])


def test_each_lane_is_a_patient_of_its_own():
    """Four patients together have the bits of each alone."""
    case = modifiers.driven
    stages = stages_of(case.text)
    p = parameters(stages.kernel, case.slots)
    kernel = compile_lanes(stages.system, [0])
    points = [y for _, y in random_states(stages.kernel, p, count=WIDTH)]
    people = np.stack([p * factor for factor in (1.0, 1.1, 1.2, 1.3)], axis=1)
    together = run(kernel, "rates", 0.0, np.stack(points, axis=1), people, kernel.n)
    for lane, y in enumerate(points):
        alone = run(kernel, "rates", 0.0, lanes(y), lanes(people[:, lane]), kernel.n)
        np.testing.assert_array_equal(together[:, lane], alone[:, 0])


# --------------------------------------------------------------------------------------------- operations
TWO = ["add", "sub", "mul", "div", "min", "max", "pow", "lt", "le", "eq", "and", "or"]


@pytest.mark.parametrize("operation", TWO)
def test_operations_on_two_are_those_of_the_graph(operation):
    """Compiled operations give what the graph's own give, also at zero, infinity and NaN."""
    kernel = of_two(operation)
    values = [0.0, -0.0, 1.0, -1.0, -2.0, -2.5, 3.0, 1001.0, -1e3, np.inf, -np.inf, np.nan]
    for a in values:
        for b in values:
            found = run(kernel, "observe", 0.0, lanes([a, b]), np.empty((0, WIDTH)), 1)[0, 0]
            expected = float(OPERATIONS[operation](a, b))
            np.testing.assert_equal(found, expected, err_msg=f"{operation}({a}, {b})")
            np.testing.assert_equal(along(operation, a, b), expected, err_msg=f"{operation}({a}, {b}) on arrays")


def test_operations_on_one_are_those_of_the_graph():
    """Compiled operations of one argument, and a choice, give what the graph's own give."""
    graph = Graph()
    x = graph.input("state", 0)
    names = ["neg", "abs", "sqrt", "exp", "log", "log10", "not", "floor", "ceil", *LIBRARY]
    assert {*names, *TWO, "select"} == set(OPERATIONS)
    nodes = [graph.apply(name, x) for name in names]
    nodes.append(graph.apply("select", x, graph.constant(1.0), graph.constant(2.0)))
    system = system_of(graph, [graph.constant(0.0)], observed=nodes)
    kernel = compile_lanes(system, range(len(nodes)))
    for value in (0.0, -0.0, 0.5, 1.0, 4.0, -2.5, -1.0, 170.0, 171.0, 1e3, -1e3, 1e22, np.inf, -np.inf, np.nan):
        found = run(kernel, "observe", 0.0, lanes([value]), np.empty((0, WIDTH)), len(nodes))[:, 0]
        expected = [*(float(OPERATIONS[name](value)) for name in names), OPERATIONS["select"](value, 1.0, 2.0)]
        np.testing.assert_allclose(found, expected, rtol=4e-16, err_msg=str(value))
        signed = [np.where(np.isnan(values), 0.0, np.copysign(1.0, values)) for values in (found, expected)]
        np.testing.assert_array_equal(*signed, err_msg=f"signs at {value}")
        arrays = ReferenceKernel(system).observe(np.zeros(1), np.array([[value]]), np.empty(0), range(len(nodes)))
        np.testing.assert_allclose(arrays[:, 0], expected, rtol=4e-16, err_msg=f"{value} on arrays")


def test_a_number_used_as_a_condition_stays_a_number():
    """What is asked whether it is zero keeps its value for who reads it later."""
    graph = Graph()
    x, k = graph.input("state", 0), graph.input("parameter", 0)
    nodes = [graph.apply("not", x), graph.apply("not", k), graph.apply("add", x, k), x, k]
    kernel = compile_lanes(system_of(graph, [graph.constant(0.0)], observed=nodes, n_parameters=1), range(5))
    np.testing.assert_array_equal(run(kernel, "observe", 0.0, lanes([3.0]), lanes([5.0]), 5)[:, 0], [0, 0, 8, 3, 5])


def test_nothing_is_contracted():
    """A product and a sum are rounded twice: the bits of numpy, on every processor."""
    graph = Graph()
    a, b, c = (graph.input("state", i) for i in range(3))
    zero = graph.constant(0.0)
    kernel = compile_lanes(
        system_of(graph, [zero] * 3, observed=[graph.apply("sub", graph.apply("mul", a, b), c)]), [0]
    )
    for y in np.random.default_rng(3).uniform(1, 2, (50, 3)):
        y[2] = y[0] * y[1]
        assert run(kernel, "observe", 0.0, lanes(y), np.empty((0, WIDTH)), 1)[0, 0] == 0.0


def test_what_parameters_alone_decide_is_computed_once():
    """Such values are in q, and follow the parameters only when `prepare` is called."""
    graph = Graph()
    x, k = graph.input("state", 0), graph.input("parameter", 0)
    kernel = compile_lanes(system_of(graph, [graph.apply("mul", graph.apply("exp", k), x)], n_parameters=1), [])
    assert kernel.nq == 1
    q, f = np.empty((1, WIDTH)), np.empty((1, WIDTH))
    invoke(kernel.addresses["prepare"], lanes([2.0]), q)
    invoke(kernel.addresses["rates"], np.zeros(WIDTH), lanes([1.0]), lanes([9.0]), q, f)
    assert f[0, 0] == pytest.approx(np.exp(2.0), rel=1e-15)


def test_slope_in_time():
    """∂f/∂t is computed, and said to be zero where the rates do not know the time."""
    graph = Graph()
    x, t = graph.input("state", 0), graph.input("time")
    kernel = compile_lanes(system_of(graph, [graph.apply("mul", x, graph.apply("exp", graph.apply("neg", t)))]), [])
    assert kernel.has_time
    found = run(kernel, "timeslope", 0.5, lanes([3.0]), np.empty((0, WIDTH)), 1)
    np.testing.assert_allclose(found, -3.0 * np.exp(-0.5), rtol=1e-15)
    quiet = compile_lanes(network(3, 0), [])
    assert not quiet.has_time
    assert not run(quiet, "timeslope", 0.5, lanes([1.0] * 3), lanes([1.0] * 3), 3).any()


# ------------------------------------------------------------------------------------------ linear algebra
@pytest.mark.parametrize(("n", "links"), [(1, 0), (6, 1), (30, 2)])
def test_solves_the_system_of_a_step(n, links):
    """(1/(hγ) − J)·x = b, against numpy, for stiff and for tiny steps."""
    system = network(n, links)
    kernel, reference = compile_lanes(system, []), ReferenceKernel(system)
    draw = np.random.default_rng(5)
    y, p = draw.uniform(0.5, 2, n), draw.uniform(0.5, 2, n)
    for inv_hg in (1e-3, 1.0, 1e6):
        lu, info = factorised(kernel, lanes(y), lanes(p), inv_hg)
        b = draw.normal(size=n)
        x = lanes(b)
        invoke(kernel.addresses["solve"], lu, x)
        matrix = inv_hg * np.eye(n) - reference.jacobian(0.0, y, p)
        np.testing.assert_allclose(x[:, 0], np.linalg.solve(matrix, b), rtol=1e-9)
        assert 0 < info[0] <= 1


def test_loops_give_the_bits_of_straight_code(monkeypatch, folder):
    """A large model is factorised by loops over tables: the same operations in the same order."""
    n = 40
    system = network(n, 2)
    y, p = lanes(np.linspace(0.5, 2, n)), lanes(np.linspace(2, 0.5, n))
    found = []
    for limit in (linear.STRAIGHT, 0):
        monkeypatch.setattr(linear, "STRAIGHT", limit)
        monkeypatch.setenv(cache.ENVIRONMENT, str(folder / str(limit)))
        assert Module(system, []).is_straight == bool(limit)
        kernel = compile_lanes(system, [])
        lu, info = factorised(kernel, y, p, 3.0)
        x = lanes(np.linspace(-1, 1, n))
        invoke(kernel.addresses["solve"], lu, x)
        found.append((lu, info, x))
    for straight, looped in zip(*found, strict=True):
        np.testing.assert_array_equal(straight, looped)


def test_large_models_are_loops():
    """What would take LLVM minutes as straight code is not written as such."""
    assert not Module(network(200, 1), []).is_straight
    assert Module(network(40, 1), []).is_straight


def test_info_tells_how_much_a_pivot_lost():
    """One where nothing cancels, small where almost all does, NaN where no pivot is left; in any unit."""
    graph = Graph()
    x, k = [graph.input("state", i) for i in range(2)], [graph.input("parameter", i) for i in range(4)]
    terms = [[graph.apply("mul", k[2 * i + j], x[j]) for j in range(2)] for i in range(2)]
    kernel = compile_lanes(system_of(graph, [graph.apply("add", *row) for row in terms], n_parameters=4), [])

    def info(*matrix):
        return factorised(kernel, lanes([1.0, 1.0]), lanes(matrix), 1.0)[1][0]

    assert info(-1.0, 0.0, 0.0, -5.0) == pytest.approx(1.0)
    assert info(-1.0, 0.0, 1e9, -5.0) == pytest.approx(1.0)  # a row with a large entry loses nothing
    lossy = info(-1.0, 2.0, 1.0 - 1e-6, 0.0)  # pivot 1 − 2·(1 − 1e-6)/2 = 1e-6
    assert 1e-8 < lossy < 1e-5
    assert info(-1.0, 2.0 * 1024, (1.0 - 1e-6) / 1024, 0.0) == pytest.approx(lossy, rel=1e-9)
    assert not info(1.0, 0.0, 0.0, 1.0) > 1e-12  # 1/(hγ) is an eigenvalue
    assert np.isnan(info(np.nan, 0.0, 0.0, 1.0))


# ------------------------------------------------------------------------------------------------ the cache
@pytest.fixture
def never(monkeypatch):
    """From here on nothing may be compiled."""

    def forbid():
        def compile_ir(text):
            raise AssertionError("compiled again")

        monkeypatch.setattr(llvm, "compile_ir", compile_ir)

    return forbid


def rates_of(kernel):
    """Rates at one point, to see that the code runs."""
    return run(kernel, "rates", 0.0, lanes([1.0, 2.0, 3.0]), lanes([1.0, 1.0, 1.0]), 3)


def test_a_kernel_is_compiled_once(never):
    """The second time it comes from the cache, with all its sizes; another selection is another kernel."""
    first = compile_lanes(network(3, 1), [])
    never()
    second = compile_lanes(network(3, 1), [])
    np.testing.assert_array_equal(rates_of(first), rates_of(second))
    assert (first.n, first.nq, first.nlu, first.digest) == (second.n, second.nq, second.nlu, second.digest)
    with pytest.raises(AssertionError, match="compiled again"):
        compile_lanes(network(3, 1, seed=1), [])


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-100], lambda data: data[:50], lambda data: b"", lambda data: data[:-1] + b"?"]
)
def test_a_damaged_entry_is_compiled_again(folder, damage):
    """An entry that was cut or changed is not loaded, and is replaced."""
    expected = rates_of(compile_lanes(network(3, 1), []))
    (entry,) = folder.iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    np.testing.assert_array_equal(rates_of(compile_lanes(network(3, 1), [])), expected)
    assert entry.read_bytes()[:20] == whole[:20]
    assert len(entry.read_bytes()) == len(whole)


def test_a_folder_that_cannot_be_used_is_a_warning(tmp_path, monkeypatch):
    """A file stands where the folder should be: the kernel works, and the reader is told."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(cache.ENVIRONMENT, str(tmp_path / "file" / "cache"))
    with pytest.warns(cache.CacheWarning, match="nothing is kept") as told:
        kernels = [compile_lanes(network(3, 1, seed=seed), []) for seed in range(3)]
    assert len(told) == 1
    for kernel in kernels:
        assert np.isfinite(rates_of(kernel)).all()


def test_a_full_disk_is_a_warning(monkeypatch, folder):
    """What cannot be written leaves nothing behind; the kernel works."""

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.warns(cache.CacheWarning, match="No space left"):
        kernel = compile_lanes(network(3, 1), [])
    assert np.isfinite(rates_of(kernel)).all()
    assert not list(folder.iterdir())


def test_a_folder_that_others_can_write_is_not_trusted(folder):
    """Code that somebody else may have put there is not run."""
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.warns(cache.CacheWarning, match="others may write"):
        compile_lanes(network(3, 1), [])
    assert not list(folder.iterdir())


def test_a_cache_can_be_off(monkeypatch, folder):
    """Nothing is kept, and nothing is said."""
    monkeypatch.setenv(cache.ENVIRONMENT, "off")
    compile_lanes(network(3, 1), [])
    assert not folder.exists()


def test_the_cache_forgets_what_was_not_used(monkeypatch, folder):
    """It holds a number of entries; the oldest go."""
    monkeypatch.setattr(cache, "ENTRIES", 2)
    names = [cache.key(i) for i in range(3)]
    for i, name in enumerate(names):
        cache.write(name, b"code")
        os.utime(folder / name, (i, i))
        if i == 1:
            assert cache.read(names[0]) == b"code"  # now the first is the one used last
    assert {entry.name for entry in folder.iterdir()} == {names[0], names[2]}


def test_arrays_that_code_cannot_read_are_refused():
    """Single precision, strides or another number of lanes would be read as something else."""
    kernel = compile_lanes(network(3, 1), [])
    single: Any = np.zeros((3, WIDTH), dtype=np.float32)
    for wrong in (single, np.zeros((3, 2 * WIDTH))[:, ::2], np.zeros((WIDTH, 3))):
        with pytest.raises(ValueError, match="contiguous"):
            invoke(kernel.addresses["solve"], wrong, wrong)


def test_compiled_code_depends_on_the_processor():
    """What a cached kernel was compiled for is part of its name."""
    triple, cpu, features = machine.host()
    assert triple
    assert cpu
    assert "+" in features or features == ""
