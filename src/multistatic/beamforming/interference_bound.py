"""A tighter upper bound on the illumination where some receivers are not selected and suffer the sensing beam.

The bound of certificate.py takes no notice of which receivers are selected. This one does (derivation:
docs/algorithms.md §1.8, "Who is selected"). Suppose that some beams lose at most the share ℓ of N_t P_T. Then nearly
all of their power is on the target, and of it a receiver k suffers

    x_k ≥ 1 - ℓ - q_k  where it is not selected,   x_k ≥ Σ_{j≠k} q_j  where it is,                                (8)

q_j the power on the target of data for receiver j. So strong an interference leaves receiver k next to nothing but the
antennas that null it, whose uplink vectors are within a known angle of the complement of the target's direction at the
receiver. That is a linear constraint on Σ_k in the relaxation, and its multiplier turns it into other channels: those
of the direction of the target are weaker. Which q_j are possible is searched by branch and bound; where each box
proves a loss of ℓ or more, no beams lose less than ℓ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingProblem, BeamformingResult
from multistatic.beamforming.certificate import UpperBound, bounded, upper_bound
from multistatic.units import C, F

_BOXES = 300  # at most, for each ℓ that is tried
_STEP, _TRIALS, _FAILURES = 0.02, 9, 3  # of ℓ: the first step up, how many values, and how many that are not proven
_NARROW = 0.02  # boxes are not split further
_FREE = (0.07, 0.03, 0.12, 0.2, 0.45)  # of its rate: what a receiver that is held to its nulls may get otherwise
_WEIGHTS = (0.3, 0.8)  # of the multiplier, over the sine of the angle
_HEAVIEST = 0.8
_ROUNDING = 1e-9
_NO_MORE = "The tight certificate proves no more about these beams than the standard certificate."


class _Links(NamedTuple):
    """Of each receiver with noise 1 and power 1: `towards` ĥ [K, r] the target's direction at its antennas, `gain`
    β = ‖H_kâ‖ [K]; norms [K] of what power off the target brings: `along` ĥ, `across` it, and as a `whole`.
    """

    towards: C
    gain: F
    along: F
    across: F
    whole: F


class _Box(NamedTuple):
    """Bounds [K] on the power q_k on the target of data for each receiver."""

    lowest: F
    highest: F


def tightened(
    problem: BeamformingProblem, result: BeamformingResult, on_step: Callable[[str], None] = lambda step: None
) -> BeamformingResult:
    """The result with the tighter of both bounds, where that is better than its own; the message says so.

    `on_step` is called with each step as it begins.
    The bound is one for beams of this very group: other groups may exceed it.
    """
    if result.illumination_w is None or result.status == "optimal":
        return result
    bound = interference_bound(problem, result.illumination_w, on_step)
    better = bounded(result, bound.value_w)
    if better is result or bound.proof != "interference":
        return replace(better, message=f"{better.message} {_NO_MORE}".strip())
    before_w = min(result.upper_bound_w, problem.illumination_limit_w)
    lowered = (
        "The tight certificate counts the interference of the sensing beam at receivers that do not cooperate, which "
        f"lowers the proven bound on the illumination from {before_w:.5g} W to {better.upper_bound_w:.5g} W."
    )
    return replace(better, message=f"{better.message} {lowered}".strip())


def interference_bound(
    problem: BeamformingProblem, reached_w: float, on_step: Callable[[str], None] = lambda step: None
) -> UpperBound:
    """A bound for the problem's own group, at most `upper_bound`, which it starts from.

    `reached_w`: what some beams reach; it says which losses are worth trying, and nothing is concluded from it. Takes
    a second or more, a few hundred times `upper_bound`.
    """
    bound, limit_w = upper_bound(problem), problem.illumination_limit_w
    if problem.selected.all() or not 0.0 < reached_w < bound.value_w < limit_w:
        return bound
    links = _links(problem)
    low = proven = 1.0 - bound.value_w / limit_w
    high = 1.0 - reached_w / limit_w
    # What cannot be proven uses up all of the boxes, so ℓ rises from below, in steps that double.
    step, failures = _STEP, 0
    for trial in range(_TRIALS):
        on_step(f"step {trial + 1} of at most {_TRIALS}")
        tried = min((1.0 + step) * low, float(np.sqrt(low * high)))
        if _proves(problem, links, tried):
            low, step = tried, 2.0 * step
            continue
        high, step, failures = tried, 0.5 * step, failures + 1
        if failures == _FAILURES:
            break
    return bound if low == proven else UpperBound(value_w=limit_w * (1.0 - low), proof="interference")


def _links(problem: BeamformingProblem) -> _Links:
    aim = problem.steering.conj() / np.linalg.norm(problem.steering)
    channels = problem.normalised_direct
    at_target = channels @ aim
    gain = np.linalg.norm(at_target, axis=1)
    towards = at_target / np.where(gain > 0.0, gain, 1.0)[:, None]
    rest = channels - at_target[:, :, None] * aim.conj()
    along = np.einsum("kr,krt->kt", towards.conj(), rest)
    across = rest - towards[:, :, None] * along[:, None, :]
    return _Links(
        towards=towards,
        gain=gain,
        along=np.linalg.norm(along, axis=1),
        across=np.linalg.norm(across, 2, axis=(1, 2)),
        whole=np.linalg.norm(rest, 2, axis=(1, 2)),
    )


def _proves(problem: BeamformingProblem, links: _Links, loss: float) -> bool:
    """True where no beams lose less than the share `loss`: each box of the q_k needs at least that."""
    count = len(problem.direct)
    boxes = [_Box(np.zeros(count), np.ones(count))]
    for _ in range(_BOXES):
        if not boxes:
            return True
        lowest, highest = boxes.pop()
        if lowest.sum() > 1.0:
            continue
        box = _Box(lowest, np.minimum(highest, 1.0 - (lowest.sum() - lowest)))
        if _reaches(problem, links, loss, box):
            continue
        # What selected receivers carry matters where data of others carry a good part of that power.
        matters = np.where(problem.selected, 0.5 * (lowest.sum() > 0.2), 1.0) * (problem.rate_required_bps_hz > 0.0)
        width = matters * (box.highest - box.lowest)
        if width.max() < _NARROW:
            return False
        split = np.arange(count) == np.argmax(width)
        middle = 0.5 * (box.lowest + box.highest)
        boxes.append(_Box(np.where(split, middle, box.lowest), box.highest))
        boxes.append(_Box(box.lowest, np.where(split, middle, box.highest)))
    return not boxes


def _reaches(problem: BeamformingProblem, links: _Links, loss: float, box: _Box) -> bool:
    """True where some of the relaxations prove that beams in the box lose `loss` or more."""
    spread, extra = _held(problem, links, loss, box)
    rates = problem.rate_required_bps_hz * np.log(2.0)
    limit_w = problem.illumination_limit_w
    sets = {tuple(held): held for free in _FREE if (held := (extra < free * rates) & (spread > 0.0)).any()}
    for weight in _WEIGHTS:
        for held in sets.values():
            posed = _posed(problem, links, np.where(held, spread, 0.0), np.where(held, extra, 0.0), weight)
            if 1.0 - upper_bound(posed).value_w / limit_w >= loss:
                return True
    return False


def _held(problem: BeamformingProblem, links: _Links, loss: float, box: _Box) -> tuple[F, F]:
    """s_k = sin² of the largest angle [K] between the vectors of receiver k and its nulls (0: none is known), and what
    else it may get in nats [K].
    """
    suffered = box.lowest.sum() - box.lowest
    suffered = np.where(problem.selected, suffered, np.maximum(suffered, 1.0 - loss - box.highest))
    strong = np.sqrt(np.maximum(suffered, 0.0)) * links.gain - np.sqrt(loss) * links.along
    weak = np.sqrt(loss) * links.across
    known = strong > weak
    strong = np.where(known, strong, 1.0)
    spread = np.where(known, np.maximum(weak**2 / (strong**2 + weak**2), _ROUNDING) * (1.0 + _ROUNDING), 0.0)
    other = (np.sqrt(box.highest) * links.gain + np.sqrt(loss) * links.whole) ** 2
    extra = np.where(known, np.log1p(other / (1.0 + strong**2)) * (1.0 + _ROUNDING), np.inf)
    return spread, extra


def _posed(problem: BeamformingProblem, links: _Links, spread: F, extra: F, weight: float) -> BeamformingProblem:
    """The problem whose relaxation has h_kᴴΣ_kh_k ≤ s_k tr Σ_k with a multiplier, and lower rates.

    Instead of tr Σ_k it counts tr C_kΣ_k, C_k = (1 - θ)I + (θ/s)ĥĥᴴ: channels C_k^-½H_k.
    """
    theta = np.minimum(_HEAVIEST, weight * np.sqrt(spread))
    outside = 1.0 / np.sqrt(1.0 - theta)
    inside = 1.0 / np.sqrt(1.0 - theta + theta / np.where(spread > 0.0, spread, 1.0))
    inside = np.where(spread > 0.0, inside, 1.0)
    along = links.towards[:, :, None] * np.einsum("kr,krt->kt", links.towards.conj(), problem.direct)[:, None, :]
    rates = np.maximum(problem.rate_required_bps_hz - extra / np.log(2.0), 0.0)
    direct = outside[:, None, None] * (problem.direct - along) + inside[:, None, None] * along
    return replace(problem, direct=direct, rate_required_bps_hz=rates)
