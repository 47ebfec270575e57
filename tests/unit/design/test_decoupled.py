"""Selection and beams in turn: rounds, what ends them, and that the best round is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.design import decoupled
from multistatic.design.decoupled import MAX_ROUNDS, design_decoupled
from multistatic.design.instance import Instance, instance_of
from multistatic.scenario.model import DesignSettings
from multistatic.selection.given import given
from multistatic.selection.problem import Selection, SelectionProblem
from tests.support.networks import network

GROUPS = (("rx1",), ("rx1", "rx2", "rx3"), ("rx2",))


def silent(stage: str) -> None:
    pass


def instance(*, alternate: bool) -> Instance:
    settings = DesignSettings(selector="given", given=("rx1",), beamformer="value_function", alternate=alternate)
    return instance_of(network(3, rate_bps_hz=1.0, design=settings))


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The selector answers with one group of the list after the other."""
    groups: list[tuple[str, ...]] = []

    def scripted(problem: SelectionProblem, rng: np.random.Generator) -> Selection:
        mask = np.isin(np.array(problem.receiver_ids), groups.pop(0))
        return given(replace(problem, given=mask), rng)

    monkeypatch.setattr(decoupled, "selector_of", lambda name, options: scripted)
    return groups


def values(script: list[tuple[str, ...]]) -> dict[tuple[str, ...], float]:
    """What each of the groups is worth with beams of its own."""
    found = {}
    for group in GROUPS:
        script.append(group)
        design = design_decoupled(instance(alternate=False), silent)
        assert design.selection is not None
        assert design.selection.value is not None
        found[group] = design.selection.value
    return found


def test_once_is_one_round(script: list[tuple[str, ...]]) -> None:
    script += [GROUPS[0], GROUPS[1]]
    design = design_decoupled(instance(alternate=False), silent)
    assert design.selected_ids == GROUPS[0]
    assert design.rounds == 1


def test_a_group_that_repeats_ends_the_rounds_and_the_best_round_is_kept(script: list[tuple[str, ...]]) -> None:
    worth = values(script)
    best = min(worth, key=lambda group: worth[group])
    assert best == GROUPS[1], "three receivers are not better than one: the test looks at nothing"
    script += [GROUPS[0], GROUPS[1], GROUPS[2], GROUPS[2]]
    design = design_decoupled(instance(alternate=True), silent)
    assert design.selected_ids == best
    assert design.rounds == 3
    assert not script


def test_rounds_that_never_repeat_are_ended(script: list[tuple[str, ...]]) -> None:
    script += [GROUPS[i % 2] for i in range(2 * MAX_ROUNDS)]
    design = design_decoupled(instance(alternate=True), silent)
    assert len(script) == MAX_ROUNDS
    assert design.rounds == MAX_ROUNDS
    assert design.selected_ids == GROUPS[1]


def test_a_later_round_without_a_group_leaves_the_best_so_far(script: list[tuple[str, ...]]) -> None:
    script += [GROUPS[0], ()]
    design = design_decoupled(instance(alternate=True), silent)
    assert design.selected_ids == GROUPS[0]
    assert design.status != "infeasible"


def test_without_any_group_there_is_no_design(script: list[tuple[str, ...]]) -> None:
    script += [()]
    one = instance(alternate=True)
    design = design_decoupled(one, silent)
    assert design.status == "infeasible"
    assert design.beamforming is None
    assert design.scenario is one.scenario
    assert design.channel is one.channel
    assert design.selection is not None
    assert (design.scheme, design.message, design.rounds) == ("multi", design.selection.message, 0)
