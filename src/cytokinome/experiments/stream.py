"""Cohorts too large to keep: a block of patients goes through all arms, and only what it adds to the answer stays.

That is the value of every claim for every patient, exactly as an ordinary run has it; moments and histograms at every
time of the curves that are measured or claimed; and how many patients ended how. Memory does not grow with the number
of patients, but for the values of the claims. Every sum is made in an order that depends on the cohort alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from cytokinome.engines.base import PatientOutcome
from cytokinome.experiments import assemble, claims, demands
from cytokinome.experiments.checkpoint import packed, unpacked
from cytokinome.experiments.claim_values import looked_at
from cytokinome.experiments.execute import EVERY_ARM, ArmRun, finished, too_large, typical_persons
from cytokinome.experiments.histogram import Bins, Histogram
from cytokinome.experiments.summary import Fates, Moments, Summary, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from cytokinome.engines.base import Solution
    from cytokinome.experiments.checkpoint import Checkpoint
    from cytokinome.experiments.execute import Block, Job, Progress
    from cytokinome.experiments.protocol import Experiment
    from cytokinome.experiments.result import ArmResult

    Array = NDArray[np.float64]
    Arrays = dict[str, NDArray[Any]]

EVERY = 5.0  # s between two checkpoints, or more where writing one takes more than a twentieth of that
_SHARE = 20.0
_BINS = 400  # of a histogram, for the estimate of memory: numbers that span a factor of 70
_STATE = "state.npz"
_BINS_OF = ("lowest", "widths", "counts")


@dataclass(frozen=True, slots=True, eq=False)
class ArmPart:
    """What the patients of a block add to the summary of one arm."""

    moments: Moments
    histogram: Histogram
    fates: Fates


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What is kept of a block: the values of claims [patient], and a part of every arm's summary."""

    claims: dict[str, Array]
    arms: tuple[ArmPart, ...]


@dataclass(frozen=True, slots=True)
class Reducer:
    """Keeps of a block what a streamed run of `experiment` needs (see `execute.Reduce`)."""

    experiment: Experiment

    def __call__(self, arms: Iterable[ArmRun], first: int) -> Kept:
        """Return what is kept of the patients `first` …; the trajectories of an arm are forgotten before the next."""
        needed = claimed_names(self.experiment)
        parts: list[ArmPart] = []
        curves: dict[str, ArmResult] = {}
        for run in arms:
            result = assemble.arm_result(run, self.experiment)
            parts.append(_part_of(result, first))
            curves[result.id] = result.only(needed)
        return Kept(claims.values_of(self.experiment, curves), tuple(parts))


def kept_names(job: Job) -> tuple[str, ...]:
    """Return the outputs that a streamed run computes: what is measured or claimed; all where that is nothing."""
    wanted = claimed_names(job.experiment) | {measure.name for measure in job.experiment.measure}
    found = {assemble.output_name(name, list(job.names)) for name in wanted}
    found.update(name for item in job.prepared for name in demands.outputs(item.model))
    return tuple(name for name in job.names if name in found) or job.names


def claimed_names(experiment: Experiment) -> frozenset[str]:
    """Return the names of the curves that claims read."""
    arms = tuple(arm.id for arm in experiment.arms)
    return frozenset(name for claim in experiment.claims for _, name in looked_at(claim.value, arms))


def _part_of(result: ArmResult, first: int) -> ArmPart:
    """A patient counts for a curve where all of it is finite."""
    values = result.values
    known = np.isfinite(values).all(axis=1, keepdims=True)
    if not known.all():
        values = np.where(known, values, np.nan)
    cells = values.reshape(len(values), -1)
    return ArmPart(Moments.of(cells), Histogram.of(cells), Fates.of(result.outcomes, first))


@dataclass(frozen=True, slots=True, eq=False)
class ArmTotal:
    """What all blocks so far have added to the summary of one arm."""

    tree: Tree = field(default_factory=Tree)
    histogram: Histogram | None = None
    fates: Fates = field(default_factory=Fates)

    def with_next(self, part: ArmPart) -> ArmTotal:
        """Return the total with the next block."""
        histogram = part.histogram if self.histogram is None else self.histogram.merged(part.histogram)
        return ArmTotal(self.tree.with_next(part.moments), histogram, self.fates.merged(part.fates))

    def summary(self, shape: tuple[int, int], missing: int) -> Summary:
        """Return the summary for these times and names, with so many patients who were interrupted."""
        moments, histogram = self.tree.whole(), self.histogram
        if moments is None or histogram is None:
            nothing = np.empty((0, shape[0] * shape[1]))
            moments, histogram = Moments.of(nothing), Histogram.of(nothing)
        rest = Fates({"interrupted": missing}) if missing else Fates()
        return Summary.of(moments, histogram, shape, self.fates.merged(rest))

    def packed(self) -> Arrays:
        """Return everything as arrays."""
        if self.histogram is None:
            return {}
        others = [[patient, asdict(outcome)] for patient, outcome in self.fates.others]
        sides = {"negative": self.histogram.negative, "positive": self.histogram.positive}
        return {
            "levels": np.array(self.tree.levels),
            "nodes": np.stack([node.rows for node in self.tree.nodes]),
            "zeros": self.histogram.zeros,
            "fates": packed([dict(self.fates.counts), dict(self.fates.codes), others]),
            **{f"{sign}.{key}": getattr(bins, key) for sign, bins in sides.items() for key in _BINS_OF},
        }

    @classmethod
    def unpacked(cls, arrays: Arrays) -> ArmTotal:
        """Return what `packed` was made from."""
        sides = [Bins(*(arrays[f"{sign}.{key}"] for key in _BINS_OF)) for sign in ("negative", "positive")]
        tree = Tree(tuple(arrays["levels"].tolist()), tuple(Moments(rows) for rows in arrays["nodes"]))
        counts, codes, others = unpacked(arrays["fates"])
        named = tuple((patient, PatientOutcome(**outcome)) for patient, outcome in others)
        return cls(tree, Histogram(sides[0], arrays["zeros"], sides[1]), Fates(counts, codes, named))


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What the first `blocks` blocks have left: the totals of all arms, and values of claims in pieces [patient]."""

    blocks: int
    arms: tuple[ArmTotal, ...]
    pieces: tuple[Mapping[str, Array], ...] = ()

    def with_next(self, block: Kept) -> Gathered:
        """Return what is left with the next block."""
        arms = tuple(total.with_next(part) for total, part in zip(self.arms, block.arms, strict=True))
        return Gathered(self.blocks + 1, arms, (*self.pieces, block.claims))

    def claims(self, missing: int) -> dict[str, Array]:
        """Return the values of claims [patient]; the last patients, who are `missing`, have none."""
        return {id: np.append(values, np.full(missing, np.nan)) for id, values in _joined(self.pieces).items()}


def _joined(pieces: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    return {id: np.concatenate([piece[id] for piece in pieces]) for id in pieces[0]} if pieces else {}


@dataclass(slots=True)
class _Saver:
    """Writes what was gathered to a checkpoint from time to time: the totals, and the values since the last time."""

    checkpoint: Checkpoint | None
    files: int = 0  # of values
    pieces: int = 0  # in those files
    next: float = 0.0

    def restored(self, n_arms: int) -> Gathered:
        """Return what was saved last; the beginning where there is nothing whole."""
        nothing = Gathered(0, (ArmTotal(),) * n_arms)
        state = self.checkpoint.read(_STATE) if self.checkpoint else None
        if self.checkpoint is None or state is None:
            return nothing
        blocks, files = state["progress"].tolist()
        values = [self.checkpoint.read(_values(i)) for i in range(files)]
        if any(piece is None for piece in values):
            return nothing
        totals = [_with_prefix(state, f"{i}.") for i in range(n_arms)]
        self.files = self.pieces = files
        return Gathered(blocks, tuple(map(ArmTotal.unpacked, totals)), tuple(p for p in values if p is not None))

    def save(self, gathered: Gathered, *, at_once: bool = False) -> None:
        """Write, unless that was done a moment ago."""
        begun = monotonic()
        new = gathered.pieces[self.pieces :]
        if self.checkpoint is None or not new or (begun < self.next and not at_once):
            return
        self.checkpoint.write(_values(self.files), _joined(new))
        arrays = {f"{i}.{key}": a for i, arm in enumerate(gathered.arms) for key, a in arm.packed().items()}
        self.checkpoint.write(_STATE, {"progress": np.array([gathered.blocks, self.files + 1]), **arrays})
        # only now: what Ctrl-C leaves half written is written again under the same name
        self.files, self.pieces = self.files + 1, len(gathered.pieces)
        now = monotonic()
        self.next = now + max(EVERY, _SHARE * (now - begun))


def _values(number: int) -> str:
    return f"values-{number}.npz"


def _with_prefix(arrays: Arrays, prefix: str) -> Arrays:
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}


# ------------------------------------------------------------------------------------------------------------ the run
@dataclass(frozen=True, slots=True, eq=False)
class Streamed:
    """A streamed run: curves of arms without patients but with a summary, at all times, and the values of claims."""

    arms: dict[str, ArmResult]
    claims: dict[str, Array]
    is_interrupted: bool


def run(
    job: Job, *, workers: int = 1, on_progress: Progress | None = None, checkpoint: Checkpoint | None = None
) -> Streamed:
    """Run a job whose `reduce` is a `Reducer`; parameters as in `execute.run`.

    Parameters
    ----------
    checkpoint : Checkpoint, optional
        Where to begin from, and to save to.
    """
    typical, is_interrupted = typical_persons(job)
    saver = _Saver(checkpoint)
    gathered = saver.restored(len(job.prepared))
    coming = None
    try:
        if not is_interrupted:
            blocks = job.blocks([EVERY_ARM])[gathered.blocks :]
            coming = finished(job, blocks, workers)
            for kept in _in_order(blocks, coming):
                gathered = gathered.with_next(kept)
                saver.save(gathered)
                if on_progress is not None:
                    on_progress(_patients(job, gathered) * len(job.prepared), _everybody(job) * len(job.prepared))
    except KeyboardInterrupt:
        is_interrupted = True
        saver.save(gathered, at_once=True)
    finally:
        if coming is not None:
            coming.close()  # ends threads and worker processes
    return _result(job, typical, gathered, is_interrupted)


def _in_order(blocks: Sequence[Block], coming: Iterable[tuple[Block, Kept]]) -> Iterator[Kept]:
    """Yield what is kept of each block, in the order of the blocks; those that come early wait."""
    early: dict[Block, Kept] = {}
    wanted = iter(blocks)
    block = next(wanted, None)
    for done, kept in coming:
        early[done] = kept
        while block in early:
            yield early.pop(block)
            block = next(wanted, None)


def _everybody(job: Job) -> int:
    return job.experiment.patients.count


def _patients(job: Job, gathered: Gathered) -> int:
    return min(gathered.blocks * job.size, _everybody(job))


def _result(job: Job, typical: list[Solution], gathered: Gathered, is_interrupted: bool) -> Streamed:
    missing = _everybody(job) - _patients(job, gathered)
    arms: dict[str, ArmResult] = {}
    for item, person, total in zip(job.prepared, typical, gathered.arms, strict=True):
        nobody, parameters = job.missing(item, 0)
        empty = assemble.arm_result(
            ArmRun(item.arm, item.model, item.kernel, nobody, person, parameters), job.experiment
        )
        times, names = empty.typical.shape
        arms[empty.id] = replace(empty, summary=total.summary((times, names), missing))
    return Streamed(arms, gathered.claims(missing), is_interrupted)


# ------------------------------------------------------------------------------------------------------------- memory
def estimate_memory(job: Job, workers: int) -> float:
    """Return the bytes that a streamed run takes with so many blocks at once.

    Of it, only the values of claims grow with the number of patients: eight bytes each, and again when they are joined.
    """
    arms, times, names, people = len(job.prepared), len(job.times), len(job.names), job.experiment.patients.count
    rows = 8.0 * min(job.size, people) * times
    # the arm at work as it is solved, converted and reduced, and the curves that claims compare, of every arm
    block = rows * (3 * names + arms * len(claimed_names(job.experiment)))
    levels = 2 + math.log2(1 + people / job.size)
    cells = 8.0 * arms * times * names * (5 * levels + _BINS * (workers + 3))
    return workers * block + cells + 2 * 8.0 * len(job.experiment.claims) * people


def affordable(job: Job, workers: int, max_memory: float) -> int:
    """Return how many blocks, at most `workers`, can be simulated at once in `max_memory` bytes.

    Raises
    ------
    ResourceLimit
        ``TOO_LARGE``: not even one.
    """
    for number in range(max(1, workers), 0, -1):
        if estimate_memory(job, number) <= max_memory:
            return number
    people = job.experiment.patients
    what = (
        f"the statistics and one block of patients need {estimate_memory(job, 1) / 1e9:.3g} GB "
        f"({len(job.prepared)} arms x {len(job.times)} times x {len(job.names)} outputs, {people.count} patients x "
        f"{len(job.experiment.claims)} claims)"
    )
    hint = "take a coarser time grid or fewer patients, or allow more memory"
    raise too_large(what, max_memory, hint, people.where, job.experiment.id)
