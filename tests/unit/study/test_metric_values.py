"""Every metric is the number of its name: all values of the design differ, so no two can be exchanged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.design.result import Design
from multistatic.study.filter_errors import FilterErrors
from multistatic.study.metrics import METRICS
from multistatic.study.outcome import Outcome
from tests.support.close import close_to
from tests.support.handmade_design import design, infeasible, scenario
from tests.support.studies import OVER_POINTS


def designed() -> Design:
    made = design(scenario(count=3), group=(0, 2))
    assert made.selection is not None
    assert made.beamforming is not None
    assert made.accuracy is not None
    return replace(
        made,
        rounds=7,
        cost_m=181.25,
        selection=replace(made.selection, value=4.0e-4, bound=3.0e-4),
        beamforming=replace(
            made.beamforming,
            illumination_w=6.0,
            upper_bound_w=7.5,
            power_w=0.875,
            rates_bps_hz=np.array([4.0, 5.0, 7.5]),
        ),
        accuracy=replace(
            made.accuracy,
            surrogate=3.625e-4,
            surrogate_published=3.125e-4,
            sum_crb=2.25e-2,
            position=replace(made.accuracy.position, velocity="observable", peb_m=0.8125, veb_m_s=1.75),
            position_with_angles=replace(made.accuracy.position_with_angles, peb_m=0.3125, veb_m_s=1.25),
        ),
    )


EXPECTED = {
    "value": 4.0e-4,
    "surrogate": 3.625e-4,
    "surrogate_published": 3.125e-4,
    "sum_crb": 2.25e-2,
    "peb_m": 0.8125,
    "veb_m_s": 1.75,
    "peb_with_angles_m": 0.3125,
    "veb_with_angles_m_s": 1.25,
    "illumination_w": 6.0,
    "beam_gap": 0.2,
    "power_w": 0.875,
    "rate_sum_bps_hz": 16.5,
    "rate_min_bps_hz": 4.0,
    "rate_mean_bps_hz": 5.5,
    "cost_m": 181.25,
    "receivers": 2.0,
    "gap": 0.25,
    "feasible": 1.0,
    "optimal": 0.0,
    "rounds": 7.0,
    "time_s": 0.125,
}
# What the shared errors of a matched filter are read into.
FILTER = {
    "filter_sum_mse": "sum_mse",
    "filter_delay_ratio": "delay_ratio",
    "filter_doppler_ratio": "doppler_ratio",
    "filter_position_rmse_m": "position_rmse_m",
    "filter_located": "located",
}


def seen(made: Design, **shared: object) -> Outcome:
    return Outcome(design=made, time_s=0.125, rng=np.random.default_rng(0), shared=dict(shared))


def test_every_metric_is_examined_here() -> None:
    assert set(METRICS) == {*EXPECTED, *FILTER, *OVER_POINTS}


@pytest.mark.parametrize("name", EXPECTED)
def test_value_of_a_design(name: str) -> None:
    assert METRICS[name].value(seen(designed())) == close_to(EXPECTED[name], rel=1e-12, abs=0.0)


def test_an_optimal_design_is_optimal_and_feasible() -> None:
    made = seen(replace(designed(), status="optimal"))
    assert (METRICS["feasible"].value(made), METRICS["optimal"].value(made)) == (1.0, 1.0)


def test_an_unverified_design_is_neither() -> None:
    made = seen(replace(designed(), status="unverified"))
    assert (METRICS["feasible"].value(made), METRICS["optimal"].value(made)) == (0.0, 0.0)


def test_what_an_infeasible_design_has() -> None:
    values = {name: METRICS[name].value(seen(infeasible())) for name in EXPECTED}
    there = {name: value for name, value in values.items() if value is not None}
    assert there == {"feasible": 0.0, "optimal": 0.0, "rounds": 0.0, "time_s": 0.125}


def test_metrics_of_a_filter_read_the_errors_of_their_name() -> None:
    errors = FilterErrors(
        delay_s=np.array([[1.0, -1.0, 2.0], [2.0, 0.0, 1.0]]) * 1e-9,
        doppler_hz=np.array([[10.0, 10.0, 5.0], [0.0, -20.0, 5.0]]) * 1e6,
        delay_std_s=np.array([1.0, 2.0]) * 1e-9,
        doppler_std_hz=np.array([10.0, 25.0]) * 1e6,
        slot_s=1e-8,
        position_m=np.array([3.0]),
    )
    values = {name: METRICS[name].value(seen(designed(), matched_filter=errors)) for name in FILTER}
    assert values == {name: getattr(errors, attribute) for name, attribute in FILTER.items()}
    assert len(set(values.values())) == len(values)
    # By hand: mean squares of 2e-2 and 5/3 e-2 slots² of delay, of 0.75e-2 and 1.4167e-2 of Doppler.
    assert values["filter_sum_mse"] == close_to((6 / 3 + 5 / 3) * 1e-2 + (225 / 3 + 425 / 3) * 1e-4, rel=1e-12)
    assert values["filter_located"] == close_to(1 / 3, rel=1e-12)


def test_units_of_metrics() -> None:
    units = {name: METRICS[name].unit for name in METRICS}
    for ending, unit in (("_m_s", "m/s"), ("_m", "m"), ("_w", "W"), ("bps_hz", "bit/s/Hz"), ("time_s", "s")):
        for name in units:
            if name.endswith(ending) and not (ending == "_m" and name.endswith("_m_s")):
                assert units[name] == unit, name
    assert [name for name in METRICS if METRICS[name].proportion] == ["feasible", "optimal"]
