"""Selection problems and simple criteria that tests share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from multistatic import registry
from multistatic.bounds.gain import LinearGain, MatrixGain
from multistatic.design.instance import instance_of
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


def naive_cost_m(problem: SelectionProblem, group: tuple[int, ...]) -> float:
    """(22), written as it stands."""
    total = 0.0
    for k in group:
        others = [problem.receiver_distance_m[k, j] for j in group if j != k]
        apart = sum(others) / len(others) if others else 0.0
        total += problem.distance_weight * problem.target_distance_m[k] + (1 - problem.distance_weight) * apart
    return float(total)
