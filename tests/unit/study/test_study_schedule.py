"""Which trials a study consists of: the same for every order in which results come back."""

from __future__ import annotations

import random
from dataclasses import replace
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from multistatic.study.plan import Study
from multistatic.study.schedule import Schedule
from multistatic.study.statistics import interval_estimate
from tests.support.close import close_to
from tests.support.studies import QUICK, quick

RULE = QUICK.replace(
    "trials = 5\n",
    'trials = { minimum = 10, maximum = 200, batch = 15, metric = "surrogate", relative_half_width = 0.2, '
    'statistic = "mean" }\n',
)


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return quick(tmp_path_factory.mktemp("ruled"), text=RULE)


def values(point: int, trial: int) -> list[float | None]:
    """Of three methods: one is never known early, one has no value in every third trial."""
    draw = np.random.default_rng([point, trial])
    first, second, third = draw.lognormal(0.0, [0.2, 0.1 * (1 + point), 0.3])
    return [first, None if trial % 3 == 0 else second, third]


def trials_of(study: Study, order: random.Random, slots: int, *, stop_after: int | None = None) -> list[set[int]]:
    """Run a schedule with results in random order; `stop_after` trials, begin anew with what is done."""
    schedule, flight, done = Schedule(study), [], []
    while not schedule.finished:
        while len(flight) < 2 * slots and (task := schedule.next_trials(slots, lambda point: order.randint(1, 9))):
            flight.append(task)
        point, trials = flight.pop(order.randrange(len(flight)))
        for trial in order.sample(trials, len(trials)):
            done.append((point, trial))
            schedule.note(point, trial, values(point, trial))
        if stop_after is not None and len(done) >= stop_after:
            schedule, flight, stop_after = Schedule(study), [], None
            for point, trial in order.sample(done, len(done)):
                schedule.note(point, trial, values(point, trial))
    assert len(done) == len(set(done)), "a trial was run twice"
    return [{trial for point, trial in done if point == number} for number in range(len(study.points))]


@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(0, 200))
@settings(max_examples=25, deadline=None)
def test_neither_order_nor_workers_nor_an_interruption_changes_the_trials(
    ruled: Study, seed: int, slots: int, stop_after: int
) -> None:
    reference = trials_of(ruled, random.Random(0), 1)
    assert trials_of(ruled, random.Random(seed), slots, stop_after=stop_after) == reference


def test_a_point_stops_after_the_first_batch_that_is_known_well_enough(ruled: Study) -> None:
    rule = ruled.rule
    for point, trials in enumerate(trials_of(ruled, random.Random(0), 2)):
        count = len(trials)
        assert trials == set(range(count))
        assert count in (*range(10, 200, 15), 200)

        def is_known(count: int, point: int = point) -> bool:
            rows = np.array([values(point, trial) for trial in range(count)], float)
            widths = [interval_estimate(column, statistic="mean").relative_half_width for column in rows.T]
            return all(width is not None and width <= rule.relative_half_width for width in widths)

        assert is_known(count) or count == 200
        assert not any(is_known(before) for before in range(10, count, 15))


def test_a_fixed_number_is_that_number(tmp_path: Path) -> None:
    study = quick(tmp_path)
    assert trials_of(study, random.Random(1), 3) == [set(range(5))] * 4


def test_more_trials_than_asked_for_do_no_harm(tmp_path: Path) -> None:
    schedule = Schedule(quick(tmp_path))
    for point in range(4):
        for trial in range(9):
            schedule.note(point, trial, values(point, trial))
            schedule.note(point, trial, [0.0, 0.0, 0.0])  # the first one counts
    assert schedule.finished
    assert schedule.next_trials(2, lambda point: 5) is None
    assert schedule.done_trials() == schedule.wanted_trials() == 36
    assert schedule.estimates(0)[0].value == close_to(np.median([values(0, trial)[0] for trial in range(9)]))


def test_the_end_of_a_batch_is_dealt_out_in_small_tasks(tmp_path: Path) -> None:
    schedule = Schedule(quick(tmp_path, "trials=64"))
    sizes = []
    while (task := schedule.next_trials(4, lambda point: 256)) is not None and task[0] == 0:
        sizes.append(len(task[1]))
    assert sum(sizes) == 64
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 8
    assert sizes[-1] == 1


@pytest.mark.parametrize("backwards", [False, True])
def test_a_batch_is_decided_by_its_own_trials_even_where_more_are_done(ruled: Study, backwards: bool) -> None:
    """As in a store that was filled without a rule: the first batch is known well enough, what follows is wild."""
    schedule = Schedule(ruled)
    for trial in sorted(range(60), reverse=backwards):
        schedule.note(0, trial, [1.0 + 0.01 * trial if trial < 10 else 1e3 * (trial - 9) ** 3] * 3)
    assert schedule.is_finished(0)
    assert schedule.target(0) == 10


def test_an_interval_of_just_the_width_that_is_asked_for_is_known_well_enough(ruled: Study) -> None:
    rows = [[1.0 + 0.01 * trial] * 3 for trial in range(10)]
    width = interval_estimate(
        np.array(rows)[:, 0], statistic="mean", confidence=ruled.rule.confidence
    ).relative_half_width
    assert width is not None
    for asked, finished in ((width, True), (np.nextafter(width, 0.0), False)):
        schedule = Schedule(replace(ruled, rule=replace(ruled.rule, relative_half_width=float(asked))))
        for trial, row in enumerate(rows):
            schedule.note(0, trial, row)
        assert schedule.is_finished(0) is finished


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_a_proportion_is_decided_by_wilsons_interval_at_the_rules_confidence(tmp_path: Path, confidence: float) -> None:
    """Where every trial is a hit the interval is [n/(n + z²), 1]: half width h is reached at n = z² (1 - h)/h."""
    study, width = quick(tmp_path), 0.1
    rule = replace(study.rule, minimum=5, maximum=100, batch=1, metric="feasible", relative_half_width=width)
    schedule = Schedule(replace(study, rule=replace(rule, confidence=confidence)))
    for trial in range(100):
        schedule.note(0, trial, [1.0, 1.0, 1.0])
        if schedule.is_finished(0):
            break
    quantile = norm.ppf(0.5 + 0.5 * confidence)
    assert trial + 1 == ceil(quantile**2 * (1 - width) / width)
