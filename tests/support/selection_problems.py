"""Selection problems and simple criteria that tests share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from multistatic import registry
from multistatic.bounds.gain import LinearGain, MatrixGain
from multistatic.bounds.sensing import sensing_networks
from multistatic.channel.realise import channel_rng, realise
from multistatic.design.instance import instance_of
from multistatic.scenario.target_points import TargetPoints
from multistatic.selection.criterion_of_points import CriterionOfPoints
from multistatic.selection.selection_problem import Criterion, SelectionProblem
from multistatic.units import B, F
from tests.support.networks import network


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weighted:
    """1/(p Σ_{k∈G} w_k), the form of the surrogate."""

    weights: F
    name: str = "weighted"
    unit: str = ""

    @property
    def gain(self) -> LinearGain:
        return LinearGain(weights=self.weights)

    def values(self, masks: B, illumination_w: float) -> F:
        total = masks @ self.weights * illumination_w
        return np.divide(1.0, total, out=np.full(len(masks), np.inf), where=total > 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Position:
    """Square root of tr (p Σ_{k∈G} w_k g_k g_kᵀ)⁻¹: a position bound from delays; infinite below two or three."""

    strengths: F
    gradients: F
    name: str = "position"
    unit: str = "m"

    @property
    def information(self) -> F:
        return np.einsum("k,ki,kj->kij", self.strengths, self.gradients, self.gradients)

    @property
    def gain(self) -> MatrixGain:
        return MatrixGain(information=self.information, weighting=np.eye(self.gradients.shape[1]))

    def values(self, masks: B, illumination_w: float) -> F:
        values = np.full(len(masks), np.inf)
        for i, group in enumerate(masks):
            eigenvalues = np.linalg.eigvalsh(illumination_w * self.information[group].sum(axis=0))
            if eigenvalues[0] > 1e-12 * max(eigenvalues[-1], 1e-300):
                values[i] = np.sqrt(np.sum(1.0 / eigenvalues))
        return values


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plain:
    """sqrt of tr[A J⁻¹]/p, one group after the other, by the textbook formula in scaled units."""

    information: F
    weighting: F
    name: str = "plain"
    unit: str = "m"

    @property
    def gain(self) -> MatrixGain:
        return MatrixGain(information=self.information, weighting=self.weighting)

    def values(self, masks: B, illumination_w: float) -> F:
        scale = 1 / np.sqrt(np.einsum("kii->i", self.information))
        values = []
        for mask in masks:
            total = self.information[mask].sum(axis=0) * scale[:, None] * scale
            if mask.any() and np.linalg.matrix_rank(total, tol=1e-11, hermitian=True) == len(total):
                spread = np.trace((self.weighting * scale[:, None] * scale) @ np.linalg.pinv(total))
                values.append(np.sqrt(spread / illumination_w))
            else:
                values.append(np.inf)
        return np.array(values)


def selection_problem(
    size: int = 8,
    *,
    seed: int = 0,
    criterion: str | Criterion = "weighted",
    forced: tuple[int, ...] = (),
    **changes: Any,
) -> SelectionProblem:
    """Receivers uniform in a disc of 100 m around the origin, the target at (20, 40), echoes by distance and fading."""
    rng = np.random.default_rng(seed)
    radius, angle = 100 * np.sqrt(rng.uniform(size=size)), rng.uniform(0, 2 * np.pi, size)
    places = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), np.zeros(size)])
    target = np.array([20.0, 40.0, 0.0])
    near = np.linalg.norm(places - target, axis=1)
    gain = (np.linalg.norm(target) + near) ** -2.7
    weights = 1e9 * gain * rng.uniform(0.5, 2.0, size)
    towards = (target - places)[:, :2] / near[:, None] + target[:2] / np.linalg.norm(target)
    named = {"weighted": Weighted(weights=weights), "position": Position(strengths=weights, gradients=towards)}
    values: dict[str, Any] = {
        "receiver_ids": tuple(f"rx{k + 1}" for k in range(size)),
        "criterion": named[criterion] if isinstance(criterion, str) else criterion,
        "illumination_w": 2.0,
        "positions_m": places,
        "target_distance_m": near,
        "receiver_distance_m": np.linalg.norm(places[:, None] - places, axis=2),
        "echo_gain": gain,
        "forced": np.isin(np.arange(size), forced),
        "cost_limit_m": 200.0,
    }
    return SelectionProblem(**{**values, **changes})


def network_problem(
    size: int = 8, *, seed: int = 0, criterion: str = "surrogate", height_m: float = 0.0, **changes: Any
) -> SelectionProblem:
    """A network of `tests.support.networks` under a registered criterion."""
    scenario = network(size, seed=seed, height_m=height_m)
    instance, geometry = instance_of(scenario), scenario.geometry()
    merit = registry.load("criteria", criterion)(instance.network())
    return selection_problem(
        size,
        criterion=merit,
        positions_m=scenario.receiver_positions_m,
        target_distance_m=geometry.target_receiver_m,
        receiver_distance_m=geometry.receiver_receiver_m,
        echo_gain=instance.channel.echo_gain[0],
        **changes,
    )


def points_problem(
    size: int = 8,
    points: int = 5,
    *,
    seed: int = 0,
    criterion: str = "peb",
    height_m: float = 0.0,
    prior_m: float | None = None,
    spread_m: float = 8.0,
    **changes: Any,
) -> SelectionProblem:
    """A network of `tests.support.networks` as seen from `points` places around its target, with illuminations that
    differ by up to a factor of ten; with a prior of `prior_m` in each coordinate of the position.
    """
    scenario, rng = network(size, seed=seed, height_m=height_m), np.random.default_rng(1000 + seed)
    away = np.column_stack([spread_m * rng.standard_normal((points, 2)), np.zeros(points)])
    places = TargetPoints(position_m=scenario.target.position_m + away)
    channel, make = realise(scenario, channel_rng(seed), places), registry.load("criteria", criterion)
    networks = sensing_networks(scenario, channel, places)
    if prior_m is not None:
        d = scenario.dimensions
        known = np.diag([*[prior_m**-2] * d, *[0.0] * d])
        networks = tuple(replace(each, prior_information=known) for each in networks)
    merit = CriterionOfPoints(criteria=tuple(make(each) for each in networks), position_m=places.position_m)
    geometry = scenario.geometry()
    values: dict[str, Any] = {
        "criterion": merit,
        "illumination_w": 2.0 * 10.0 ** rng.uniform(-1.0, 0.0, points),
        "point_weight": rng.uniform(0.2, 1.0, points),
        "positions_m": scenario.receiver_positions_m,
        "target_distance_m": geometry.target_receiver_m,
        "receiver_distance_m": geometry.receiver_receiver_m,
    }
    return selection_problem(size, **{**values, **changes})


def naive_value(problem: SelectionProblem, mask: B) -> float:
    """The value of a group over the points, one point after the other and as it is written in words."""
    values = []
    for criterion, light in zip(problem.criterion.criteria, problem.illumination_w, strict=True):
        values.append(float(criterion.values(mask[None], float(light))[0]))
    weights = problem.point_weight if problem.point_weight is not None else [1.0 / len(values)] * len(values)
    if problem.over_points == "worst":
        return max(values)
    power = 1.0 if problem.over_points == "mean" else 2.0
    total = 0.0
    for weight, value in zip(weights, values, strict=True):
        total += float(weight) * value**power if weight > 0.0 else 0.0
    return float(total ** (1.0 / power))


def naive_cost_m(problem: SelectionProblem, group: tuple[int, ...]) -> float:
    """(22), written as it stands."""
    total = 0.0
    for k in group:
        others = [problem.receiver_distance_m[k, j] for j in group if j != k]
        apart = sum(others) / len(others) if others else 0.0
        total += problem.distance_weight * problem.target_distance_m[k] + (1 - problem.distance_weight) * apart
    return float(total)
