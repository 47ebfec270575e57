"""How the values of a criterion at several points become one (docs/algorithms.md §2.5).

With weights π_i > 0 that sum to one, and values v_i of which lower is better: `worst` max v_i, `mean` Σ π_i v_i,
`mean_square` and `posterior` √(Σ π_i v_i²). Each is a power mean of the gains behind the values: with v_i = g_i^(-e) it
is g^(-e) for g = (Σ π_i g_i^ρ)^(1/ρ), where ρ = -e for the mean, -2e for the mean square, and -∞, the least of the
gains, for the worst.
"""

from __future__ import annotations

from typing import get_args

import numpy as np

from multistatic.scenario.design_settings import OverPoints
from multistatic.units import F

OVER_POINTS: tuple[OverPoints, ...] = get_args(OverPoints)


def reduced(values: F, weight: F, over: OverPoints) -> F:
    """One value [...] of the values [..., M] at M points.

    values [..., M]: of a criterion, lower is better; infinity where the target is unobservable.
    weight [M]: of each point, at least 0, with the sum 1; `worst` does not use them, and of one point none is used.
    over: which function of the values.

    Infinity at any point of a weight above 0, and at any point for `worst`, gives infinity.

    >>> import numpy as np
    >>> values = np.array([[1.0, 3.0], [2.0, np.inf]])
    >>> reduced(values, np.array([0.5, 0.5]), "mean").tolist()
    [2.0, inf]
    """
    if values.shape[-1] == 1:
        return np.asarray(values[..., 0])
    if over == "worst":
        worst: F = values.max(axis=-1)
        return worst
    # A product with zero would make nothing of infinity, so points without weight are left out. Each row is summed
    # for itself: the value of a group must not depend on the groups beside it.
    counted, shares = values[..., weight > 0.0], weight[weight > 0.0]
    if over == "mean":
        return np.asarray(np.einsum("...m,m->...", counted, shares))
    return np.asarray(np.sqrt(np.einsum("...m,...m,m->...", counted, counted, shares)))


def mean_power(over: OverPoints, exponent: float) -> float:
    """ρ of the power mean of the gains that belongs to values g^(-e) with the `exponent` e."""
    return {"worst": -np.inf, "mean": -exponent}.get(over, -2.0 * exponent)
