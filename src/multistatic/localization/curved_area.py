"""The mean square error where the area in which the target may be is no ellipse: thin, long and curved.

One receiver's range and a direction, or a prior, leave a piece of an ellipse: long across the direction of the receiver
and thin along it. Its ends are off its tangent by more than it is thick, so that χ² on the tangent rises much faster
than its curvature at the minimum says, and the inverse of the information understates the error of the thin axis.

The posterior density is summed along the long axes of that inverse (steps of one standard deviation) with the other
unknowns, across, at their best for each: a Gaussian with the covariance C(t) around x(t), of weight
exp(-χ²(t)/2) |C_aa(t)|^½, a the coordinates of the position across. Mean square error about the minimum x:
Σ w (C + (x(t) - x)(x(t) - x)ᵀ) / Σ w. It is the inverse of the information where the model is linear.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from multistatic.linalg import generalised_inverse, schur_complement
from multistatic.localization.levenberg_marquardt import minimise
from multistatic.localization.residuals import FusionModel
from multistatic.localization.starting_points import in_blocks
from multistatic.units import B, F

# An axis whose standard deviation is below this share of the longest is followed across and not summed along.
_THIN = 0.1
_STEPS = np.arange(-5.0, 5.5)
# Of the whole weight, at the outermost steps: more is an area that these steps do not cover.
_EDGE = 0.01
# The area is as long as its curvature says where its mean square is within a fifth of that.
_LOW, _HIGH = 0.8, 1.2
# A standard deviation of more than this, in m, is none.
_FAR = 1e8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurvedArea:
    """`mean_square` [n, u, u]: mean square error of all unknowns about the minimum. `sound` [n]: the steps cover the
    area. `foretold` [n]: the total mean square of the position is what the curvature says, to a fifth.
    """

    mean_square: F
    sound: B
    foretold: B


def curved_area(model: FusionModel, x: F, cost: F, information: F, wanted: B) -> CurvedArea:
    """The areas around the minima `x` [n, u] of those `wanted` [n]; 0, and neither sound nor foretold, of the others."""
    d, count = model.sites.dimensions, len(x)
    mean_square, sound, foretold = np.zeros_like(information), np.zeros(count, bool), np.zeros(count, bool)
    covariance = generalised_inverse(information)
    variances, axes = np.linalg.eigh(covariance[:, :d, :d])
    wanted = wanted & (variances[:, 0] > 0) & (variances[:, -1] < _FAR**2)
    long = np.sum(variances > _THIN**2 * variances[:, -1:], axis=1)
    # Long in every direction: nothing is across, and only a prior bounds it.
    for along in range(1, d + (model.seen.prior_degrees > 0)):
        index = np.flatnonzero(wanted & (long == along))
        if not len(index):
            continue
        deviations = np.sqrt(variances[index, d - along :])
        parts = in_blocks(
            lambda part, index=index, along=along, deviations=deviations: _summed(
                model, x[index[part]], cost[index[part]], axes[index[part]], deviations[part], index[part]
            ),
            len(index),
            len(_STEPS) ** along * model.sites.size,
        )
        mean_square[index], sound[index] = (np.concatenate(each) for each in zip(*parts, strict=True))
        share = np.trace(mean_square[index][:, :d, :d], axis1=1, axis2=2) / np.sum(variances[index], axis=1)
        foretold[index] = sound[index] & (share > _LOW) & (share < _HIGH)
    return CurvedArea(mean_square=mean_square, sound=sound, foretold=foretold)


def _summed(model: FusionModel, x: F, cost: F, axes: F, deviations: F, case: np.ndarray) -> tuple[F, B]:
    """Mean squares [m, u, u] about `x` [m, u] and whether the steps cover the area [m]: first with the steps of the
    curvature, then with those of what was found.
    """
    middle = np.zeros_like(deviations)
    for _ in range(2):
        states, mean, weight = _followed(model, x, cost, axes, middle, deviations, case)
        along = (states - x[:, None]) @ _lifted(axes[:, :, -deviations.shape[1] :], x.shape[1])
        middle = np.sum(weight[..., None] * along, axis=1)
        deviations = np.sqrt(np.sum(weight[..., None] * (along - middle[:, None]) ** 2, axis=1)) + 1e-300
    outer = np.max(np.abs(_nodes(deviations.shape[1])), axis=1) == _STEPS[-1]
    edge = np.sum(weight[:, outer], axis=1)
    sound = np.isfinite(mean).all(axis=(1, 2)) & (edge < _EDGE)
    return np.where(sound[:, None, None], mean, 0.0), sound


def _followed(
    model: FusionModel, x: F, cost: F, axes: F, middle: F, deviations: F, case: np.ndarray
) -> tuple[F, F, F]:
    """States [m, N, u] at the steps along the long axes with all else at its best, the mean square error about `x`
    [m, u, u], and the weights [m, N], which sum to 1.
    """
    (count, unknowns), along = x.shape, deviations.shape[1]
    d = axes.shape[1]
    nodes = _nodes(along)
    steps = middle[:, None] + nodes * deviations[:, None]
    base = x[:, None] + steps @ np.swapaxes(_lifted(axes[:, :, d - along :], unknowns), 1, 2)
    # Columns: the axes across, then velocity and offsets.
    across = np.zeros((count, unknowns, unknowns - along))
    across[:, :d, : d - along] = axes[:, :, : d - along]
    across[:, d:, d - along :] = np.eye(unknowns - d)
    base, rows = base.reshape(-1, unknowns), np.repeat(np.arange(count), len(nodes))

    def held(y: F, row: np.ndarray) -> tuple[F, F]:
        turned = across[rows[row]]
        residual, slopes = model.evaluate(base[row] + (turned @ y[..., None])[..., 0], case[rows[row]])
        return residual, slopes @ turned

    found = minimise(held, np.zeros((len(base), unknowns - along)), np.arange(len(base)))
    _, slopes = held(found.x, np.arange(len(base)))
    own = np.swapaxes(slopes, 1, 2) @ slopes
    turned = across[rows]
    spread = turned @ generalised_inverse(own) @ np.swapaxes(turned, 1, 2)
    states = base + (turned @ found.x[..., None])[..., 0]
    away = states - x[rows]
    square = (away[:, :, None] * away[:, None, :] + spread).reshape(count, len(nodes), unknowns, unknowns)
    half = -0.5 * (found.cost - cost[rows])
    if along < d:
        half -= 0.5 * np.linalg.slogdet(schur_complement(own, slice(0, d - along)))[1]
    half = np.where(np.isfinite(half), half, -np.inf).reshape(count, len(nodes))
    weight = np.exp(half - half.max(axis=1, keepdims=True))
    weight /= np.sum(weight, axis=1, keepdims=True)
    mean = np.einsum("mn,mnab->mab", weight, square)
    return states.reshape(count, len(nodes), unknowns), mean, weight


def _nodes(along: int) -> F:
    """Steps [N, along] in standard deviations."""
    return np.array(list(itertools.product(_STEPS, repeat=along)))


def _lifted(axes: F, unknowns: int) -> F:
    """Axes of the position [m, d, a] as directions of all unknowns [m, u, a]."""
    lifted = np.zeros((len(axes), unknowns, axes.shape[2]))
    lifted[:, : axes.shape[1]] = axes
    return lifted
