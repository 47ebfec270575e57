"""The certificate that sees who is selected, as a user reaches it: in a scenario, from Python, and after a design."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from multistatic import certify, design_network, load_preset
from multistatic.beamforming import interference_bound as bounds
from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.certificate import UpperBound, upper_bound
from multistatic.beamforming.value_function import value_function
from multistatic.design.instance import instance_of
from multistatic.design.result import Design
from multistatic.errors import InputError
from multistatic.scenario.model import DesignSettings, Scenario
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.write import resolved_toml
from multistatic.selection.affordable import affordable_groups
from tests.support.close import close_to
from tests.support.networks import network

SMALL = ["receivers.random.count=4", "transmitter.antennas=4", "requirements.rate_bps_hz=4", "seed=2"]


def some_groups(selector: str, given: tuple[str, ...] = ()) -> Scenario:
    """Five receivers of which not all are affordable; two groups are nearly equally good."""
    settings = DesignSettings(selector=selector, given=given)
    return network(
        5, antennas=2, transmit_antennas=6, rate_bps_hz=4.0, cost_m=140.0, direct="rician", design=settings, seed=7
    )


def pretended(monkeypatch: pytest.MonkeyPatch, lost: float) -> list[np.ndarray]:
    """The tight bound of every group is `lost` times the reached illumination above it; who was asked for."""
    asked: list[np.ndarray] = []

    def bound(problem: BeamformingProblem, reached_w: float, on_step: object) -> UpperBound:
        asked.append(problem.selected)
        return UpperBound(value_w=reached_w * (1.0 + lost), proof="interference")

    monkeypatch.setattr(bounds, "interference_bound", bound)
    return asked


def test_a_scenario_says_which_certificate_it_wants() -> None:
    assert load_preset("paper").design.certificate == "standard"
    tight = load_preset("paper", ["design.certificate=tight"])
    assert tight.design.certificate == "tight"
    assert 'certificate = "tight"' in resolved_toml(tight)
    assert parse_scenario(resolved_toml(tight)).design == tight.design
    with pytest.raises(InputError, match=r"design.certificate: received 'tihgt'"):
        load_preset("paper", ["design.certificate=tihgt"])
    with pytest.raises(InputError, match="one of standard, tight"):
        design_network(load_preset("paper"), certificate="tihgt")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("selector", "scheme", "stage"),
    [
        ("joint", "multi", "tight certificate"),
        ("given", "multi", "tight certificate and verification"),
        ("given", "bi", "tight certificate and verification"),
        ("given", "mono", "tight certificate and verification"),
    ],
)
def test_every_scheme_computes_it_once_and_says_what_it_proves(
    monkeypatch: pytest.MonkeyPatch, selector: str, scheme: Any, stage: str
) -> None:
    asked, stages = pretended(monkeypatch, 1e-4), []
    scenario = some_groups(selector, ("rx1", "rx5"))
    plain = design_network(scenario, scheme=scheme)
    assert not asked
    tight = design_network(scenario, scheme=scheme, certificate="tight", on_stage=stages.append)
    assert [list(group) for group in asked] == [list(tight.selected)]
    assert stage in stages
    assert tight.scenario.design.certificate == "tight"
    assert tight.beamforming is not None
    assert plain.beamforming is not None
    assert tight.beamforming.illumination_w == plain.beamforming.illumination_w
    assert tight.beamforming.upper_bound_w == close_to(1.0001 * (plain.beamforming.illumination_w or 0.0), rel=1e-12)
    before, after = plain.beamforming.upper_bound_w, tight.beamforming.upper_bound_w
    assert f"from {before:.5g} W to {after:.5g} W." in tight.message
    assert tight.verification is not None
    assert tight.verification.passed


def least_of_others(design: Design) -> float:
    """The least value of another group that no receiver can join, at the illumination that is proven of any group."""
    instance = instance_of(design.scenario)
    everyone = instance.beamforming_problem(np.ones(instance.size, bool))
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    problem = replace(instance.selection_problem(design.beamforming.beams), forced=np.zeros(instance.size, bool))
    groups = affordable_groups(problem, 64, full=True)
    assert groups is not None
    others = groups[(groups != design.selected).any(axis=1)]
    return float(problem.values_at(others, upper_bound(everyone).value_w).min())


def test_the_bound_of_one_group_is_none_of_other_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """With beams that were the very best of their group the design is no better than its rival with all the light that
    is proven of any group: what is proven of the whole design lies between the two.
    """
    plain = design_network(some_groups("joint"))
    rival = least_of_others(plain)
    assert plain.selection is not None
    assert plain.selection.value is not None
    assert plain.selection.bound is not None
    assert plain.selection.bound < rival < plain.selection.value  # or this test says nothing
    pretended(monkeypatch, 0.0)
    for tight in (
        design_network(some_groups("joint"), certificate="tight"),
        certify(plain, tight=True),
        certify(design_network(some_groups("joint"), certificate=False), tight=True),
    ):
        assert tight.selection is not None
        assert tight.selection.bound == close_to(rival, rel=1e-9)
        assert tight.beamforming is not None
        assert tight.beamforming.status == "optimal"
        assert tight.status == "feasible"


def test_certify_adds_it_to_a_design_that_has_the_standard_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = pretended(monkeypatch, 1e-4)
    plain = design_network(some_groups("given", ("rx1",)))
    assert certify(plain) is plain
    tight = certify(plain, tight=True)
    assert len(asked) == 1
    assert certify(tight, tight=True) is tight
    whole = design_network(some_groups("given", ("rx1",)), certificate="tight")
    assert (tight.message, tight.status) == (whole.message, whole.status)
    later = design_network(some_groups("given", ("rx1",)), certificate=False)
    assert certify(later, tight=True).message == whole.message
    assert certify(later).message == plain.message
    assert certify(replace(later, scenario=whole.scenario)).message == whole.message


def test_where_it_proves_no_more_it_says_so() -> None:
    scenario = some_groups("given", tuple(f"rx{k}" for k in range(1, 6)))
    assert design_network(scenario, certificate="tight").status == "infeasible"  # too expensive: nothing to prove
    scenario = replace(scenario, requirements=replace(scenario.requirements, cooperation_cost_m=1e6))
    design = design_network(scenario, certificate="tight")
    assert "The tight certificate proves no more about these beams than the standard certificate." in design.message
    assert design.beamforming is not None
    plain = design_network(scenario).beamforming
    assert plain is not None
    assert design.beamforming.upper_bound_w == plain.upper_bound_w


@pytest.mark.slow
def test_no_beams_exceed_it() -> None:
    """Beams that give some light away, so that large losses are tried, and the best ones that are known."""
    scenario = load_preset("paper", [*SMALL, "design.selector=given", 'design.given=["rx1", "rx3"]'])
    best = value_function(instance_of(scenario).beamforming_problem(np.array([True, False, True, False])))
    assert best.beams is not None
    assert best.illumination_w is not None
    proven = []
    for factor in (1.0, 0.9995, 0.998):
        weights = np.sqrt(factor) * best.beams.weights
        weights[1:] = best.beams.weights[1:]
        design = design_network(scenario, beamformer=lambda problem, given=weights: given, certificate="tight")
        assert design.beamforming is not None
        assert design.beamforming.upper_bound_w >= best.illumination_w
        proven.append(design.beamforming.upper_bound_w)
    plain = design_network(scenario).beamforming
    assert plain is not None
    assert min(proven) < plain.upper_bound_w * (1.0 - 1e-4)
