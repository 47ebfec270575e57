"""The mean square error where the area in which the target may be is no ellipse: thin, long and curved.

One receiver's range and a direction, or a prior, leave a piece of an ellipse: long across the direction of the receiver
and thin along it. Its ends are off its tangent by more than it is thick, so that χ² on the tangent rises much faster
than its curvature at the minimum says, and the inverse of the information understates the error of the thin axis.

The posterior density is summed over steps along what is long. At each step everything else, velocity and offsets
included, is at its best: a Gaussian of the covariance C(t) around x(t), with the weight exp(-χ²(t)/2) |C_aa(t)|^½, a
the coordinates of the position across. The mean square error about the minimum x is Σ w (C + (x(t) - x)(x(t) - x)ᵀ)
divided by Σ w: the inverse of the information where the model is linear. A curve is followed by its own tangent, at
most half-way around in either direction; a surface by the tangential plane of the minimum.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from multistatic.linalg import generalised_inverse, schur_complement
from multistatic.localization.levenberg_marquardt import minimise
from multistatic.localization.residuals import FusionModel
from multistatic.localization.starting_points import in_blocks
from multistatic.units import B, F

# An axis whose standard deviation is below this share of the longest is across.
_THIN = 0.1
# Standard deviations: steps on a surface, and of a curve their length and number in either direction.
_STEPS = np.arange(-5.0, 5.5)
_STEP, _MANY = 0.4, 20
# Of the whole weight, at the outermost steps: more is an area that these steps do not cover.
_EDGE = 0.01
# The area is as long as its curvature says where its mean square is within a fifth of that.
_LOW, _HIGH = 0.8, 1.2
# A standard deviation of more than this, in m, is none.
_FAR = 1e8
# A χ² that is higher by so much has no weight.
_NO_WEIGHT = 50.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurvedArea:
    """`mean_square` [n, u, u]: mean square error of all unknowns about the minimum. `sound` [n]: the steps cover the
    area. `foretold` [n]: the total mean square of the position is what the curvature says, to a fifth.
    """

    mean_square: F
    sound: B
    foretold: B


class _Minima(NamedTuple):
    """`x` [m, u], `cost` χ² [m] and largest axes of the position, `axes` [m, d, d] and `deviations` [m, d], ascending;
    `case` [m]: the fix of each.
    """

    x: F
    cost: F
    axes: F
    deviations: F
    case: np.ndarray

    def part(self, index: np.ndarray) -> _Minima:
        return _Minima(*(array[index] for array in self))


class _Steps(NamedTuple):
    """States [m, N, u], covariances of all else there [m, N, u, u], logarithms of the weights [m, N], and places along
    what is long [m, N, a].
    """

    states: F
    spread: F
    log_weight: F
    along: F


_Walk = Callable[[FusionModel, _Minima, F, F], tuple[_Steps, B]]


def curved_area(model: FusionModel, x: F, cost: F, covariance: F, wanted: B) -> CurvedArea:
    """The areas around the minima `x` [n, u], where the inverse of the information is `covariance` [n, u, u], of those
    `wanted` [n]; 0, and neither sound nor foretold, of the others.
    """
    d, count = model.sites.dimensions, len(x)
    mean_square, sound = np.zeros_like(covariance), np.zeros(count, bool)
    variances, axes = np.linalg.eigh(covariance[:, :d, :d])
    long = np.sum(variances > _THIN**2 * variances[:, -1:], axis=1)
    wanted = wanted & (variances[:, 0] > 0) & (variances[:, -1] < _FAR**2) & (long < d + (model.seen.prior_degrees > 0))
    minima = _Minima(x, cost, axes, np.sqrt(np.maximum(variances, 0.0)), np.arange(count))
    # Long in every direction: nothing is across, and only a prior bounds it. What seems to be a surface or a volume at
    # the minimum may be a curve that is wide there: the larger area counts.
    total = np.zeros(count)
    for along in range(d if model.seen.prior_degrees else d - 1, 0, -1):
        index = np.flatnonzero(wanted & (long >= along))
        if not len(index):
            continue
        nodes = len(_STEPS) ** along if along > 1 else 2 * _MANY
        work = partial(_summed, model, minima.part(index), _along_curve if along == 1 else _on_plane, along)
        squares, covered = zip(*in_blocks(work, len(index), nodes * model.sites.size), strict=True)
        square, fine = np.concatenate(squares), np.concatenate(covered)
        size = np.trace(square[:, :d, :d], axis1=1, axis2=2)
        fine &= size > total[index]
        mean_square[index[fine]], total[index[fine]], sound[index[fine]] = square[fine], size[fine], True
    share = total / np.maximum(np.sum(variances, axis=1), 1e-300)
    return CurvedArea(mean_square=mean_square, sound=sound, foretold=sound & (share > _LOW) & (share < _HIGH))


def _summed(model: FusionModel, every: _Minima, walk: _Walk, along: int, part: np.ndarray) -> tuple[F, B]:
    """Mean squares [m, u, u] about the minima `part` [m] of `every` and whether the steps cover the area [m]: first
    with the steps that the curvature says, then with those of what was found.
    """
    minima = every.part(part)
    deviations = minima.deviations[:, -along:]
    middle = np.zeros_like(deviations)
    for _ in range(2):
        steps, outer = walk(model, minima, middle, deviations)
        weight = np.exp(steps.log_weight - steps.log_weight.max(axis=1, keepdims=True))
        weight /= np.sum(weight, axis=1, keepdims=True)
        middle = np.sum(weight[..., None] * steps.along, axis=1)
        spread = np.sum(weight[..., None] * (steps.along - middle[:, None]) ** 2, axis=1)
        deviations = np.maximum(np.sqrt(spread), 0.01 * deviations)
    away = steps.states - minima.x[:, None]
    square = away[..., :, None] * away[..., None, :] + steps.spread
    mean = np.einsum("mn,mnab->mab", weight, square)
    sound = np.isfinite(mean).all(axis=(1, 2)) & (np.sum(weight * outer, axis=1) < _EDGE)
    return np.where(sound[:, None, None], mean, 0.0), sound


def _on_plane(model: FusionModel, minima: _Minima, middle: F, deviations: F) -> tuple[_Steps, B]:
    """Steps on the plane of the long axes around `middle` [m, a], and which are the outermost [m, N]."""
    (count, unknowns), along = minima.x.shape, deviations.shape[1]
    nodes = np.array(list(itertools.product(_STEPS, repeat=along)))
    places = middle[:, None] + nodes * deviations[:, None]
    axes = np.repeat(minima.axes, len(nodes), axis=0)
    base = np.repeat(minima.x, len(nodes), axis=0)
    base[:, : axes.shape[1]] += (axes[:, :, -along:] @ places.reshape(-1, along, 1))[..., 0]
    rows = np.repeat(np.arange(count), len(nodes))
    x, log_weight, spread, _ = _best_across(model, base, axes, along, minima.part(rows))
    steps = _Steps(
        states=x.reshape(count, -1, unknowns),
        spread=spread.reshape(count, -1, unknowns, unknowns),
        log_weight=log_weight.reshape(count, -1),
        along=places,
    )
    outer = np.max(np.abs(nodes), axis=1) == _STEPS[-1]
    return steps, np.repeat(outer[None], count, axis=0)


def _along_curve(model: FusionModel, minima: _Minima, middle: F, deviations: F) -> tuple[_Steps, B]:
    """Steps of equal length along the curve, from the minimum in both directions, and which are the outermost [m, N].

    Each step goes along the tangent and then back to the curve, across. A direction ends where the curve has turned by
    half a circle, so that a closed one is counted once, or has no weight any more.
    """
    count, d = len(minima.x), minima.axes.shape[1]
    both = np.concatenate([np.arange(count), np.arange(count)])
    length = _STEP * np.hypot(deviations, middle)[both, 0]
    x, axes = minima.x[both], minima.axes[both].copy()
    axes[count:, :, -1] *= -1.0
    turned, active = np.zeros(len(both)), np.ones(len(both), bool)
    own = minima.part(both)
    _, here, spread, _ = _best_across(model, x[:count], axes[:count], 1, minima)
    found = [(minima.x, here, spread, np.zeros(count), np.zeros(count, bool))]
    for step in range(1, _MANY + 1):
        index = np.flatnonzero(active)
        log_weight = np.full(len(both), -np.inf)
        spread = np.zeros((len(both), *spread.shape[1:]))
        if len(index):
            tangent = axes[index][:, :, -1]
            base = x[index].copy()
            base[:, :d] += length[index, None] * tangent
            x[index], log_weight[index], spread[index], variances_axes = _best_across(
                model, base, axes[index], 1, own.part(index)
            )
            turn = np.einsum("md,md->m", variances_axes[:, :, -1], tangent)
            variances_axes[:, :, -1] *= np.where(turn < 0, -1.0, 1.0)[:, None]
            turned[index] += np.arccos(np.clip(np.abs(turn), 0.0, 1.0))
            axes[index] = variances_axes
            closed = turned[index] > np.pi
            log_weight[index] = np.where(closed, -np.inf, log_weight[index])
            active[index] = ~closed & (log_weight[index] > here[both][index] - 0.5 * _NO_WEIGHT)
        for part, sign in ((slice(0, count), 1.0), (slice(count, None), -1.0)):
            last = active[part] & (step == _MANY)
            found.append((x[part].copy(), log_weight[part], spread[part], sign * step * length[part], last))
    states, log_weight, spreads, along, outer = (np.stack(each, axis=1) for each in zip(*found, strict=True))
    return _Steps(states, spreads, log_weight, along[..., None]), outer


def _best_across(model: FusionModel, base: F, axes: F, along: int, minima: _Minima) -> tuple[F, F, F, F]:
    """With everything but the last `along` of the `axes` [m, d, d] at its best, from `base` [m, u]: states [m, u], the
    logarithm of their weights [m], the covariance of what is free [m, u, u], and the axes of the position there.
    """
    (count, unknowns), d = base.shape, axes.shape[1]
    across = np.zeros((count, unknowns, unknowns - along))
    across[:, :d, : d - along] = axes[:, :, : d - along]
    across[:, d:, d - along :] = np.eye(unknowns - d)

    def held(y: F, row: np.ndarray) -> tuple[F, F]:
        residual, slopes = model.evaluate(base[row] + (across[row] @ y[..., None])[..., 0], minima.case[row])
        return residual, slopes @ across[row]

    found = minimise(held, np.zeros((count, unknowns - along)), np.arange(count))
    x = base + (across @ found.x[..., None])[..., 0]
    _, slopes = model.evaluate(x, minima.case)
    held_slopes = slopes @ across
    own = np.swapaxes(held_slopes, 1, 2) @ held_slopes
    spread = across @ generalised_inverse(own) @ np.swapaxes(across, 1, 2)
    half = -0.5 * (found.cost - minima.cost)
    if along < d:
        half -= 0.5 * np.linalg.slogdet(schur_complement(own, slice(0, d - along)))[1]
    _, there = np.linalg.eigh(model.covariance(slopes)[:, :d, :d])
    return x, np.where(np.isfinite(half), half, -np.inf), spread, there
