"""What an early end of the value-function method may give up: which descents are made, and how much light it costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from benchmarks.work import beamforming_problem

from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams
from multistatic.beamforming.evaluate import violations
from multistatic.beamforming.problem import BeamformingProblem
from multistatic.beamforming.value_function import ValueFunctionSettings, several_starts, value_function
from multistatic.errors import InputError
from tests.support.close import close_to

STRICT, LOOSE = ValueFunctionSettings(precision=0.0), ValueFunctionSettings(precision=1e-5)


def many_receivers(seed: int, selected: int = 21) -> BeamformingProblem:
    """42 receivers on 16 antennas: their rates cost next to no light."""
    return beamforming_problem(seed, receivers=42, antennas=16, selected=selected, rate_bps_hz=0.1)


def descents(monkeypatch: pytest.MonkeyPatch, asked: BeamformingProblem, settings: ValueFunctionSettings) -> list[Any]:
    """(start, end) of each descent."""
    made = []

    def noted(problem: GramProblem, streams: Streams, *rest: Any, **stops: Any) -> Streams:
        end = descend(problem, streams, *rest, **stops)
        made.append((streams, end))
        return end

    descend = several_starts.descend
    with monkeypatch.context() as patch:
        patch.setattr(several_starts, "descend", noted)
        value_function(asked, settings)
    return made


def loss(asked: BeamformingProblem, settings: ValueFunctionSettings | None = None) -> float:
    """1 - p/(N_t P_T) of beams that hold."""
    result = value_function(asked, settings)
    assert result.beams is not None
    assert result.illumination_w is not None
    assert max(violations(asked, result.beams).values()) <= 1e-9
    return 1.0 - result.illumination_w / asked.illumination_limit_w


@pytest.mark.parametrize("seed", range(1, 4))
def test_an_early_end_gives_up_no_more_than_the_precision(seed: int) -> None:
    asked = many_receivers(seed)
    precise, early = loss(asked, STRICT), loss(asked, LOOSE)
    assert early - precise <= 1e-5
    assert early > precise  # so that something was given up at all


def test_by_default_it_is_given_up_beyond_40_receivers_alone() -> None:
    asked = many_receivers(1)
    assert loss(asked) == loss(asked, LOOSE)
    few = beamforming_problem(1, receivers=40, antennas=16, selected=40, rate_bps_hz=0.1)
    assert loss(few) == loss(few, STRICT)
    assert loss(few) < loss(few, LOOSE)


def test_no_descent_is_needed_where_next_to_no_light_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = many_receivers(2)
    assert not descents(monkeypatch, asked, LOOSE)
    assert len(descents(monkeypatch, asked, STRICT)) > 6


def test_receivers_are_turned_away_where_no_sensing_beam_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a loss worth a search: the dominant start comes first, and only the kind it has not found is tried."""
    kinds = set()
    for seed in range(2, 4):
        asked = beamforming_problem(seed, receivers=32, antennas=40, selected=16, streams=1)
        made = descents(monkeypatch, asked, ValueFunctionSettings(precision=1e-5, random_starts_mixed=0))
        dominant = made[0][1]
        assert dominant.solution is not None
        kinds.add(dominant.solution.left > 0.0)
        assert (len(made) > 1) == (dominant.solution.left == 0.0)
    assert kinds == {True, False}


def test_the_message_says_what_is_left_to_gain() -> None:
    asked = many_receivers(1)
    result = value_function(asked, LOOSE)
    assert (
        f"ended where at most {loss(asked, LOOSE):.1e} of the largest illumination was left to gain" in result.message
    )


def test_wrong_settings_are_refused_all_at_once() -> None:
    with pytest.raises(InputError) as caught:
        ValueFunctionSettings(precision=-1.0, steps=2.5, random_starts=True, tolerance=np.nan)  # type: ignore[arg-type]
    assert [problem.path for problem in caught.value.problems] == ["random_starts", "steps", "tolerance", "precision"]
    assert {problem.expected for problem in caught.value.problems} == {
        "a whole number, 0 or more",
        "a number from 0 to 1",
    }


def test_no_step_of_the_alternation_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The best vectors for the beams, then the best beams for the vectors."""
    losses = []

    def noted(problem: GramProblem, streams: Streams, objective: Any) -> Streams:
        found = with_beams(problem, streams, objective)
        losses.append(found.value / problem.norm2)
        return found

    with_beams = several_starts.with_beams
    monkeypatch.setattr(several_starts, "with_beams", noted)
    asked = many_receivers(3)
    reached = loss(asked, LOOSE)
    assert len(losses) > 5
    assert np.all(np.diff(losses) < 0.0)
    assert reached == close_to(losses[-1], rel=1e-6)
