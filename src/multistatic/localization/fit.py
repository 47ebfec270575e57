"""The maximum-likelihood fit of many fixes and what can be said of each: one minimum, two, or none to speak of.

A covariance from the curvature at the minimum describes the error only where the measurements pin the target down.
Three tests decide, in this order:

- **observable**: the information at the minimum has full rank for the position (`linalg.marginal_variance`), whatever
  that part of the velocity is that no measurement determines, and likewise for the velocity;
- **one region**: χ² rises around the minimum as its curvature predicts (`first_order`), and no second minimum of equal
  right is joined to the first without a barrier. Otherwise (a target near a baseline, above all) the position is
  unobservable to first order;
- **unique**: no other minimum has a χ² within `ambiguity` of the best: the likelihood ratio is exp(-Δχ²/2).

Where the second test fails only because the area where the target may be is curved, thin and long, or because a prior
bounds it, the mean square error over this area takes the place of the curvature's covariance (`curved_area`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from multistatic.linalg import RANK_TOLERANCE, least_informative, marginal_variance
from multistatic.localization.curved_area import curved_area
from multistatic.localization.first_order import to_first_order
from multistatic.localization.levenberg_marquardt import minimise
from multistatic.localization.residuals import FusionModel
from multistatic.localization.starting_points import (
    blurred,
    closed_form_starts,
    grid_starts,
    prior_starts,
    site_starts,
)
from multistatic.localization.widened_errors import with_wider_errors
from multistatic.units import B, F

# Two searches have ended in one minimum where they are nearer to each other than a tenth of a standard deviation.
_SAME = 0.01
# An error of this share of the distance to a site turns the direction to it by as many rad.
_COARSE = 1.0 / 20.0
# A variance that grows by more than this factor with the part that no measurement determines was small by chance.
_LOST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fits:
    """Fits of n cases. `x` [n, unknowns] and `cost` χ² [n] of the best minimum (infinite: nowhere to begin),
    `information` and `covariance` [n, unknowns, unknowns] there; `other` and `other_cost` of the second. `position`,
    `velocity`: observable [n]; `regular`: the covariance describes the error [n]; `two`: the second minimum cannot be
    ruled out [n]; `prior_decides`: only the prior rules it out [n]; `degrees` of freedom [n]. `excess` [n, unknowns,
    unknowns]: what the mean square error of a curved area is more than the covariance; zero for most.
    """

    x: F
    cost: F
    information: F
    covariance: F
    other: F
    other_cost: F
    position: B
    velocity: B
    regular: B
    two: B
    prior_decides: B
    degrees: NDArray[np.int_]
    excess: F

    @property
    def usable(self) -> B:
        """Fits with a position [n]."""
        return self.position & self.regular

    def merged(self, replacement: Fits, index: np.ndarray) -> Fits:
        """These fits, those of `index` replaced."""
        values = {}
        for name in self.__dataclass_fields__:
            array = getattr(self, name).copy()
            array[index] = getattr(replacement, name)
            values[name] = array
        return Fits(**values)


def fit(model: FusionModel, ambiguity: float, poor: float) -> Fits:
    """Fit every case of `model`; where χ² per degree of freedom exceeds `poor`, begin again from a grid, and where
    ranges are blurred from around every site too.
    """
    known, expected = closed_form_starts(model), prior_starts(model)
    starts = np.concatenate([known[0], expected[0]], axis=1), np.concatenate([known[1], expected[1]], axis=1)
    found = _search(model, *starts, ambiguity)
    wide = _wide(model, found)
    bad = ~np.isfinite(found.cost) | (found.cost > poor * np.maximum(found.degrees, 1))
    if model.seen.prior_degrees:  # a prior is a start everywhere, but knows nothing of a second minimum
        bad |= np.sum(model.seen.root[..., 0, 0] > 0, axis=1) < model.sites.dimensions
    for index, sources in (
        (np.flatnonzero(bad & ~wide), (grid_starts,)),
        (np.flatnonzero(wide), (grid_starts, site_starts)),
    ):
        if len(index):
            found = found.merged(_search_more(model, index, starts, sources, ambiguity), index)
    linear = to_first_order(model, found.x, found.cost, found.information, found.position, wide)
    plain = found.regular & linear
    area = curved_area(model, found.x, found.cost, found.covariance, found.position & ~plain)
    # A prior bounds the area, wherever minima are joined in it; measurements alone must do so by themselves.
    stated = area.sound if model.seen.prior_degrees else area.sound & area.foretold & found.regular
    excess = np.where((stated & ~plain)[:, None, None], area.mean_square - found.covariance, 0.0)
    return replace(found, regular=plain | stated, excess=excess)


def _wide(model: FusionModel, found: Fits) -> B:
    """Where errors are as large as the geometry is fine [n]: ranges are blurred, and the error of the position is more
    than a twentieth of the distance to the nearest site, or unknown.
    """
    wide, d = blurred(model), model.sites.dimensions
    index = np.flatnonzero(wide)
    sites = np.concatenate([model.sites.transmitter_m[None], model.sites.receivers_m])
    nearest = np.linalg.norm(model.place(found.x[index])[0][:, None] - sites, axis=-1).min(axis=1)
    error = np.sqrt(marginal_variance(found.information[index], slice(0, d)))
    if model.seen.prior_degrees:
        error = np.sqrt(np.trace(found.covariance[index][:, :d, :d], axis1=1, axis2=2))
    wide[index] = ~(error < _COARSE * nearest)
    return wide


def _search_more(
    model: FusionModel,
    index: np.ndarray,
    starts: tuple[F, F],
    sources: tuple[Callable[[FusionModel], tuple[F, F]], ...],
    ambiguity: float,
) -> Fits:
    """The cases of `index` again, from their `starts` and those of further `sources`."""
    part = FusionModel(sites=model.sites, seen=model.seen.cases(index))
    states, costs = zip((starts[0][index], starts[1][index]), *(source(part) for source in sources), strict=True)
    return _search(part, np.concatenate(states, axis=1), np.concatenate(costs, axis=1), ambiguity)


def _search(model: FusionModel, states: F, costs: F, ambiguity: float) -> Fits:
    """Minimise from all starts, and find the best minimum, a second one that is different, and what is observable."""
    count, many, unknowns = states.shape
    flat = np.flatnonzero(np.isfinite(costs).ravel())
    found, end_costs = states.reshape(-1, unknowns).copy(), np.full(count * many, np.inf)
    minima = minimise(model.evaluate, with_wider_errors(model, found[flat], flat // many), flat // many)
    found[flat], end_costs[flat] = minima.x, minima.cost
    settled = np.zeros(count * many, bool)
    settled[flat] = minima.converged
    ends = found.reshape(count, many, unknowns)
    end_costs = end_costs.reshape(count, many)
    first = np.argmin(end_costs, axis=1)
    rows = np.arange(count)
    x, cost = ends[rows, first], end_costs[rows, first]
    _, slopes = model.evaluate(x, rows)
    information, covariance = np.swapaxes(slopes, 1, 2) @ slopes, model.covariance(slopes)
    away = ends - x[:, None]
    same = np.einsum("nsa,nab,nsb->ns", away, information, away) < _SAME
    others = np.where(same | ~settled.reshape(count, many), np.inf, end_costs)
    second = np.argmin(others, axis=1)
    other, other_cost = ends[rows, second], others[rows, second]
    d, begun = model.sites.dimensions, np.isfinite(cost) & (model.seen.degrees.sum(axis=1) > 0)
    position = begun & np.isfinite(marginal_variance(information, slice(0, d)))
    velocity = begun & np.isfinite(marginal_variance(information, slice(d, 2 * d)))
    partly = np.flatnonzero(position & ~velocity)
    if model.seen.prior_degrees:  # it determines the position, and with 2d rows the velocity
        position, velocity = begun.copy(), begun & (velocity | (model.seen.prior_degrees == 2 * d))
    elif len(partly):
        position[partly] = _without_luck(model, x[partly], information[partly], partly)
    rival = np.isfinite(other_cost) & (other_cost - np.where(begun, cost, 0.0) < ambiguity)
    decides = ~rival & np.isfinite(other_cost) & _alike_without_prior(model, x, other, ambiguity)
    index = np.flatnonzero(rival | decides)
    height = np.zeros(count)
    height[index] = _pass(model, x[index], other[index], index)
    joined = rival & (height - np.where(begun, cost, 0.0) < ambiguity)
    return Fits(
        x=x,
        cost=cost,
        information=information,
        covariance=covariance,
        other=other,
        other_cost=other_cost,
        position=position,
        velocity=velocity,
        regular=~joined,
        two=rival & ~joined,
        prior_decides=decides & (height - np.where(decides, other_cost, 0.0) >= ambiguity),
        degrees=_degrees(model, information),
        excess=np.zeros_like(information),
    )


def _alike_without_prior(model: FusionModel, x: F, other: F, ambiguity: float) -> B:
    """Whether the measurements alone would not decide between two states of each case [n]; nowhere without a prior."""
    if not model.seen.prior_degrees:
        return np.zeros(len(x), bool)
    alone, rows = FusionModel(sites=model.sites, seen=model.seen.without_prior()), np.arange(len(x))
    here, there = (np.sum(alone.evaluate(state, rows)[0] ** 2, axis=1) for state in (x, other))
    return np.asarray(there - here < ambiguity)


def _without_luck(model: FusionModel, x: F, information: F, case: np.ndarray) -> B:
    """Whether the position is observable at every possible velocity [m], for fits whose velocity is not observable.

    Velocities that differ only in a component that no Doppler shift determines are equally likely. On a baseline the
    Doppler shift depends on the position through the velocity across the line, which is such a component: if it is
    zero, the Doppler shift does not depend on the position. The position counts as observable if it is so at the least
    favourable of these velocities.
    """
    d = model.sites.dimensions
    values, axes = np.linalg.eigh(information[:, d : 2 * d, d : 2 * d])
    untold = values <= RANK_TOLERANCE * np.maximum(values[:, -1:], 1e-300)
    directions = np.swapaxes(axes * untold[:, None, :], 1, 2)
    slopes = model.evaluate(x, case)[1]
    changes = []
    for i in range(d):
        moved = x.copy()
        moved[:, d : 2 * d] += directions[:, i]
        changes.append((model.evaluate(moved, case)[1] - slopes)[:, :, :d])
    steps = least_informative(slopes[:, :, :d], np.stack(changes, axis=-1), slopes[:, :, d:])
    least = x.copy()
    least[:, d : 2 * d] += (steps[:, None] @ directions)[:, 0]
    slopes = model.evaluate(least, case)[1]
    worst = marginal_variance(np.swapaxes(slopes, 1, 2) @ slopes, slice(0, d))
    return worst < _LOST * marginal_variance(information, slice(0, d))


def _pass(model: FusionModel, x: F, other: F, case: np.ndarray) -> F:
    """The least χ² [m] on the plane half-way between the positions of two minima: about the height of the pass."""
    d = model.sites.dimensions
    apart = other[:, :d] - x[:, :d]
    distance = np.maximum(np.linalg.norm(apart, axis=1), 1e-9)
    normal, middle = apart / distance[:, None], (x + other) / 2.0
    # Held by a weight: leaving the plane by a thousandth of the distance costs χ² = 1000.
    stiffness = np.sqrt(1e9) / distance

    def held(y: F, row: np.ndarray) -> tuple[F, F]:
        residual, slopes = model.evaluate(y, case[row])
        weighted = normal[row] * stiffness[row, None]
        extra = np.zeros((len(y), 1, y.shape[1]))
        extra[:, 0, :d] = weighted
        out = np.sum(weighted * (y - middle[row])[:, :d], axis=1, keepdims=True)
        return np.concatenate([residual, out], axis=1), np.concatenate([slopes, extra], axis=1)

    return minimise(held, middle, np.arange(len(x))).cost


def _degrees(model: FusionModel, information: F) -> NDArray[np.int_]:
    """Independent numbers measured (and finite priors) less those estimated [n]."""
    diagonal = np.diagonal(information, axis1=1, axis2=2)
    scale = np.where(diagonal > 0, 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 0.0)
    values = np.linalg.eigvalsh(information * scale[:, :, None] * scale[:, None, :])
    estimated = np.sum(values > RANK_TOLERANCE, axis=1)
    if model.seen.prior_degrees == 2 * model.sites.dimensions:
        estimated = np.full_like(estimated, model.unknowns)
    priors = int(np.isfinite(model.common_std[model.free_offsets]).sum())
    priors += model.seen.prior_degrees
    degrees: NDArray[np.int_] = model.seen.degrees.sum(axis=1) + priors - estimated
    return degrees
