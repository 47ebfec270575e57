"""Moments of a transmit pulse: all that the bounds need to know of it (model.md §3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseMoments:
    """Integrals over u = t/Δt of a unit-energy pulse g(u), ∫|g|² du = 1; dimensionless.

    `mean_square_bandwidth` F̄ = ∫|g'|² du; `mean_frequency` q = ∫ g g'* du (0 where the pulse vanishes at both ends
    or |g| is equal there); `mean_time` m1 = ∫ u|g|² du; `mean_square_time` m2 = ∫ u²|g|² du; `time_frequency` ∫ u g
    g'* du. `continuous`: False where the pulse jumps at the ends of its slot: F̄ is then only the interior part of an
    infinite mean-square bandwidth, and every delay bound made from it must be flagged.
    """

    mean_square_bandwidth: float
    mean_frequency: complex
    mean_time: float
    mean_square_time: float
    time_frequency: complex
    continuous: bool
