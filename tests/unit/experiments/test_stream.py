"""Streamed runs: the same claims as an ordinary run, statistics of the same curves, limits, and the results' uses."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

import numpy as np
import pytest

from cytokinome import api
from cytokinome.errors import ResourceLimit
from cytokinome.experiments import execute, stream, study
from cytokinome.experiments.histogram import ACCURACY
from cytokinome.experiments.result import Result
from cytokinome.experiments.summary import STATISTICS

PATIENTS = 70
SCENARIO = "tnf-il10-culture"


@pytest.fixture(autouse=True, scope="module")
def small_blocks() -> Generator[None]:
    """Five blocks, the last one smaller."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "LANE_BLOCK", 16)
        yield


def simulated(**options: object) -> Result:
    """Run the shipped culture."""
    return api.run(SCENARIO, patients=PATIENTS, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def ordinary() -> Result:
    """A run that keeps its patients."""
    return simulated()


@pytest.fixture(scope="module")
def streamed() -> Result:
    """The same run without patients."""
    return simulated(stream=True)


def test_claims_are_those_of_an_ordinary_run(ordinary: Result, streamed: Result) -> None:
    """Not nearly: the same numbers, verdicts and notes."""
    assert len(streamed.claims) == 4
    assert streamed.claims == ordinary.claims


def test_statistics_are_those_of_the_patients(ordinary: Result, streamed: Result) -> None:
    """Moments to rounding, quantiles to the accuracy of the histogram, for all that is measured."""
    for id, arm in streamed.arms.items():
        assert arm.summary is not None
        assert arm.values.shape[0] == len(arm.outcomes) == 0
        assert np.array_equal(arm.times, ordinary.arms[id].times)
        for name in arm.names:
            for statistic in STATISTICS:
                exact = ordinary.arms[id].statistic(name, statistic)
                near = 1e-9 if statistic in STATISTICS[:5] else ACCURACY + 1e-9
                assert arm.statistic(name, statistic) == pytest.approx(exact, rel=near, abs=1e-12), (name, statistic)
            assert np.array_equal(arm.typical[:, arm.index(name)], ordinary.arms[id].typical[:, arm.index(name)])
        assert arm.fates == ordinary.arms[id].fates


def test_comparison_is_close_to_that_of_an_ordinary_run(ordinary: Result, streamed: Result) -> None:
    """Peaks of mean and median; of the typical person exactly."""
    for one, other in zip(streamed.comparison, ordinary.comparison, strict=True):
        near = {"typical": 0.0, "mean": 1e-9, "median": 2 * ACCURACY}[str(one.central)]
        assert one.peak == pytest.approx(other.peak, rel=near)


@pytest.mark.parametrize("options", [{"workers": 2}, {"workers": 5}])
def test_workers_do_not_reach_the_bits(streamed: Result, options: dict[str, int]) -> None:
    """The same statistics for any number of threads."""
    again = simulated(stream=True, **options)
    for id, arm in again.arms.items():
        whole = streamed.arms[id].summary
        assert arm.summary is not None
        assert whole is not None
        assert arm.summary.statistics.tobytes() == whole.statistics.tobytes()
    assert again.claims == streamed.claims


def test_reference_streams_in_processes() -> None:
    """Blocks that come in any order are taken in theirs."""
    alone, shared = (
        api.run(SCENARIO, patients=20, stream=True, target="reference", workers=workers) for workers in (1, 2)
    )
    for id, arm in alone.arms.items():
        other = shared.arms[id].summary
        assert arm.summary is not None
        assert other is not None
        assert arm.summary.statistics.tobytes() == other.statistics.tobytes()
    assert alone.claims == shared.claims


def test_failed_patients_are_counted_and_named(monkeypatch: pytest.MonkeyPatch, ordinary: Result) -> None:
    """Who fails in an arm is missing from its statistics and has no value of a claim."""
    whole = execute.Job._simulated

    def failing(self, index, first, count, should_stop):
        solution, parameters = whole(self, index, first, count, should_stop)
        if index == 1:
            from cytokinome.engines.base import Outcome

            lost = [i for i in range(count) if (first + i) % 7 == 0]
            solution.values[lost] = np.nan
            blown = Outcome.BLOWN_UP.of(2.0, "TNF")
            outcomes = tuple(blown if i in lost else o for i, o in enumerate(solution.outcomes))
            solution = replace(solution, outcomes=outcomes)
        return solution, parameters

    monkeypatch.setattr(execute.Job, "_simulated", failing)
    one, other = simulated(stream=True), simulated()
    assert one.claims == other.claims
    assert any("have no value" in claim.note for claim in one.claims)
    arm = list(one.arms.values())[1]
    assert arm.fates.counts == {"failed": 10, "completed": 60}
    assert [patient for patient, _ in arm.fates.others] == list(range(1, 71, 7))
    assert arm.statistic("TNF", "count").tolist() == [60.0] * len(arm.times)
    assert one.to_json()["outcomes"] == other.to_json()["outcomes"]


def test_ctrl_c_keeps_what_is_finished() -> None:
    """Two of five blocks: their patients count, the others are interrupted."""
    seen: list[int] = []

    def press(done: int, total: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise KeyboardInterrupt

    result = simulated(stream=True, on_progress=press)
    assert result.manifest.status == "interrupted"
    for arm in result.arms.values():
        assert arm.fates.counts == {"completed": 32, "interrupted": 38}
        assert arm.statistic("TNF", "count")[0] == 32


def test_trajectories_that_do_not_fit_are_refused_with_the_way_out() -> None:
    """The hint of an ordinary run names the option; the streamed run then fits."""
    chosen = study.with_patients(api.load_experiment(SCENARIO), count=3000)
    with pytest.raises(ResourceLimit, match="--stream") as caught:
        api.run(chosen, max_memory=2e8)
    assert caught.value.report is not None
    assert caught.value.report.errors[0].code == "TOO_LARGE"
    job = execute.plan(chosen.model, chosen.experiment, reduce=stream.Reducer(chosen.experiment))
    assert stream.affordable(replace(job, names=stream.kept_names(job)), 1, 2e8) == 1


def test_a_streamed_run_is_capped_too() -> None:
    """It says what it needs."""
    with pytest.raises(ResourceLimit, match="the statistics and one block of patients need") as caught:
        simulated(stream=True, max_memory=1e6)
    assert caught.value.exit_status == 5


def test_memory_does_not_grow_with_patients_but_for_claims() -> None:
    """A hundred times more patients: two numbers per claim more each, and the levels of the tree."""
    chosen = api.load_experiment(SCENARIO)
    few, many = (study.with_patients(chosen, count=n).experiment for n in (10_000, 1_000_000))
    job = execute.plan(chosen.model, few, reduce=stream.Reducer(few))
    less, more = stream.estimate_memory(job, 2), stream.estimate_memory(replace(job, experiment=many), 2)
    assert more - less == pytest.approx(16 * 4 * 990_000, rel=0.2)
    fewer = stream.affordable(job, 8, stream.estimate_memory(job, 3) + 1)
    assert fewer == 3


def test_a_streamed_result_can_be_shown_and_tabulated(streamed: Result, tmp_path) -> None:
    """Report, picture, xarray and pandas work on statistics."""
    page = api.write_report(streamed, tmp_path / "report.html").read_text("utf-8")
    assert "90 % of virtual patients" in page
    assert api.plot(streamed, path=tmp_path / "figure.png").axes
    dataset = streamed.to_xarray()
    arm = next(iter(streamed.arms))
    median = dataset["statistics"].sel(arm=arm, statistic="median", name="TNF").to_numpy()
    assert np.array_equal(median, streamed.arms[arm].statistic("TNF", "median"))
    frame = streamed.to_pandas()
    assert list(frame.columns) == ["arm", "statistic", "time_h", "name", "value", "unit"]
    picked = frame[(frame.arm == arm) & (frame.statistic == "mean") & (frame.name == "TNF")].value.to_numpy()
    assert np.array_equal(picked, streamed.arms[arm].statistic("TNF", "mean"))


def test_a_streamed_run_is_stored_and_opened(tmp_path) -> None:
    """Everything comes back to the bit, the fates too; the table has a column for the statistic."""
    whole = simulated(stream=True, out=tmp_path, csv=True)
    assert whole.directory is not None
    again = api.open(whole.directory)
    for id, arm in whole.arms.items():
        other = again.arms[id]
        assert arm.summary is not None
        assert other.summary is not None
        assert arm.summary.statistics.tobytes() == other.summary.statistics.tobytes()
        assert arm.summary.fates == other.summary.fates
        assert other.values.shape == (0, len(arm.times), len(arm.names))
    assert again.claims == whole.claims
    assert again.manifest == whole.manifest
    lines = (whole.directory / "values.csv").read_text("utf-8").splitlines()
    assert lines[0] == "arm,statistic,time_h,name,value,unit"
    sizes = [len(STATISTICS) * arm.typical.size for arm in whole.arms.values()]
    assert len(lines) == 1 + sum(sizes)
    assert not (whole.directory / "blocks").exists()
