"""The goals of the benchmarks that are no times, at the number of trials that they are stated for."""

from __future__ import annotations

import pytest
from benchmarks.table import BENCHMARKS

pytestmark = pytest.mark.evidence

NAMES = (
    *("robustness", "surrogate", "peb", "joint", "joint-one-antenna", "fixes", "closed-forms", "bad-receiver"),
    *("degenerate", "estimation-accuracy", "estimation-threshold", "estimation-false-alarms"),
)


@pytest.mark.parametrize("name", NAMES)
def test_goals_that_do_not_depend_on_the_machine(name: str) -> None:
    goals = [
        (row.work, check)
        for row in BENCHMARKS[name].full()
        for check in row.checks
        if check.met is not None and not check.timed
    ]
    assert goals
    assert [each for each in goals if not each[1].met] == []
