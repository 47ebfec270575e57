"""Measurements in another unit than their column's are named, with the unit that would fit; good ones are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from multistatic.estimation.measurement import Measurement
from multistatic.files.scenario_file import load_preset
from multistatic.localization.fusion import localize_many
from multistatic.localization.scaled_units import delay_doubt, measurement_notes
from multistatic.localization.times import times_text
from multistatic.scenario.model import Scenario
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.scenario_helpers import THREE_AROUND

TRIANGLE = parse_scenario(THREE_AROUND)


def measured(
    scenario: Scenario = TRIANGLE,
    *,
    delay: Callable[[float], float] = lambda tau: tau,
    doppler: float = 1.0,
    delay_std_s: float = 1e-9,
    doppler_std_hz: float = 0.5,
    time_s: float = 0.0,
) -> list[Measurement]:
    """Delays and Doppler shifts of the scenario's own target, each put through a change of its unit."""
    geometry = scenario.geometry()
    shifts = geometry.doppler_hz(scenario.target.velocity_m_s, scenario.radio.carrier_hz)
    return [
        Measurement(
            receiver_id=name,
            delay_s=delay(float(tau)),
            doppler_hz=doppler * float(shift),
            covariance=np.diag([delay_std_s**2, doppler_std_hz**2]),
            amplitude=0j,
            snr=100.0,
            verdict="detected",
            time_s=time_s,
        )
        for name, tau, shift in zip(scenario.receiver_ids, geometry.delay_s, shifts, strict=True)
    ]


def notes(rows: list[Measurement], scenario: Scenario = TRIANGLE) -> str:
    return "\n".join(measurement_notes(rows, scenario))


def test_good_measurements_need_no_note() -> None:
    assert notes(measured()) == ""
    for name in ("paper", "urban", "city"):
        scenario = load_preset(name)
        slot_s, block_s = scenario.radio.slot_s, scenario.radio.slot_s * scenario.radio.samples
        for share in (1e-4, 1e-2, 1.0):
            rows = measured(scenario, delay_std_s=share * slot_s, doppler_std_hz=share / block_s)
            assert notes(rows, scenario) == ""


@pytest.mark.parametrize(
    ("factor", "words", "path"),
    [
        (1e3, "In milliseconds, the path would be 1350 to 2000 m", "1350 to 2000 km"),
        (1e6, "In microseconds, the path would be 1350 to 2000 m", "1350000 to 2000000 km"),
        (1e9, "In nanoseconds, the path would be 1350 to 2000 m", ""),
        (SPEED_OF_LIGHT_M_S, "In metres, a range, the path would be 1350 to 2000 m", ""),
        (SPEED_OF_LIGHT_M_S / 1e3, "In kilometres, a range, the path would be 1350 to 2000 m", ""),
    ],
)
def test_delays_in_another_unit_get_a_note_with_the_unit(factor: float, words: str, path: str) -> None:
    rows = measured(delay=lambda tau: factor * tau)
    said = notes(rows)
    assert "Check the unit of the delay" in said
    assert words in said
    assert path in said
    (fix,) = localize_many([rows], TRIANGLE)
    assert words in fix.message
    assert "Use receivers to the side" not in fix.message


def test_targets_far_away_are_no_doubt() -> None:
    """An aircraft 60 km away seen over baselines of 1 km: a millisecond would be less than the direct path."""
    assert notes(measured(replace(TRIANGLE, target=replace(TRIANGLE.target, position_m=[50e3, 30e3, 10e3])))) == ""
    assert delay_doubt(np.array([1e6]), np.array([1500.0])) == ""


def test_delays_after_the_direct_path_are_named() -> None:
    direct_s = 700.0 / SPEED_OF_LIGHT_M_S
    assert "not from the arrival of the direct path" in notes(measured(delay=lambda tau: tau - direct_s - 2e-6))


def test_unknown_clocks_explain_any_delay() -> None:
    unknown = [replace(one, clock_offset_std_s=float("inf")) for one in TRIANGLE.receivers]
    assert notes(measured(delay=lambda tau: 1e6 * tau), replace(TRIANGLE, receivers=tuple(unknown))) == ""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"delay_std_s": 1e-3}, "Check the unit of delay_std_s: 0.001 s is 2e+04 slots of 5e-08 s; in microseconds"),
        ({"delay_std_s": 1.0}, "2e+07 slots of 5e-08 s; in nanoseconds it would be 1e-09 s"),
        ({"delay_std_s": 1e-18}, "more accurate than any echo allows"),
        ({"doppler": 1e-3, "doppler_std_hz": 5e-4}, "in kilohertz it would be 0.5 Hz"),
        ({"doppler_std_hz": 5e6}, "in millihertz it would be 5e+03 Hz"),
        ({"doppler": 1e6}, "Check the unit of the Doppler shift: 4.24e+08 Hz is a target of at least 2.12e+07 m/s"),
        ({"time_s": 1.76e12}, "Unix time is in seconds, not in milliseconds"),
    ],
)
def test_other_columns_are_checked_against_slot_block_and_carrier(change: dict[str, float], words: str) -> None:
    assert words in notes(measured(**change))  # type: ignore[arg-type]


# --- times ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times_s", "expected"),
    [
        ([1760000000.5, 1760000000.6, 1760000000.7], ["1760000000.5", "1760000000.6", "1760000000.7"]),
        ([1760000000.0, 1760000000.001], ["1760000000.000", "1760000000.001"]),
        ([1760000000.25], ["1760000000.25"]),
        ([0.0, 0.001], ["0", "0.001"]),
        ([12345.6789, 12345.6788], ["12345.6789", "12345.6788"]),
        ([], []),
        ([5.0, 5.0], ["5", "5"]),
        ([1e300], ["1e+300"]),
    ],
)
def test_times_are_distinguished(times_s: list[float], expected: list[str]) -> None:
    assert [float(text) for text in times_text(times_s)] == [float(text) for text in expected]
    if times_s != [1e300]:
        assert times_text(times_s) == expected


def test_a_message_has_the_whole_unix_time() -> None:
    rows = measured(time_s=1760000000.5)
    with pytest.raises(Exception, match=r"'a' at 1760000000\.5 s: received a second measurement"):
        localize_many([[*rows, rows[0]]], TRIANGLE)


@pytest.mark.parametrize("count", [1, 2])
def test_delays_of_some_receivers_in_microseconds_are_named_and_the_geometry_is_not_blamed(count):
    wrong, right = measured(delay=lambda tau: 1e6 * tau), measured()
    mixed = [*wrong[:count], *right[count:]]
    (fix,) = localize_many([mixed], TRIANGLE)
    names = "a" if count == 1 else "a and b"
    assert fix.message.startswith(f"Check the unit of the delay of {names}: 4.49")
    assert "In microseconds" in fix.message
    assert "span fewer" not in fix.message
    assert any(f"the delay of {names}" in note for note in measurement_notes(mixed, TRIANGLE))


def test_delays_in_an_unlisted_unit_are_doubted_too():
    (fix,) = localize_many([measured(delay=lambda tau: tau * SPEED_OF_LIGHT_M_S / 1609.34)], TRIANGLE)
    assert fix.message.startswith("Check the unit of the delay: 0.837 to 1.24 s is a path of")
    assert "In " not in fix.message


def test_far_targets_are_not_doubted():
    assert delay_doubt(np.array([7e7, 7e7]), np.array([2e5, 3e5])) == ""
