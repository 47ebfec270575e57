"""Recompute a design from its beams, in physical units, by a path that shares no code with the solvers.

Each formula of the package is written a second time here, on purpose and in another form: rates by singular values of
the whitened channel instead of differences of log-determinants, cost by loops over pairs, the bounds by
`recomputed_bounds`. docs/model.md §4.5 lists every number of `design.json` with what confirms it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from multistatic.bounds.position import PositionBound
from multistatic.design.bounds_in_doubles import bounds_in_doubles
from multistatic.design.design_point import DesignPoint, point_of
from multistatic.design.recomputed_bounds import (
    ExactBound,
    Sensor,
    exact_bound,
    exact_bounds,
    information_of_a_block,
    published_information,
    sensors_of,
)
from multistatic.design.recomputed_points import SeenPoints, seen_points
from multistatic.design.result import Accuracy, Design, Verification
from multistatic.design.verify_points import (
    USELESS_PEB_M,
    USELESS_VEB_M_S,
    counted_sensors,
    illumination_number,
    point_errors,
    recomputed_criterion,
    value_over_points,
)
from multistatic.scenario.point_layout import CLEAR_OF_SITES_M
from multistatic.units import SPEED_OF_LIGHT_M_S, B, C, F

_ROUNDING = 1e-9  # relative, of distances


def verify(design: Design) -> Verification:
    """Relative violation of every constraint and relative error of every reported figure of a design with beams.

    Every number is recomputed from the beams by code that shares no formula with the solvers.

    design: a design that has beams.

    >>> from multistatic import design_network, load_preset
    >>> design = design_network(load_preset("paper"))
    >>> verify(design).passed
    True
    """
    result, accuracy, channel = design.beamforming, design.accuracy, design.channel
    assert result is not None
    assert result.beams is not None
    assert accuracy is not None
    weights = np.asarray(result.beams.weights)
    scenario = design.scenario
    receives_sensing_beam = ~design.selected
    rates = _rates(channel.direct, weights, channel.noise_power_w, receives_sensing_beam)
    power = float(np.vdot(weights, weights).real)
    points = seen_points(design, weights)
    worst = 0 if design.over_points is None else design.over_points.worst
    seen, illumination = point_of(design, worst), float(points.illumination_w[worst])
    required = scenario.rate_required_bps_hz
    violations = {
        "rate": float(np.max((required - rates) / np.maximum(required, 1.0))),
        "power": power / scenario.transmitter.power_w - 1.0,
        "reported rates": _relative(result.rates_bps_hz, rates),
        "reported power": _relative(result.power_w, power),
        "reported illumination": _relative(result.illumination_w, illumination_number(design, points.illumination_w)),
    }
    if design.scheme != "mono":
        cost = _cost(design, design.selected)
        violations["cost"] = cost / scenario.requirements.cooperation_cost_m - 1.0
        violations["reported cost"] = _relative(design.cost_m, cost)
        if scenario.design.receivers is not None and design.scheme == "multi":
            violations["number of receivers"] = float(abs(int(design.selected.sum()) - scenario.design.receivers))
    if result.upper_bound_w is not None:
        violations["illumination bound"] = float(points.illumination_w.max()) / result.upper_bound_w - 1.0
    violations |= point_errors(design, points, weights)
    sensors = sensors_of(seen, weights, illumination)
    violations |= _sensor_errors(design, accuracy, sensors)
    group = [sensor for sensor, chosen in zip(sensors, counted_sensors(design), strict=True) if chosen]
    ordinary = bounds_in_doubles(seen, group, illumination)
    plain, with_angles = exact_bounds(seen, group, illumination) if ordinary is None else ordinary
    violations |= _bound_errors(accuracy.position, plain, "")
    violations |= _bound_errors(accuracy.position_with_angles, with_angles, " with angles")
    figures = _figures_of_merit(design, group) | _errors_in_space(design, plain)
    own = figures.get(recomputed_criterion(design) or "") if points.count == 1 else value_over_points(design, points)
    violations |= _selection_errors(design, figures, own)
    if own is not None:
        violations |= _budget_errors(design, points, seen, sensors, own)
    return Verification(violations={name: _positive(value) for name, value in violations.items()})


def _positive(value: float) -> float:
    """0 where it holds; NaN never passes."""
    return float("inf") if np.isnan(value) else max(0.0, float(value))


def _relative(reported: F | float | None, recomputed: F | float) -> float:
    if reported is None or not np.isfinite(recomputed).all():
        return float("inf")
    if isinstance(reported, float) and isinstance(recomputed, float):
        error = abs(reported - recomputed) / max(abs(recomputed), 1e-300)
        return error if math.isfinite(error) else float("inf")
    scale = np.maximum(np.abs(recomputed), 1e-300 if np.ndim(recomputed) == 0 else 1.0)
    error = np.max(np.abs(np.asarray(reported) - recomputed) / scale)
    return float(error) if np.isfinite(error) else float("inf")


def _rates(direct: C, weights: C, noise_power_w: float, receives_sensing_beam: np.ndarray) -> F:
    """(20)-(21): log2 Π (1 + eigenvalues of Ψ^-1/2 H Q_k Hᴴ Ψ^-H/2)."""
    beams, antennas, streams = weights.shape
    disturbs = np.ones((len(direct), beams), bool)
    disturbs[:, 0] = receives_sensing_beam
    own = np.arange(len(direct))
    disturbs[own, own + 1] = False
    arrived = direct @ np.swapaxes(weights, 0, 1).reshape(antennas, beams * streams)
    suffered = arrived * np.repeat(disturbs, streams, axis=1)[:, None, :]
    noise = noise_power_w * np.eye(direct.shape[1]) + suffered @ np.conj(np.swapaxes(suffered, 1, 2))
    signal = arrived.reshape(*direct.shape[:2], beams, streams)[own, :, own + 1]
    whitened = np.linalg.solve(np.linalg.cholesky(noise), signal)
    rates: F = np.sum(np.log2(1.0 + np.linalg.svd(whitened, compute_uv=False) ** 2), axis=-1)
    return rates


def _cost(design: Design, selected: B) -> float:
    """(22), the sum of the prices v_k of the group `selected` [K]."""
    scenario = design.scenario
    weight = scenario.requirements.distance_weight
    group = [tuple(scenario.receivers[k].position_m) for k in np.flatnonzero(selected)]
    middle = _middle(design)
    total = 0.0
    for place in group:
        others = [math.dist(place, other) for other in group if other is not place]
        apart = sum(others) / len(others) if others else 0.0
        total += weight * math.dist(place, middle) + (1.0 - weight) * apart
    return total


def _middle(design: Design) -> tuple[float, ...]:
    """The weighted mean of the targets' positions; within a metre of a site the scenario's own middle, which must be a
    point that no other is nearer to the mean than (where several are as near, rounding decides).
    """
    scenario = design.scenario
    total = math.fsum(target.weight for target in scenario.targets)
    mean = tuple(
        math.fsum(target.weight * float(target.position_m[i]) for target in scenario.targets) / total for i in range(3)
    )
    sites = [scenario.transmitter.position_m, *(receiver.position_m for receiver in scenario.receivers)]
    alone = len(scenario.targets) == 1 and scenario.targets[0].area is None
    if alone or min(math.dist(mean, site) for site in sites) >= CLEAR_OF_SITES_M:
        return mean
    stated = tuple(map(float, scenario.middle_m))
    places = [tuple(map(float, place)) for place in scenario.points().position_m]
    nearest = min(math.dist(mean, place) for place in places)
    return stated if stated in places and math.dist(mean, stated) <= nearest * (1.0 + _ROUNDING) else mean


def _block_information(design: Design, sensor: Sensor) -> F:
    radio = design.scenario.radio
    return sensor.snr * np.array(information_of_a_block(radio.pulse, radio.samples))


def _sensor_errors(design: Design, accuracy: Accuracy, sensors: Sequence[Sensor]) -> dict[str, float]:
    """Deviations of delay, Doppler, range and range rate, and the SNR of a block, receiver by receiver."""
    scenario, slot_s = design.scenario, design.scenario.radio.slot_s
    snr = np.array([sensor.snr for sensor in sensors])
    (tau, cross), (_, f) = information_of_a_block(scenario.radio.pulse, scenario.radio.samples)
    determinant = tau * f - cross**2  # 2 x 2 by its determinant
    untold = (snr <= 0.0) | (determinant <= 0.0)
    strength = np.where(untold, 1.0, snr * determinant)
    delay_s, doppler_hz = (
        np.where(untold, np.inf, np.sqrt(other / strength) * unit) for other, unit in ((f, slot_s), (tau, 1.0 / slot_s))
    )
    pairs = [() if sensor.clock is None else (sensor.clock, scenario.transmitter) for sensor in sensors]
    time_s2, frequency_hz2 = (
        np.array([sum(getattr(each, name) ** 2 for each in clocks) for clocks in pairs])
        for name in ("clock_offset_std_s", "frequency_offset_std_hz")
    )
    expected = {
        "delay": delay_s,
        "Doppler": doppler_hz,
        "range": SPEED_OF_LIGHT_M_S * np.sqrt(delay_s**2 + time_s2),
        "range rate": scenario.radio.wavelength_m * np.sqrt(doppler_hz**2 + frequency_hz2),
        "block SNR": scenario.radio.samples * snr,
    }
    reported = {
        "delay": accuracy.delay_std_s,
        "Doppler": accuracy.doppler_std_hz,
        "range": accuracy.range_std_m,
        "range rate": accuracy.range_rate_std_m_s,
        "block SNR": accuracy.block_snr,
    }
    return {f"reported {name}": _each(reported[name], expected[name]) for name in expected}


def _each(reported: F, expected: F) -> float:
    """The largest relative error of numbers of any size; infinity agrees with infinity alone."""
    if np.shape(reported) != expected.shape:
        return float("inf")
    infinite = np.isinf(expected) | np.isinf(reported)
    true, found = np.where(infinite, 0.0, expected), np.where(infinite, 0.0, reported)
    errors = np.where(infinite, np.where(reported == expected, 0.0, np.inf), abs(found - true))
    errors = errors / np.where(infinite, 1.0, np.maximum(abs(true), 1e-300))
    return float("inf") if np.isnan(errors).any() else float(errors.max(initial=0.0))


def _figures_of_merit(design: Design, group: Sequence[Sensor]) -> dict[str, float]:
    """Surrogate, the published one and the sum of the receivers' own bounds, from inverses of 2 x 2 matrices."""
    radio = design.scenario.radio
    each = [_block_information(design, sensor) for sensor in group]
    published = published_information(radio.pulse, radio.samples, radio.bandwidth_hz)
    return {
        "surrogate": _trace_of_inverse(np.sum(each, axis=0)),
        "published": _trace_of_inverse(sum(sensor.published_snr for sensor in group) * published),
        "sum_crb": sum(_trace_of_inverse(one) for one in each),
    }


def _trace_of_inverse(matrix: F) -> float:
    determinant = matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]
    return float((matrix[0, 0] + matrix[1, 1]) / determinant) if determinant > 0 else float("inf")


def _errors_in_space(design: Design, exact: ExactBound) -> dict[str, float]:
    weight_s = design.scenario.design.velocity_weight_s
    peb, veb = exact.peb_m, exact.veb_m_s
    return {"peb": peb, "veb": veb, "weighted": float(np.sqrt(peb**2 + (weight_s * veb) ** 2)) if weight_s else peb}


def _bound_errors(reported: PositionBound, exact: ExactBound, what: str) -> dict[str, float]:
    """PEB, VEB and the covariance of the position; "unobservable" holds where the exact bound is of no use either."""
    errors = {
        f"reported PEB{what}": _verdict_or_error(reported.peb_m, exact.peb_m, USELESS_PEB_M),
        f"reported VEB{what}": _verdict_or_error(reported.veb_m_s, exact.veb_m_s, USELESS_VEB_M_S),
    }
    if reported.covariance_m2 is not None and exact.position is not None:
        scale = np.sqrt(np.diagonal(exact.position))
        errors[f"reported covariance{what}"] = float(
            np.max(np.abs(reported.covariance_m2 - exact.position) / np.outer(scale, scale))
        )
        variances = np.diagonal(exact.position)
        parts = {"horizontal": (reported.peb_horizontal_m, float(np.sqrt(variances[:2].sum())))}
        if len(variances) > 2:
            parts["vertical"] = (reported.peb_vertical_m, float(np.sqrt(variances[2])))
        for name, (found, expected) in parts.items():
            errors[f"reported {name} PEB{what}"] = _relative(found, expected)
    elif (reported.covariance_m2 is None) != (reported.peb_m is None):
        errors[f"reported covariance{what}"] = float("inf")
    return errors


def _verdict_or_error(reported: float | None, exact: float, useless: float) -> float:
    if reported is None:
        return 0.0 if exact >= useless else float("inf")
    return _relative(reported, exact)


def _selection_errors(design: Design, figures: Mapping[str, float], value: float | None) -> dict[str, float]:
    """The value of the criterion, and a bound that is not above it. A criterion of another package is its own claim."""
    accuracy, chosen = design.accuracy, design.selection
    assert accuracy is not None
    errors = {
        "reported surrogate": _merit_error(accuracy.surrogate, figures["surrogate"]),
        "reported published surrogate": _merit_error(accuracy.surrogate_published, figures["published"]),
        "reported sum of bounds": _merit_error(accuracy.sum_crb, figures["sum_crb"]),
    }
    if chosen is None or chosen.value is None:
        return errors
    if value is not None and np.isfinite(chosen.value):
        errors["reported criterion"] = _relative(chosen.value, value)
    if chosen.bound is not None:
        errors["selection bound"] = chosen.bound / chosen.value - 1.0
    return errors


def _budget_errors(
    design: Design, points: SeenPoints, seen: DesignPoint, sensors: Sequence[Sensor], own: float
) -> dict[str, float]:
    """What the next group costs more than the limit, and what it changes, by its own figures of merit."""
    step = None if design.sensitivity is None else design.sensitivity.budget
    name = recomputed_criterion(design)
    if step is None or name is None:
        return {}
    chosen = np.array([name in step.selected for name in design.scenario.receiver_ids])
    limit_m = design.scenario.requirements.cooperation_cost_m
    extra_m = max(_cost(design, chosen) - limit_m, 0.0)
    if points.count > 1:
        value = value_over_points(design, points, chosen)
        assert value is not None
    else:
        group = [sensor for sensor, kept in zip(sensors, chosen, strict=True) if kept]
        ordinary = bounds_in_doubles(seen, group, float(points.illumination_w[0]))
        exact = exact_bound(seen, group) if ordinary is None else ordinary[0]
        value = (_figures_of_merit(design, group) | _errors_in_space(design, exact))[name]
    return {
        "reported budget": abs(step.extra_m - extra_m) / limit_m,
        "reported change by budget": abs(step.change - (value / own - 1.0)),
    }


def _merit_error(reported: float | None, exact: float) -> float:
    if reported is None:
        return 0.0 if np.isinf(exact) else float("inf")
    return _relative(reported, exact)
