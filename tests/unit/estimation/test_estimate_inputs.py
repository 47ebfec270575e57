"""Recordings that cannot hold what they say: named before anything is estimated, or doubted after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from multistatic import load_preset
from multistatic.estimation.each_trial import measurements_of, unexplained
from multistatic.estimation.maximum_likelihood import maximum_likelihood
from multistatic.estimation.recording_consistency import disagreements, known_slot_s
from multistatic.simulation.recording import Recording
from tests.support.close import close_to
from tests.support.echoes import SLOT_S, echoes, ofdm, search, train

TRAIN = train(count=64)


def problems_of(recording: Recording, network: bool = False) -> str:
    scenario = load_preset("paper") if network else None
    return "\n".join(map(str, disagreements([recording], None if network else TRAIN, scenario)))


def test_what_belongs_together_is_not_disputed() -> None:
    for snr in (1.0, 1e9):
        assert problems_of(echoes(TRAIN, snr=snr, trials=3).recording) == ""
    noise = echoes(TRAIN, snr=0.0).recording
    assert problems_of(noise) == ""
    assert problems_of(replace(noise, samples=np.repeat(noise.samples, 2, axis=-2))) == ""


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"slot_s": 2 * SLOT_S}, "expected 5e-09 s, that of the known signal"),
        ({"start_s": -1.0}, "the beginning of the known signal"),
        ({"noise_power_w": 1e-30}, "times the noise power"),
        ({"noise_power_w": 1e-3}, "times the noise power"),
    ],
)
def test_recordings_that_cannot_be_of_the_known_signal(changes: dict[str, float], part: str) -> None:
    assert part in problems_of(replace(echoes(TRAIN, snr=100.0).recording, **changes))


@pytest.mark.parametrize("lost", [(slice(0),), (slice(None), slice(0)), (..., slice(0))])
def test_recordings_without_samples_are_named(lost: tuple) -> None:
    one = echoes(TRAIN, snr=100.0, trials=2).recording
    assert "at least one of each" in problems_of(replace(one, samples=one.samples[lost]))


@pytest.mark.parametrize("factor", [1e200, np.inf, np.nan])
def test_samples_that_are_no_numbers_or_have_no_square_are_named(factor: float) -> None:
    one = echoes(TRAIN, snr=100.0).recording
    with np.errstate(invalid="ignore"):
        samples = one.samples * factor
    assert "times the noise power" in problems_of(replace(one, samples=samples))


def test_recordings_that_cannot_be_of_the_network() -> None:
    network = load_preset("paper")
    recorded = replace(echoes(TRAIN, snr=100.0).recording, slot_s=network.radio.slot_s, receiver_id="rx03")
    antennas = network.receivers[2].array.size
    assert f"1 channels, expected {antennas}" in problems_of(recorded, network=True)
    assert "'rx99', expected a receiver of the scenario: rx01" in problems_of(
        replace(recorded, receiver_id="rx99"), network=True
    )
    right = replace(recorded, samples=np.repeat(recorded.samples, antennas, axis=-2))
    assert problems_of(right, network=True) == ""
    assert "that of the scenario" in problems_of(replace(right, slot_s=SLOT_S * 1.01), network=True)


def test_every_disagreement_is_named_at_once() -> None:
    wrong = replace(echoes(TRAIN, snr=100.0).recording, slot_s=3 * SLOT_S, noise_power_w=1e-30, start_s=-1.0)
    assert len(list(disagreements([wrong, wrong], TRAIN, load_preset("paper")))) == 2 * 5


@pytest.mark.parametrize(("ratio", "named"), [(1 + 1e-5, True), (1 - 1e-5, True), (1 + 1e-8, False), (1 - 1e-8, False)])
def test_slots_that_differ_by_rounding_are_one(ratio: float, named: bool) -> None:
    network = load_preset("paper")
    recorded = replace(echoes(TRAIN, snr=100.0).recording, slot_s=SLOT_S * ratio)
    assert ("that of the known signal" in problems_of(recorded)) is named
    recorded = replace(recorded, slot_s=network.radio.slot_s * ratio)
    assert ("that of the scenario" in problems_of(recorded, network=True)) is named


def test_how_much_more_than_noise_there_is() -> None:
    """A hundred times the stated noise, in 64 slots and more: 20 dB to a third of a decibel."""
    echo = echoes(TRAIN, snr=0.0, noise=10.0)
    (one,) = measurements_of(maximum_likelihood, echo.recording, TRAIN, search(TRAIN))
    excess_db = float(one.message.removeprefix("Besides the echo the recording has ").partition(" dB")[0])
    assert excess_db == close_to(20.0, abs=1.0)


def test_slots_of_waveforms() -> None:
    assert known_slot_s(TRAIN) == known_slot_s(ofdm()) == SLOT_S


def test_beside_echo_and_noise_nothing_is_left() -> None:
    """N = 40 trials of n ≈ 200 samples: their mean differs from 1 by 1/√(40·200) = 1.1 %."""
    echo = echoes(TRAIN, snr=1e4, trials=40)
    assert unexplained(echo.recording, np.full(40, 1e4)).mean() == close_to(1.0, abs=0.06)


@pytest.mark.slow
def test_noise_that_the_recording_does_not_state_is_measured() -> None:
    """Ten times the noise: standard deviations √10 larger than stated, a message, and no false alarm for it."""
    quiet, loud = echoes(TRAIN, snr=1e4, trials=30), echoes(TRAIN, snr=1e4, trials=30, noise=np.sqrt(10.0))
    stated = measurements_of(maximum_likelihood, quiet.recording, TRAIN, search(TRAIN))
    measured = measurements_of(maximum_likelihood, loud.recording, TRAIN, search(TRAIN))
    assert all(one.message == "" for one in stated)
    assert all(" dB more power than the stated noise" in one.message for one in measured)
    ratio = np.median([b.delay_std_s / a.delay_std_s for a, b in zip(stated, measured, strict=True)])
    assert ratio == close_to(np.sqrt(10.0), rel=0.1)
    error = np.array([(one.delay_s - t) / one.delay_std_s for one, t in zip(measured, loud.delay_s, strict=True)])
    low, high = chi2.ppf([1e-5, 1 - 1e-5], 30) / 30  # 0.28 and 2.5
    assert low < np.mean(error**2) < high
    alone = echoes(TRAIN, snr=0.0, trials=30, noise=10.0)
    recorded = measurements_of(maximum_likelihood, alone.recording, TRAIN, search(TRAIN))
    assert {one.verdict for one in recorded} == {"not_detected"}
