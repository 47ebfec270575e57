"""The metrics of Fig. 7: what they are made of, and errors of a real filter beside its bound.

Bounds of chi-square statistics: a right program misses each with probability 1e-3 or less if the seed were random.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from multistatic.design import design_network
from multistatic.design.result import Design
from multistatic.files.scenario_file import load_preset
from multistatic.localization import fusion
from multistatic.study import matched_filter
from multistatic.study.matched_filter import BLOCKS, FilterErrors, filter_errors
from multistatic.study.metrics import METRICS, Outcome
from tests.support.close import close_to

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
    monkeypatch.setattr(matched_filter, "filter_errors", lambda *given: calls.append(given))
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
