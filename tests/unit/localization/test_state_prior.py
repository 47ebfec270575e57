"""The prior of a target in a fix: its rows, what is refused, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic import load_preset
from multistatic.errors import InputError
from multistatic.localization.fix import Fix
from multistatic.localization.fusion import FusionSettings, localize, localize_many
from multistatic.localization.state_prior import StatePrior, state_prior
from multistatic.scenario.uncertain_target import TargetPrior
from tests.support.close import assert_close
from tests.support.localization_networks import noisy, place, sites_of

TARGET, VELOCITY = np.array([20.0, 40.0, 0.0]), np.array([3.0, 4.0, 0.0])
NEAR = StatePrior(mean=[21, 39, 3, 4], covariance=np.diag([4.0, 4.0, 1.0, 1.0]))
FAR = StatePrior(mean=[45, 39, 3, 4], covariance=np.diag([4.0, 4.0, 1.0, 1.0]))


def network(receivers: int = 5, seed: int = 3):
    """Sites of which the first few are taken, and clean measurements of all of them."""
    rng = np.random.default_rng(seed)
    sites = sites_of(place(rng, (5,), 2), 2)
    (group,) = noisy(rng, sites, TARGET, VELOCITY, 1)
    return sites, group[:receivers]


def tracked(*priors: TargetPrior | None, dimensions: int = 2):
    """The preset `paper` with one target for each prior."""
    paper = load_preset("paper", [f"design.dimensions={dimensions}"])
    targets = tuple(replace(paper.target, id=f"t{i}", prior=prior) for i, prior in enumerate(priors))
    return replace(paper, targets=targets)


@pytest.mark.parametrize("size", [2, 3, 4, 6])
def test_rows_whiten_the_covariance(size: int) -> None:
    """W C Wᵀ = 1 on what the prior knows, whatever the units: metres beside millimetres a second."""
    root = np.random.default_rng(size).standard_normal((size, size)) * 10.0 ** np.linspace(-3, 2, size)[:, None]
    covariance = root @ root.T
    prior = StatePrior(mean=np.zeros(2 * size if size < 4 else size), covariance=covariance)
    rows = prior.rows
    assert rows.shape == (size, len(prior.mean))
    assert_close(rows[:, :size] @ covariance @ rows[:, :size].T, np.eye(size), abs=1e-9)
    assert not rows[:, size:].any()


@pytest.mark.parametrize("speed", [None, np.diag([1.0, 4.0, 9.0])])
def test_the_prior_of_a_scenario_has_the_information_of_its_target(speed) -> None:
    """Equivalence with what the bounds count."""
    place = np.array([[25.0, 12.0, 1.0], [12.0, 100.0, -2.0], [1.0, -2.0, 9.0]])
    known = TargetPrior(position_covariance_m2=place, velocity_covariance_m2_s2=speed)
    scenario = tracked(known, dimensions=3)
    prior = state_prior(scenario)
    assert_close(prior.rows.T @ prior.rows, known.information(3), rel=1e-12, abs=1e-15)
    assert_close(prior.mean, np.concatenate([scenario.target.position_m, scenario.target.velocity_m_s]))
    assert prior.knows_velocity == (speed is not None)


@pytest.mark.parametrize(
    ("mean", "covariance", "what"),
    [
        ([1, 2, 3], np.eye(2), "shape"),
        ([1, 2, 3, np.nan], np.eye(4), "NaN"),
        ([1, 2, 3, 4], np.eye(3), "shape"),
        ([1, 2, 3, 4], np.diag([1.0, 1.0, np.inf, 1.0]), "infinity"),
        ([1, 2, 3, 4], np.diag([1.0, 0.0]), "variance 0"),
        ([1, 2, 3, 4], [[1.0, 0.5], [0.4, 1.0]], "not symmetric"),
        ([1, 2, 3, 4], [[1.0, 2.0], [2.0, 1.0]], "least eigenvalue"),
    ],
)
def test_a_prior_that_is_none_is_refused(mean, covariance, what: str) -> None:
    with pytest.raises(InputError, match=what):
        StatePrior(mean=mean, covariance=covariance)


def test_the_prior_must_be_that_of_one_target() -> None:
    known = TargetPrior(position_covariance_m2=25.0 * np.eye(3))
    for scenario, what in (
        (load_preset("paper"), "no prior"),
        (tracked(known, known), "priors of 2 targets: 't0', 't1'"),
    ):
        with pytest.raises(InputError, match=what) as caught:
            state_prior(scenario)
        assert caught.value.problems[0].path == "target.prior"
    assert state_prior(tracked(None, known)).dimensions == 2


def test_a_height_that_is_exactly_known_does_not_count_in_the_plane() -> None:
    flat = TargetPrior(position_covariance_m2=np.diag([25.0, 16.0, 0.0]))
    prior = state_prior(tracked(flat))
    assert_close(prior.covariance, np.diag([25.0, 16.0]))


def test_priors_of_another_size_or_number_are_refused() -> None:
    sites, group = network()
    spatial = StatePrior(mean=np.zeros(6), covariance=np.eye(6))
    placed = StatePrior(mean=np.zeros(4), covariance=np.eye(2))
    for priors, what in ((spatial, "3 coordinates"), ([NEAR], "1 priors"), ([NEAR, placed], "with and without")):
        with pytest.raises(InputError, match=what):
            localize_many([group, group], sites, prior=priors)


def test_each_fix_may_have_a_prior_of_its_own() -> None:
    sites, group = network(receivers=1)
    both = localize_many([group, group], sites, prior=[NEAR, FAR])
    for fix, prior in zip(both, (NEAR, FAR), strict=True):
        alone = localize(group, sites, prior=prior)
        assert_close(fix.position_m, alone.position_m, abs=1e-9)
        assert_close(fix.prior_position_m[:2], prior.mean[:2])


def test_one_receiver_and_a_prior_are_enough_and_the_fix_says_so() -> None:
    sites, group = network(receivers=1)
    assert localize(group, sites).position_verdict == "unobservable"
    fix = localize(group, sites, prior=NEAR)
    assert (fix.position_verdict, fix.velocity_verdict, fix.prior_needed) == ("unique", "observable", True)
    assert "measurements and prior together do" in fix.message
    assert fix.degrees_of_freedom == 2
    assert 1.0 < fix.position_std_m < np.sqrt(8.0)
    assert not localize(network(receivers=3)[1], sites, prior=NEAR).prior_needed


def test_a_prior_of_the_position_leaves_the_velocity_to_the_measurements() -> None:
    sites, group = network()
    placed = StatePrior(mean=[21, 39, 0, 0], covariance=4.0 * np.eye(2))
    fixes = [localize(group[:n], sites, prior=placed) for n in (1, 2)]
    assert [fix.velocity_verdict for fix in fixes] == ["unobservable", "observable"]
    assert [fix.position_verdict for fix in fixes] == ["unique", "unique"]
    assert [fix.degrees_of_freedom for fix in fixes] == [1, 2]
    assert_close(fixes[1].velocity_m_s, VELOCITY, abs=1.0)


def test_a_prior_alone_is_no_fix() -> None:
    sites, group = network()
    silent = [replace(one, verdict="not_detected") for one in group]
    for nothing in ([], silent):
        fix = localize(nothing, sites, prior=NEAR)
        assert (fix.position_verdict, fix.velocity_verdict) == ("unobservable", "unobservable")
        assert "A prior alone is no fix" in fix.message
        assert fix.position_m is fix.prior_position_m is fix.prior_distance is None


def test_both_answers_are_given_where_only_the_prior_decides() -> None:
    """Two ellipses meet twice. The second answer is that of the measurements alone, to the prior's little pull."""
    sites, group = network(receivers=2)
    alone, fix = localize(group, sites), localize(group, sites, prior=NEAR)
    assert (alone.position_verdict, fix.position_verdict) == ("ambiguous", "unique")
    answers = np.array([alone.position_m, alone.other_position_m])
    assert_close(fix.other_position_m, answers[np.argmax(np.linalg.norm(answers - TARGET, axis=1))], abs=1.0)
    assert_close(fix.position_m, TARGET, abs=1.0)
    assert fix.other_chi_square_rise > 100.0
    assert f"is higher by {fix.other_chi_square_rise:.1f}" in fix.message
    # Half-way between both answers the prior decides nothing.
    between = StatePrior(mean=[*answers.mean(axis=0)[:2], 0, 0], covariance=1e4 * np.eye(4))
    fix = localize(group, sites, prior=between)
    assert fix.position_verdict == "ambiguous"
    assert 0.0 <= fix.other_chi_square_rise < 2.0 * np.log(1000.0)


def told(fix: Fix) -> tuple[str, tuple[str, ...], bool]:
    return fix.position_verdict, fix.outliers, fix.covariance is None


def test_a_wrong_prior_is_not_blamed_on_a_receiver() -> None:
    sites, group = network()
    for receivers in (3, 5):
        fix = localize(group[:receivers], sites, prior=FAR)
        assert told(fix) == ("contradictory", (), True)
        assert "agree with each other but not with the prior" in fix.message
        assert "differ from the prior by 12.5 standard deviations" in fix.message
    fix = localize(group[:1], sites, prior=FAR)
    assert told(fix) == ("contradictory", (), True)
    assert "The measurements and the prior contradict each other" in fix.message
    # Two receivers have no degree of freedom to show that they agree: one of them, or the prior, is wrong.
    fix = localize(group[:2], sites, prior=FAR)
    assert len(fix.outliers) == 1
    assert "Leaving out the prior instead would explain the measurements equally well" in fix.message


def test_a_bad_receiver_is_found_with_fewer_others() -> None:
    """10 m wrong: three receivers see that something is, and the prior tells which."""
    sites, group = network(receivers=3)
    group[0] = replace(group[0], delay_s=group[0].delay_s + 3e-8)
    assert told(localize(group, sites)) == ("contradictory", (), True)
    assert told(localize(group, sites, prior=NEAR)) == ("unique", ("r0",), False)


def test_a_prior_that_is_far_but_likely_enough_is_a_note() -> None:
    sites, group = network()
    prior = StatePrior(mean=[31, 40, 3, 4], covariance=np.diag([4.0, 4.0, 1.0, 1.0]))
    fix = localize(group, sites, FusionSettings(false_flag_rate=1e-9), prior=prior)
    assert fix.position_verdict == "unique"
    assert fix.covariance is not None
    assert f"differ from the prior by {fix.prior_distance:.1f} standard deviations" in fix.message
