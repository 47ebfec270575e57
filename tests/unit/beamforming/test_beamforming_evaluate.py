"""No solver is trusted: results are recomputed, broken ones are refused; degenerate requests have named answers."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from multistatic import registry
from multistatic.beamforming.evaluate import evaluate, violations
from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.sca import ScaSettings, sca
from multistatic.beamforming.sca.searched_start import StartSettings
from multistatic.errors import MissingDependencyError
from multistatic.signal.beams import Beams
from tests.support.beamforming_problems import scattered_problem
from tests.support.close import close_to

LIGHT = ScaSettings(max_iterations=4, start=StartSettings(random_starts=0, short_search=5, finalists=0))


@pytest.mark.slow
def test_a_wrong_solution_is_refused_whatever_its_solver_said() -> None:
    problem = scattered_problem()
    good = sca(problem, LIGHT)
    assert good.beams is not None
    weak = good.beams.weights.copy()
    weak[1:] *= 0.5  # every rate falls by about two bits: less signal over the same noise
    refused = evaluate(problem, Beams(weights=weak), method="fake", message="optimal, says the solver")
    assert refused.status == "infeasible"
    assert refused.beams is None
    assert "rate" in refused.message
    loud = evaluate(problem, Beams(weights=good.beams.weights * 1.1), method="fake", message="optimal")
    assert loud.status == "infeasible"
    assert "power by 0.21" in loud.message


@pytest.mark.slow
def test_figures_are_those_of_the_beams() -> None:
    problem = scattered_problem()
    result = sca(problem, LIGHT)
    assert result.beams is not None
    light = np.sum(np.abs(np.einsum("t,jtl->jl", problem.steering, result.beams.weights)) ** 2)
    assert result.illumination_w == close_to(light, rel=1e-12)
    assert max(violations(problem, result.beams).values()) <= 1e-9
    assert result.upper_bound_w == close_to(4.0)
    assert result.gap == close_to(1 - light / 4.0)


@pytest.mark.parametrize("name", ["sca", "los_sdp"])
def test_no_requirement_means_all_power_on_the_target(name: str) -> None:
    result = registry.load("beamformers", name)(scattered_problem(rate=0.0))
    assert result.status == "optimal"
    assert result.illumination_w == close_to(4.0, rel=1e-12)


@pytest.mark.parametrize("beamformer", [sca, los_sdp])
def test_a_receiver_without_a_channel_is_named(beamformer: object) -> None:
    problem = scattered_problem(count=2, receive=1)
    direct = problem.direct.copy()
    direct[1] = 0.0
    result = beamformer(replace(problem, direct=direct))  # type: ignore[operator]
    assert result.status == "infeasible"
    assert "Receiver number 2 has no direct channel" in result.message
    assert result.largest_common_rate_bps_hz == 0.0
    served = beamformer(replace(problem, direct=direct, rate_required_bps_hz=np.array([3.0, 0.0])))  # type: ignore[operator]
    assert served.status in ("feasible", "optimal")


def test_a_missing_solver_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvxpy", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'multistatic\[sdp\]'"):
        sca(scattered_problem())
