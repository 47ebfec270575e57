"""Criteria of other packages: nothing is proven of what they do not declare, nor of what they declare wrongly.

Line of sight and one receive antenna: the beams of every group are then exact, and brute force over all affordable
groups knows the truth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming.value_function import value_function
from multistatic.design import design_network
from multistatic.design.instance import Instance, instance_of
from multistatic.errors import PluginError
from multistatic.files.scenario_file import load_preset
from multistatic.scenario.model import DesignSettings, Scenario
from tests.support.close import close_to
from tests.support.networks import network
from tests.support.odd_criteria import HONEST, NAMES, REFUSED, SOURCE, UNDECLARED
from tests.support.packages import Packages

DROPS = range(6)
SELECTORS = ("joint", "enumeration", "greedy_swap")


@pytest.fixture
def others(packages: Packages) -> None:
    packages.install("criteria", SOURCE, *NAMES)


def drop(name: str, seed: int, selector: str = "joint") -> Scenario:
    """Six receivers with a rate, of which the budget affords some."""
    settings = DesignSettings(criterion=name, selector=selector, beamformer="value_function")
    return network(
        6, antennas=1, transmit_antennas=6, rate_bps_hz=1.0, seed=seed, cost_m=150.0, direct="los", design=settings
    )


def truth(instance: Instance) -> float:
    """The least value of any affordable group with its best beams, or with less light."""
    beams = value_function(instance.beamforming_problem(np.ones(6, bool))).beams
    problem = replace(instance.selection_problem(beams), forced=np.zeros(6, bool))
    least = np.inf
    for number in range(1, 64):
        group = (number >> np.arange(6)) % 2 == 1
        if problem.feasible(group[None])[0]:
            result = value_function(instance.beamforming_problem(group))
            for part in (1.0, 0.9, 0.5):
                least = min(least, float(problem.criterion.values(group[None], part * result.illumination_w)[0]))
    return least


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("seed", DROPS)
@pytest.mark.parametrize("name", UNDECLARED)
def test_nothing_is_proven_of_a_criterion_that_declares_nothing(name: str, seed: int) -> None:
    for selector in SELECTORS:
        design = design_network(drop(name, seed, selector))
        assert design.status == "feasible"
        assert design.selection.bound is None
        assert design.selection.status == "feasible"
        assert "proven optimal" not in design.message.replace("not proven optimal", "")
        if selector == "joint":
            assert "declares no gain" in design.message


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("seed", DROPS)
@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_declaration_is_refused_in_one_sentence(name: str, seed: int) -> None:
    for selector in ("joint", "enumeration", *(("branch_and_bound",) if name not in ("Negative", "Zero") else ())):
        with pytest.raises(PluginError, match=r"other-package 1\.2") as refused:
            design_network(drop(name, seed, selector))
        assert refused.value.exit_code == 2
        assert [problem.path for problem in refused.value.problems] == ["design.criterion"]


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("seed", DROPS)
@pytest.mark.parametrize("name", HONEST)
def test_a_right_declaration_is_proven_and_said_to_be_theirs(name: str, seed: int) -> None:
    scenario = drop(name, seed)
    best = truth(instance_of(scenario))
    design = design_network(scenario)
    assert design.status == "optimal"
    assert design.selection.value == close_to(best, rel=1e-6)
    assert design.selection.bound <= best * (1 + 1e-9)
    assert f"The proof assumes the gain that other-package 1.2 declares for the criterion {name}." in design.message
    for selector in ("enumeration", "branch_and_bound", "greedy_swap"):
        other = design_network(drop(name, seed, selector))
        assert other.selection.value >= best * (1 - 1e-9)
        assert other.status == "feasible" or other.selection.value == close_to(best, rel=1e-6)


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("name", [*UNDECLARED, *HONEST])
def test_the_best_single_receiver_is_the_best_whatever_the_criterion(name: str) -> None:
    for seed in DROPS:
        scenario = drop(name, seed)
        design = design_network(scenario, scheme="bi")
        instance, values = instance_of(scenario), []
        for k in range(6):
            group = np.arange(6) == k
            if 0.5 * scenario.geometry().target_receiver_m[k] <= 150.0:
                result = value_function(instance.beamforming_problem(group))
                values.append(instance.criterion().values(group[None], result.illumination_w)[0])
        assert design.selection.value == close_to(min(values), rel=1e-9)


@pytest.mark.usefixtures("others")
@pytest.mark.parametrize("name", [name for name in REFUSED if name not in ("Negative", "Zero")])
def test_beyond_twelve_receivers_what_the_budget_affords_is_compared(name: str) -> None:
    settings = DesignSettings(criterion=name, selector="joint", beamformer="value_function")
    for count, antennas, direct in ((14, 2, "rician"), (22, 1, "los")):
        scenario = network(
            count,
            antennas=antennas,
            transmit_antennas=24,
            rate_bps_hz=0.1,
            seed=1,
            cost_m=150.0,
            direct=direct,
            design=settings,
        )
        with pytest.raises(PluginError, match="does not explain its values"):
            design_network(scenario)


@pytest.mark.slow
@pytest.mark.usefixtures("others")
def test_our_own_bounds_under_another_name_are_proven_as_before(packages: Packages) -> None:
    """Nothing of an honest criterion is refused, near-singular groups in flat space included."""
    names = ("peb", "veb")
    source = "\n".join(["from multistatic.bounds import criteria", *(f"their_{n} = criteria.{n}" for n in names)])
    packages.install("criteria", source, *(f"their_{n}" for n in names), package="borrowing-package")
    for seed in range(3):
        for name in names:
            values = {"seed": seed, "height_m": 0.5 * (seed % 2), "cost_m": 200.0, "rate_bps_hz": 0.5}
            ours, theirs = (
                design_network(network(5 + seed, design=DesignSettings(criterion=each), **values))
                for each in (name, f"their_{name}")
            )
            assert theirs.status == ours.status
            assert theirs.selected_ids == ours.selected_ids
            if ours.status != "infeasible":
                assert theirs.selection.bound == ours.selection.bound


STRANGE = """
import numpy as np


class Base:
    name = unit = "m"

    def __init__(self, network):
        self.w = np.asarray(network.snr_per_watt) / np.max(network.snr_per_watt)

    def inverse(self, masks, p):
        total = p * (masks @ self.w)
        return np.divide(1.0, total, out=np.full(len(masks), np.inf), where=total > 0)


class FiniteForNobody(Base):
    def values(self, masks, p):
        return (10 + 3 * masks.sum(axis=1)).astype(int)


class FiniteForSome(Base):
    def values(self, masks, p):
        return np.where(masks[:, 0] | (masks.sum(axis=1) == 2), np.inf, self.inverse(masks, p))


class ByRow(Base):
    def values(self, masks, p):
        return self.inverse(masks, p) * (1.0 + 0.1 * len(masks))


class SinglePrecision(Base):
    def __init__(self, network):
        from multistatic import LinearGain

        super().__init__(network)
        self.gain = LinearGain(weights=self.w)

    def values(self, masks, p):
        return self.inverse(masks, p).astype(np.float32)


class LostInLight(Base):
    def values(self, masks, p):
        return np.where(p > LIMIT, np.inf, 1.0 / masks.sum(axis=1).clip(1))
"""


@pytest.mark.parametrize("name", ["FiniteForNobody", "FiniteForSome"])
@pytest.mark.parametrize("selector", ["local_search", "greedy_swap", "enumeration", "joint"])
@pytest.mark.filterwarnings("error")
def test_nobody_is_never_a_group(packages: Packages, name: str, selector: str) -> None:
    packages.install("criteria", STRANGE, name)
    for seed in DROPS:
        design = design_network(drop(name, seed, selector))
        assert design.status == "feasible"
        assert design.selected.any()
        assert np.isfinite(design.selection.value)


@pytest.mark.parametrize("selector", ["enumeration", "joint", "local_search"])
def test_a_value_that_depends_on_the_other_groups_is_refused(packages: Packages, selector: str) -> None:
    packages.install("criteria", STRANGE, "ByRow")
    with pytest.raises(PluginError, match="and the illumination alone"):
        design_network(drop("ByRow", 1, selector))


@pytest.mark.parametrize("alternate", [False, True])
def test_a_target_that_the_final_beams_lose_leaves_no_design(packages: Packages, alternate: bool) -> None:
    settings = DesignSettings(
        criterion="surrogate", selector="greedy", beamformer="value_function", alternate=alternate
    )
    scenario = network(6, antennas=1, transmit_antennas=6, rate_bps_hz=4.0, seed=1, cost_m=150.0, design=settings)
    start_w = value_function(instance_of(scenario).beamforming_problem(np.zeros(6, bool))).illumination_w
    assert design_network(scenario).beamforming.illumination_w > 1.08 * start_w
    packages.install("criteria", STRANGE.replace("LIMIT", repr(1.05 * start_w)), "LostInLight")
    design = design_network(replace(scenario, design=replace(settings, criterion="LostInLight")))
    assert design.status == "infeasible"
    assert "and the final beams the target is unobservable under the criterion" in design.message
    assert not design.selected.any()


def test_what_is_optimal_for_its_beams_only_is_said_to_be() -> None:
    settings = ["receivers.random.count=6", "receivers.random.antennas=1", "channel.direct=los", "design.streams=1"]
    settings += ["transmitter.antennas=8", "requirements.rate_bps_hz=0.955", "design.selector=branch_and_bound"]
    found = 0
    for seed in range(1, 4):
        scenario = load_preset("paper", [f"seed={seed}", "requirements.cooperation_cost_m=263.31", *settings])
        design, best = design_network(scenario), truth(instance_of(scenario))
        found += design.selection.value > best * (1 + 1e-6)
        assert design.status == "feasible" or design.selection.value == close_to(best, rel=1e-6)
        assert (design.status == "optimal") != ("for the designed beams" in design.message)
    assert found > 0


def test_single_precision_is_no_contradiction(packages: Packages) -> None:
    packages.install("criteria", STRANGE, "SinglePrecision")
    for seed in DROPS:
        assert "other-package 1.2 declares" in design_network(drop("SinglePrecision", seed)).message
