"""Which trials are still to be done, and when a point has enough of them.

A point is decided after whole batches, from the trials 0 … n-1 and from nothing else: neither the order in which
trials come back, nor the number of workers, nor an interruption changes which trials a finished study consists of.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from multistatic.study.metrics import metric
from multistatic.study.plan import Statistic, Study
from multistatic.study.statistics import Estimate, interval_estimate
from multistatic.units import B, F


class Schedule:
    """Keeps the watched metric of every trial: that of the stopping rule, else the study's first."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.watched = study.metrics.index(study.rule.metric or study.metrics[0])
        self._proportion = metric(study.metrics[self.watched]).proportion
        self._points = [_PointTrials(len(study.methods), study.rule.minimum) for _ in study.points]
        self._open: deque[int] = deque(range(len(study.points)))
        self.finished_points = 0

    def note(self, point: int, trial: int, watched: Sequence[float | None]) -> None:
        """A trial is done; `watched`: the watched metric of each method."""
        trials = self._points[point]
        if trials.put(trial, watched) and not trials.finished and trials.prefix >= trials.target:
            self._decide(point)

    def next_trials(self, slots: int, size_of: Callable[[int], int]) -> tuple[int, tuple[int, ...]] | None:
        """The next trials to do, all of one point, or None; `size_of` a point: trials that make a good task.

        The last trials of a batch are dealt out in smaller tasks, so that no worker waits long for another.
        """
        while self._open:
            point = self._open[0]
            trials = self._points[point]
            fair = -(-(trials.target - trials.begun) // (2 * slots))
            chosen = trials.not_begun(max(1, min(size_of(point), fair)))
            if chosen:
                trials.begun = chosen[-1] + 1
                return point, chosen
            self._open.popleft()
        return None

    @property
    def finished(self) -> bool:
        """True when every point has all its trials."""
        return self.finished_points == len(self._points)

    def done_trials(self) -> int:
        """Trials that are done."""
        return sum(trials.count for trials in self._points)

    def wanted_trials(self) -> int:
        """Trials that the points will have, as far as is known: those of a rule grow as they are decided."""
        return sum(max(trials.target, trials.count) for trials in self._points)

    def target(self, point: int) -> int:
        """Trials of this point, so far as decided."""
        return self._points[point].target

    def count(self, point: int) -> int:
        """Trials of this point that are done."""
        return self._points[point].count

    def is_finished(self, point: int) -> bool:
        """True when the point has all its trials."""
        return self._points[point].finished

    def estimates(self, point: int) -> tuple[Estimate, ...]:
        """The watched metric of each method from all trials that are done."""
        trials = self._points[point]
        return self._estimates(trials.values[trials.done])

    def _decide(self, point: int) -> None:
        """The batch is complete: enough, or another one."""
        trials, rule = self._points[point], self.study.rule
        while trials.prefix >= trials.target:
            if trials.target >= rule.maximum or self._is_known(trials.values[: trials.target]):
                trials.finished = True
                self.finished_points += 1
                return
            trials.target = min(rule.maximum, trials.target + rule.batch)
        self._open.append(point)

    def _is_known(self, values: F) -> bool:
        rule = self.study.rule
        if rule.metric is None:
            return False
        widths = [each.relative_half_width for each in self._estimates(values)]
        return all(width is not None and width <= rule.relative_half_width for width in widths)

    def _estimates(self, values: F) -> tuple[Estimate, ...]:
        rule = self.study.rule
        statistic: Statistic = rule.statistic
        return tuple(
            interval_estimate(column, statistic=statistic, confidence=rule.confidence, proportion=self._proportion)
            for column in values.T
        )


class _PointTrials:
    """Values [trials, methods] of one point, in arrays that grow; `prefix`: trials 0 … prefix-1 are done."""

    def __init__(self, methods: int, target: int) -> None:
        self.values: F = np.full((0, methods), np.nan)
        self.done: B = np.zeros(0, bool)
        self.target = target
        self.begun = 0
        self.count = 0
        self.prefix = 0
        self.finished = False

    def put(self, trial: int, watched: Sequence[float | None]) -> bool:
        """Keep a trial's values; False where it is known already."""
        if trial >= len(self.done):
            more = max(trial + 1 - len(self.done), len(self.done), 8)
            self.values = np.concatenate([self.values, np.full((more, self.values.shape[1]), np.nan)])
            self.done = np.concatenate([self.done, np.zeros(more, bool)])
        if self.done[trial]:
            return False
        self.done[trial] = True
        self.values[trial] = [np.nan if value is None else value for value in watched]
        self.count += 1
        while self.prefix < len(self.done) and self.done[self.prefix]:
            self.prefix += 1
        return True

    def not_begun(self, at_most: int) -> tuple[int, ...]:
        """The first trials below the target that are neither in progress nor done."""
        found: list[int] = []
        for trial in range(self.begun, self.target):
            if len(found) == at_most:
                break
            if trial >= len(self.done) or not self.done[trial]:
                found.append(trial)
        return tuple(found)
