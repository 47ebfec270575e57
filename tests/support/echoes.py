"""Echoes in noise, synthesised in a few lines: what the tests of the estimators listen to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.estimation.search_window import Search
from multistatic.scenario.model import PulseSpec
from multistatic.signal.ofdm import Ofdm
from multistatic.signal.pulses import pulse_of
from multistatic.signal.waveform import PulseTrain, Waveform, sample_times_s
from multistatic.simulation.recording import Recording

SLOT_S = 5e-9
LONGEST_S = 40 * SLOT_S
ONE_ANTENNA = np.ones(1)


def train(pulse: str = "root_raised_cosine", count: int = 128, seed: int = 0) -> PulseTrain:
    rng = np.random.default_rng(seed)
    symbols = (rng.standard_normal(count) + 1j * rng.standard_normal(count)) / np.sqrt(2)
    return PulseTrain(symbols=symbols, pulse=pulse_of(PulseSpec(kind=pulse)), slot_s=SLOT_S)


def ofdm(seed: int = 0) -> Waveform:
    modulation = Ofdm(subcarriers=32, cyclic_prefix=8, slot_s=SLOT_S, ofdm_symbols=4, active=tuple(range(-12, 13)))
    phase = np.random.default_rng(seed).integers(0, 4, modulation.ofdm_symbols * len(modulation.active))
    return modulation(np.exp(0.5j * np.pi * phase))


@dataclass(frozen=True, kw_only=True)
class Echo:
    """Truth of B trials: arrays [B], and the recording with SNR `snr` after integration over block and antennas."""

    recording: Recording
    delay_s: np.ndarray
    doppler_hz: np.ndarray
    amplitude: np.ndarray


def echoes(
    waveform: Waveform,
    *,
    snr: float,
    trials: int = 1,
    oversampling: float = 2.0,
    doppler_bins: float = 0.4,
    steering: np.ndarray = ONE_ANTENNA,
    start_s: float = 0.0,
    noise: float = 1.0,
    seed: int = 1,
) -> Echo:
    """Delays over the whole range and Doppler shifts of up to `doppler_bins` times 1/(length), all off any grid.

    `noise`: scale of the noise that is added to what `snr` supposes (0: none).
    """
    rng = np.random.default_rng(seed)
    rate = oversampling / SLOT_S
    times = start_s + sample_times_s(waveform, rate, LONGEST_S - start_s)
    delay = rng.uniform(0.1, 0.9, trials) * LONGEST_S
    doppler = rng.uniform(-1, 1, trials) * doppler_bins / length_s(waveform)
    sample_noise = 3e-13 * oversampling
    clean = np.stack([waveform.values(times - one) for one in delay])
    scale = np.sqrt(snr * sample_noise / np.sum(np.abs(clean) ** 2, axis=1) / np.sum(np.abs(steering) ** 2))
    amplitude = scale * np.exp(2j * np.pi * rng.random(trials))
    echo = amplitude[:, None] * clean * np.exp(2j * np.pi * doppler[:, None] * times)
    samples = echo[:, None] * steering[:, None]
    for trial in samples:
        trial += noise * np.sqrt(sample_noise / 2) * (rng.standard_normal((*trial.shape, 2)) @ [1, 1j])
    recording = Recording(
        receiver_id="rx1",
        samples=samples,
        sample_rate_hz=rate,
        slot_s=SLOT_S,
        noise_power_w=3e-13,
        start_s=start_s,
    )
    return Echo(recording=recording, delay_s=delay, doppler_hz=doppler, amplitude=amplitude)


def length_s(waveform: Waveform) -> float:
    first, last = waveform.support_s
    return last - first


def search(waveform: Waveform, doppler_bins: float = 0.5, **changes: object) -> Search:
    limit = doppler_bins / length_s(waveform)
    options: dict = {"steering": np.ones(1)} | changes
    return Search(delay_s=(0.0, LONGEST_S), doppler_hz=(-limit, limit), **options)


def brute_statistic(
    recording: Recording, waveform: Waveform, delay_s: float, doppler_hz: float, trial: int = 0
) -> float:
    """Σ_r |<x_{τ,f}, z_r>|²/(‖x‖² σ²) as it is written."""
    times = recording.times_s
    x = waveform.values(times - delay_s) * np.exp(2j * np.pi * doppler_hz * times)
    samples = recording.samples[trial]
    return float(np.sum(np.abs(samples @ x.conj()) ** 2) / np.vdot(x, x).real / recording.sample_noise_power_w)
