"""The way to the mode of a posterior density that is long and very thin: with wider errors first.

A range with an error of a tenth of a millimetre and a prior of 20 m leave a curve, along which the density is long. A
step along its tangent leaves the curve by more than its thickness from √(2Rσ) on, R the radius of the curvature: some
centimetres, and the mode may be metres away. With errors as large as a share of the prior's the steps are long; the
mode moves little along the curve while the errors shrink to what they are.
"""

from __future__ import annotations

import numpy as np

from multistatic.linalg import covariance_of_rows
from multistatic.localization.levenberg_marquardt import minimise
from multistatic.localization.residuals import FusionModel
from multistatic.units import F

# Errors as shares of the prior's standard deviations of position and velocity, one after the other.
_SHARES = (0.3, 0.03, 3e-3, 3e-4, 3e-5, 3e-6)
_ITERATIONS = 15


def with_wider_errors(model: FusionModel, start: F, case: np.ndarray) -> F:
    """States [m, n] near the mode of fixes `case` [m], from `start` [m, n]; the same where there is no prior, and where
    the start is the better one.
    """
    seen, d = model.seen, model.sites.dimensions
    if seen.prior_rows is None or not len(start):
        return start
    variances = np.diagonal(covariance_of_rows(seen.prior_rows), axis1=1, axis2=2)
    # Rows of the root are a range given the rate, and a rate; directions leave a straight line, which is no trouble.
    place_m, speed_m_s = np.sqrt(variances[:, :d].sum(axis=1)), np.sqrt(variances[:, d:].sum(axis=1))
    errors = np.zeros((*seen.root.shape[:2], seen.root.shape[-1]))
    errors[..., 0] = place_m[:, None] * seen.root[..., 0, 0]
    errors[..., 1] = speed_m_s[:, None] * seen.root[..., 1, 1]
    ratio = errors.reshape(len(errors), -1)
    x = start.copy()
    for share in _SHARES:
        # An error of σ becomes share·σ_prior where it is smaller: its row counts by that much less.
        factor = 1.0 / np.maximum(share * ratio, 1.0)
        index = np.flatnonzero(np.any(factor < 1.0, axis=1)[case])
        if not len(index):
            break

        def widened(state: F, row: np.ndarray, index: np.ndarray = index, factor: F = factor) -> tuple[F, F]:
            own = case[index[row]]
            residual, slopes = model.evaluate(state, own)
            residual[:, : factor.shape[1]] *= factor[own]
            slopes[:, : factor.shape[1]] *= factor[own, :, None]
            return residual, slopes

        x[index] = minimise(widened, x[index], np.arange(len(index)), iterations=_ITERATIONS).x
    before, after = (np.sum(model.evaluate(state, case)[0] ** 2, axis=1) for state in (start, x))
    return np.where((after < before)[:, None], x, start)
