"""Designs over several points by every way: selectors, one receiver, clutter, an area, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic import certify, compare, design_network
from multistatic.channel.echo_of_points import channel_to_points
from multistatic.design.criterion_at_places import places_of
from multistatic.design.group import design_group
from multistatic.design.instance import instance_of
from multistatic.design.points_accuracy import EXCEEDED
from multistatic.design.refined_points import designed_with_check
from multistatic.design.unit_changes import unit_changes
from multistatic.errors import InputError
from multistatic.scenario.model import Scatterer
from multistatic.scenario.point_layout import finer_points
from tests.support.close import assert_close, close_to
from tests.support.uncertain_networks import in_a_disc, with_targets


@pytest.mark.parametrize("selector", ["enumeration", "branch_and_bound", "greedy", "local_search", "minimax_linkage"])
def test_every_selector_chooses_over_the_points(selector: str) -> None:
    design = design_network(with_targets(4, seed=3), selector=selector)
    joint = design_network(with_targets(4, seed=3))
    assert design.verification.passed
    assert design.over_points.bound is None
    assert design.selection.value >= joint.selection.bound
    assert design.over_points.value_reduced == design.selection.value


def test_the_figures_of_the_points_are_those_of_the_beams() -> None:
    design = design_network(with_targets(4, seed=3))
    instance = instance_of(design.scenario)
    light = design.beamforming.beams.illumination_w(design.channel.steering_tx)
    criterion = instance.criterion()
    assert_close(design.over_points.value, criterion.values(design.selected[None], light)[0], rel=1e-9)
    assert_close(design.over_points.peb_m, design.over_points.value, rel=1e-9)
    assert design.over_points.worst == int(np.argmax(design.over_points.value))
    assert design.accuracy.position.peb_m == close_to(design.over_points.peb_m.max(), rel=1e-9)
    covariances = design.over_points.position_covariance_m2
    assert_close(np.sqrt(np.trace(covariances, axis1=1, axis2=2)), design.over_points.peb_m, rel=1e-9)


def test_one_target_that_is_exactly_known_has_no_figures_of_points() -> None:
    design = design_network(with_targets(1, seed=3))
    assert design.over_points is None
    assert design.points.count == 1


def test_the_best_single_receiver_is_chosen_over_the_points() -> None:
    scenario = with_targets(4, seed=3, criterion="surrogate")
    design = design_network(scenario, scheme="bi")
    others = [
        design_network(scenario, selector=lambda problem, rng, k=k: [problem.receiver_ids[k]]).selection.value
        for k in range(6)
    ]
    assert design.selection.value == close_to(min(others), rel=1e-4)


def test_clutter_that_depends_on_the_beams_is_designed_in_turn_without_a_bound() -> None:
    scatterer = Scatterer(position_m=np.array([30.0, 10.0, 0.0]), reflection=0.01)
    scenario = with_targets(3, seed=3, antennas=2, clutter="signal_dependent", scatterers=(scatterer,))
    design = design_network(scenario)
    assert design.verification.passed
    assert design.selection.bound is None


@pytest.mark.parametrize(
    ("change", "path"), [({"scheme": "mono"}, "scheme"), ({"certificate": "tight"}, "certificate")]
)
def test_what_is_for_one_point_is_refused_by_name(change: dict[str, str], path: str) -> None:
    with pytest.raises(InputError) as caught:
        design_network(with_targets(3, seed=3), **change)
    assert path in caught.value.problems[0].path
    assert "3 points" in caught.value.problems[0].received


def test_a_tight_certificate_cannot_be_added_later() -> None:
    with pytest.raises(InputError, match="tight"):
        certify(design_network(with_targets(3, seed=3), certificate=False), tight=True)


def test_an_earlier_design_gives_the_same_one() -> None:
    scenario = with_targets(4, seed=3)
    first = design_network(scenario)
    again = design_network(scenario, start=first)
    assert again.selection.value == close_to(first.selection.value, rel=1e-4)


def test_methods_are_compared_over_the_points() -> None:
    rows = compare(with_targets(3, seed=3), ["joint", "greedy"])
    assert rows[0].gap == 0.0
    assert all(row.design.points.count == 3 for row in rows)


def test_unit_changes_are_those_of_beams_designed_again() -> None:
    design = design_network(with_targets(3, seed=3))
    found = unit_changes(design)
    stronger = replace(design.scenario.transmitter, power_w=10.0**0.1 * design.scenario.transmitter.power_w)
    again = design_network(
        replace(design.scenario, transmitter=stronger), selector=lambda problem, rng: design.selected_ids
    )
    assert found.power_change == close_to(again.selection.value / design.selection.value - 1.0, abs=1e-4)
    assert found.power_change == close_to(design.sensitivity.power_per_db, abs=0.01)


def test_targets_that_cost_nothing_have_no_share() -> None:
    scenario = with_targets(4, seed=3)
    design = design_network(scenario)
    share = design.sensitivity.target_share
    assert share.sum() == close_to(1.0, rel=1e-6)
    easy = int(np.argmin(share))
    left = tuple(target for number, target in enumerate(scenario.targets) if number != easy)
    without = design_network(replace(scenario, targets=left))
    assert share[easy] < 1e-3
    assert without.selection.value == close_to(design.selection.value, rel=1e-3)


def test_nothing_between_the_points_of_an_area_is_much_worse() -> None:
    design = design_network(in_a_disc(15.0, seed=3, criterion="surrogate"))
    found = design.over_points
    assert found.checked > 4 * found.laid
    assert found.between <= (1.0 + EXCEEDED) * found.value_reduced
    finer = finer_points(design.scenario)
    channel = channel_to_points(design.scenario, design.channel, finer)
    light = design.beamforming.beams.illumination_w(channel.steering_tx)
    ((rows, places),) = places_of(design.scenario, channel, finer)
    assert places.values(design.selected, light[rows]).max() <= found.between
    assert "of a search from the worst and darkest of them, the worst that was found" in design.message


def test_places_where_the_criterion_is_worse_become_points() -> None:
    """With only the middle of an area to begin with, the check has to find the rest of it."""
    scenario = in_a_disc(25.0, seed=3, criterion="surrogate")
    whole = instance_of(scenario)
    middle = np.argmin(np.linalg.norm(whole.points.position_m - scenario.middle_m, axis=1))
    channel, points = whole.channel.at(int(middle)), whole.points.at(int(middle))
    design, grown = designed_with_check(
        replace(whole, channel=channel, points=points), design_group, lambda stage: None
    )
    assert design.points.count > 1
    assert design.over_points.laid == 1
    assert design.over_points.added == design.points.count - 1
    assert grown.channel.points == design.points.count
    assert_close(
        grown.channel.echo_gain[1:], channel_to_points(scenario, channel, grown.points).echo_gain[1:], rel=1e-12
    )
    full = design_network(scenario)
    assert design.over_points.between <= 1.3 * full.over_points.between
