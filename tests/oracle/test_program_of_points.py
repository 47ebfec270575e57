"""The semidefinite program over several points on channels far above the noise, against the beams of the dual barrier."""

from __future__ import annotations

import pytest

from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.over_points import semidefinite_beams
from multistatic.beamforming.value_function import value_function
from multistatic.suite.instances import load_suite
from tests.support.close import close_to


@pytest.mark.parametrize("name", ["two_targets", "small_disc"])
def test_the_program_finds_and_proves_the_optimum_of_strong_channels(name: str) -> None:
    (instance,) = (each for each in load_suite(2) if each.name == name)
    problem = instance.beamforming_problem()
    program, dual = los_sdp(problem), value_function(problem)
    assert program.status == "optimal"
    assert program.loss == close_to(dual.loss, rel=1e-4)
    assert program.loss_bound <= dual.loss * (1.0 + 1e-9)
    assert dual.loss_bound <= program.loss * (1.0 + 1e-9)


def test_where_the_solver_fails_nothing_is_called_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    (instance,) = (each for each in load_suite(2) if each.name == "small_disc")
    monkeypatch.setattr(semidefinite_beams, "semidefinite_optimum", lambda *given, **settings: None)
    result = los_sdp(instance.beamforming_problem())
    assert result.beams is None
    assert "proves nothing" in result.message
