"""What the process of a method does: the problem and the random numbers of a call, what is timed, what comes back.

Here it is called as a function, with methods that cheat, on purpose or without knowing it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from multistatic import registry
from multistatic.errors import InputError, Problem
from multistatic.selection.greedy import greedy
from multistatic.suite import worker
from multistatic.suite.best_known import BEAMS, best_beams
from multistatic.suite.instances import load_suite
from tests.support.close import close_to

SUITE = {each.name: each for each in load_suite(1, quick=True)}
Ask = Callable[..., tuple[str, Any, float]]


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Ask:
    """(kind, answer, seconds) of a method on an instance, called up to four times."""
    load = registry.load

    def asked(method: Any, instance: str = "paper", board: str = "peb") -> tuple[str, Any, float]:
        monkeypatch.setattr(registry, "load", lambda group, name: method if name == "mine" else load(group, name))
        return worker._answered(SUITE[instance], board, "mine", repeats=4)

    return asked


class Clock:
    """Stands still but where a method lets it run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(worker, "perf_counter", lambda: self.now)


class Result:
    """Of a beamformer; its beams are computed when they are read."""

    status, message, upper_bound_w = "feasible", "", None

    def __init__(self, clock: Clock, late_s: float) -> None:
        self.clock, self.late_s = clock, late_s

    @property
    def beams(self) -> Any:
        self.clock.now += self.late_s
        return None


# Time


def test_the_time_is_that_of_the_fastest_call(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, took = Clock(monkeypatch), iter([0.04, 0.01, 0.02, 0.03])

    def mine(problem: Any, rng: Any) -> Any:
        clock.now += next(took)
        return greedy(problem, rng)

    assert ask(mine)[2] == close_to(0.01)
    assert next(took, None) is None


def test_what_is_computed_when_the_result_is_read_is_timed(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    assert ask(lambda problem: Result(clock, 0.1), board=BEAMS)[2] == close_to(0.1)


def test_a_clock_that_the_method_replaces_is_not_the_one_that_is_read(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mine(problem: Any, rng: Any) -> Any:
        time.sleep(0.002)
        monkeypatch.setattr(time, "perf_counter", lambda: 0.0)
        return greedy(problem, rng)

    assert ask(mine)[2] >= 0.002


@pytest.mark.parametrize("board", ["peb", BEAMS])
def test_a_memo_on_the_problem_or_its_arrays_is_of_no_use(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, board: str
) -> None:
    clock, kept = Clock(monkeypatch), []

    def mine(problem: Any, rng: Any = None) -> Any:
        inside = ("criterion", "echo_gain") if board == "peb" else ("direct", "steering_tx")
        parts = (problem, *(getattr(problem, name) for name in inside))
        if not any(one is other for one in parts for other in kept):
            clock.now += 0.01
        kept.extend(parts)
        return greedy(problem, rng) if board == "peb" else Result(clock, 0.0)

    assert ask(mine, board=board)[2] == close_to(0.01)
    assert len(kept) == 12


def test_building_the_problem_is_not_timed(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, pose = Clock(monkeypatch), type(SUITE["paper"]).selection_problem

    def slow(self: Any, criterion: str) -> Any:
        clock.now += 0.05
        return pose(self, criterion)

    monkeypatch.setattr(type(SUITE["paper"]), "selection_problem", slow)
    assert ask(greedy)[2] == 0.0


def test_only_calls_with_the_same_answer_count(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, took = Clock(monkeypatch), iter([0.04, 0.01])

    def mine(problem: Any, rng: Any) -> Any:
        seconds = next(took)
        clock.now += seconds
        result = greedy(problem, rng)
        return result if seconds == 0.04 else replace(result, selected=~result.selected)

    kind, answer, seconds = ask(mine)
    assert (kind, seconds) == ("answer", close_to(0.04))
    assert answer.selected.tolist() == greedy(SUITE["paper"].selection_problem("peb"), None).selected.tolist()


# Random numbers


@pytest.mark.parametrize("instance", ["paper", "small_rician"])
def test_every_call_gets_the_random_numbers_of_the_instance(ask: Ask, instance: str) -> None:
    drawn = []

    def mine(problem: Any, rng: np.random.Generator) -> Any:
        drawn.append(rng.integers(2**62))
        return greedy(problem, rng)

    seed = np.random.SeedSequence(1, spawn_key=(SUITE[instance].scenario.seed,))
    ask(mine, instance)
    assert drawn == [np.random.default_rng(seed).integers(2**62)] * 4
    assert len({each.scenario.seed for each in SUITE.values()}) > 1


# Words


HOSTILE = "\x1b[2J\x1b]0;mine\x07\x9b31m two\nlines \u202eback \ud800" + 3000 * "x"


def test_words_of_a_method_are_one_short_line_without_control_characters(ask: Ask) -> None:
    def saying(problem: Any, rng: Any) -> Any:
        return replace(greedy(problem, rng), status=HOSTILE, message=HOSTILE)

    def failing(problem: Any, rng: Any) -> Any:
        raise type("\x1b[31mError", (ValueError,), {})(HOSTILE)

    def refusing(problem: Any, rng: Any) -> Any:
        raise InputError([Problem(HOSTILE, HOSTILE, HOSTILE)])

    answer = ask(saying)[1]
    for text in (answer.status, answer.message, ask(failing)[1], ask(refusing)[1]):
        assert len(text) == 300
        assert text.isprintable()
        assert "two lines" in text
        text.encode()


def test_beams_come_back_as_they_are(ask: Ask) -> None:
    beams = best_beams("small_los", 1)
    result = type("R", (), {"status": "optimal", "beams": type("B", (), {"weights": beams}), "upper_bound_w": 3})
    answer = ask(lambda problem: type("R", (result,), {"message": "Mine."}), "small_los", BEAMS)[1]
    assert (answer.status, answer.message, answer.bound) == ("optimal", "Mine.", 3.0)
    assert np.array_equal(answer.beams, beams)


# Failures


def test_a_missing_package_is_not_a_kind_of_instance_that_a_method_refuses(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cvxpy", None)
    kind, message, _ = worker._answered(SUITE["small_los"], BEAMS, "sca", repeats=1)
    assert kind == "not_installed"
    assert "pip install 'multistatic[sdp]'" in message

    def particular(problem: Any) -> Any:
        raise InputError([Problem("direct channel", "rank 2", "rank one")])

    assert ask(particular, board=BEAMS)[0] == "refused"
