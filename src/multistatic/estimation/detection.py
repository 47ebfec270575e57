"""From the largest statistic to a verdict: a threshold at a stated rate of false alarms, and a doubt about the order.

Under noise alone the statistic is T(τ, f) = Σ_p |Z_p(τ, f)|², p = 1 … P over the branches (antennas that are combined
by power; one where they are combined coherently), with Z_p complex Gaussian of unit variance: Gamma(P, 1) in each cell,
Exp(1) for one branch. How many cells a search has is not a matter of the grid: Z is a smooth random field, and the
number of its peaks follows from the variance of its gradient, which is the Λ of `Reference`: the matrix that bounds
the accuracy also counts the independent cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaincc, gammainccinv, gammaln
from scipy.stats import ncx2

from multistatic.units import F

_LAGUERRE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedField:
    """The noise field over the searched rectangle: its size in units of its own correlation.

    `delay`, `doppler`: side lengths times sqrt(Λ_ττ), sqrt(Λ_ff), in radians. `correlation`: Λ_τf/sqrt(Λ_ττ Λ_ff).
    `jumps`: number of delays at which the reference jumps (a pulse that does not vanish at its ends), each between
    samples whose squared coefficient of correlation is `jump_coherence`. `branches` P.
    """

    delay: float
    doppler: float
    correlation: float
    branches: int
    jumps: int = 0
    jump_coherence: float = 1.0


def cell_threshold(false_alarm_rate: float, branches: int = 1) -> float:
    """u with P(T > u) = `false_alarm_rate` in one given cell: -ln of the rate for one branch."""
    return float(gammainccinv(branches, false_alarm_rate))


def search_threshold(field: SearchedField, false_alarm_rate: float) -> float:
    """u that the largest T of a search exceeds with probability `false_alarm_rate` under noise alone.

    Peaks above a high level are rare and independent, so P(max T > u) = 1 - exp(-`expected_peaks`).
    """
    peaks = float(-np.log1p(-false_alarm_rate))
    # The count falls with the level only above the mean of T, P; a rate that no level above it has is had by P.
    low, high = float(field.branches), 2.0 * field.branches
    if expected_peaks(field, low) <= peaks:
        return float(gammainccinv(field.branches, min(peaks, 1.0 - 1e-12)))
    while expected_peaks(field, high) > peaks:
        high *= 2.0
    return float(brentq(lambda u: expected_peaks(field, u) - peaks, low, high, xtol=1e-10))


def expected_peaks(field: SearchedField, level: float) -> float:
    """Expected number of regions in which T exceeds u = `level`: the Euler characteristic of the excursion set.

    For Gamma(P, 1) = χ²_2P/2 fields on a rectangle (Worsley, Adv. Appl. Prob. 26, 1994), with g = u^(P-1) e^-u/Γ(P):

    E = P(T > u) + n_τ + n_f + n_τ n_f (1 - (P-½)/u) sqrt(1-c²)/g,  n = g sqrt(u/π) · side

    n_τ and n_f are the expected upcrossings along one side (Rice's formula); a jump adds its probability of
    leading from below u to above.
    """
    u, branches = level, field.branches
    density = float(np.exp((branches - 1) * np.log(u) - u - gammaln(branches)))
    rate = density * np.sqrt(u / np.pi)
    along_delay = rate * field.delay + field.jumps * _jump_probability(field, u)
    along_doppler = rate * field.doppler
    # n_f/g without the quotient, which far above every peak is 0/0.
    doppler_over_density = np.sqrt(u / np.pi) * field.doppler
    both = along_delay * doppler_over_density * (1.0 - (branches - 0.5) / u) * np.sqrt(1.0 - field.correlation**2)
    return float(gammaincc(branches, u) + along_delay + along_doppler + both)


def wrong_order_probability(statistic: F, second: F) -> F:
    """Probability that the echo is at the second peak, given that it is at one of the two.

    T is the log-likelihood ratio of an echo there against none, amplitude at its best: by Bayes with equal odds
    before, 1/(1 + exp(T_1 - T_2)).
    """
    return 1.0 / (1.0 + np.exp(np.minimum(statistic - second, 700.0)))


def _jump_probability(field: SearchedField, level: float) -> float:
    """P(T_1 < u < T_2) for the two sides of a jump: ∫_u^∞ P(T_1 < u | T_2 = t) p(t) dt.

    Given T_2 = t, 2T_1/(1-r²) is noncentral χ² of 2P degrees of freedom and noncentrality 2r²t/(1-r²).
    """
    if not field.jumps:
        return 0.0
    node, weight = np.polynomial.laguerre.laggauss(_LAGUERRE)
    above = level + node
    rest = 1.0 - field.jump_coherence
    below = ncx2.cdf(2.0 * level / rest, 2 * field.branches, 2.0 * field.jump_coherence * above / rest)
    density = np.exp((field.branches - 1) * np.log(above) - level - gammaln(field.branches))
    return float(weight @ (below * density))
