"""Workers that die, by a script: whose fault it is said to be, and who has to run alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from multistatic.study import runner
from multistatic.study.runner import FailedAttempt, run
from multistatic.study.trial import Task, TrialResult
from multistatic.study.workers import Results
from tests.support.studies import QUICK, invented, quick

ONE_POINT = QUICK.replace("[20, 30]", "[20]").replace("[100.0, 1000.0]", "[1e3]")


class Scripted:
    """Workers for tasks of one trial. `script`: what becomes of each run of a trial, one after another: `dies` takes
    all workers along, `waits` is still running then, `raises`; anything else, and all that is not said, is a result.
    """

    depth = 1

    def __init__(self, slots: int, script: Mapping[int, str]) -> None:
        self._slots, self._script = slots, {trial: words.split() for trial, words in script.items()}
        self.steps: list[list[int]] = []  # trials that were handed out together
        self.restarts = 0

    def slots(self) -> int:
        """Asked once a step."""
        self.steps.append([])
        return self._slots

    def submit(self, task: Task) -> Future[Results]:
        """The next word of the trial's script."""
        (trial,) = task.trials
        self.steps[-1].append(trial)
        words = self._script.get(trial, [])
        word = words.pop(0) if words else "works"
        future: Future[Results] = Future()
        if word == "dies":
            future.set_exception(BrokenProcessPool("a process was terminated abruptly"))
        elif word == "raises":
            future.set_exception(ValueError("an ordinary failure"))
        elif word != "waits":
            future.set_result(tuple(map(slow, invented(task))))
        return future

    def restart(self) -> None:
        """Count."""
        self.restarts += 1

    def close(self) -> None:
        """Nothing to end."""


def slow(result: TrialResult) -> TrialResult:
    """Busy for so long that every task has one trial."""
    return replace(result, methods=tuple(replace(method, busy_s=1.0) for method in result.methods))


def run_by_script(
    folder: Path, monkeypatch: pytest.MonkeyPatch, workers: Scripted, *, trials: int, retries: int
) -> tuple[list[TrialResult], dict[int, list[str]]]:
    """Run one point; results, and the errors of each trial, attempt after attempt, as its first method has them."""

    def impatient(flight: Any, return_when: str) -> Any:
        found = wait(flight, timeout=2.0, return_when=return_when)
        assert found.done, "everything in flight waits, and nothing ends"
        return found

    monkeypatch.setattr(runner, "wait", impatient)
    results: list[TrialResult] = []
    errors: dict[int, list[str]] = defaultdict(list)

    def sink(found: Sequence[TrialResult], attempts: Sequence[FailedAttempt]) -> None:
        results.extend(found)
        for each in attempts:
            if each.method == 0:
                errors[each.trial].append(each.failure.error)
                assert each.attempt == len(errors[each.trial])

    schedule = run(quick(folder, f"trials={trials}", text=ONE_POINT), workers, sink, retries=retries)
    assert schedule.finished
    assert sorted(result.trial for result in results) == list(range(trials))
    return results, dict(errors)


def test_a_trial_that_kills_is_tried_alone_every_time_after_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice in flight, then alone: once to convict it, and once more for each retry."""
    retries = 2
    workers = Scripted(3, {0: "waits", 1: "dies " * 20})
    results, errors = run_by_script(tmp_path, monkeypatch, workers, trials=12, retries=retries)
    with_killer = [step for step in workers.steps if 1 in step]
    assert [len(step) for step in with_killer] == [3, 3, 1, 1, 1]
    assert list(errors) == [1]
    assert len(errors[1]) == 1 + retries
    assert all("the worker process ended" in error for error in errors[1])
    assert [result.trial for result in results if result.failed] == [1]
    assert workers.restarts == len(with_killer)


def test_suspects_are_tried_one_by_one_before_anything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three in flight at two losses, one of them the killer: the others clear themselves, and no result is lost."""
    workers = Scripted(3, {0: "waits waits", 1: "waits waits", 2: "dies dies dies"})
    results, errors = run_by_script(tmp_path, monkeypatch, workers, trials=6, retries=0)
    assert [sorted(step) for step in workers.steps[:2]] == [[0, 1, 2], [0, 1, 2]]
    assert sorted(workers.steps[2:5]) == [[0], [1], [2]]
    assert list(errors) == [2]
    assert [result.trial for result in results if result.failed] == [2]


def test_a_trial_that_failed_alone_and_is_lost_beside_another_is_not_convicted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trial 0 was in flight at two losses, raises when it is tried alone, and is then lost a third time: beside trial
    2, which died. Its third loss was not alone and convicts nobody; alone once more, it works.
    """
    workers = Scripted(2, {0: "waits waits raises waits works", 1: "dies dies works", 2: "dies works"})
    results, errors = run_by_script(tmp_path, monkeypatch, workers, trials=5, retries=3)
    assert workers.steps[:2] == [[0, 1], [1, 0]]
    assert [0] in workers.steps[2:4]
    assert workers.steps[4:6] == [[0, 2], [0]]
    assert errors == {0: ["ValueError: an ordinary failure"]}
    assert not any(result.failed for result in results)


def test_losses_between_results_never_end_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that kills a worker now and then, for thousands of trials: only losses without any result are fatal."""
    trials = 2 * runner.SUSPICIOUS + 10
    workers = Scripted(1, dict.fromkeys(range(trials), "dies works"))
    results, errors = run_by_script(tmp_path, monkeypatch, workers, trials=trials, retries=0)
    assert workers.restarts == trials
    assert not errors
    assert not any(result.failed for result in results)
