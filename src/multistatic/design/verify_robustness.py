"""Recompute what a design says of a receiver that fails and of a target that is off, by `recomputed_points` alone."""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from multistatic.design.recomputed_points import SeenPoints, figures, reduced_value, seen_elsewhere, seen_points
from multistatic.design.result import Design
from multistatic.design.verify_points import USELESS_PEB_M, recomputed_criterion, value_over_points
from multistatic.scenario.given_channel import GivenChannel

# A target is no nearer to a site than this.
_NEAREST_M = 1.0


def robustness_errors(design: Design) -> dict[str, float]:
    """Relative errors of `Design.robustness`; empty for a design without beams, in the mono-static scheme, and for a
    criterion of another package.

    design: a design over one point or several.

    >>> from multistatic import design_network, load_preset
    >>> max(robustness_errors(design_network(load_preset("paper"))).values()) < 1e-6
    True
    """
    found, result = design.robustness, design.beamforming
    if found is None or result is None or result.beams is None or recomputed_criterion(design) is None:
        return {}
    if design.scheme == "mono":
        return {}
    weights = np.asarray(result.beams.weights)
    here = seen_points(design, weights)
    value = value_over_points(design, here)
    assert value is not None
    errors = {}
    if found.one_fails is not None:
        without = {}
        for k in np.flatnonzero(design.selected):
            left = design.selected.copy()
            left[k] = False
            without[design.scenario.receiver_ids[k]] = value_over_points(design, here, left) or math.inf
        named, worst = without[found.one_fails.receiver], max(without.values())
        errors["reported failure of a receiver"] = max(
            _error(found.one_fails.change, named / value), _error(found.one_fails.change, worst / value)
        )
        errors["reported failure of a receiver"] += (found.one_fails.change is None) != found.one_fails.unobservable
    for row in found.target_off:
        name = f"reported target {row.distance_m:g} m off"
        errors[name] = _error(row.worst_change, _value_off(design, weights, here, row.distance_m) / value)
    return errors


def _error(change: float | None, ratio: float) -> float:
    """How far 1 + `change` is from the ratio of two values; a ratio of no use may be withheld."""
    if change is None:
        return 0.0 if math.isinf(ratio) or ratio >= USELESS_PEB_M else math.inf
    return math.inf if math.isinf(ratio) else abs(1.0 + change - ratio) / ratio


def _value_off(design: Design, weights: np.ndarray, here: SeenPoints, distance_m: float) -> float:
    """The criterion over the points, each with its target off by a distance in the worst of the directions."""
    scenario, name = design.scenario, recomputed_criterion(design)
    assert name is not None
    steps = np.array(_directions(scenario.dimensions)) * distance_m
    count = here.count
    of_point = np.repeat(np.arange(count), len(steps))
    places = (design.points.position_m[:, None] + steps).reshape(-1, 3)
    sites = np.stack([scenario.transmitter.position_m, *scenario.receiver_positions_m])
    apart = np.sqrt(np.sum((places[:, None] - sites) ** 2, axis=2)).min(axis=1)
    kept = np.flatnonzero(apart >= _NEAREST_M)
    settings = scenario.design
    values = list(figures(here, design.selected, name, settings.velocity_weight_s))
    if len(kept):
        off = seen_elsewhere(design, weights, [int(m) for m in of_point[kept]], places[kept])
        off = _as_given(design, weights, here, off, of_point[kept])
        each = figures(off, design.selected, name, settings.velocity_weight_s)
        for m in range(count):
            mine = each[of_point[kept] == m]
            values[m] = mine.max() if len(mine) else values[m]
    return reduced_value(np.array(values), design.points.weight, scenario.over_points)


def _as_given(
    design: Design, weights: np.ndarray, here: SeenPoints, off: SeenPoints, of_point: np.ndarray
) -> SeenPoints:
    """With echoes that are as much stronger as those of a channel file are than those of the geometry."""
    given = design.scenario.propagation.direct
    if not isinstance(given, GivenChannel) or given.echo_gain is None:
        return off
    geometric = seen_elsewhere(design, weights, range(here.count), design.points.position_m)
    stronger = (here.snr / here.illumination_w[:, None]) / (geometric.snr / geometric.illumination_w[:, None])
    return SeenPoints(
        seen=off.seen,
        illumination_w=off.illumination_w,
        snr=off.snr * stronger[of_point],
        published_snr=off.published_snr,
    )


def _directions(dimensions: int) -> list[tuple[float, float, float]]:
    """Twenty-four directions on a circle; in 3-D those to the faces, edges and corners of a cube."""
    if dimensions == 2:
        return [(math.cos(math.tau * i / 24), math.sin(math.tau * i / 24), 0.0) for i in range(24)]
    steps = [step for step in product((-1, 0, 1), repeat=3) if step != (0, 0, 0)]
    return [(x / n, y / n, z / n) for x, y, z in steps if (n := math.sqrt(x * x + y * y + z * z))]
