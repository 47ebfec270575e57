"""A knapsack with a fixed number of items, relaxed: the bound at each node of branch and bound, many at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from multistatic.units import B, F

STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxed:
    """`bound` [n] ≥ every sum of weights (-inf: the cheapest items exceed the budget); `price` θ [n] that proves it;
    `share` x [n, K] ∈ [0, 1]: a nearly optimal fractional choice.
    """

    bound: F
    price: F
    share: F


def relaxed_knapsack(weights: F, costs: F, free: B, picks: NDArray[np.intp], budget: F) -> Relaxed:
    """Maximise Σ w_k x_k under Σ c_k x_k ≤ budget, Σ x_k = r, 0 ≤ x ≤ 1 over the free items, for n problems at once.

    For every θ ≥ 0 the Lagrangian g(θ) = θ·budget + Σ (the r largest w_k - θc_k) is an upper bound. g is convex and
    piecewise linear: start from its lines at θ = 0 and at θ = ∞ (the cheapest items), go to where the two meet, and
    replace the one on the same side, until no line lies below; the two last choices mixed to cost exactly the
    budget solve the relaxed problem. `weights`, `costs` [n, K], `picks` r [n] ≥ 1, `budget` [n].
    """

    def best(scores: F) -> tuple[F, F, F]:
        """The r free items of largest score: as a choice [n, K], their weight and their cost [n]."""
        order = np.argsort(np.where(free, -scores, np.inf), axis=1, kind="stable")
        choice = np.zeros(weights.shape)
        np.put_along_axis(choice, order, (np.arange(weights.shape[1]) < picks[:, None]).astype(float), axis=1)
        return choice, np.einsum("nk,nk->n", weights, choice), np.einsum("nk,nk->n", costs, choice)

    expensive, expensive_weight, expensive_cost = best(np.asarray(weights))
    cheap, cheap_weight, cheap_cost = best(-costs)
    bound, price = expensive_weight.copy(), np.zeros(len(weights))
    impossible, unbinding = cheap_cost > budget, expensive_cost <= budget
    open_ = ~impossible & ~unbinding
    for _ in range(STEPS):
        apart = np.where(open_, expensive_cost - cheap_cost, 1.0)
        theta = np.where(open_, np.maximum((expensive_weight - cheap_weight) / apart, 0.0), 0.0)
        choice, weight, cost = best(weights - theta[:, None] * costs)
        value = weight + theta * (budget - cost)
        better = open_ & (value < bound)
        bound, price = np.where(better, value, bound), np.where(better, theta, price)
        open_ &= value > (expensive_weight + theta * (budget - expensive_cost)) * (1 + 1e-12)
        if not open_.any():
            break
        within = open_ & (cost <= budget)
        beyond = open_ & ~within
        cheap[within], cheap_weight[within], cheap_cost[within] = choice[within], weight[within], cost[within]
        expensive[beyond], expensive_weight[beyond], expensive_cost[beyond] = (
            choice[beyond],
            weight[beyond],
            cost[beyond],
        )
    apart = np.where(expensive_cost > cheap_cost, expensive_cost - cheap_cost, 1.0)
    part = np.where(unbinding, 1.0, np.clip((budget - cheap_cost) / apart, 0.0, 1.0))[:, None]
    return Relaxed(
        bound=np.where(impossible, -np.inf, bound), price=price, share=part * expensive + (1.0 - part) * cheap
    )
