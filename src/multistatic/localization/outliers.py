"""One bad receiver: found by the χ² of the fit, named by leaving each one out.

If every measurement has the error that its covariance states, χ² of the fit follows the chi-square distribution with as
many degrees of freedom as there are measurements beyond the unknowns. A fit that exceeds its 1 - α quantile is
inconsistent; α is therefore the rate at which a clean set of measurements loses a receiver, at most. Then each receiver
is left out in turn, which needs a degree of freedom beyond it, and the one is flagged without which the others agree
best, if they agree. With fewer receivers a contradiction can be seen but not blamed on one of them.

A prior of the target is never left out. Where the measurements agree with each other and not with the prior, no
receiver is to blame, and the fix is contradictory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from multistatic.localization.fit import Fits, fit
from multistatic.localization.residuals import FusionModel
from multistatic.units import B, F


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RobustFits:
    """Fits without the `flagged` receivers [n, K]; `p_value` [n] of what is left (1 where nothing can be tested);
    `suspects` [n, K]: receivers whose absence explains the contradiction as well as that of the flagged one;
    `contradiction` [n]: the fit is inconsistent and no receiver could be blamed. `prior_alone` [n]: without the prior,
    it would be consistent.
    """

    fits: Fits
    flagged: B
    p_value: F
    suspects: B
    contradiction: B
    prior_alone: B


def robust_fit(model: FusionModel, *, false_flag_rate: float, most_outliers: int, ambiguity: float) -> RobustFits:
    """`fit`, and again without receivers that contradict the others, at most `most_outliers` of them."""
    # A normal fit has χ² near its degrees of freedom; ten times that calls for better starts.
    fits = fit(model, ambiguity, poor=10.0)
    flagged = np.zeros(model.seen.detected.shape, bool)
    suspects, p_value = flagged.copy(), _p_value(fits)
    contradiction = p_value < false_flag_rate
    prior_alone, proven = _without_prior(model, np.flatnonzero(contradiction), ambiguity, false_flag_rate)
    dropped, bad = flagged.copy(), np.flatnonzero(contradiction & ~proven)
    # The others need not agree well, only not absurdly: their own χ² has a tail too.
    enough = false_flag_rate**2
    for _ in range(most_outliers):
        if not len(bad):
            break
        part = FusionModel(sites=model.sites, seen=model.seen.cases(bad).without(dropped[bad]))
        best, p_left, fitted = _leave_each_out(part, ambiguity, enough)
        named = best >= 0
        rows = bad[named]
        dropped[rows, best[named]] = True
        chosen = p_left[named, best[named]]
        explained = chosen >= enough
        done = rows[explained]
        fits = fits.merged(_cases(fitted, np.flatnonzero(named)[explained]), done)
        flagged[done], p_value[done] = dropped[done], chosen[explained]
        alike = p_left[named][explained] >= false_flag_rate
        alike[np.arange(len(done)), best[named][explained]] = False
        suspects[done] = alike
        bad = rows[~explained]
    return RobustFits(
        fits=fits,
        flagged=flagged,
        p_value=p_value,
        suspects=suspects,
        contradiction=p_value < false_flag_rate,
        prior_alone=prior_alone,
    )


def _without_prior(model: FusionModel, bad: np.ndarray, ambiguity: float, rate: float) -> tuple[B, B]:
    """Whether fits without the prior are consistent [n], of the fixes `bad`; and whether this was tested [n]: whether
    they have a degree of freedom.
    """
    agree, proven = np.zeros(len(model.seen), bool), np.zeros(len(model.seen), bool)
    if model.seen.prior_degrees and len(bad):
        alone = FusionModel(sites=model.sites, seen=model.seen.cases(bad).without_prior())
        fits = fit(alone, ambiguity, poor=10.0)
        agree[bad] = fits.usable & (_p_value(fits) >= rate)
        proven[bad] = agree[bad] & (fits.degrees > 0)
    return agree, proven


def _leave_each_out(model: FusionModel, ambiguity: float, enough: float) -> tuple[np.ndarray, F, Fits]:
    """The receiver [n] without which the others agree best (-1: none can be blamed), p-values [n, K], its fit.

    Most of these fits are bad, as the bad receiver is in them: only where none reaches the p-value `enough` are better
    starts worth their time.
    """
    count, receivers = model.seen.detected.shape
    case, left_out = np.divmod(np.arange(count * receivers), receivers)
    dropped = np.zeros((count * receivers, receivers), bool)
    dropped[np.arange(len(case)), left_out] = True
    seen = model.seen.cases(case).without(dropped)
    fits = fit(FusionModel(sites=model.sites, seen=seen), ambiguity, poor=np.inf)
    detected = model.seen.detected[case, left_out]
    p_left = _tested(fits, detected).reshape(count, receivers)
    again = np.flatnonzero(np.repeat(p_left.max(axis=1) < enough, receivers))
    if len(again):
        trial = FusionModel(sites=model.sites, seen=seen.cases(again))
        fits = fits.merged(fit(trial, ambiguity, poor=10.0), again)
        p_left = _tested(fits, detected).reshape(count, receivers)
    # p-values of several may all round to 0: order by the cost where they tie.
    cost = np.where(p_left >= 0, fits.cost.reshape(count, receivers), np.inf)
    best = np.array([np.lexsort((cost[i], -p_left[i]))[0] for i in range(count)], dtype=int)
    chosen = _cases(fits, np.arange(count) * receivers + best)
    return np.where(p_left[np.arange(count), best] >= 0, best, -1), p_left, chosen


def _tested(fits: Fits, detected: B) -> F:
    """p-values of fits that have a position and a degree of freedom to be tested with, -1 of the others."""
    return np.where(fits.usable & (fits.degrees > 0) & detected, _p_value(fits), -1.0)


def _p_value(fits: Fits) -> F:
    tested = (fits.degrees > 0) & np.isfinite(fits.cost)
    return np.where(tested, chdtrc(np.maximum(fits.degrees, 1), np.where(tested, fits.cost, 0.0)), 1.0)


def _cases(fits: Fits, index: np.ndarray) -> Fits:
    return Fits(**{name: getattr(fits, name)[index] for name in fits.__dataclass_fields__})
