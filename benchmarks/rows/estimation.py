"""Rows of the estimator: accuracy against the exact bound, threshold, false alarms, and speed beside a grid."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import process_time

import numpy as np
from benchmarks.measure import Check, Row, faster, marginal_s, within

from multistatic.bounds.realised import realised_information
from multistatic.estimation.detection import cell_threshold
from multistatic.estimation.echo_window import echo_window
from multistatic.estimation.estimates import Estimates
from multistatic.estimation.grid import GridSettings, grid
from multistatic.estimation.matched_filter import statistic_map
from multistatic.estimation.maximum_likelihood import maximum_likelihood
from multistatic.estimation.search_window import Search
from multistatic.scenario.model import PulseSpec
from multistatic.signal.pulses import pulse_of
from multistatic.signal.waveform import PulseTrain, sample_times_s
from multistatic.simulation.recording import Recording
from multistatic.units import SPEED_OF_LIGHT_M_S, db_to_ratio

GRID = GridSettings()

SLOT_S = 5e-9
CARRIER_HZ = 3.5e9
LONGEST_S = 53 * SLOT_S  # what the published deployment spans
CONTINUOUS = ("half_sine", "raised_cosine", "root_raised_cosine")
JUMPING = ("cosine", "sinc")
_BLOCK = 250


def speed(trials: int, rivals: int, repeats: int = 7) -> list[Row]:
    """M = 1024, two antennas, one sample a slot: one Doppler hypothesis, and all of ±9 bins."""
    train, steering = _train("root_raised_cosine", 1024), np.array([1.0, 1j])
    rows = []
    for bins, limit_s, what in ((0.01, 60e-6, "one Doppler hypothesis"), (9.0, 250e-6, "Doppler search over ±9 bins")):
        rng = np.random.default_rng(1)
        recording = _recording(train, 1.0, 25.0, trials, rng, steering, spread=bins if bins < 1 else 0.5)[0]
        search = _search(recording, train, bins, steering)
        ours_s = min(_time_s(partial(maximum_likelihood, recording, train, search)) for _ in range(repeats)) / trials
        checks = [within(limit_s, ours_s, "a trial")]
        rival_s = None
        if bins < 1:
            # Without the time that the grid takes to make its dictionary, once for a batch.
            rival_s = marginal_s(partial(_grid_s, recording, train, search), 1, rivals, repeats=3)
            checks.append(faster(500, ours_s, rival_s))
        rows.append(
            Row(
                work=f"delay and Doppler, M = 1024, N_r = 2, {what}, batch of {trials}",
                ours="maximum_likelihood (fastest of several)",
                ours_s=ours_s,
                rival=f"grid, {GRID.delays} × {GRID.dopplers}" if bins < 1 else "",
                rival_s=rival_s,
                checks=tuple(checks),
            )
        )
    return rows


def accuracy(
    trials: int,
    samples: int = 1024,
    snr_db: float = 30.0,
    oversampling: float = 4.0,
    kinds: Sequence[str] = (*CONTINUOUS, *JUMPING),
) -> list[Row]:
    """Mean square error over the exact bound of the continuous-time signal, delays and Doppler shifts off any grid."""
    rows = []
    for kind in kinds:
        train, rng = _train(kind, samples), np.random.default_rng(2)
        squares, begun = np.zeros(2), process_time()
        for begin in range(0, trials, _BLOCK):
            count = min(_BLOCK, trials - begin)
            recording, delay_s, doppler_hz, snr = _recording(train, oversampling, snr_db, count, rng)
            found = maximum_likelihood(recording, train, _search(recording, train, 1.0))
            information = realised_information(train.pulse, train.symbols, snr)
            bound = np.diag(np.linalg.solve(information, np.eye(2)))
            error = np.stack([(found.delay_s - delay_s) / SLOT_S, (found.doppler_hz - doppler_hz) * SLOT_S])
            squares += np.sum(error**2, axis=1) / bound
        ratio = squares / trials
        checks = tuple(
            Check(
                goal=f"MSE/CRB of {name} 0.95-1.10" if kind in CONTINUOUS else f"MSE/CRB of {name}, interior part",
                measured=f"{value:.3f}",
                met=bool(0.95 <= value <= 1.10) if kind in CONTINUOUS else None,
            )
            for name, value in zip(("delay", "Doppler"), ratio, strict=True)
        )
        work = f"accuracy, {kind}, M = {samples}, {oversampling:g} samples a slot, {snr_db:g} dB, {trials} trials"
        rows.append(Row(work=work, ours="maximum_likelihood", ours_s=(process_time() - begun) / trials, checks=checks))
    return rows


def threshold(trials: int, samples: int = 256) -> list[Row]:
    """SNR at which a tenth of the estimates are off by more than a slot, beside the grid with the same recordings."""
    train = _train("root_raised_cosine", samples)
    levels_db = np.arange(6.0, 13.0, 1.0)
    outliers = np.empty((2, len(levels_db)))
    times_s = np.zeros(2)
    for column, level_db in enumerate(levels_db):
        recording, delay_s, _, _ = _recording(train, 2.0, level_db, trials, np.random.default_rng(3))
        for row, estimator in enumerate((maximum_likelihood, grid)):
            begun = process_time()
            found = estimator(recording, train, _search(recording, train, 1.0))
            times_s[row] += (process_time() - begun) / trials / len(levels_db)
            outliers[row, column] = np.mean(np.abs(found.delay_s - delay_s) > SLOT_S)
    ours_db, rival_db = (float(np.interp(-0.1, -shares, levels_db)) for shares in outliers)
    check = Check(
        goal="threshold ≤ 1 dB above", measured=f"{ours_db - rival_db:+.2f} dB", met=ours_db - rival_db <= 1.0
    )
    work = f"threshold (10 % outliers, at {rival_db:.1f} dB), M = {samples}, {trials} trials a level"
    return [
        Row(
            work=work,
            ours="maximum_likelihood",
            ours_s=float(times_s[0]),
            rival=f"maximum on a grid of {GRID.delays} × {GRID.dopplers}",
            rival_s=float(times_s[1]),
            checks=(check,),
        )
    ]


def false_alarms(cells: int, searches: int) -> list[Row]:
    """Noise alone, at the stated rate of 1e-3: single cells of the map, and whole searches."""
    train, rng, rate = _train("root_raised_cosine", 64), np.random.default_rng(4), 1e-3
    search = _search(_noise(train, 1, np.random.default_rng(0)), train, 2.0)
    above, seen, alarms, looked = 0, 0, 0, 0
    begun = process_time()
    while seen < cells:
        values = statistic_map(_noise(train, 500, rng), train, search).values
        above, seen = above + int(np.count_nonzero(values > cell_threshold(rate))), seen + values.size
    cell_s = (process_time() - begun) / seen
    begun = process_time()
    while looked < searches:
        found: Estimates = maximum_likelihood(_noise(train, 2000, rng), train, search)
        alarms, looked = alarms + int(np.count_nonzero(found.verdict != "not_detected")), looked + len(found)
    return [
        Row(
            work=f"false alarms at 1e-3, {seen} cells of noise",
            ours="statistic_map",
            ours_s=cell_s,
            checks=(_rate_check(above / seen, rate),),
        ),
        Row(
            work=f"false alarms at 1e-3, {looked} searches of noise",
            ours="maximum_likelihood",
            ours_s=(process_time() - begun) / looked,
            checks=(_rate_check(alarms / looked, rate),),
        ),
    ]


def _rate_check(share: float, rate: float) -> Check:
    return Check(goal="rate within 20 %", measured=f"{share:.2e}", met=bool(abs(share / rate - 1.0) <= 0.2))


def _train(kind: str, count: int) -> PulseTrain:
    symbols = np.random.default_rng(0).standard_normal((count, 2)) @ [1, 1j] / np.sqrt(2)
    return PulseTrain(symbols=symbols, pulse=pulse_of(PulseSpec(kind=kind)), slot_s=SLOT_S)


def _search(recording: Recording, train: PulseTrain, bins: float, steering: np.ndarray | None = None) -> Search:
    """The window of an echo as `multistatic.estimate` finds it, for a speed of so many bins of Doppler resolution."""
    limit_hz = bins / (len(train.symbols) * SLOT_S)
    delay_s, doppler_hz = echo_window(
        recording,
        train,
        carrier_hz=CARRIER_HZ,
        speed_limit_m_s=limit_hz * SPEED_OF_LIGHT_M_S / (2.0 * CARRIER_HZ),
        longest_m=LONGEST_S * SPEED_OF_LIGHT_M_S,
    )
    return Search(delay_s=delay_s, doppler_hz=doppler_hz, steering=np.ones(1) if steering is None else steering)


def _recording(
    train: PulseTrain,
    oversampling: float,
    snr_db: float,
    trials: int,
    rng: np.random.Generator,
    steering: np.ndarray | None = None,
    spread: float = 0.5,
) -> tuple[Recording, np.ndarray, np.ndarray, float]:
    """Echoes with random delays, Doppler shifts within ±`spread` bins and phases; also their truth and |A|²N_r/σ²."""
    steering = np.ones(1) if steering is None else steering
    rate = oversampling / SLOT_S
    times = sample_times_s(train, rate, LONGEST_S)
    delay = rng.uniform(0.1, 0.9, trials) * LONGEST_S
    doppler = rng.uniform(-spread, spread, trials) / (len(train.symbols) * SLOT_S)
    snr = db_to_ratio(snr_db) / float(np.sum(np.abs(train.symbols) ** 2))
    phase = np.exp(2j * np.pi * rng.random(trials)) * np.sqrt(snr / len(steering))
    samples = np.empty((trials, len(steering), len(times)), complex)
    for trial in range(trials):
        echo = phase[trial] * train.values(times - delay[trial]) * np.exp(2j * np.pi * doppler[trial] * times)
        samples[trial] = echo * steering[:, None]
    samples += np.sqrt(oversampling / 2) * (rng.standard_normal((*samples.shape, 2)) @ [1, 1j])
    return _as_recording(samples, rate), delay, doppler, snr


def _noise(train: PulseTrain, trials: int, rng: np.random.Generator) -> Recording:
    rate = 2.0 / SLOT_S
    count = len(sample_times_s(train, rate, LONGEST_S))
    return _as_recording(rng.standard_normal((trials, 1, count, 2)) @ [1, 1j], rate)


def _as_recording(samples: np.ndarray, rate: float) -> Recording:
    return Recording(receiver_id="rx1", samples=samples, sample_rate_hz=rate, slot_s=SLOT_S, noise_power_w=1.0)


def _grid_s(recording: Recording, train: PulseTrain, search: Search, trials: int) -> float:
    """Time of the grid with so many of the trials."""
    part = _as_recording(recording.samples[:trials], recording.sample_rate_hz)
    return _time_s(partial(grid, part, train, search))


def _time_s(function: partial[Estimates]) -> float:
    begun = process_time()
    function()
    return process_time() - begun
