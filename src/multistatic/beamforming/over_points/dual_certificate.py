"""What prices prove about every beams for one group with rank-one channels, whoever found them.

For every λ, μ ≥ 0, with noise and power 1,

    Σ_i μ_ip_i ≤ V = τ - Σ_s λ_s,   τ = max_j λ_max(Σ_i μ_ia_ia_iᴴ - Σ_s C_jsλ_sh_sh_sᴴ),

because Z_j ⪰ 0 then in (1) of dual_barrier.py. `PointObjective.proven_loss` makes a bound on the loss of it.
"""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint
from multistatic.units import C

_ROUNDING = 1e-13  # of λ_max: given away


def proven_light(barrier: DualBarrier, at: DualPoint) -> float:
    """V: an upper bound on Σ_i μ_ip_i of any beams, for any prices."""
    largest = data_excess(barrier, at)
    if barrier.uses_sensing:
        sensing = barrier.shared(at._replace(power=0.0), barrier.receives_sensing.astype(float))
        largest = max(largest, _largest(-sensing[None]))
    return largest - float(at.rate.sum())


def data_excess(barrier: DualBarrier, at: DualPoint) -> float:
    """The least τ ≥ 0 for which all Z_j of data beams are positive semidefinite, which depends on no group."""
    if not len(barrier.channels):
        return 0.0
    dyads = barrier.channels[:, :, None] * barrier.channels.conj()[:, None, :]
    return max(0.0, _largest((barrier.cost * at.rate)[:, None, None] * dyads - barrier.shared(at._replace(power=0.0))))


def _largest(matrices: C) -> float:
    """The largest eigenvalue of all, and what rounding may hide."""
    values = np.linalg.eigvalsh(matrices)
    return float(values[:, -1].max()) + _ROUNDING * float(np.abs(values).max())
