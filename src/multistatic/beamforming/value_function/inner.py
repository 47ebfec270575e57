"""The convex half of the value-function method: the best beams for fixed receive vectors (docs/algorithms.md §1.2).

Organises the compiled steps of `kernels`, whose symbols it shares, into a solve that does not fail.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.value_function import kernels
from multistatic.units import B, C, F

_BISECTIONS = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Downlink:
    """S streams with fixed receive vectors: G, g, ‖a‖², γ, who hears the sensing beam, and the power budget P."""

    gram: C
    cross: C
    norm2: float
    target: F
    hears: B
    power: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InnerSolution:
    """Uplink prices λ [S] and ν, with slack 1 - νθ, downlink powers q [S] of the beams u_s and p_c of w₀.

    `value`: the power spent (`least_power`) or the loss ‖a‖²P - p (`most_light`). `proven`: False where the beams are
    feasible but the prices do not prove them optimal. `beams`: (T, β) of `BeamDirections` where they are known.
    """

    price: F
    nu: float
    slack: float
    powers: F
    left: float
    value: float
    proven: bool = True
    beams: tuple[C, C] | None = None


def least_power(downlink: Downlink) -> InnerSolution | None:
    """The minimum-power beams, ν = 0, power Σλ; None where no power reaches the SINR targets."""
    reached, price = kernels.minimum_power_prices(downlink.gram, downlink.target)
    if not reached:
        return None
    positive, used, powers = kernels.power_at(
        downlink.gram, downlink.cross, downlink.norm2, downlink.target, price, 0.0
    )
    if not (positive and np.isfinite(used)):
        return None
    return InnerSolution(price=price, nu=0.0, slack=1.0, powers=powers, left=0.0, value=float(price.sum()))


def most_light(downlink: Downlink, guess: InnerSolution | None = None) -> InnerSolution | None:
    """The beams of largest illumination; None where the targets take all of the power or more.

    The dual function (P - φ(ν))/ν has the derivative (power(ν) - P)/ν², so the answer is the largest ν at which (P_ν)
    is bounded, power(ν) ≤ P and νθ₀ ≤ 1. From `guess`, the solution of a neighbouring problem, Newton's method nearly
    always finds it; otherwise `_bracketed` does.
    """
    # If every receiver hears it, a sensing beam never pays: some data beam can carry its power and harm one less.
    useful = not downlink.hears.all()
    if guess is not None and guess.nu > 0.0:
        likely = useful and guess.left > 0.0
        for sensing in (likely, not likely) if useful else (False,):
            found = _newton(downlink, guess.price, guess.nu, sensing, guess.slack)
            if found is not None:
                return found
    least = least_power(downlink)
    if least is None or not least.price.sum() < downlink.power:
        return None
    return _bracketed(downlink, least, useful)


def _newton(downlink: Downlink, price: F, nu: float, sensing: bool, slack: float = 0.0) -> InnerSolution | None:
    """A solution proven optimal by its optimality conditions, or None."""
    found, price, nu, slack, powers, left, error, lit = kernels.joint_newton(
        downlink.gram,
        downlink.cross,
        downlink.norm2,
        downlink.target,
        downlink.hears,
        downlink.power,
        price,
        nu,
        slack,
        sensing,
    )
    if not found:
        return None
    # Duality: p = (P - Σλ)/ν.
    loss = ((downlink.norm2 * nu - 1.0) * downlink.power + float(price.sum())) / nu
    beams = error, lit
    return InnerSolution(price=price, nu=nu, slack=slack, powers=powers, left=left, value=loss, beams=beams)


def _bracketed(downlink: Downlink, least: InnerSolution, useful: bool) -> InnerSolution | None:
    """Bisection on ν, with Newton's method tried from every midpoint.

    `low` always meets the targets within the power: if the bracket collapses, its beams scaled up to the budget are the
    answer (more power for all raises every SINR); None if that end is still ν = 0.
    λ decreases with ν, so νθ₀ ≤ 1 at λ(0) bounds ν.
    """
    channels = (downlink.gram, downlink.cross, downlink.norm2)
    price, low = least.price, 0.0
    high = 1.0 / kernels.sensing_beam(*channels, price, downlink.hears)[0]
    if useful:
        found = _newton(downlink, price, high, True)
        if found is not None:
            return found
    nu = 0.8 * high
    for _ in range(_BISECTIONS):
        for sensing in (True, False) if useful else (False,):
            found = _newton(downlink, price, nu, sensing)
            if found is not None:
                return found
        bounded, trial = kernels.prices_at(*channels, downlink.target, price, nu)
        if bounded:
            positive, used, _ = kernels.power_at(*channels, downlink.target, trial, nu)
            theta = kernels.sensing_beam(*channels, trial, downlink.hears)[0]
            bounded = positive and used <= downlink.power and nu * theta <= 1.0
        if bounded:
            low, price = nu, trial
        else:
            high = nu
        nu = 0.5 * (low + high)
    if low == 0.0:
        return None
    _, used, powers = kernels.power_at(*channels, downlink.target, price, low)
    powers *= downlink.power / used
    _, slack, _, _, beta, _, _ = kernels.uplink_beams(*channels, downlink.target, price, low, 0.0)
    loss = downlink.norm2 * downlink.power - float(powers @ np.abs(beta) ** 2)
    return InnerSolution(price=price, nu=low, slack=slack, powers=powers, left=0.0, value=loss, proven=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BeamDirections:
    """u = 𝒽Λ^½T + ν a βᵀ and w₀ = a - 𝒽 y₀.

    `error` T [S, S], `lit` β = aᴴu [S], `weights` y₀ [S] (0 where there is no sensing beam).
    """

    error: C
    lit: C
    weights: C


def directions(downlink: Downlink, solution: InnerSolution) -> BeamDirections:
    """The beams of a solution, as combinations of channels."""
    if solution.beams is not None:
        error, lit = solution.beams
    else:
        channels = (downlink.gram, downlink.cross, downlink.norm2, downlink.target)
        _, _, _, error, lit, _, _ = kernels.uplink_beams(*channels, solution.price, solution.nu, solution.slack)
    weights = np.zeros(len(lit), complex)
    if solution.left > 0.0:
        weights = kernels.sensing_weights(downlink.gram, downlink.cross, solution.price, downlink.hears)
    return BeamDirections(error=error, lit=lit, weights=weights)
