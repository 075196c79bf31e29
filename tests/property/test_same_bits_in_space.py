"""A run in space has the same bits whatever else runs, in which order, by how many threads, and whatever is looked at.

Cells walk, divide, kill, enter, secrete and bind, so that every source of chance and every sum takes part.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from cytokinome.compiler.lower import compile_model
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.tissue.coupling import TissueSolution, simulate
from cytokinome.engines.tissue.coupling_geometry import Geometry
from cytokinome.model.load import check_text

MODEL = """\
cytokinome: 1
model: busy
compartments: {site: {kind: tissue, volume: 8e-9 L}}
molecules:
  X: {in: site, initial: 5 pM, degrades: {rate: 0.5 /h, source: assumed}}
  Y: {in: site}
  XY: {in: site}
receptors: {R: {ligands: {X: {kon: 30 /(nM*h), koff: 2 /h}}, source: assumed}}
cells:
  a: {in: site, states: {s: {calm: 40, keen: 10}}, inside: {Z: {initial: 10}}}
  b: {in: site, initial: 50}
rules:
  - keen a secretes X at 10 molecules/cell/s, decreased by Y (half 30 pM)
  - calm a becomes keen at 1 /h, driven by X (half 10 pM)
  - keen a becomes calm after 1 h (2 stages)
  - a produces Z inside at 10 molecules/cell/h, driven by X at R (half 50 pM)
  - a divides at 0.5 /h
  - a moves toward X (half 20 pM) at 2 um/min
  - a kills b at 1e-12 L/cell/h
  - b enters at 10 cell/h
  - b binds X through R at 2000 receptors/cell with internalisation 1 /h
  - b secretes Y at 5 molecules/cell/s, driven by X (half 10 pM)
reactions:
  - {equation: X + Y <-> XY, kon: 0.02 /(pM*h), koff: 1 /h, source: assumed}
"""
TIMES = np.linspace(0.0, 0.15, 7)
SEEDS = (1, 2, 3)


def one(seed: int, times: np.ndarray = TIMES, snapshots: tuple[float, ...] = ()) -> TissueSolution:
    """One run."""
    model = check_text(MODEL, "busy.yaml").require()
    X = compile_model(model).states.index("X")
    doses = [Entry(t, Action.ADD, X, np.array([3.0])) for t in (0.05, 0.0837)]
    diffusion: dict[str, float] = dict.fromkeys(("X", "Y", "XY"), 3.6e4)
    geometry = Geometry((200.0,) * 3, 25.0, diffusion=diffusion, step=1 / 40)
    return simulate(model, geometry, Schedule.of(doses), times, seed=seed, snapshots=snapshots)


def digest(solution: TissueSolution) -> str:
    """The hash of all bits."""
    assert solution.outcome.status == "completed"
    return sha256(np.ascontiguousarray(solution.values).tobytes()).hexdigest()


@pytest.fixture(scope="module")
def alone() -> dict[int, str]:
    """Each run by itself, in order."""
    found = {seed: digest(one(seed)) for seed in SEEDS}
    assert len(set(found.values())) == len(SEEDS)
    return found


def test_any_number_of_threads_and_any_order(alone: dict[int, str]):
    """Runs at the same time, begun backwards."""
    with ThreadPoolExecutor(3) as pool:
        found = dict(zip(SEEDS[::-1], pool.map(lambda seed: digest(one(seed)), SEEDS[::-1]), strict=True))
    assert found == alone


def test_any_process_and_any_threads_of_libraries(alone: dict[int, str]):
    """In a fresh interpreter with another seed of its hashes, and libraries that may use four threads."""
    script = (
        "import sys; from tests.property.test_same_bits_in_space import digest, one; sys.stdout.write(digest(one(3)))"
    )
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "4")
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), *(p for p in sys.path if p)])
    environment = {**os.environ, **threads, "PYTHONHASHSEED": "77", "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == alone[3]


def test_any_grid_of_outputs_and_any_snapshots():
    """Few outputs, many, between the steps, and snapshots now and then: the same at the times they have in common."""
    whole = one(1)
    extra = np.sort(np.concatenate([TIMES, [0.011, 0.0838, 0.1499]]))
    for times, snapshots in ((TIMES[[0, 6]], ()), (extra, (0.0, 0.1))):
        found = one(1, times, snapshots)
        common = np.isin(times, TIMES)
        assert np.array_equal(found.values[common], whole.values[np.isin(TIMES, times)])
    cells = [one(1, t, (0.15,)).snapshots[0] for t in (TIMES, TIMES[[0, 6]])]
    assert np.array_equal(cells[0].fields, cells[1].fields)
    assert np.array_equal(cells[0].cells.places, cells[1].cells.places)
