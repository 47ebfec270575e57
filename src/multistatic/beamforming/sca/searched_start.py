"""A feasible start for local methods, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.beamforming.normalised_problem import NormalisedProblem
from multistatic.beamforming.rate_words import distinct_digits
from multistatic.beamforming.sca.combiners import initial_combiners, mmse_combiners, search_combiners
from multistatic.beamforming.sca.sinr_balancing import BalancedBeams, balance
from multistatic.units import C

SEED = 20240229
SLACK = 1.0 + 1e-9
ROUND_GAIN = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class NoStart:
    """Why there is no feasible start. `largest_common_rate_bps_hz`: the largest rate reached by all at once."""

    message: str
    largest_common_rate_bps_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StartSettings:
    """How much work goes into a start.

    `random_starts`: random combiners beside the designed ones. `short_search`: L-BFGS iterations for every candidate.
    The best `finalists` are searched on, `long_search` iterations at a time and at most `rounds` times. Not
    `searched`: none of it, and the start is beams that balance the rates.
    """

    searched: bool = True
    random_starts: Annotated[int, Ge(0)] = 1
    short_search: Annotated[int, Ge(1)] = 25
    long_search: Annotated[int, Ge(1)] = 60
    rounds: Annotated[int, Ge(0)] = 5
    finalists: Annotated[int, Ge(0)] = 3


def find_starts(
    problem: BeamformingProblem, reduced: NormalisedProblem, settings: StartSettings
) -> tuple[C, ...] | NoStart:
    """Feasible beams [1+K', n, L] of power 1, best illumination first, or the reason why none were found.

    Single-stream candidates come from a local search over combiners; where one stream per receiver cannot carry the
    rates, beams balanced with several streams are the only start.
    """
    proof = infeasibility_proof(problem, reduced)
    if proof:
        return NoStart(message=proof, largest_common_rate_bps_hz=largest_common_rate(problem, reduced))
    single = balance(reduced.channels, reduced.rate_nats, 1, enough=1.02)
    if settings.searched:
        starts = _searched(reduced, settings, single)
        if starts:
            return starts
    elif single.factor >= SLACK:
        return (single.weights,)
    several = balance(reduced.channels, reduced.rate_nats, problem.streams, enough=1.02)
    if several.factor >= SLACK:
        return (several.weights,)
    best = max(single.factor, several.factor)
    reached = largest_common_rate(problem, reduced)
    message = (
        "No beams that meet the required rates were found. The best beams reach "
        f"{distinct_digits(best, [1.0])} of every requirement at once and a common rate of "
        f"{distinct_digits(reached, reduced.rate_nats / np.log(2.0))} bit/s/Hz. "
        "Lower the required rates, or raise the power or the number of antennas."
    )
    return NoStart(message=message, largest_common_rate_bps_hz=reached)


def _searched(reduced: NormalisedProblem, settings: StartSettings, single: BalancedBeams) -> tuple[C, ...]:
    guesses = initial_combiners(reduced, settings.random_starts, np.random.default_rng(SEED))
    found = [search_combiners(reduced, guess, iterations=settings.short_search) for guess in guesses]
    if all(weights is None for weights in found) and single.factor >= SLACK:
        balanced = mmse_combiners(reduced, single.weights)
        found = [search_combiners(reduced, balanced, iterations=settings.short_search)]
    beams = sorted((w for w in found if w is not None), key=lambda w: -reduced.illumination(w))
    if not beams:
        return ()
    beams += [_search_on(reduced, settings, weights) for weights in beams[: settings.finalists]]
    return tuple(sorted(beams, key=lambda w: -reduced.illumination(w)))


def _search_on(reduced: NormalisedProblem, settings: StartSettings, weights: C) -> C:
    """Search again from MMSE combiners of the last beams while that gains: a fresh Hessian leaves false stops."""
    for _ in range(settings.rounds):
        before = reduced.illumination(weights)
        longer = search_combiners(reduced, mmse_combiners(reduced, weights), iterations=settings.long_search)
        if longer is None or reduced.illumination(longer) <= before:
            break
        weights = longer
        if reduced.illumination(weights) - before <= ROUND_GAIN * (reduced.illumination_limit - before):
            break
    return weights


def largest_common_rate(problem: BeamformingProblem, reduced: NormalisedProblem) -> float:
    """The largest rate in bit/s/Hz found that all receivers with a requirement reach at once, W_0 off."""
    if any(np.linalg.norm(channel) == 0 for channel in reduced.channels):
        return 0.0
    one = np.ones(reduced.size)
    widths = {1, min(problem.streams, *reduced.channels.shape[1:])}
    return float(max(balance(reduced.channels, one, width).factor for width in widths) / np.log(2.0))


def infeasibility_proof(problem: BeamformingProblem, reduced: NormalisedProblem) -> str:
    """A sentence that proves that no beams meet the rates, or "" where these conditions do not decide.

    1. R_k is at most the water-filling capacity of H_k with all of the power and no other receiver.
    2. Σ_k (1-2^-R_k) < rank of all stacked channels, at any power. In the dual uplink with Ω = I + Σ_k H_kᴴV_kV_kᴴH_k
       the shares x of all streams, the eigenvalues of V_kᴴH_kΩ⁻¹H_kᴴV_k, sum to tr(I-Ω⁻¹) < rank, while
       Σ_{streams of k} -ln(1-x) = R_k ln 2 needs Σ x ≥ 1-2^-R_k: the sum is concave in the split of the rate, so one
       stream needs least.
    """
    for k, channel, nats in zip(reduced.required, reduced.channels, reduced.rate_nats, strict=True):
        capacity = single_user_capacity_nats(channel, problem.streams)
        if nats > capacity * (1 + 1e-12):
            if capacity == 0:
                return f"Receiver {problem.name(k)} has no direct channel but requires {nats / np.log(2):.4g} bit/s/Hz."
            rate_required, most = nats / np.log(2.0), capacity / np.log(2.0)
            return (
                f"Receiver {problem.name(k)} requires {distinct_digits(rate_required, [most])} bit/s/Hz; the whole "
                f"power without any interference gives it only {distinct_digits(most, [rate_required])}."
            )
    if not reduced.size:
        return ""
    rows = reduced.channels.reshape(-1, reduced.channels.shape[2])
    norms = np.linalg.norm(rows, axis=1)
    rank = int(np.linalg.matrix_rank(rows[norms > 0] / norms[norms > 0, None], tol=1e-10))
    needed = float(np.sum(-np.expm1(-reduced.rate_nats)))
    if needed >= rank:
        return (
            f"The required rates need Σ(1-2^-R_k) = {needed:.4g} spatial dimensions and the channels have only {rank}; "
            "no transmit power is enough."
        )
    return ""


def single_user_capacity_nats(channel: C, streams: int) -> float:
    """max ln det(I + HQHᴴ) over tr Q ≤ 1, rank Q ≤ `streams`: water-filling over the singular values."""
    gains = np.linalg.svd(channel, compute_uv=False)[:streams] ** 2
    gains = gains[gains > 0]
    for active in range(len(gains), 0, -1):
        level = (1.0 + np.sum(1.0 / gains[:active])) / active
        if level * gains[active - 1] >= 1.0:
            return float(np.sum(np.log(level * gains[:active])))
    return 0.0
