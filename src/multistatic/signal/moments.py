"""Moments of a transmit pulse: all that the bounds need to know of it (model.md §3)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PulseMoments:
    """Integrals over u = t/Δt of a pulse g(u) of unit energy, without unit (model.md §3).

    mean_square_bandwidth: F̄ = ∫|g'|² du.
    mean_frequency: q = ∫ g g'* du; 0 if |g| is equal at both ends.
    mean_time: m1 = ∫ u|g|² du.
    mean_square_time: m2 = ∫ u²|g|² du.
    time_frequency: ∫ u g g'* du.
    continuous: False: the pulse is discontinuous at its ends. Its bandwidth is then infinite, F̄ is that of the
        interior alone, and every delay bound from it must be marked.
    """

    mean_square_bandwidth: float
    mean_frequency: complex
    mean_time: float
    mean_square_time: float
    time_frequency: complex
    continuous: bool
