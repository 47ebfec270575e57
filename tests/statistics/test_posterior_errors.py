"""Fixes with a prior: is their mean square error the expected posterior bound, and their covariance that of errors?

The target is drawn from the prior, and measurements at the bound of each receiver there. With J₀ the prior's and J_i
the receivers' information at the i-th place, the bound is the mean of tr[Eᵀ(J₀ + J_i)⁻¹E]. The error of the linear
estimate, (J₀ + J_i)⁻¹ (J₀ (x₀ - x_i) + Σ_k T_kᵀ Σ_k⁻¹ n_k) of the same draws, has exactly this mean square: what
remains random is the difference of both, so that a few hundred fixes tell 5 % apart from chance (a new seed fails at a
rate far below 1e-3). NEES: within the central 99.9 % of its chi-square distribution; p-values within binomial limits of
rate 1e-3. `tests/evidence/test_posterior_evidence.py` has plain means of thousands of fixes, from recordings as well.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import binom, chi2

from tests.support.tracked_targets import POSTERIOR_CASES, DrawnFixes, drawn_fixes

pytestmark = pytest.mark.slow


@cache
def fixes_of(name: str) -> DrawnFixes:
    return drawn_fixes(name, 250, seed=11)


@pytest.mark.parametrize("name", POSTERIOR_CASES)
def test_the_mean_square_error_is_the_expected_posterior_bound(name: str) -> None:
    found = fixes_of(name)
    assert {fix.position_verdict for fix in found.fixes} == {"unique"}
    d, square = found.d, np.sum(found.error[:, : found.d] ** 2, axis=1)
    excess = np.mean(square - np.sum(found.linear_error[:, :d] ** 2, axis=1))
    assert abs(excess) < 0.05 * found.bound_m2
    # The same of what the fixes state, and of plain means within four deviations.
    stated = np.mean([fix.position_std_m**2 for fix in found.fixes])
    assert abs(stated - found.bound_m2) < 0.05 * found.bound_m2
    assert abs(square.mean() - found.bound_m2) < 4.0 * square.std() / np.sqrt(len(square)) + 0.05 * found.bound_m2


@pytest.mark.parametrize("name", POSTERIOR_CASES)
def test_errors_have_the_stated_posterior_covariance(name: str) -> None:
    found = fixes_of(name)
    covariance, error = np.array([fix.covariance for fix in found.fixes]), found.error
    nees = np.einsum("na,na->n", error, np.linalg.solve(covariance, error[..., None])[..., 0])
    low, high = chi2.ppf([0.0005, 0.9995], 2 * found.d * len(nees)) / len(nees)
    # A curved area is no Gaussian: the mean of its NEES is right, its spread is larger.
    wide = 1.0 if found.fixes[0].prior_needed is False else 2.0
    middle = 2.0 * found.d
    assert middle - wide * (middle - low) < nees.mean() < middle + wide * (high - middle)
    p_values = np.array([fix.p_value for fix in found.fixes])
    for level in (0.1, 0.5):
        low, high = binom.ppf([0.0005, 0.9995], len(p_values), level)
        assert low <= np.sum(p_values < level) <= high
