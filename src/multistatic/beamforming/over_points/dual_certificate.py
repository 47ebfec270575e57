"""What prices prove about every beams for one group with rank-one channels, whoever found them.

For every λ, μ ≥ 0, with noise and power 1,

    Σ_i μ_ip_i ≤ V = τ - Σ_s λ_s,   τ = max_j λ_max(Σ_i μ_ia_ia_iᴴ - Σ_s C_jsλ_sh_sh_sᴴ),

because Z_j ⪰ 0 then in (1) of dual_barrier.py. `PointObjective.proven_loss` makes a bound on the loss of it.
"""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.over_points.dual_barrier import DualBarrier, DualPoint

_ROUNDING = 1e-13  # of λ_max: given away


def proven_light(barrier: DualBarrier, at: DualPoint) -> float:
    """V: an upper bound on Σ_i μ_ip_i of any beams, for any prices."""
    streams = len(barrier.channels)
    columns, free = barrier.channels.T, at._replace(power=0.0)
    blocks = []
    if barrier.uses_sensing:
        blocks.append(barrier.shared(free, barrier.receives_sensing.astype(float)))
    if streams:
        dyads = barrier.channels[:, :, None] * barrier.channels.conj()[:, None, :]
        blocks.extend(barrier.shared(free) - (barrier.cost * at.rate)[:, None, None] * dyads)
    del columns
    values = np.linalg.eigvalsh(np.stack(blocks))
    largest = -float(values[:, 0].min())
    return largest + _ROUNDING * float(np.abs(values).max()) - float(at.rate.sum())
