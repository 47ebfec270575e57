"""`multistatic.estimate` and what it searches: windows, clocks, steering, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic import EstimateSettings, InputError, estimate, load_preset
from multistatic.estimation.each_trial import measurements_of
from multistatic.estimation.echo_window import echo_window
from multistatic.estimation.from_recordings import searches_of
from multistatic.estimation.maximum_likelihood import maximum_likelihood
from multistatic.estimation.search_window import Search
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import assert_close, close_to
from tests.support.echoes import SLOT_S, echoes, train

PAPER, URBAN = load_preset("paper"), load_preset("urban")
TRAIN = train(count=64)
ALONE = EstimateSettings(carrier_hz=3.5e9)


def recorded(name: str = "rx1", antennas: int = 1, slot_s: float = SLOT_S) -> Recording:
    """One echo at 30 dB, whose first antenna has phase 0."""
    recording = echoes(TRAIN, snr=1000.0, oversampling=4.0, doppler_bins=1e-4, steering=np.ones(antennas)).recording
    return replace(recording, receiver_id=name, slot_s=slot_s)


def test_estimate_is_the_search_and_the_estimator_of_each_recording() -> None:
    recordings = [recorded("rx1"), recorded("rx2")]
    found = estimate(recordings, TRAIN, settings=ALONE)
    searches = searches_of(recordings, TRAIN, settings=ALONE)
    by_hand = [
        measurements_of(maximum_likelihood, *each) for each in zip(recordings, [TRAIN] * 2, searches, strict=True)
    ]
    assert [one.receiver_id for one in found] == ["rx1", "rx2"]
    assert [(one.delay_s, one.doppler_hz) for one in found] == [(one.delay_s, one.doppler_hz) for (one,) in by_hand]


def test_every_recording_is_announced_before_it_is_estimated() -> None:
    stages: list[str] = []
    estimate([recorded("rx1"), recorded("rx2")], TRAIN, settings=ALONE, on_stage=stages.append)
    assert stages == ["estimating rx1", "estimating rx2"]


def test_an_estimator_may_be_a_function() -> None:
    """One that doubles the delays of our own: so it was called, and nothing else estimated."""

    def doubled(recording: Recording, waveform: Waveform, search: Search) -> object:
        found = maximum_likelihood(recording, waveform, search)
        return replace(found, delay_s=2.0 * found.delay_s)

    (ours,) = estimate([recorded()], TRAIN, settings=ALONE)
    (theirs,) = estimate([recorded()], TRAIN, settings=replace(ALONE, estimator=doubled))
    assert theirs.delay_s == 2.0 * ours.delay_s


@pytest.mark.parametrize(
    ("function", "part"),
    [
        pytest.param(lambda recording, waveform, search: None, "None from the callable <lambda>", id="nothing"),
        pytest.param(lambda recording, waveform, search: 1 / 0, "ZeroDivisionError", id="an exception"),
    ],
)
def test_a_function_that_is_no_estimator_is_named(function: object, part: str) -> None:
    with pytest.raises(InputError, match=part) as raised:
        estimate([recorded()], TRAIN, settings=replace(ALONE, estimator=function))
    assert "test_from_recordings" in str(raised.value)


def test_delays_are_searched_as_far_as_the_signal_was_recorded() -> None:
    """As a whole where nobody says how far; else as far as some of it was, at most."""
    recording = echoes(TRAIN, snr=10.0).recording
    first_s, last_s = TRAIN.support_s
    end_s = recording.times_s[-1]
    for longest_m, expected_s in (
        (None, end_s - last_s),
        (1e9, end_s - first_s),
        (SPEED_OF_LIGHT_M_S * 10 * SLOT_S, 10 * SLOT_S),
    ):
        (found,) = searches_of([recording], TRAIN, settings=replace(ALONE, longest_range_m=longest_m))
        assert_close(found.delay_s, [0.0, expected_s], rel=1e-9, abs=1e-15)
        assert found.wavelength_m == close_to(SPEED_OF_LIGHT_M_S / 3.5e9)


def test_doppler_shifts_are_those_of_the_fastest_target() -> None:
    """±2 v f0/c."""
    (found,) = searches_of([recorded()], TRAIN, settings=replace(ALONE, speed_limit_m_s=30.0))
    largest = 2 * 30.0 * 3.5e9 / SPEED_OF_LIGHT_M_S
    assert_close(found.doppler_hz, [-largest, largest], rel=1e-12)


def test_delays_begin_with_the_direct_path() -> None:
    direct_m = np.linalg.norm(PAPER.receivers[2].position_m - PAPER.transmitter.position_m)
    (found,) = searches_of([recorded("rx03", antennas=2)], TRAIN, PAPER)
    assert found.delay_s[0] == close_to(direct_m / SPEED_OF_LIGHT_M_S)
    with pytest.raises(InputError, match="the direct path"):
        searches_of([recorded("rx03", antennas=2)], TRAIN, PAPER, EstimateSettings(longest_range_m=direct_m / 2))


def test_a_search_is_as_wide_as_clocks_may_be_off() -> None:
    """5 √(3² + 4²) = 25 standard deviations; of a clock of which nothing is known nothing follows."""
    scenario = load_preset(
        "paper",
        [
            "receivers.clock_offset_std_s=3e-9",
            "transmitter.clock_offset_std_s=4e-9",
            "receivers.frequency_offset_std_hz=20",
            'transmitter.frequency_offset_std_hz="unknown"',
        ],
    )
    recording = recorded("rx03", antennas=2)
    (narrow,), (wide,) = searches_of([recording], TRAIN, PAPER), searches_of([recording], TRAIN, scenario)
    assert_close(wide.delay_s, [narrow.delay_s[0] - 25e-9, narrow.delay_s[1] + 25e-9], rel=1e-12)
    assert_close(wide.doppler_hz, [narrow.doppler_hz[0] - 100.0, narrow.doppler_hz[1] + 100.0], rel=1e-12)
    searched = {"carrier_hz": 3.5e9, "speed_limit_m_s": 100.0}
    alone = echo_window(recording, TRAIN, **searched, clocks=[scenario.receivers[2]])
    assert alone[0][0] == close_to(-15e-9)


def test_steering_is_towards_the_point_in_space() -> None:
    receiver = URBAN.receivers[0]
    recording = recorded(receiver.id, antennas=receiver.array.size, slot_s=URBAN.radio.slot_s)
    point = np.array([100.0, 45.0, 60.0])
    longer = replace(recording, samples=np.pad(recording.samples, ((0, 0), (0, 0), (0, 1000))))
    # A known signal that is sampled says no slot, so that of the scenario holds.
    settings = EstimateSettings(towards_m=point)
    (search,) = searches_of([longer], Sampled(TRAIN), URBAN, settings)
    offset = point - receiver.position_m
    phase = 2 * np.pi / URBAN.radio.wavelength_m * receiver.array.elements_m @ offset / np.linalg.norm(offset)
    assert_close(search.steering, np.exp(1j * phase), abs=1e-9)
    assert search.array is None
    with pytest.raises(InputError, match="three coordinates"):
        searches_of([longer], Sampled(TRAIN), URBAN, EstimateSettings(towards_m=[100.0, 45.0]))


class Sampled:
    """A waveform of which nothing but its values is known."""

    def __init__(self, waveform: Waveform) -> None:
        self.values, self.slopes, self.support_s = waveform.values, waveform.slopes, waveform.support_s


def test_arrays_are_used_where_directions_are_requested() -> None:
    recordings = [recorded("rx03", antennas=2)]
    (without,) = searches_of(recordings, TRAIN, PAPER)
    (searched,) = searches_of(recordings, TRAIN, PAPER, EstimateSettings(directions=True))
    assert without.array is None
    assert searched.array is PAPER.receivers[2].array


def test_data_that_is_not_known_is_measured_noise() -> None:
    (search,) = searches_of([recorded()], TRAIN, settings=replace(ALONE, known="s0"))
    assert (search.noise, search.unknown_streams) == ("estimated", True)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"speed_limit_m_s": float("nan")}, "speed_limit_m_s"),
        ({"speed_limit_m_s": 3e8}, "speed_limit_m_s"),
        ({"speed_limit_m_s": None}, "speed_limit_m_s"),
        ({"longest_range_m": 0.0}, "longest_range_m"),
        ({"carrier_hz": -1.0}, "carrier_hz"),
        ({"carrier_hz": "3.5e9"}, "carrier_hz"),
        ({"false_alarm_rate": 1.0}, "false_alarm_rate"),
        ({"directions": "no"}, "directions"),
        ({"known": "s1"}, "known"),
        ({"estimator": 3}, "estimator"),
        ({"towards_m": [1.0]}, "towards_m"),
        ({"towards_m": [1.0, np.nan]}, "towards_m"),
        ({"towards_m": [1.0, 2.0], "directions": True}, "directions"),
    ],
)
def test_settings_that_cannot_be_are_named(settings: dict[str, object], path: str) -> None:
    with pytest.raises(InputError) as raised:
        EstimateSettings(**settings)
    assert [problem.path for problem in raised.value.problems] == [path]


def test_a_speed_of_nothing_is_a_target_at_rest() -> None:
    (search,) = searches_of([recorded()], TRAIN, settings=replace(ALONE, speed_limit_m_s=0))
    assert search.doppler_hz == (0.0, 0.0)


def test_everything_that_is_missing_is_said_at_once() -> None:
    with pytest.raises(InputError) as raised:
        estimate([recorded()], TRAIN, settings=EstimateSettings(directions=True))
    assert [problem.path for problem in raised.value.problems] == ["carrier_hz", "directions"]


def test_arguments_of_another_kind_are_named_at_once() -> None:
    with pytest.raises(InputError) as raised:
        estimate(recorded(), None, settings={"carrier_hz": 3e9})
    assert [problem.path for problem in raised.value.problems] == ["recordings", "reference", "settings"]
