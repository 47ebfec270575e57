"""The way to the mode of a posterior density that is long and very thin: with wider errors first.

A range with an error of a tenth of a millimetre and a prior of 20 m leave a curve, along which the density is long. A
step along its tangent leaves the curve by more than its thickness from √(2Rσ) on, R the radius of the curvature: some
centimetres, and the mode may be metres away. With errors as large as a share of the prior's the steps are long; the
mode moves little along the curve while the errors shrink to what they are.
"""

from __future__ import annotations

import numpy as np

from multistatic.linalg import generalised_inverse
from multistatic.localization.levenberg_marquardt import minimise
from multistatic.localization.residuals import FusionModel
from multistatic.units import F

# Errors of a range as shares of the standard deviation of the prior's position, one after the other.
_SHARES = (0.3, 0.03, 3e-3, 3e-4, 3e-5, 3e-6)
_ITERATIONS = 15


def with_wider_errors(model: FusionModel, start: F, case: np.ndarray) -> F:
    """States [m, n] near the mode of fixes `case` [m], from `start` [m, n]; the same where there is no prior, and where
    the start is the better one.
    """
    seen, d = model.seen, model.sites.dimensions
    if seen.prior_rows is None or not len(start):
        return start
    information = np.swapaxes(seen.prior_rows, 1, 2) @ seen.prior_rows
    prior_std_m = np.sqrt(np.trace(generalised_inverse(information)[:, :d, :d], axis1=1, axis2=2))
    strongest = np.max(seen.root[..., 0, 0], axis=1)
    measured = seen.root.shape[1] * seen.root.shape[-1]
    x = start.copy()
    for share in _SHARES:
        # Range errors of σ become share·σ_prior: all measurements count by that much less.
        factor = 1.0 / np.maximum(share * prior_std_m * strongest, 1e-300)
        index = np.flatnonzero(factor[case] < 1.0)
        if not len(index):
            break

        def widened(state: F, row: np.ndarray, index: np.ndarray = index, factor: F = factor) -> tuple[F, F]:
            own = case[index[row]]
            residual, slopes = model.evaluate(state, own)
            residual[:, :measured] *= factor[own, None]
            slopes[:, :measured] *= factor[own, None, None]
            return residual, slopes

        x[index] = minimise(widened, x[index], np.arange(len(index)), iterations=_ITERATIONS).x
    before, after = (np.sum(model.evaluate(state, case)[0] ** 2, axis=1) for state in (start, x))
    return np.where((after < before)[:, None], x, start)
