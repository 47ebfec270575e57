"""The best powers of given unit beams for several points of the kind `worst`: a linear program."""

from __future__ import annotations

import numpy as np

from multistatic.beamforming.over_points.beam_gains import BeamGains
from multistatic.units import F


def best_powers(gains: BeamGains) -> tuple[F, F] | None:
    """Powers [S] and [r] that maximise min_i p_i/w_i under the targets and the power 1; None where HiGHS finds none.

    HiGHS meets its rows to 1e-7 only, so that the powers have to be settled (`BeamGains.best`).
    """
    from scipy.optimize import linprog

    streams, rank = len(gains.target), gains.sensing.shape[1]
    weight = gains.objective.weight
    own = np.diagonal(gains.data)
    # In units of the own gain: noise + interference - q_s g_ss/γ_s ≤ 0
    coupling = gains.data / own[:, None]
    coupling.flat[:: streams + 1] = -1.0 / gains.target
    suffered = (gains.suffers / own)[:, None] * gains.sensing
    rows = np.concatenate([coupling, suffered, np.zeros((streams, 1))], axis=1)
    counted = weight > 0.0
    light = np.concatenate([gains.light_data, gains.light_sensing], axis=1)[counted] / weight[counted, None]
    points = np.concatenate([-light, np.ones((len(light), 1))], axis=1)
    spent = np.concatenate([np.ones(streams + rank), [0.0]])[None]
    found = linprog(
        np.concatenate([np.zeros(streams + rank), [-1.0]]),
        A_ub=np.concatenate([rows, points, spent]),
        b_ub=np.concatenate([-1.0 / own, np.zeros(len(light)), [1.0]]),
        method="highs",
    )
    if found.x is None:
        return None
    powers = np.maximum(found.x[:-1], 0.0)
    return powers[:streams], powers[streams:]
