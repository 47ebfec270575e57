"""Recompute a design from its beams, in physical units, by a path that shares no code with the solvers.

Each formula of the package is written a second time here, on purpose and in another form: rates by eigenvalues of the
whitened signal covariance instead of differences of log-determinants, cost by loops over pairs, the surrogate from
summed 2 x 2 matrices, PEB by the singular values of the stacked whitened Jacobian. Nothing is reported that this did
not confirm.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multistatic.bounds.sensing import sensing_array
from multistatic.design.result import Design, Verification
from multistatic.scenario.model import Receiver, Transmitter
from multistatic.signal.pulses import pulse_moments
from multistatic.units import SPEED_OF_LIGHT_M_S, C, F

Clock = Receiver | Transmitter


def verify(design: Design) -> Verification:
    """Relative violation of every constraint and relative error of every reported figure of a design with beams."""
    result, accuracy, channel = design.beamforming, design.accuracy, design.channel
    assert result is not None
    assert result.beams is not None
    assert accuracy is not None
    weights = np.asarray(result.beams.weights)
    scenario = design.scenario
    hears_sensing_beam = ~design.selected
    rates = _rates(channel.direct, weights, channel.noise_power_w, hears_sensing_beam)
    power = sum(float(np.linalg.norm(w, "fro") ** 2) for w in weights)
    illumination = sum(float(np.linalg.norm(w.T @ channel.steering_tx) ** 2) for w in weights)
    required = scenario.rate_required_bps_hz
    violations = {
        "rate": float(np.max((required - rates) / np.maximum(required, 1.0))),
        "power": power / scenario.transmitter.power_w - 1.0,
        "reported rates": _relative(result.rates_bps_hz, rates),
        "reported power": _relative(result.power_w, power),
        "reported illumination": _relative(result.illumination_w, illumination),
    }
    if design.scheme != "mono":
        cost = _cost(design)
        violations["cost"] = cost / scenario.requirements.cooperation_cost_m - 1.0
        violations["reported cost"] = _relative(design.cost_m, cost)
        if scenario.design.receivers is not None and design.scheme == "multi":
            violations["number of receivers"] = float(abs(int(design.selected.sum()) - scenario.design.receivers))
    information = _information(design, weights, illumination)
    violations["reported surrogate"] = _relative(accuracy.surrogate, _surrogate(design, information))
    errors = _position_errors(design, information)
    for name, bound in (("PEB", accuracy.position.peb_m), ("VEB", accuracy.position.veb_m_s)):
        if bound is not None:
            violations[f"reported {name}"] = _relative(bound, errors[name]) - errors["rounding"]
    return Verification(violations={name: max(0.0, float(value)) for name, value in violations.items()})


LARGEST_ROUNDING = 1e-2  # a bound that rounding may move by more is not verified


def _relative(reported: F | float | None, recomputed: F | float) -> float:
    if reported is None:
        return float("inf")
    scale = np.maximum(np.abs(recomputed), 1e-300 if np.ndim(recomputed) == 0 else 1.0)
    error = np.max(np.abs(np.asarray(reported) - recomputed) / scale)
    return float(error) if np.isfinite(error) else float("inf")


def _rates(direct: C, weights: C, noise_power_w: float, hears_sensing_beam: np.ndarray) -> F:
    """(20)-(21): log2 Π (1 + eigenvalues of Ψ^-1/2 H Q_k Hᴴ Ψ^-H/2)."""
    rates = []
    for k, channel in enumerate(direct):
        noise = noise_power_w * np.eye(len(channel), dtype=complex)
        for j, beam in enumerate(weights):
            if j != k + 1 and (j > 0 or hears_sensing_beam[k]):
                noise += (channel @ beam) @ (channel @ beam).conj().T
        factor = np.linalg.cholesky(noise)
        whitened = np.linalg.solve(factor, channel @ weights[k + 1])
        rates.append(np.sum(np.log2(1.0 + np.linalg.svd(whitened, compute_uv=False) ** 2)))
    return np.array(rates)


def _cost(design: Design) -> float:
    """(22), the sum of the prices v_k of the group."""
    scenario = design.scenario
    weight = scenario.requirements.distance_weight
    group = [scenario.receivers[k].position_m for k in np.flatnonzero(design.selected)]
    total = 0.0
    for place in group:
        others = [float(np.linalg.norm(place - other)) for other in group if other is not place]
        apart = sum(others) / len(others) if others else 0.0
        total += weight * float(np.linalg.norm(place - scenario.target.position_m)) + (1.0 - weight) * apart
    return total


def _information(design: Design, weights: C, illumination_w: float) -> F:
    """J_k [n, 2, 2] (model.md §3, unknown amplitude) of every receiver, or of the transmitter itself if mono-static."""
    scenario, channel = design.scenario, design.channel
    pulse, samples = pulse_moments(scenario.radio.pulse), scenario.radio.samples
    per_snr = np.diag(
        [
            2 * samples * (pulse.mean_square_bandwidth - abs(pulse.mean_frequency) ** 2),
            8 * np.pi**2 * samples * ((samples**2 - 1) / 12 + pulse.mean_square_time - pulse.mean_time**2),
        ]
    )
    white = channel.noise_power_w + channel.clutter_power_w
    if design.scheme == "mono":
        distance = float(np.linalg.norm(scenario.target.position_m - scenario.transmitter.position_m))
        length = 2 * distance if scenario.propagation.echo_law == "sum" else distance**2
        gain = scenario.propagation.reference_gain * length ** (-scenario.propagation.path_loss_exponent)
        snr = [gain * scenario.target.reflection * sensing_array(scenario).size * illumination_w / white]
    else:
        snr = []
        for gain, steering, paths in zip(channel.echo_gain, channel.steering_rx, channel.clutter, strict=True):
            noise = white * np.eye(len(steering), dtype=complex)
            for path in paths:
                for beam in weights:
                    noise += (path @ beam) @ (path @ beam).conj().T
            whitened = np.linalg.solve(np.linalg.cholesky(noise), steering)
            snr.append(gain * illumination_w * np.linalg.norm(whitened) ** 2)
    return np.array(snr)[:, None, None] * per_snr


def _heard(design: Design) -> tuple[F, np.ndarray]:
    """Positions [n, 3] of whoever hears the echo and which of them count [n]."""
    if design.scheme == "mono":
        return design.scenario.transmitter.position_m[None], np.ones(1, bool)
    return design.scenario.receiver_positions_m, np.asarray(design.selected, bool)


def _surrogate(design: Design, information: F) -> float:
    total = information[_heard(design)[1]].sum(axis=0)
    return float(1.0 / total[0, 0] + 1.0 / total[1, 1])


def _position_errors(design: Design, information: F) -> dict[str, float]:
    """PEB and VEB from the pseudo-inverse of the whitened Jacobian of all delays and Dopplers, columns scaled to
    length 1. Clocks that are not synchronised add their offsets as unknowns, and their priors as measurements.

    `rounding`: the relative error that rounding leaves in bounds made from the product of the Jacobian with itself,
    whose condition is the square of the Jacobian's: much where receivers are almost in one line with the target.
    """
    scenario = design.scenario
    slot_s, carrier_hz, dims = scenario.radio.slot_s, scenario.radio.carrier_hz, scenario.dimensions
    target, velocity = scenario.target.position_m, scenario.target.velocity_m_s
    rows, weights, clocks = [], [], []
    for k, (place, chosen, fisher) in enumerate(zip(*_heard(design), information, strict=True)):
        if not chosen:
            continue
        slope, bend = np.zeros(3), np.zeros((3, 3))
        for anchor in (scenario.transmitter.position_m, place):
            length = float(np.linalg.norm(target - anchor))
            unit = (target - anchor) / length
            slope += unit
            bend += (np.eye(3) - np.outer(unit, unit)) / length
        delay = np.concatenate([slope[:dims], np.zeros(dims)]) / SPEED_OF_LIGHT_M_S / slot_s
        doppler = np.concatenate([(velocity @ bend)[:dims], slope[:dims]]) * (-carrier_hz / SPEED_OF_LIGHT_M_S * slot_s)
        rows += [np.sqrt(fisher[0, 0]) * delay, np.sqrt(fisher[1, 1]) * doppler]
        if design.scheme != "mono":
            weights.append((np.sqrt(fisher[0, 0]) / slot_s, np.sqrt(fisher[1, 1]) * slot_s))
            clocks.append((scenario.receivers[k], scenario.transmitter))
    jacobian = _with_clocks(np.array(rows), weights, clocks)
    scale = np.linalg.norm(jacobian, axis=0)
    scale[scale == 0] = 1.0
    spread = np.linalg.norm(np.linalg.pinv(jacobian / scale, rcond=1e-12), axis=1) / scale
    peb, veb = float(np.linalg.norm(spread[:dims])), float(np.linalg.norm(spread[dims : 2 * dims]))
    rounding = 10.0 * np.finfo(float).eps * float(np.linalg.cond(jacobian / scale)) ** 2
    return {"PEB": peb, "VEB": veb, "rounding": min(rounding, LARGEST_ROUNDING)}


def _with_clocks(jacobian: F, weights: Sequence[tuple[float, float]], clocks: Sequence[tuple[Clock, Clock]]) -> F:
    """One more column for each clock offset that is not known, and a row for its prior.

    `weights`: what one second and one hertz of offset change in the two rows of each receiver. `clocks`: whose offsets
    these are, the receiver's own and the transmitter's.
    """
    columns: dict[tuple[int, int], F] = {}
    priors: dict[tuple[int, int], float] = {}
    for row, (weight, pair) in enumerate(zip(weights, clocks, strict=True)):
        for clock in pair:
            for i, std in enumerate((clock.clock_offset_std_s, clock.frequency_offset_std_hz)):
                if std > 0:
                    columns.setdefault((id(clock), i), np.zeros(len(jacobian)))[2 * row + i] = weight[i]
                    priors[id(clock), i] = 1.0 / std
    if not columns:
        return jacobian
    seen = np.hstack([jacobian, np.array(list(columns.values())).T])
    known = np.hstack([np.zeros((len(columns), jacobian.shape[1])), np.diag(list(priors.values()))])
    return np.vstack([seen, known])
