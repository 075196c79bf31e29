"""A patient's numbers are the same bits whatever else is computed, by how many threads and in which order.

Hashes are of the values' bytes. Cohorts are larger than one block, with doses, infusions and conditions.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from hashlib import sha256

import numpy as np
import pytest

import cytokinome
from cytokinome import cache as kept
from cytokinome.compiler.lower import compile_model, lower
from cytokinome.compiler.targets import llvm, machine
from cytokinome.engines.base import Action, Entry, Schedule
from cytokinome.engines.ode.lanes import BLOCK, Cohort, solve_blocks
from cytokinome.engines.ode.methods import RODAS4, RODAS5P, TSIT5
from cytokinome.model.load import check_text

PATIENTS = 3 * BLOCK + 137
TIMES = np.linspace(0.0, 24.0, 49)
MODEL = """
cytokinome: 1
model: switched
compartments: {well: {kind: culture, volume: 1 mL}}
molecules:
  X: {initial: 20 pM, degrades: {rate: k, source: assumed}}
  Y: {initial: 0 pM, degrades: {half-life: 3 h, source: assumed}}
  XY: {initial: 0 pM}
cells: {cell: {initial: 1e5 /mL}}
parameters: {k: {value: 0.3 /h, source: assumed}, q: {value: 4 molecules/cell/s, source: assumed}}
rules:
  - cell secretes Y at q, driven by X (half 3 pM, hill 1.7), only when X > 5 pM
  - cell dies at 0.05 /h, only when time > 7.3 h
reactions:
  - {equation: X + Y <-> XY, kon: 0.01 /pM/h, koff: 2 /h, source: assumed}
"""
METHODS = pytest.mark.parametrize("method", [RODAS5P, RODAS4, TSIT5], ids=lambda m: m.name)


def digest(values: np.ndarray) -> str:
    """The hash of all bits."""
    return sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


@cache
def cohort(method=RODAS5P, *, arm: str = "dosed") -> Cohort:
    """Patients whose rates differ tenfold, dosed on an output point, between two, at the start and at the end."""
    kernel = compile_model(check_text(MODEL, "switched.yaml").require(), "llvm")
    draw = np.random.default_rng(11)
    names = [slot.name for slot in kernel.parameters]
    p = np.repeat(kernel.defaults()[None], PATIENTS, axis=0)
    for name in ("k", "q"):
        p[:, names.index(name)] *= draw.lognormal(0.0, 0.7, PATIENTS)
    X, sizes = kernel.states.index("X"), draw.uniform(5, 50, PATIENTS)
    doses = [Entry(t, Action.ADD, X, sizes) for t in (0.0, 6.0, 11.27, 24.0)]
    pulse = [Entry(13.1, Action.RATE_ON, X, sizes), Entry(15.0, Action.RATE_OFF, X, sizes)]
    schedule = Schedule.of([*doses, *pulse] if arm == "dosed" else [])
    select = tuple(range(len(kernel.outputs)))
    return Cohort(kernel, p, schedule, TIMES, select, method=method)  # type: ignore[arg-type]  # it has lanes


def blocks_of(people: Cohort, **options) -> dict[int, str]:
    """The hash of every block."""
    found = {block.index: block for block in solve_blocks(people, **options)}
    assert all(np.isfinite(block.values).all() for block in found.values())
    return {index: digest(block.values) for index, block in found.items()}


@cache
def whole(method=RODAS5P, *, arm: str = "dosed") -> dict[int, str]:
    """The hash of every block, computed in order by one thread."""
    return blocks_of(cohort(method, arm=arm))


@METHODS
@pytest.mark.parametrize("threads", [2, 5, 64])
def test_any_number_of_threads(method, threads):
    """One thread and many."""
    assert blocks_of(cohort(method), threads=threads) == whole(method)


@METHODS
def test_any_choice_and_order_of_blocks(method):
    """Some blocks only, and backwards."""
    assert blocks_of(cohort(method), blocks=[3, 1]) == {i: whole(method)[i] for i in (1, 3)}


@METHODS
def test_any_grid_of_outputs(method):
    """A coarser grid, a finer one, and the two ends alone: the same at the times they have in common."""
    people = replace(cohort(method), parameters=cohort(method).parameters[:BLOCK])
    people = replace(people, schedule=people.schedule.for_patients(0, BLOCK))
    (full,) = (block.values for block in solve_blocks(people))
    extra = np.array([0.25, 6.0 + 1e-7, 13.05, 23.99])
    for times in (TIMES[::4], np.sort(np.concatenate([TIMES, extra])), np.array([0.0, 24.0])):
        (values,) = (block.values for block in solve_blocks(replace(people, times=times)))
        assert digest(values[:, np.isin(times, TIMES)]) == digest(full[:, np.isin(TIMES, times)])


def test_any_company():
    """Single patients of different blocks alone have the bits that they have in the cohort."""
    people = cohort()
    values = {block.index: block.values for block in solve_blocks(people)}
    for patient in (0, 5, BLOCK - 1, BLOCK, 2 * BLOCK + 17, PATIENTS - 1):
        one = replace(
            people,
            parameters=people.parameters[patient : patient + 1],
            schedule=people.schedule.for_patients(patient, patient + 1),
        )
        (alone,) = (block.values for block in solve_blocks(one))
        assert digest(alone[0]) == digest(values[patient // BLOCK][patient % BLOCK])


@METHODS
def test_any_processor(method, monkeypatch):
    """A kernel for a processor without wide registers and fused operations: slower, the same bits."""
    monkeypatch.setenv(kept.ENVIRONMENT, "off")
    monkeypatch.setattr(llvm, "compile_ir", partial(machine.compile_ir, narrow=True))
    stages = lower(check_text(MODEL, "switched.yaml").require())
    people = replace(cohort(method), kernel=llvm.LlvmKernel(stages.system, stages.kernel))
    assert blocks_of(people, blocks=[3]) == {3: whole(method)[3]}


def test_any_order_of_arms():
    """What was simulated before with the same kernel leaves no trace, nor does what another thread simulates."""
    forward = [whole(arm=arm) for arm in ("dosed", "alone")]
    assert forward[0] != forward[1]
    for arm, expected in (("alone", forward[1]), ("dosed", forward[0])):
        assert blocks_of(cohort(arm=arm), threads=3) == expected


def test_any_order_of_arms_of_an_experiment():
    """The shipped culture with its arms backwards: the same bits in every arm, of patients and of the typical one."""
    study = cytokinome.load_experiment("tnf-il10-culture")
    arms = study.experiment.arms
    turned = replace(study, experiment=replace(study.experiment, arms=arms[::-1]))
    one, other = (cytokinome.run(s, patients=30, target="llvm") for s in (study, turned))
    for arm in arms:
        assert digest(one.arm(arm.id).values) == digest(other.arm(arm.id).values)
        assert digest(one.arm(arm.id).typical) == digest(other.arm(arm.id).typical)
