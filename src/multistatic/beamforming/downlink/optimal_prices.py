"""The optimum of one downlink: the prices (λ, ν) at which its beams spend the power budget (docs/algorithms.md §1.2).

The dual function (P - φ(ν))/ν has the derivative (power(ν) - P)/ν², so the answer is the largest ν at which (P_ν) is
bounded, power(ν) ≤ P and νθ₀ ≤ 1. From a neighbour Newton's method nearly always finds it; otherwise ν is bracketed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from multistatic.beamforming.downlink.dense import Scratch, factorise, scratch_for, solve, squared
from multistatic.beamforming.downlink.fixed_prices import (
    CONVERGED,
    Downlink,
    DownlinkBeams,
    SensingBeam,
    Tilt,
    Uplink,
    power_gradient,
    prices_at,
    sensing_beam,
    spent,
    uplink_beams,
)
from multistatic.compiled import internal, standalone
from multistatic.units import F

_JOINT_STEPS = 25
_TRIALS = 120  # Newton's methods, on (λ, ν) or on λ alone, before the search for ν ends


class Guess(NamedTuple):
    """The optimum of a neighbouring problem; ν = 0 where there is none."""

    price: F  # [S] λ
    nu: float
    slack: float  # 1 - νθ
    left: float  # p_c


class Optimum(NamedTuple):
    """The numbers of the best beams; their arrays are `DownlinkBeams`."""

    found: bool
    proven: bool  # false where the beams are feasible but the prices do not prove them optimal
    nu: float
    slack: float  # 1 - νθ
    left: float  # p_c, the power of w₀
    value: float  # the loss ‖a‖²P - p, or the power spent


class Workspace(NamedTuple):
    """Memory for `optimum`."""

    scratch: Scratch
    uplink: Uplink
    received: F  # [S] i₀
    start: F  # [S] the prices that Newton's method starts from
    low: DownlinkBeams  # at the lower end of the bracket


def beams_for(count: int) -> DownlinkBeams:
    """Memory for the beams of `count` streams."""
    price, powers = np.empty((2, count))
    on_target, weights = np.empty((2, count), np.complex128)
    return DownlinkBeams(price, powers, np.empty((count, count), np.complex128), on_target, weights)


def workspace_for(count: int) -> Workspace:
    """Memory for the optimum of `count` streams."""
    cost, received, start = np.empty((3, count))
    uplink = Uplink(np.empty((count, count)), cost)
    return Workspace(scratch_for(count), uplink, received, start, beams_for(count))


@internal
def _move(price: F, last: float, change: F) -> tuple[float, float]:
    """(largest relative change, last) after relative `change` [S+1] of (λ, last), held within a factor of 5."""
    count = len(price)
    largest = 0.0
    for s in range(count + 1):
        size = abs(change[s])
        largest = max(largest, size) if size < np.inf else np.inf
        factor = min(max(1.0 + change[s], 0.2), 5.0)
        if s < count:
            price[s] *= factor
        else:
            last *= factor
    return largest, last


@internal
def _stationary_beams(scratch: Scratch, beams: DownlinkBeams, uplink: Uplink) -> None:
    """The beams, held fixed, are stationary if Bᵀ(λ⁺/λ) + ν⁺α = N with N_t = ‖u_t‖², α_t = |β_t|².

    As the first S rows of `system` and `right` for (d ln λ, dν); the last row, zeros, is for what closes it.
    """
    system, right, count = scratch.system, scratch.right, len(uplink.cost)
    for t in range(count):
        right[t] = uplink.cost[t]
        for s in range(count):
            system[t, s] = uplink.coupling[s, t]
            right[t] -= uplink.coupling[s, t]
        system[t, count] = squared(beams.on_target[t])
        system[count, t] = 0.0
    system[count, count], right[count] = 0.0, 0.0


@internal
def _step_with_sensing(
    nu: float, beam: SensingBeam, received: F, scratch: Scratch, beams: DownlinkBeams, uplink: Uplink
) -> None:
    """Relative changes of (λ, ν) for the sensing beam to be stationary too: -i₀ᵀ(λ⁺/λ) + ν⁺θ₀² = ‖w₀‖²."""
    _stationary_beams(scratch, beams, uplink)
    system, right, count = scratch.system, scratch.right, len(received)
    right[count] = beam.norm2 - nu * beam.theta * beam.theta
    system[count, count] = beam.theta * beam.theta
    for s in range(count):
        system[count, s] = -received[s]
        right[count] += received[s]
    for t in range(count + 1):
        system[t, count] *= nu
    factorise(system, scratch.factors, scratch.order)
    solve(scratch.factors, scratch.order, right, scratch.change)


@internal
def _step_at_budget(downlink: Downlink, tilt: Tilt, scratch: Scratch, beams: DownlinkBeams, uplink: Uplink) -> None:
    """Relative changes of (λ, slack) for the data beams to spend the power.

    Linearised as d(1/spent) = 1/P - 1/spent: at high SNR the solution lies close to a fold of ν ↦ λ(ν), where the power
    has a pole of order ½; in (λ, ν) together and for 1/power the fold is an ordinary point. ln(slack) is the unknown in
    place of ν, so that no step leaves the domain: dν = -(slack/θ) d ln(slack) + (ν/θ) Σ_s |y_s|² d ln λ_s.
    """
    _stationary_beams(scratch, beams, uplink)
    system, right, by_price, count = scratch.system, scratch.right, scratch.by_price, len(beams.price)
    factorise(uplink.coupling, scratch.factors, scratch.order)
    solve(scratch.factors, scratch.order, beams.price, beams.powers)
    used = spent(tilt.nu, beams, uplink, scratch.length)
    by_nu = power_gradient(downlink, tilt, scratch, beams, uplink)
    for s in range(count):
        system[count, s] = by_price[s] / used
    system[count, count] = by_nu / used
    right[count] = 1.0 - used / downlink.power
    for t in range(count + 1):
        for s in range(count):
            system[t, s] += system[t, count] * (tilt.nu / tilt.theta) * squared(tilt.slack * beams.on_target[s])
        system[t, count] *= -tilt.slack / tilt.theta
    factorise(system, scratch.factors, scratch.order)
    solve(scratch.factors, scratch.order, right, scratch.change)


@internal
def _powers(
    power: float, nu: float, beam: SensingBeam, sensing: bool, work: Workspace, beams: DownlinkBeams
) -> tuple[bool, float]:
    """(valid, p_c), and q into `beams`, at a fixed point (λ, ν): B q - i₀ p_c = λ and Nᵀq + ‖w₀‖² p_c = P.

    Valid if all are positive, the power is spent and νθ₀ ≤ 1.
    """
    powers, extra, length = beams.powers, work.scratch.ratio, work.scratch.length
    factors, order = work.scratch.factors, work.scratch.order
    factorise(work.uplink.coupling, factors, order)
    solve(factors, order, beams.price, powers)
    used = spent(nu, beams, work.uplink, length)
    left = 0.0
    if sensing:
        # q = B⁻¹λ + p_c B⁻¹i₀
        solve(factors, order, work.received, extra)
        slope = beam.norm2
        for t in range(len(extra)):
            slope += length[t] * extra[t]
        left = (power - used) / slope
        for t in range(len(extra)):
            powers[t] += left * extra[t]
        used = power
    valid = nu * beam.theta <= 1.0 + 1e-9 and left >= 0.0 and abs(used - power) < 1e-7 * power
    for t in range(len(powers)):
        powers[t] *= power / used
        valid = valid and powers[t] > 0.0 and powers[t] < np.inf
    return valid, left


@internal
def joint_newton(
    downlink: Downlink, nu: float, slack: float, sensing: bool, work: Workspace, beams: DownlinkBeams
) -> Optimum:
    """Newton on (λ, ν) together, with the sensing beam on or off, from `work.start`, ν and slack.

    The beams, held fixed, are to be stationary; with the sensing beam on, its own stationarity closes the system, with
    the sensing beam off the budget. A fixed point with positive λ, ν, q, p_c ≥ 0 and νθ₀ ≤ 1 meets all optimality
    conditions of a convex problem. By duality its illumination is (P - Σλ)/ν.
    """
    scratch, uplink, price = work.scratch, work.uplink, beams.price
    for s in range(len(price)):
        price[s] = work.start[s]
    step = np.inf
    for _ in range(_JOINT_STEPS):
        tilt = uplink_beams(downlink, nu, 0.0 if sensing else slack, scratch, beams, uplink)
        nu, slack = tilt.nu, tilt.slack
        if not (slack > 0.0 and nu > 0.0):
            break
        if sensing or step < CONVERGED:
            beam = sensing_beam(downlink, price, scratch, work.received, beams.weights)
            if step < CONVERGED:
                found, left = _powers(downlink.power, nu, beam, sensing, work, beams)
                value = (downlink.norm2 - 1.0 / nu) * downlink.power
                for s in range(len(price)):
                    value += price[s] / nu
                return Optimum(found, True, nu, slack, left, value)
        previous = step
        if sensing:
            _step_with_sensing(nu, beam, work.received, scratch, beams, uplink)
            step, nu = _move(price, nu, scratch.change)
        else:
            _step_at_budget(downlink, tilt, scratch, beams, uplink)
            step, larger = _move(price, slack, scratch.change)
            slack = larger if larger < 1.0 else 0.5 * (1.0 + slack)
        if not step < np.inf:
            break
        if step < 1e-4 and step >= previous:
            step = 0.0  # as close as rounding lets it come
    return Optimum(False, False, nu, slack, 0.0, 0.0)


@internal
def copy_beams(source: DownlinkBeams, target: DownlinkBeams) -> None:
    """All arrays of `source` into those of `target`."""
    for s in range(len(source.price)):
        target.price[s] = source.price[s]
        target.powers[s] = source.powers[s]
        target.on_target[s] = source.on_target[s]
        target.weights[s] = source.weights[s]
        for t in range(len(source.price)):
            target.error[s, t] = source.error[s, t]


@internal
def _from_prices(
    downlink: Downlink, nu: float, slack: float, sensing: bool, useful: bool, work: Workspace, beams: DownlinkBeams
) -> Optimum:
    """`joint_newton` with the sensing beam as `sensing` says, and then the other way where it may be `useful`."""
    reached = joint_newton(downlink, nu, slack, sensing, work, beams)
    if useful and not reached.found:
        reached = joint_newton(downlink, nu, slack, not sensing, work, beams)
    return reached


@internal
def _least_power(downlink: Downlink, work: Workspace, beams: DownlinkBeams) -> Optimum:
    """The beams of least power, ν = 0: they spend Σλ."""
    for s in range(len(beams.price)):
        beams.price[s] = 4.0 * downlink.target[s] / downlink.gram[s, s].real
    least = prices_at(downlink, 0.0, work.scratch, beams, work.uplink)
    value = 0.0
    for s in range(len(beams.price)):
        value += beams.price[s]
    return Optimum(least.found, True, 0.0, 1.0, 0.0, value)


@internal
def _bracketed(downlink: Downlink, useful: bool, tries: int, work: Workspace, beams: DownlinkBeams) -> Optimum:
    """The search for ν from `beams` of least power, which leave some of the budget.

    λ decreases with ν, so νθ₀ ≤ 1 at λ(0) bounds it; the bracket is bisected with Newton's method tried from every
    point. Its lower end always meets the targets within the power. If it collapses, these beams scaled up to the budget
    (which raises every SINR) are the answer, feasible but not proven optimal.
    """
    scratch, price, start = work.scratch, beams.price, work.start
    low, low_slack, low_value = 0.0, 1.0, 0.0
    high = 1.0 / sensing_beam(downlink, price, scratch, work.received, beams.weights).theta
    nu = high
    for s in range(len(price)):
        start[s] = price[s]
    while tries < _TRIALS:
        reached = _from_prices(downlink, nu, 0.0, useful, useful, work, beams)
        tries += 2 if useful else 1
        if reached.found:
            return reached
        if nu >= high:
            if low > 0.0:
                break  # the bracket has collapsed to neighbouring numbers
            nu = 0.8 * high
            continue
        # Newton's method failed here: does ν spend too little or too much?
        for s in range(len(price)):
            price[s] = start[s]
        fixed = prices_at(downlink, nu, scratch, beams, work.uplink)
        theta = np.inf
        if fixed.found:
            theta = sensing_beam(downlink, price, scratch, work.received, beams.weights).theta
        if fixed.found and fixed.used <= downlink.power and nu * theta <= 1.0:
            low, low_slack = nu, fixed.slack
            low_value = downlink.norm2 * downlink.power
            for s in range(len(price)):
                start[s] = price[s]
                beams.powers[s] *= downlink.power / fixed.used
                low_value -= beams.powers[s] * squared(beams.on_target[s])
            copy_beams(beams, work.low)
        else:
            high = nu
        nu = 0.5 * (low + high)
    copy_beams(work.low, beams)
    return Optimum(low > 0.0, False, low, low_slack, 0.0, low_value)


@internal
def optimum(
    downlink: Downlink, guess: Guess, light: bool, near: bool, work: Workspace, beams: DownlinkBeams
) -> Optimum:
    """The beams of largest illumination (`light`), or of least power, for SINR targets γ and the budget P.

    `near`: what Newton's method does not find from the guess is not looked for further.
    """
    # If all receivers suffer it, a sensing beam never pays: some data beam can carry its power and harm one less.
    useful = False
    for s in range(len(downlink.receives_sensing)):
        useful = useful or not downlink.receives_sensing[s]
    tries = 0
    if light and guess.nu > 0.0:
        for s in range(len(guess.price)):
            work.start[s] = guess.price[s]
        reached = _from_prices(downlink, guess.nu, guess.slack, useful and guess.left > 0.0, useful, work, beams)
        tries = 2 if useful else 1
        if reached.found or near:
            return reached
    least = _least_power(downlink, work, beams)
    if not light:
        return least
    if not (least.found and least.value < downlink.power):
        return Optimum(False, True, 0.0, 1.0, 0.0, least.value)
    return _bracketed(downlink, useful, tries, work, beams)


@standalone
def solve_downlink(downlink: Downlink, guess: Guess, light: bool, work: Workspace, beams: DownlinkBeams) -> Optimum:
    """`optimum` for a caller that is not compiled."""
    near = guess.nu < 0.0  # never: a computed value, as for `multiply`
    return optimum(downlink, guess, light, near, work, beams)
