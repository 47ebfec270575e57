"""Random beamforming problems of every kind: every answer verified feasible, or every verdict of infeasibility doubted.

    python benchmarks/beamforming_robustness.py [COUNT] [SEED]

K 1-20, N_t 1-64, N_r 1-4 (mixed arrays, padded with zero rows), rates 0.1 bit/s/Hz to beyond the limit, equal or
different per receiver, any selection, L 1-3, line of sight, Rician or i.i.d. channels with the path loss of the paper.
An infeasible verdict is tested by an independent search: adaptively weighted WMMSE for the largest common fraction of
the rates, which shares no code with the package; and the largest common rate that the verdict names is asked for.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.value_function import value_function
from multistatic.communication.rates import rates_bps_hz

NOISE_W = 1e-9


def random_problem(rng: np.random.Generator, receivers: int = 20, transmit: int = 64) -> BeamformingProblem:
    """One problem at the scale of the paper: d^-2.7, d in 1-100 m, σ² = 1e-9 W, P_T = 1 W."""
    count, antennas = int(rng.integers(1, receivers + 1)), int(rng.integers(1, 5))
    size = int(np.exp(rng.uniform(0.0, np.log(transmit + 0.99))))
    if rng.random() < 0.7:
        count = min(count, size + 1)
    used = rng.integers(1, antennas + 1, count) if rng.random() < 0.3 else np.full(count, antennas)
    angles = rng.uniform(-np.pi, np.pi, (3, count))
    specular = _steering(antennas, angles[0])[:, :, None] * _steering(size, angles[1])[:, None, :]
    real, imaginary = rng.standard_normal((2, count, antennas, size))
    kind = rng.choice(["los", "rician", "iid"])
    scattered = (real + 1j * imaginary) / np.sqrt(2.0)
    factor = {"los": np.inf, "rician": 0.5, "iid": 0.0}[kind]
    weight = 1.0 if factor == np.inf else factor / (1.0 + factor)
    gain = rng.uniform(1.0, 100.0, count) ** -2.7
    direct = np.sqrt(gain)[:, None, None] * (np.sqrt(weight) * specular + np.sqrt(1.0 - weight) * scattered)
    direct[np.arange(antennas) >= used[:, None]] = 0.0
    rate = np.full(count, np.exp(rng.uniform(np.log(0.1), np.log(16.0))))
    if rng.random() < 0.3:
        rate *= rng.uniform(0.0, 1.0, count) * (rng.random(count) < 0.8)
    return BeamformingProblem(
        direct=direct,
        steering_tx=_steering(size, rng.uniform(-np.pi, np.pi)),
        noise_power_w=NOISE_W,
        power_limit_w=1.0,
        rate_required_bps_hz=rate,
        selected=rng.random(count) < rng.choice([0.0, 0.2, 0.5, 1.0]),
        streams=int(rng.integers(1, 4)),
    )


def independent_reach(problem: BeamformingProblem, rng: np.random.Generator, iterations: int = 300) -> float:
    """Largest t with R_k ≥ t R_th,k that weighted-sum-rate WMMSE with adapted weights finds (no sensing beam)."""
    wanted = problem.rate_required_bps_hz > 0
    channels, rate = problem.normalised_direct[wanted], problem.rate_required_bps_hz[wanted] * np.log(2.0)
    count, antennas, size = channels.shape
    streams, best = min(problem.streams, antennas, size), 0.0
    for start in range(3):
        beams = np.linalg.svd(channels)[2][:, :streams].conj().transpose(0, 2, 1)
        if start:
            beams = rng.standard_normal(beams.shape) + 1j * rng.standard_normal(beams.shape)
        beams = beams / np.sqrt(np.sum(np.abs(beams) ** 2))
        emphasis = np.ones(count) / count
        for _ in range(iterations):
            arrived = np.einsum("krt,jtl->kjrl", channels, beams)
            covariance = np.einsum("kjrl,kjsl->krs", arrived, arrived.conj()) + np.eye(antennas)
            own = arrived[np.arange(count), np.arange(count)]
            filters = np.linalg.solve(covariance, own)
            error = np.eye(streams) - np.einsum("krl,krm->klm", own.conj(), filters)
            reached = -np.linalg.slogdet(error)[1]
            best = max(best, float(np.min(reached / rate)))
            emphasis = emphasis * np.exp(
                -0.5 * (reached / rate - np.min(reached / rate)) / max(1.0, np.ptp(reached / rate))
            )
            emphasis /= emphasis.sum()
            weights = (emphasis / rate)[:, None, None] * np.linalg.inv(error)
            through = np.einsum("krt,krl->ktl", channels.conj(), filters)
            loaded = np.einsum("ktl,klm,kum->tu", through, weights, through.conj())
            noise = np.einsum("krl,klm,krm->", filters, weights, filters.conj()).real
            beams = np.linalg.solve(loaded + noise * np.eye(size), np.einsum("ktl,klm->ktm", through, weights))
            beams = beams / np.sqrt(np.sum(np.abs(beams) ** 2))
    return best


@dataclass(frozen=True, slots=True)
class Sweep:
    """How often each status was answered, what was wrong in words, and the times in s."""

    outcomes: Counter[str]
    wrong: list[str]
    times_s: list[float]


def sweep(count: int, seed: int) -> Sweep:
    """Ask `count` random problems and doubt every answer; an exception is a wrong answer."""
    found = Sweep(Counter(), [], [])
    for trial in range(count):
        rng = np.random.default_rng([seed, trial])
        problem = random_problem(rng)
        label = f"trial {trial}: K={len(problem.direct)} N_t={problem.direct.shape[2]} N_r={problem.direct.shape[1]}"
        began = time.process_time()
        try:
            result = value_function(problem)
        except Exception as error:  # noqa: BLE001 - none is allowed, of any kind
            found.outcomes["exception"] += 1
            found.wrong.append(f"{label}: {error!r}")
            continue
        finally:
            found.times_s.append(time.process_time() - began)
        found.outcomes[result.status] += 1
        faults = _faults_of_verdict(problem, result, rng) if result.beams is None else _faults_of_beams(problem, result)
        found.wrong.extend(f"{label}: {fault}" for fault in faults)
    return found


def _faults_of_verdict(
    problem: BeamformingProblem, result: BeamformingResult, rng: np.random.Generator
) -> Iterator[str]:
    """Rates that are reached after all, and a largest common rate that is not."""
    reached = independent_reach(problem, rng)
    if reached >= 1.0:
        yield f"infeasible, but the independent search reaches {reached:.4f}: {result.message}"
    common = 0.999 * (result.largest_common_rate_bps_hz or 0.0)
    wanted = np.where(problem.rate_required_bps_hz > 0, common, 0.0)
    if common > 0.0 and value_function(replace(problem, rate_required_bps_hz=wanted)).beams is None:
        yield f"the largest common rate {common / 0.999:.6g} is not reached"


def _faults_of_beams(problem: BeamformingProblem, result: BeamformingResult) -> Iterator[str]:
    """Rates, power and bound, checked from the beams."""
    assert result.beams is not None
    assert result.illumination_w is not None
    rates = rates_bps_hz(problem.direct, result.beams, problem.noise_power_w, problem.selected)
    short = np.max((problem.rate_required_bps_hz - rates) / np.maximum(problem.rate_required_bps_hz, 1e-12))
    excess = result.beams.power_w / problem.power_limit_w - 1.0
    if short > 1e-6 or excess > 1e-6:
        yield f"rate short by {short:.2g}, power over by {excess:.2g}"
    if not result.illumination_w <= result.upper_bound_w * (1.0 + 1e-9):
        yield "illumination above its upper bound"


def main(count: int, seed: int) -> int:
    """Print the wrong answers and a summary; the number of wrong answers."""
    found = sweep(count, seed)
    for line in found.wrong:
        print("WRONG", line)
    median, longest = np.median(found.times_s), np.max(found.times_s)
    print(dict(found.outcomes), f"wrong: {len(found.wrong)}, median {median:.3g} s, longest {longest:.3g} s")
    return len(found.wrong)


def _steering(size: int, angle: np.ndarray | float) -> np.ndarray:
    """Half-wavelength array [..., size]."""
    return np.exp(1j * np.pi * np.multiply.outer(np.sin(angle), np.arange(size)))


if __name__ == "__main__":
    arguments = [int(text) for text in sys.argv[1:]]
    sys.exit(min(1, main(*(arguments + [200, 1][len(arguments) :]))))
