"""Designs that begin from an earlier one, and certificates that come later: verified like others, and no claim is lost
or added.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multistatic import Scenario, certify, design_network, parse_scenario, write_design
from multistatic.beamforming.evaluate import violations
from multistatic.design.instance import Instance, instance_of
from multistatic.design.result import Design
from multistatic.errors import InputError
from multistatic.scenario.model import DesignSettings
from multistatic.scenario.preset import preset_text
from tests.support.close import close_to
from tests.support.networks import network


def paper(x: float = 20.0, y: float = 40.0, **settings: object) -> Scenario:
    """The preset with the target at (x, y) and `settings`, whose dots are written as underscores."""
    written = [f"{name.replace('__', '.')}={value}" for name, value in settings.items()]
    return parse_scenario(preset_text("paper"), overrides=[f"target.position_m=[{x}, {y}]", *written])


@pytest.fixture(scope="module")
def earlier() -> Design:
    return design_network(paper())


@pytest.mark.parametrize(("x", "y"), [(21.0, 40.0), (20.0, 39.0), (19.3, 40.7)])
def test_a_target_that_has_moved_a_metre_gets_the_design_of_a_search(earlier: Design, x: float, y: float) -> None:
    begun = design_network(paper(x, y), start=earlier)
    searched = design_network(paper(x, y))
    assert np.array_equal(begun.selected, searched.selected)
    assert begun.beamforming is not None
    assert searched.beamforming is not None
    assert begun.beamforming.illumination_w == close_to(searched.beamforming.illumination_w)
    assert begun.selection is not None
    assert searched.selection is not None
    assert begun.selection.bound == close_to(searched.selection.bound, rel=1e-9)
    assert begun.verification is not None
    assert begun.verification.passed
    assert "started from the earlier beams" in begun.message
    assert "started from the earlier beams" not in searched.message


def test_without_a_certificate_nothing_is_claimed_and_it_can_be_had_later(earlier: Design) -> None:
    scenario = paper(20.5, 40.5)
    plain = design_network(scenario, start=earlier, certificate=False)
    assert (plain.certified, plain.status, plain.sensitivity) == (False, "feasible", None)
    assert plain.selection is not None
    assert (plain.selection.bound, plain.selection.status) == (None, "feasible")
    assert plain.selection.excess is None
    assert "No certificate was computed" in plain.message
    assert "proven" not in plain.message
    assert plain.verification is not None
    assert plain.verification.passed
    later, whole = certify(plain), design_network(scenario, start=earlier)
    for design in (later, whole):
        assert design.certified
        assert design.sensitivity is not None
        assert design.selection is not None
        assert design.verification is not None
        assert design.verification.passed
    assert later.message == whole.message
    assert later.selection.bound == close_to(whole.selection.bound, rel=1e-9)
    assert later.selection.value == close_to(plain.selection.value, rel=1e-12)
    assert np.array_equal(later.beamforming.beams.weights, plain.beamforming.beams.weights)
    assert later.beamforming.upper_bound_w == close_to(whole.beamforming.upper_bound_w, rel=1e-9)
    assert certify(later) is later


def test_a_file_says_that_the_certificate_is_still_to_come(earlier: Design, tmp_path: Path) -> None:
    plain = design_network(paper(20.5, 40.5), start=earlier, certificate=False)
    write_design(tmp_path / "plain", plain)
    reasons = json.loads((tmp_path / "plain" / "design.json").read_text())["reasons"]
    for path in ("selection.bound", "selection.gap", "sensitivities.power_per_db", "sensitivities.budget"):
        assert reasons[path].startswith("No certificate was computed")


def test_other_local_optima_meet_the_rates_and_come_close(earlier: Design) -> None:
    instance = instance_of(paper())
    asked = instance.beamforming_problem(earlier.selected)
    best = earlier.beamforming
    assert best.local_optima
    for beams in best.local_optima:
        assert max(violations(asked, beams).values()) < 1e-9
        lost = asked.illumination_limit_w - asked.illumination_w(beams)
        least = asked.illumination_limit_w - best.illumination_w
        assert least * (1.0 - 1e-9) <= lost <= 1.3 * least * (1.0 + 1e-6)


@pytest.mark.parametrize("antennas", [1, 2])
@pytest.mark.parametrize("selector", ["joint", "branch_and_bound", "minimax_linkage"])
def test_a_certificate_that_comes_later_claims_no_more(selector: str, antennas: int) -> None:
    """Of channels of rank one less is known later, since the other groups that were tried are forgotten."""
    design = DesignSettings(selector=selector, beamformer="value_function")
    direct = "los" if antennas == 1 else "rician"
    scenario = network(
        5, antennas=antennas, transmit_antennas=6, rate_bps_hz=1.0, cost_m=180.0, design=design, direct=direct
    )
    whole, later = design_network(scenario), certify(design_network(scenario, certificate=False))
    assert np.array_equal(whole.beamforming.beams.weights, later.beamforming.beams.weights)
    assert later.status == whole.status or (antennas, later.status) == (1, "feasible")
    if whole.selection.bound is None:
        assert later.selection.bound is None
    else:
        assert later.selection.bound <= whole.selection.bound * (1.0 + 1e-9)


@pytest.mark.parametrize("scheme", ["mono", "bi"])
def test_the_other_schemes_leave_their_certificate_for_later_too(scheme) -> None:
    design = DesignSettings(beamformer="value_function")
    scenario = network(4, antennas=2, transmit_antennas=6, rate_bps_hz=1.0, design=design)
    whole, plain = (design_network(scenario, scheme=scheme, certificate=each) for each in (True, False))
    assert not plain.certified
    later = certify(plain)
    assert later.certified
    assert (later.status, later.message) == (whole.status, whole.message)
    assert later.beamforming.upper_bound_w == close_to(whole.beamforming.upper_bound_w, rel=1e-12)


def wrong_starts(earlier: Design) -> dict[str, Design]:
    """Designs of this network whose beams are of no use: random ones, none for any receiver, and another group's."""
    rng = np.random.default_rng(1)
    beams = earlier.beamforming.beams
    shape = beams.weights.shape
    noise = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    silent = np.zeros(shape, complex)
    silent[0, :, 0] = 1.0

    def with_beams(weights: np.ndarray) -> Design:
        result = replace(earlier.beamforming, beams=replace(beams, weights=weights), local_optima=())
        return replace(earlier, beamforming=result)

    return {
        "random": with_beams(noise),
        "silent": with_beams(silent),
        "another group": replace(earlier, selected=~earlier.selected),
        "lies": replace(earlier, beamforming=replace(earlier.beamforming, illumination_w=99.0, upper_bound_w=1e-9)),
    }


@pytest.mark.parametrize("kind", ["random", "silent", "another group", "lies"])
def test_a_wrong_start_gives_no_wrong_claim(earlier: Design, kind: str) -> None:
    """Whatever the start says of itself, beams meet the constraints, and bounds are those of a search."""
    scenario = paper(20.0, 41.0)
    begun, searched = design_network(scenario, start=wrong_starts(earlier)[kind]), design_network(scenario)
    assert begun.verification is not None
    assert begun.verification.passed
    assert begun.selection.bound <= searched.selection.value * (1.0 + 1e-9)
    assert begun.selection.value >= searched.selection.bound * (1.0 - 1e-9)
    assert begun.beamforming.upper_bound_w >= searched.beamforming.illumination_w * (1.0 - 1e-9)


def test_a_target_in_another_direction_is_designed_anew(earlier: Design) -> None:
    scenario = paper(40.0, -20.0)
    begun, searched = design_network(scenario, start=earlier), design_network(scenario)
    assert begun.message == f"The direction of the target differs from the earlier design, {anew()} {searched.message}"
    assert np.array_equal(begun.beamforming.beams.weights, searched.beamforming.beams.weights)


def test_other_channels_are_designed_anew(earlier: Design) -> None:
    """The same receivers by name, in other places."""
    scenario = paper(seed=5)
    begun = design_network(scenario, start=earlier)
    assert begun.message.startswith(f"The direct channels differ from those of the earlier design, {anew()}")


def test_an_infeasible_start_is_designed_anew(earlier: Design) -> None:
    infeasible = design_network(paper(requirements__rate_bps_hz=40.0))
    assert infeasible.status == "infeasible"
    begun = design_network(paper(), start=infeasible)
    assert begun.message == f"The earlier design has no beams to start from, {anew()} {earlier.message}"


def anew() -> str:
    return "so all beams were designed anew."


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"receivers__random__count": 9}, "one for the 9 receivers"),
        ({"transmitter__antennas": 8}, r"[10, 2, 8] = [K, N_r, N_t]"),
    ],
)
def test_a_design_of_another_network_is_refused(earlier: Design, settings: dict[str, int], expected: str) -> None:
    with pytest.raises(InputError) as caught:
        design_network(paper(**settings), start=earlier)
    (problem,) = caught.value.problems
    assert problem.path == "start"
    assert expected in problem.expected


def test_rates_that_cannot_be_met_any_more_are_infeasible(earlier: Design) -> None:
    scenario = paper(requirements__rate_bps_hz=40.0)
    begun, searched = design_network(scenario, start=earlier), design_network(scenario)
    assert begun.status == searched.status == "infeasible"
    assert begun.beamforming.largest_common_rate_bps_hz == searched.beamforming.largest_common_rate_bps_hz


def test_another_group_gets_beams_from_a_search(earlier: Design) -> None:
    instance = replace(instance_of(paper()), start=earlier)
    every = np.ones(instance.size, bool)
    other = earlier.selected.copy()
    other[np.flatnonzero(other)[0]] = False
    assert instance.beamforming_problem(earlier.selected).starts[0] is earlier.beamforming.beams
    assert len(instance.beamforming_problem(earlier.selected).starts) == 1 + len(earlier.beamforming.local_optima)
    assert len(instance.beamforming_problem(every).starts) == len(instance.beamforming_problem(~every).starts) == 1
    assert instance.beamforming_problem(other).starts == ()
    assert Instance(scenario=instance.scenario, channel=instance.channel).beamforming_problem(other).starts == ()
