"""Running a study: the same bits on anything that runs it, and what happens when trials or workers fail."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest

from multistatic.design import design_network
from multistatic.errors import VerificationError
from multistatic.files.scenario_file import load_preset
from multistatic.files.study_file import run_into, run_study
from multistatic.files.study_reader import read_results
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.study import trial as trial_module
from multistatic.study.cost import measured_cost
from multistatic.study.metrics import METRICS
from multistatic.study.outcome import Outcome
from multistatic.study.plan import trial_seed
from multistatic.study.runner import run
from multistatic.study.trial import Task, TrialResult, run_task, run_task_in_worker, run_task_warm, task_of
from multistatic.study.workers import GivenExecutor, Processes, ThisProcess, WorkersLostError
from tests.support.close import close_to
from tests.support.studies import QUICK, Shuffled, deadly, invented, quick


@pytest.mark.slow
def test_same_bits_for_any_number_of_workers_in_any_order(tmp_path: Path) -> None:
    study = quick(tmp_path)
    alone = run_study(study, tmp_path / "1.sqlite", workers=1)
    assert alone.complete
    assert not alone.failures
    assert (alone.status != "").all()
    # Two workers have the same bits too: tests/faults kills them on the way.
    assert run_study(study, tmp_path / "3.sqlite", workers=3).digest() == alone.digest()
    with Shuffled(seed=1) as executor:
        shuffled = run_study(study, tmp_path / "shuffled.sqlite", executor=executor, workers=5)
    with ThreadPoolExecutor(3) as executor:
        threads = run_study(study, tmp_path / "threads.sqlite", executor=executor, workers=3)
    assert shuffled.digest() == threads.digest() == alone.digest()


def test_a_trial_is_the_design_of_its_scenario(tmp_path: Path) -> None:
    """What the store says about a trial is what `design` finds for the point's keys and the trial's seed."""
    study = quick(tmp_path)
    point = study.points[3]
    (result,) = run_task(task_of(study, point, [4]))
    keys = {
        "receivers.random.count": 3,
        "transmitter.antennas": 4,
        "channel.direct": "los",
        "requirements.rate_bps_hz": 0.5,
        "transmitter.power_dbm": 30,
        "requirements.cooperation_cost_m": 1000.0,
        "seed": trial_seed(5, point.stream, 4),
    }
    overrides = [f"{key}={value}" for key, value in keys.items()]
    for number, selector in enumerate(("greedy", "all")):
        design = design_network(load_preset("paper", [*overrides, f"design.selector={selector}"]))
        values = dict(zip(study.metrics, result.methods[number].values, strict=True))
        assert values["surrogate"] == design.accuracy.surrogate
        assert values["peb_m"] == design.accuracy.position.peb_m
        assert values["receivers"] == design.selected.sum()
        assert values["time_s"] == result.methods[number].time_s
        assert result.methods[number].selected == design.selected_ids
    one = design_network(load_preset("paper", overrides), scheme="bi")
    assert result.methods[2].values[0] == one.accuracy.surrogate
    assert result.seed == keys["seed"]


def test_every_method_and_every_point_of_a_stream_sees_the_same_draw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def watch(scenario: Any, **options: Any) -> Any:
        seen.append(scenario)
        return design_network(scenario, **options)

    monkeypatch.setattr(trial_module, "design_network", watch)
    # The last method changes more than [design]: its scenario is drawn a second time, from the same seed.
    study = quick(tmp_path, text=QUICK + '\n[[compare]]\nname = "louder"\nset = { transmitter.power_dbm = 40 }\n')
    assert [point.stream for point in study.points] == [0, 0, 2, 2]  # power is drawn with, cost is not
    for point in study.points:
        run_task(task_of(study, point, [0]))
    places = [scenario.receiver_positions_m.tobytes() for scenario in seen]
    assert len(seen) == 16
    assert len(set(places[:8])) == len(set(places[8:])) == 1
    assert len({scenario.seed for scenario in seen}) == 2
    assert places[0] != places[8]
    run_task(task_of(study, study.points[0], [1]))
    assert seen[-1].receiver_positions_m.tobytes() != places[0]
    common = quick(tmp_path, "common_drops=true")
    assert [point.stream for point in common.points] == [0, 0, 0, 0]


def test_a_template_draws_what_parsing_gives(tmp_path: Path) -> None:
    study = quick(tmp_path)
    drawn = study.points[0].templates[0].drawn(77)
    from multistatic.scenario.write import resolved_toml

    again = parse_scenario(resolved_toml(drawn))
    assert again.seed == 77
    assert again.receiver_positions_m.tobytes() == drawn.receiver_positions_m.tobytes()
    assert resolved_toml(again) == resolved_toml(drawn)


class Flaky:
    """Designs that raise: always for one scenario, or only the first time."""

    def __init__(self, *, always: bool) -> None:
        self.always, self.raised = always, 0

    def __call__(self, scenario: Any, **options: Any) -> Any:
        meant = scenario.design.selector == "all" and scenario.seed == trial_seed(5, 0, 2)
        if meant and (self.always or not self.raised):
            self.raised += 1
            raise ZeroDivisionError("nothing to divide by")
        return design_network(scenario, **options)


@pytest.mark.slow
@pytest.mark.parametrize("code", [0, 3, None])
def test_a_trial_that_exits_is_a_failure_and_not_the_end(
    code: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaving(scenario: Any, **options: Any) -> Any:
        if scenario.design.selector == "all":
            raise SystemExit(code)
        return design_network(scenario, **options)

    monkeypatch.setattr(trial_module, "design_network", leaving)
    results = run_study(quick(tmp_path), tmp_path / "left.sqlite", workers=1, retries=0)
    assert results.complete
    assert {each.method for each in results.failures} == {"all"}
    assert len(results.failures) == 4 * 5
    assert "SystemExit" in results.failures[0].traceback


@pytest.mark.slow
def test_a_failed_trial_is_retried_recorded_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = quick(tmp_path)
    healthy = run_study(study, tmp_path / "healthy.sqlite", workers=1)
    flaky = Flaky(always=True)
    monkeypatch.setattr(trial_module, "design_network", flaky)
    results = run_study(study, tmp_path / "failed.sqlite", workers=1, retries=1)
    # Points 0 and 1 share their draws: two trials fail, each of them twice.
    assert flaky.raised == 4
    assert [(each.point, each.trial, each.method, each.attempt) for each in results.failures] == [
        (0, 2, "all", 1),
        (0, 2, "all", 2),
        (1, 2, "all", 1),
        (1, 2, "all", 2),
    ]
    failure = results.failures[0]
    assert failure.error == "ZeroDivisionError: nothing to divide by"
    assert "Traceback" in failure.traceback
    assert parse_scenario(failure.scenario).seed == failure.seed == trial_seed(5, 0, 2)
    assert results.failed().sum() == 2
    assert results.status[0, 1, 2] == "failed"
    assert np.isnan(results.values[0, 1, 2]).all()
    same = ~results.failed()
    timeless = [0, 1, 2, 3]
    np.testing.assert_array_equal(results.values[same][:, timeless], healthy.values[same][:, timeless])
    monkeypatch.undo()
    again = tmp_path / "failed.sqlite"
    run_into(again, study, ThisProcess)
    assert read_results(again).failed().sum() == 2  # recorded results are not run again …
    run_into(again, study, ThisProcess, retry_failed=True)
    assert read_results(again).digest() == healthy.digest()  # … unless asked for
    assert len(read_results(again).failures) == 4


@pytest.mark.slow
def test_a_trial_that_succeeds_on_the_second_attempt_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = quick(tmp_path)
    healthy = run_study(study, tmp_path / "healthy.sqlite", workers=1)
    monkeypatch.setattr(trial_module, "design_network", Flaky(always=False))
    results = run_study(study, tmp_path / "flaky.sqlite", workers=1)
    assert results.digest() == healthy.digest()
    assert [each.attempt for each in results.failures] == [1]


def test_a_design_that_is_not_confirmed_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unverified(scenario: Any, **options: Any) -> Any:
        return replace(design_network(scenario, **options), status="unverified")

    monkeypatch.setattr(trial_module, "design_network", unverified)
    study = quick(tmp_path)
    (result,) = run_task(task_of(study, study.points[0], [0]))
    assert result.failed
    assert all(method.values == (None,) * 5 for method in result.methods)
    assert VerificationError.__name__ in result.methods[0].failure.traceback


def test_an_infeasible_network_is_a_result(tmp_path: Path) -> None:
    study = quick(tmp_path, "set.requirements.rate_bps_hz=60.0", "trials=1")
    results = run_study(study, tmp_path / "infeasible.sqlite", workers=1)
    assert set(results.status.ravel()) == {"infeasible"}
    assert not results.failures
    assert (results.values[..., results.metric_index("feasible")] == 0).all()
    assert np.isnan(results.values[..., results.metric_index("surrogate")]).all()


@pytest.mark.slow
def test_a_trial_that_kills_its_worker_is_found_and_the_rest_is_done(tmp_path: Path) -> None:
    study = quick(tmp_path)
    run_into(tmp_path / "healthy.sqlite", study, lambda: ThisProcess(invented))
    run_into(tmp_path / "deadly.sqlite", study, lambda: Processes(1, deadly), retries=0)
    results, healthy = read_results(tmp_path / "deadly.sqlite"), read_results(tmp_path / "healthy.sqlite")
    assert np.argwhere(results.failed().any(axis=1)).tolist() == [[1, 2]]
    same = ~results.failed()
    np.testing.assert_array_equal(results.values[same], healthy.values[same])
    assert [each.attempt for each in results.failures] == [1, 1, 1]  # each method of the trial, once
    assert all("the worker process ended" in each.error for each in results.failures)


class Broken(Executor):
    """Breaks after a few tasks, as a pool does whose processes are killed."""

    def __init__(self, after: int) -> None:
        self.left = after

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        """Run the call, or raise."""
        if self.left == 0:
            raise BrokenProcessPool("a process was terminated abruptly")
        self.left -= 1
        future: Future[Any] = Future()
        future.set_result(function(*arguments))
        return future


def test_an_executor_that_breaks_ends_the_run_and_keeps_what_was_done(tmp_path: Path) -> None:
    study = quick(tmp_path)
    store = tmp_path / "broken.sqlite"
    with pytest.raises(WorkersLostError, match="again"):
        run_into(store, study, lambda: GivenExecutor(Broken(3), 1, invented))
    partial = read_results(store)
    assert not partial.complete
    assert 3 <= partial.done().any(axis=1).sum() < 20
    run_into(store, study, lambda: ThisProcess(invented))
    run_into(tmp_path / "healthy.sqlite", study, lambda: ThisProcess(invented))
    assert read_results(store).digest() == read_results(tmp_path / "healthy.sqlite").digest()


def test_results_are_kept_before_the_next_step(tmp_path: Path) -> None:
    """Whatever stops a run, by then the sink has every result but those in flight."""
    study, kept = quick(tmp_path), list[TrialResult]()

    def sink(results: Any, attempts: Any) -> None:
        kept.extend(results)
        if len(kept) >= 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(study, ThisProcess(invented), sink)
    done = [(each.point, each.trial, [method.values[0] for method in each.methods]) for each in kept]
    schedule = run(study, ThisProcess(invented), lambda results, attempts: kept.extend(results), done=done)
    assert schedule.finished
    assert sorted((each.point, each.trial) for each in kept) == [(p, t) for p in range(4) for t in range(5)]


def test_workers_that_never_finish_anything_end_the_run(tmp_path: Path) -> None:
    class Hopeless(ThisProcess):
        def submit(self, task: Any) -> Future[Any]:
            raise BrokenProcessPool("no process begins")

    with pytest.raises(WorkersLostError, match="before they finish"):
        run(quick(tmp_path), Hopeless(), lambda results, attempts: None)


def test_a_trial_is_busy_with_its_metrics_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a task may hold and what a dry run foretells is the whole time, not the design's alone."""

    def slow(outcome: Outcome) -> float:
        sleep(0.03)
        return 1.0

    monkeypatch.setitem(METRICS, "peb_m", replace(METRICS["peb_m"], value=slow))
    study = quick(tmp_path)
    (result,) = run_task(task_of(study, study.points[0], [0]))
    assert all(method.busy_s >= method.time_s + 0.03 for method in result.methods)
    assert result.busy_s == sum(method.busy_s for method in result.methods)
    cost = measured_cost(study)
    assert all(seconds >= 0.03 for seconds in cost.seconds)
    assert cost.total_s[0] == close_to(4 * 5 * sum(cost.seconds))


def test_times_are_those_of_a_process_that_has_compiled_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where times are stored the first trial of a process is run twice, and nothing else changes."""
    designed: list[int] = []
    now_s, compilation_s = [0.0], [100.0]

    def compiling(scenario: Any, **options: Any) -> Any:
        designed.append(scenario.seed)
        now_s[0] += 1.0 + (compilation_s.pop() if compilation_s else 0.0)
        return design_network(scenario, **options)

    monkeypatch.setattr(trial_module, "design_network", compiling)

    def seeds(run: Any, task: Task, *, new_process: bool = True) -> list[int]:
        """Of the trials that `run` designs, each once for its three methods."""
        if new_process:
            monkeypatch.setattr(trial_module, "_warm_up", cache(forgetful))
        designed.clear()
        run(task)
        assert designed == [seed for seed in designed[::3] for _ in range(3)]
        return designed[::3]

    forgetful = trial_module._warm_up.__wrapped__
    monkeypatch.setattr(trial_module, "perf_counter", lambda: now_s[0])
    study, timeless = quick(tmp_path), quick(tmp_path, 'metrics=["peb_m"]')
    point, beside = study.points[:2]
    first, second = (trial_seed(5, point.stream, trial) for trial in range(2))
    warm = list[TrialResult]()
    assert seeds(lambda task: warm.extend(run_task_warm(task)), task_of(study, point, range(2))) == [
        first,
        first,
        second,
    ]
    assert {method.time_s for result in warm for method in result.methods} == {1.0}
    assert seeds(run_task_warm, task_of(study, beside, range(2)), new_process=False) == [first, second]
    assert seeds(run_task_warm, task_of(timeless, point, range(2))) == [first, second]
    for run_anywhere in (run_task_in_worker, ThisProcess().submit):
        assert seeds(run_anywhere, task_of(study, point, [1])) == [second, second]
    timed = study.metrics.index("time_s")
    for one, other in zip(warm, run_task(task_of(study, point, range(2))), strict=True):
        assert (one.point, one.trial, one.seed) == (other.point, other.trial, other.seed)
        for mine, theirs in zip(one.methods, other.methods, strict=True):
            assert (mine.status, mine.selected, mine.values[:timed]) == (
                theirs.status,
                theirs.selected,
                theirs.values[:timed],
            )


@pytest.mark.slow
@pytest.mark.parametrize(("busy_s", "size"), [(0.5, 1), (0.1, 2), (0.02, 10)])
def test_tasks_last_about_a_fifth_of_a_second(tmp_path: Path, busy_s: float, size: int) -> None:
    """Of the trial's whole time: a slow metric must not make tasks that a kill costs dearly."""
    sizes = []

    def noted(task: Task) -> tuple[TrialResult, ...]:
        sizes.append(len(task.trials))
        each = busy_s / len(task.schemes)
        return tuple(
            replace(result, methods=tuple(replace(method, busy_s=each) for method in result.methods))
            for result in invented(task)
        )

    run(quick(tmp_path, "trials=200"), ThisProcess(noted), lambda *_: None)
    assert max(sizes) == size
