"""Whether the covariance at a minimum describes the error: is χ² the paraboloid of its curvature as far as it matters?

Two tests, the second only where the first is in doubt, or where errors are as large as the geometry is fine:

- χ² one standard deviation away, along each axis of the position's error, is near the 1 that the curvature predicts;
- the likelihood, over all positions within 4.5 standard deviations, predicts the mean of the normalised square error
  (NEES: δᵀC⁻¹δ, n for n unknowns) that a covariance of this size will have. A receiver, a baseline or a second
  minimum within reach of the error shows there.
"""

from __future__ import annotations

import itertools

import numpy as np

from multistatic.linalg import generalised_inverse
from multistatic.localization.residuals import FusionModel
from multistatic.localization.starting_points import completed_with_spread, in_blocks
from multistatic.units import B, F

# χ² one standard deviation away is 1 where the model is linear: none to speak of beyond these, in doubt beyond those.
_CURVED_LOW, _CURVED_HIGH = 0.2, 5.0
_DOUBT_LOW, _DOUBT_HIGH = 0.7, 1.4
# A standard deviation of more than this, in m or m/s, is none.
_FAR = 1e8
# The covariance stands where its NEES is within a fifth: a tenth of a standard deviation.
_FORETOLD_LOW, _FORETOLD_HIGH = 0.8, 1.2
# Standard deviations along each axis; sums over steps this short equal integrals of a Gaussian to a thousandth.
_NODES = {2: np.linspace(-4.5, 4.5, 10), 3: np.linspace(-4.5, 4.5, 7)}


def to_first_order(model: FusionModel, x: F, cost: F, information: F, position: B, wide: B) -> B:
    """Which covariances [n] describe the error at the minima `x` [n, unknowns]: of those with a `position` [n].

    `wide` [n]: errors are as large as the geometry is fine, so the second test is due in any case.
    """
    covariance = model.covariance(model.evaluate(x, np.arange(len(x)))[1])
    good, sure = _as_curved(model, x, cost, covariance, position)
    index = np.flatnonzero(good & (wide | ~sure))
    if len(index):
        share = _predicted_share(model, x[index], cost[index], information[index], covariance[index], index)
        good[index] = (share > _FORETOLD_LOW) & (share < _FORETOLD_HIGH)
    return good


def _as_curved(model: FusionModel, x: F, cost: F, covariance: F, position: B) -> tuple[B, B]:
    """Whether χ² one standard deviation away, in both directions of each axis, is what the curvature predicts [n]:
    about so, and nearly so.
    """
    d, good, sure = model.sites.dimensions, position.copy(), position.copy()
    index = np.flatnonzero(position)
    covariance = covariance[index]
    variances, axes = np.linalg.eigh(covariance[:, :d, :d])
    for axis in range(d):
        # The state moves along the regression on that axis: velocity and offsets follow as they are correlated.
        follow = (covariance[:, :, :d] @ axes[:, :, axis, None])[..., 0]
        positive = variances[:, axis] > 0
        step = follow / np.sqrt(np.where(positive, variances[:, axis], 1.0))[:, None]
        near = positive & (np.abs(step).max(axis=1, initial=0.0) < _FAR)
        step = np.where(near[:, None], step, 0.0)
        for way in (1.0, -1.0):
            residual, _ = model.evaluate(x[index] + way * step, index)
            rise = np.sum(residual**2, axis=1) - cost[index]
            good[index] &= near & (rise > _CURVED_LOW) & (rise < _CURVED_HIGH)
            sure[index] &= (rise > _DOUBT_LOW) & (rise < _DOUBT_HIGH)
    return good, sure


def _predicted_share(model: FusionModel, x: F, cost: F, information: F, covariance: F, case: np.ndarray) -> F:
    """The NEES that the likelihood predicts, divided by that of a linear model [n].

    It is the mean over positions p, with the weight exp(-χ²(p)/2) and with velocity and offsets at their best for each,
    of δᵀJδ with δ from the minimum to p, and of tr(J_vv C_v(p)) for the errors of velocity and offsets where p is
    known. For a linear model: d + rank J_vv.
    """
    d = model.sites.dimensions
    nodes = np.array(list(itertools.product(_NODES[d], repeat=d)))
    variances, axes = np.linalg.eigh(covariance[:, :d, :d])
    root = axes * np.sqrt(np.maximum(variances, 0.0))[:, None, :]

    def share(part: np.ndarray) -> F:
        points = model.place(np.repeat(x[part], len(nodes), axis=0))[0]
        points[:, :d] += (root[part][:, None] @ nodes[..., None]).reshape(-1, d)
        state, costs, spread = completed_with_spread(model, points, np.repeat(case[part], len(nodes)))
        away = state.reshape(len(part), len(nodes), -1) - x[part][:, None]
        own = information[part][:, d:, d:]
        square = np.sum((away @ information[part]) * away, axis=-1)
        square += np.sum(own[:, None] * spread.reshape(len(part), len(nodes), *own.shape[1:]), axis=(-1, -2))
        chi_square = costs.reshape(len(part), len(nodes)) - cost[part, None]
        weight = np.exp(-0.5 * (chi_square - chi_square.min(axis=1, keepdims=True)))
        linear = d + np.trace(own @ generalised_inverse(own), axis1=1, axis2=2)
        return np.asarray(np.sum(weight * square, axis=1) / (np.sum(weight, axis=1) * linear))

    return np.concatenate(in_blocks(share, len(x), len(nodes) * model.sites.size))
