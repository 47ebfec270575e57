"""Which bound a result carries, and when that makes it optimal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.certificate import bounded
from multistatic.beamforming.evaluate import OPTIMALITY_GAP, evaluate, infeasible, violations
from multistatic.signal.beams import Beams
from tests.support.beamforming_problems import scattered_problem
from tests.support.close import close_to


def half_on_target() -> tuple[BeamformingProblem, Beams]:
    """No rates, and half of the power towards the target: 2 W of the 4 W that four antennas make of 1 W."""
    problem = scattered_problem(rate=0.0)
    weights = np.zeros((4, 4, 1), complex)
    weights[0, :, 0] = problem.steering.conj() * np.sqrt(0.5 / 4)
    return problem, Beams(weights=weights)


def test_the_better_bound_counts() -> None:
    problem, beams = half_on_target()
    found = {bound: evaluate(problem, beams, method="m", message="", upper_bound_w=bound) for bound in (None, 3.0, 9.0)}
    assert [each.upper_bound_w for each in found.values()] == [close_to(4.0), 3.0, close_to(4.0)]
    assert found[3.0].gap == close_to(1 / 3)
    assert found[None].gap == close_to(0.5)
    assert {each.status for each in found.values()} == {"feasible"}


@pytest.mark.parametrize(("factor", "status"), [(1.0, "optimal"), (1 + 5e-7, "optimal"), (1 + 2e-6, "feasible")])
def test_a_closed_gap_is_optimal(factor: float, status: str) -> None:
    assert OPTIMALITY_GAP == 1e-6
    problem, beams = half_on_target()
    found = evaluate(problem, beams, method="m", message="", upper_bound_w=2.0 * factor)
    assert found.status == status


def result(illumination_w: float, upper_bound_w: float) -> BeamformingResult:
    problem, beams = half_on_target()
    found = evaluate(problem, beams, method="m", message="")
    return replace(found, illumination_w=illumination_w, upper_bound_w=upper_bound_w)


def test_a_proven_bound_replaces_a_worse_one() -> None:
    one = result(2.0, 4.0)
    assert (bounded(one, 3.0).upper_bound_w, bounded(one, 3.0).status) == (3.0, "feasible")
    assert bounded(one, 5.0).upper_bound_w == 4.0
    closed = bounded(one, 2.0 * (1 + 5e-7))
    assert (closed.upper_bound_w, closed.status) == (2.0 * (1 + 5e-7), "optimal")


def test_a_bound_that_beams_exceed_by_rounding_is_theirs_and_one_that_they_disprove_is_none() -> None:
    one = result(2.0, 4.0)
    within = bounded(one, 2.0 * (1 - 1e-6))
    assert (within.upper_bound_w, within.status) == (2.0, "optimal")
    assert bounded(one, 2.0 * (1 - 1e-5)).upper_bound_w == 4.0


def test_nothing_bounds_a_result_without_beams() -> None:
    problem, _ = half_on_target()
    none = infeasible(problem, method="m", message="why", largest_common_rate_bps_hz=1.5)
    assert bounded(none, 1.0) is none
    assert (none.upper_bound_w, none.largest_common_rate_bps_hz, none.gap) == (close_to(4.0), 1.5, None)


def test_violations_are_relative() -> None:
    """0.3 W over 1 W; a rate of 0 where 0.5 or 4 is asked for: short by 0.5, relative to 1, and by all of it."""
    problem, beams = half_on_target()
    louder = Beams(weights=beams.weights * np.sqrt(2.6))
    assert violations(problem, louder)["power"] == close_to(0.3)
    assert violations(problem, louder)["rate"] == 0.0
    for asked, short in ((0.5, 0.5), (4.0, 1.0)):
        asking = replace(problem, rate_required_bps_hz=np.array([0.0, asked, 0.0]))
        assert violations(asking, beams)["rate"] == close_to(short)
        assert violations(asking, beams)["power"] == 0.0
