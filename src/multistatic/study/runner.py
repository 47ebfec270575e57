"""Runs what a schedule requires, hands every result on as soon as it is there, and survives trials and workers that
fail.

A trial that raises is run again, up to `retries` times, and then recorded as failed. Workers that die take the trials
in flight along: these are run again. A trial that was in flight twice when workers died is suspected and run alone; if
they die again it was the trial, and that counts as one of its failures.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass

from multistatic.study.plan import Study, trial_seed
from multistatic.study.schedule import Schedule
from multistatic.study.trial import Failure, TrialResult, failed_method, task_of
from multistatic.study.workers import Results, Workers, WorkersLostError

RETRIES = 2
SECONDS_PER_TASK = 0.2
TRIALS_PER_TASK = 256
SUSPICIOUS = 2

Trial = tuple[int, int]
LOST = (BrokenExecutor, CancelledError, asyncio.CancelledError)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedAttempt:
    """One failure of one method on one trial; `attempt` counts from 1."""

    point: int
    trial: int
    method: int
    attempt: int
    seed: int
    failure: Failure


class WorkerDiedError(Exception):
    """The process that ran the trial ended: killed, out of memory, or a fault in compiled code."""


Sink = Callable[[Sequence[TrialResult], Sequence[FailedAttempt]], None]
"""Keeps results for good before it returns; raises where it cannot, and the study stops."""


def _unseen(schedule: Schedule) -> None:
    """Show nothing."""


def run(
    study: Study,
    workers: Workers,
    sink: Sink,
    *,
    done: Iterable[tuple[int, int, Sequence[float | None]]] = (),
    retries: int = RETRIES,
    on_progress: Callable[[Schedule], None] = _unseen,
) -> Schedule:
    """Run every trial that is not `done` yet: (point, trial, watched metric of each method).

    Returns when the study is complete. Whatever exception ends it, workers are closed, and all results but those of the
    trials in flight have been given to `sink`. Raises `WorkersLostError` where workers die and cannot be replaced.
    """
    schedule = Schedule(study)
    for point, trial, watched in done:
        schedule.note(point, trial, watched)
    runner = _Runner(study, schedule, workers, sink, retries)
    on_progress(schedule)
    try:
        while not schedule.finished:
            runner.step()
            on_progress(schedule)
    finally:
        workers.close()
    return schedule


class _Runner:
    """Tasks in flight, trials to be run again, and what is known about their failures."""

    def __init__(self, study: Study, schedule: Schedule, workers: Workers, sink: Sink, retries: int) -> None:
        self._study, self._schedule, self._workers, self._sink, self._retries = study, schedule, workers, sink, retries
        self._flight: dict[Future[Results], tuple[Trial, ...]] = {}
        self._again: deque[Trial] = deque()
        self._suspects: deque[Trial] = deque()
        self._failures: dict[Trial, int] = {}
        self._losses: dict[Trial, int] = {}
        self._losses_in_a_row = 0
        self._seconds = [0.0] * len(study.points)

    def step(self) -> None:
        """Fill the workers, wait for the first results, and keep them."""
        self._fill()
        assert self._flight, "no task is left although the study is not finished"
        ended, _ = wait(self._flight, return_when=FIRST_COMPLETED)
        results: list[TrialResult] = []
        attempts: list[FailedAttempt] = []
        lost: list[tuple[Trial, ...]] = []
        for future in ended:
            trials = self._flight.pop(future)
            try:
                found = future.result()
            except LOST:
                lost.append(trials)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - the task could not be run, or its results not be sent
                self._task_failed(trials, error, results, attempts)
            else:
                self._losses_in_a_row = 0
                for result in found:
                    self._trial_ended(result, results, attempts)
        if lost:
            self._take_back(lost, results, attempts)
        if results or attempts:
            self._sink(results, attempts)
        for result in results:
            watched = [method.values[self._schedule.watched] for method in result.methods]
            self._schedule.note(result.point, result.trial, watched)
        if lost:
            self._workers.restart()

    def _fill(self) -> None:
        slots = self._workers.slots()
        while len(self._flight) < slots * self._workers.depth:
            if self._suspects:
                if not self._flight:  # alone: if the workers die now, it was this trial
                    self._submit((self._suspects.popleft(),))
                return
            if self._again:
                self._submit((self._again.popleft(),))
                continue
            following = self._schedule.next_trials(slots, self._good_size)
            if following is None:
                return
            point, trials = following
            self._submit(tuple((point, trial) for trial in trials))

    def _submit(self, trials: tuple[Trial, ...]) -> None:
        task = task_of(self._study, self._study.points[trials[0][0]], [trial for _, trial in trials])
        try:
            future = self._workers.submit(task)
        except LOST as error:  # as if it had been in flight
            future = Future()
            future.set_exception(error)
        self._flight[future] = trials

    def _good_size(self, point: int) -> int:
        """Trials that take `SECONDS_PER_TASK`: enough to outweigh the task's own cost, few enough to lose."""
        seconds = self._seconds[point]
        return 1 if seconds == 0.0 else max(1, min(TRIALS_PER_TASK, int(SECONDS_PER_TASK / seconds)))

    def _trial_ended(self, result: TrialResult, results: list[TrialResult], attempts: list[FailedAttempt]) -> None:
        """Keep the result, or try again where it failed and may."""
        trial = result.point, result.trial
        seconds, before = result.busy_s, self._seconds[result.point]
        self._seconds[result.point] = max(1e-6, seconds if before == 0.0 else 0.9 * before + 0.1 * seconds)
        if not result.failed:
            results.append(result)
            return
        attempt = self._failures[trial] = self._failures.get(trial, 0) + 1
        attempts += [
            FailedAttempt(
                point=result.point,
                trial=result.trial,
                method=number,
                attempt=attempt,
                seed=result.seed,
                failure=method.failure,
            )
            for number, method in enumerate(result.methods)
            if method.failure is not None
        ]
        if attempt > self._retries:
            results.append(result)
        else:
            self._again.append(trial)

    def _task_failed(
        self,
        trials: tuple[Trial, ...],
        error: BaseException,
        results: list[TrialResult],
        attempts: list[FailedAttempt],
    ) -> None:
        """One trial has failed; of several it is unknown which one, so each is tried alone."""
        if len(trials) > 1:
            self._again += trials
            return
        ((point, trial),) = trials
        methods = tuple(failed_method(error, self._study.metrics) for _ in self._study.methods)
        seed = trial_seed(self._study.seed, self._study.points[point].stream, trial)
        self._trial_ended(TrialResult(point=point, trial=trial, seed=seed, methods=methods), results, attempts)

    def _take_back(
        self, lost: list[tuple[Trial, ...]], results: list[TrialResult], attempts: list[FailedAttempt]
    ) -> None:
        """Workers died: everything in flight is to be run again."""
        alone = len(self._flight) == 0 and len(lost) == 1 and len(lost[0]) == 1
        lost += self._flight.values()
        self._flight.clear()
        self._losses_in_a_row += 1
        if self._losses_in_a_row > SUSPICIOUS + self._retries + 3:
            raise WorkersLostError(
                "The worker processes end before they finish a single trial. All stored results are kept."
            )
        for trial in (trial for trials in lost for trial in trials):
            losses = self._losses[trial] = self._losses.get(trial, 0) + 1
            if losses <= SUSPICIOUS - 1:
                self._again.append(trial)
            elif alone and losses > SUSPICIOUS:
                self._culprit(trial, results, attempts)
            else:
                self._suspects.append(trial)

    def _culprit(self, trial: Trial, results: list[TrialResult], attempts: list[FailedAttempt]) -> None:
        died = WorkerDiedError("the worker process ended while it ran this trial alone")
        before = len(self._again)
        self._task_failed((trial,), died, results, attempts)
        if len(self._again) > before:  # tried again, but never beside others
            self._suspects.append(self._again.pop())
