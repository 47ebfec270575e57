"""The metrics of Fig. 7: what they are made of, and errors of a real filter beside its bound.

Bounds of chi-square statistics: a right program misses each with probability 1e-3 or less if the seed were random.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from multistatic.bounds.position import PositionBound
from multistatic.design import design_network
from multistatic.design.result import Design
from multistatic.files.scenario_file import load_preset
from multistatic.localization import fusion
from multistatic.study import filter_errors as filter_errors_module
from multistatic.study.filter_errors import BLOCKS, FilterErrors, filter_errors
from multistatic.study.metrics import METRICS
from multistatic.study.outcome import Outcome
from tests.support import handmade_design as handmade
from tests.support.close import close_to
from tests.support.studies import OVER_POINTS

QUIET = {"requirements.rate_bps_hz": 0.0, "requirements.cooperation_cost_m": 1e6, "radio.pulse": "half_sine"}


def designed(**settings: object) -> Design:
    """A design of the paper's network that puts all power on the target."""
    overrides = [f"{key}={value}" for key, value in (QUIET | settings).items()]
    return design_network(load_preset("paper", overrides=[*overrides, "seed=3"]))


@pytest.fixture(scope="module")
def loud() -> Design:
    return designed(**{"design.receivers": 3, "transmitter.power_dbm": 40})


def outcome(design: Design, seed: int = 5) -> Outcome:
    return Outcome(design=design, time_s=0.0, rng=np.random.default_rng(seed))


def test_sums_and_ratios_of_known_errors() -> None:
    """Two receivers, two blocks, worked out by hand."""
    errors = FilterErrors(
        delay_s=np.array([[1.0, -1.0], [2.0, 0.0]]) * 1e-9,
        doppler_hz=np.array([[10.0, 10.0], [0.0, -20.0]]),
        delay_std_s=np.array([1.0, 2.0]) * 1e-9,
        doppler_std_hz=np.array([10.0, 10.0]),
        slot_s=1e-8,
        position_m=np.array([3.0]),
    )
    # Mean squares: delays 1 and 2 in (0.1 slots)², Dopplers 100 and 200 Hz².
    assert errors.sum_mse == close_to((1 + 2) * 1e-2 + (100 + 200) * 1e-16)
    assert errors.delay_ratio == close_to(np.sqrt((1 + 1 + 1 + 0) / 4))
    assert errors.doppler_ratio == close_to(np.sqrt((1 + 1 + 0 + 4) / 4))
    assert errors.position_rmse_m == 3.0
    assert errors.located == 0.5
    assert replace(errors, position_m=np.zeros(0)).position_rmse_m is None


def test_delays_and_doppler_shifts_both_count_in_the_sum() -> None:
    """In slots and in cycles a slot, with slots of 1 ms so that both halves are of one size."""
    errors = FilterErrors(
        delay_s=np.array([[3e-3, -1e-3]]),
        doppler_hz=np.array([[2000.0, 4000.0]]),
        delay_std_s=np.array([1e-3]),
        doppler_std_hz=np.array([1000.0]),
        slot_s=1e-3,
        position_m=np.zeros(0),
    )
    assert errors.sum_mse == close_to((9 + 1) / 2 + (4 + 16) / 2, rel=1e-12)


METRIC_VALUES = {
    "value": 3.6e-4,
    "surrogate": 3.6e-4,
    "surrogate_published": 3.1e-4,
    "sum_crb": 2.2e-2,
    "peb_m": 0.82,
    "veb_m_s": 2.5,
    "peb_with_angles_m": 0.31,
    "veb_with_angles_m_s": 1.9,
    "illumination_w": 7.0,
    "beam_gap": 0.3,
    "power_w": 1.0,
    "rate_sum_bps_hz": 50.0,
    "rate_min_bps_hz": 3.0,
    "rate_mean_bps_hz": 5.0,
    "cost_m": 181.5,
    "receivers": 3.0,
    "gap": 1 / 6,
    "feasible": 1.0,
    "optimal": 0.0,
    "rounds": 1.0,
    "filter_sum_mse": 15.0,
    "filter_delay_ratio": 5.0**0.5,
    "filter_doppler_ratio": 10.0**0.5,
    "filter_position_rmse_m": 12.5**0.5,
    "filter_located": 1.0,
    "time_s": 0.125,
}


def test_every_metric_reads_the_number_of_its_name() -> None:
    """A design by hand whose numbers all differ, with a filter whose errors are known."""
    made = handmade.design()
    assert made.accuracy is not None
    assert made.selection is not None
    assert made.beamforming is not None
    seen = PositionBound(position="observable", velocity="observable", peb_m=0.82, veb_m_s=2.5)
    rates = np.array([3.0, 7.0, *[5.0] * 8])
    made = replace(
        made,
        accuracy=replace(made.accuracy, position=seen),
        selection=replace(made.selection, bound=3.0e-4),
        beamforming=replace(made.beamforming, illumination_w=7.0, upper_bound_w=10.0, power_w=1.0, rates_bps_hz=rates),
    )
    filtered = FilterErrors(
        delay_s=np.array([[3e-3, -1e-3]]),
        doppler_hz=np.array([[2000.0, 4000.0]]),
        delay_std_s=np.array([1e-3]),
        doppler_std_hz=np.array([1000.0]),
        slot_s=1e-3,
        position_m=np.array([3.0, 4.0]),
    )
    seen_by = replace(outcome(made), time_s=0.125)
    seen_by.shared["matched_filter"] = filtered
    assert {*METRIC_VALUES, *OVER_POINTS} == set(METRICS)
    for name, expected in METRIC_VALUES.items():
        assert METRICS[name].value(seen_by) == close_to(expected, rel=1e-12, abs=0.0), name


@pytest.mark.slow
def test_far_above_the_threshold_the_filter_meets_its_bound(loud: Design) -> None:
    seen = outcome(loud)
    value = {name: METRICS[name].value(seen) for name in METRICS if name.startswith("filter")}
    degrees = 3 * BLOCKS
    low, high = np.sqrt(chi2.ppf([5e-4, 1 - 5e-4], degrees) / degrees)
    assert low < value["filter_delay_ratio"] < high
    assert low < value["filter_doppler_ratio"] < high
    assert value["filter_located"] == 1.0
    # The delays make nearly all of the sum, so that three receivers' worth of degrees bound it loosely from both sides.
    assert loud.accuracy is not None
    low, high = chi2.ppf([5e-4, 1 - 5e-4], BLOCKS) / BLOCKS
    assert low < value["filter_sum_mse"] / loud.accuracy.sum_crb < high
    assert loud.accuracy.position.peb_m is not None
    assert low < (value["filter_position_rmse_m"] / loud.accuracy.position.peb_m) ** 2 < high


def test_blocks_are_sent_once_for_all_metrics(loud: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(filter_errors_module, "filter_errors", lambda *given: calls.append(given))
    seen = outcome(loud)
    assert [METRICS[name].value(seen) for name in ("filter_sum_mse", "filter_located")] == [None, None]
    assert len(calls) == 1


def test_a_fix_that_is_not_unique_does_not_count(loud: Design, monkeypatch: pytest.MonkeyPatch) -> None:
    original = fusion.localize_many

    def half_of_them(*given: object) -> list[object]:
        fixes = original(*given)
        return [replace(fix, position_verdict="ambiguous") if i % 2 else fix for i, fix in enumerate(fixes)]

    monkeypatch.setattr(fusion, "localize_many", half_of_them)
    found = filter_errors(loud, np.random.default_rng(1))
    assert found is not None
    assert found.located == 0.5
    assert len(found.position_m) == BLOCKS // 2


def test_far_below_the_threshold_errors_are_gross() -> None:
    found = filter_errors(designed(**{"design.receivers": 1, "transmitter.power_dbm": -60}), np.random.default_rng(1))
    assert found is not None
    assert found.delay_ratio > 3  # any peak of the search may be the largest
    assert found.sum_mse > 1
    assert found.located == 0.0


def test_no_filter_where_no_receiver_listens() -> None:
    scenario = load_preset("paper", overrides=["seed=3", "transmitter.antennas=4", "requirements.rate_bps_hz=0"])
    assert filter_errors(design_network(scenario, scheme="mono"), np.random.default_rng(1)) is None
