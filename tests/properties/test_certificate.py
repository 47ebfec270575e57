"""The upper bound on the illumination: invariances, order, and what a result becomes with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.certificate import bounded, certified, proves_infeasible, upper_bound
from multistatic.beamforming.value_function import value_function
from tests.support.beamforming_problems import complex_normal, scattered_problem
from tests.support.close import close_to

EVERYONE = (0, 1, 2)


def proven(problem: BeamformingProblem) -> float:
    """The loss proven unavoidable, as a share of N_t P_T."""
    return 1.0 - upper_bound(problem).value_w / problem.illumination_limit_w


def unitary(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return np.linalg.qr(complex_normal(rng, *shape))[0]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(1e-3, 1e3), power=st.floats(0.1, 10.0), rate=st.floats(0.5, 6.0))
def test_units_and_rotations_of_both_arrays_change_nothing(seed: int, scale: float, power: float, rate: float) -> None:
    rng, base = np.random.default_rng(seed), scattered_problem(seed, rate=rate, selected=EVERYONE)
    turn = unitary(rng, 4, 4)
    turned = replace(
        base,
        direct=scale * unitary(rng, 3, 2, 2) @ base.direct @ turn,
        steering_tx=base.steering @ turn * np.exp(1j),
        noise_power_w=base.noise_power_w * scale**2 * power,
        power_limit_w=power,
    )
    assert proven(turned) == close_to(proven(base), rel=1e-3, abs=1e-9)


def test_directions_that_nobody_hears_and_rows_of_zeros_change_nothing() -> None:
    base = scattered_problem(1, rate=4.0, selected=EVERYONE)
    wider = replace(
        base,
        direct=np.pad(base.direct, ((0, 0), (0, 2), (0, 3))),
        steering_tx=np.pad(base.steering, (0, 3)),
    )
    assert proven(wider) == close_to(proven(base), rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_falls_with_rate_and_rises_with_power(seed: int) -> None:
    low, high = (scattered_problem(seed, rate=rate, selected=EVERYONE) for rate in (2.0, 3.0))
    assert proven(low) < proven(high)
    assert proven(replace(high, power_limit_w=2.0)) < proven(high)


def test_who_is_selected_and_who_asks_for_nothing_change_nothing() -> None:
    base = scattered_problem(2, rate=4.0, selected=EVERYONE)
    assert proven(replace(base, selected=np.zeros(3, bool))) == proven(base)
    more = replace(
        base,
        direct=np.concatenate([base.direct, 100.0 * base.direct[:1]]),
        rate_required_bps_hz=np.append(base.rate_required_bps_hz, 0.0),
        selected=np.append(base.selected, False),
    )
    assert proven(more) == close_to(proven(base), rel=1e-6)


def test_without_rates_all_power_on_the_target_is_the_bound() -> None:
    free = scattered_problem(0, rate=0.0)
    assert upper_bound(free).proof == "power"
    assert upper_bound(free).value_w == free.illumination_limit_w
    assert not proves_infeasible(free)


@pytest.mark.parametrize("proportion", [0.0, 1e-9])
def test_a_receiver_without_a_channel_is_a_proof_and_a_very_weak_one_too(proportion: float) -> None:
    base = scattered_problem(0, rate=2.0, selected=EVERYONE)
    direct = np.array(base.direct)
    direct[1] *= proportion
    deaf = replace(base, direct=direct)
    assert proves_infeasible(deaf)
    assert np.isfinite(upper_bound(deaf).value_w)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 5),
    transmit=st.integers(1, 6),
    receive=st.integers(1, 3),
    chosen=st.lists(st.integers(0, 4), max_size=5),
    rate=st.floats(0.1, 8.0),
)
def test_beams_are_never_above_the_bound_nor_proven_infeasible(
    seed: int, count: int, transmit: int, receive: int, chosen: list[int], rate: float
) -> None:
    asked = scattered_problem(
        seed, count=count, transmit=transmit, receive=receive, selected=tuple(chosen), rate=rate, streams=receive
    )
    result = value_function(asked)
    if result.illumination_w is not None:
        assert result.illumination_w <= upper_bound(asked).value_w * (1.0 + 1e-6)
        assert not proves_infeasible(asked)


def test_a_result_takes_a_better_bound_only() -> None:
    asked = scattered_problem(3, rate=4.0, selected=EVERYONE)
    result = value_function(asked)
    assert result.illumination_w is not None
    better = certified(asked, result)
    assert better.upper_bound_w == upper_bound(asked).value_w < result.upper_bound_w
    assert better.status == "feasible"
    assert better.gap is not None
    assert 0.0 < better.gap < result.gap  # type: ignore[operator]
    assert bounded(better, result.upper_bound_w) is better
    assert bounded(result, 0.9 * result.illumination_w) is result  # disproved by the beams
    closed = bounded(result, result.illumination_w * (1.0 + 1e-8))
    assert (closed.status, closed.illumination_w) == ("optimal", result.illumination_w)


def test_an_infeasible_verdict_says_when_it_is_a_proof() -> None:
    asked = scattered_problem(0, count=4, transmit=3, rate=12.0)
    result = value_function(asked)
    assert result.status == "infeasible"
    assert "It is proven" in result.message
