"""The two comparisons of floating-point numbers.

`pytest.approx` with a relative tolerance alone accepts any error below 1e-12, which is larger than many delays, powers
and surrogates here: an assert on them would pass with zero. `numpy.allclose` and `numpy.isclose` accept 1e-8,
`numpy.testing.assert_allclose` adds 1e-7 of the expected value to every absolute tolerance, takes NaN for equal to NaN
and passes where there is nothing to compare. `close_to` and `assert_close` have the tolerances that they are given and
no others; ruff forbids the calls above.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def close_to(expected: Any, *, rel: float | None = None, abs: float | None = None) -> Any:
    """What equals `expected` within the larger of `rel`·|expected| and `abs`; with neither, within a part in a million.

    A tolerance that is not given is zero: an expected value of 0 needs `abs`.
    """
    if rel is None and abs is None:
        rel = 1e-6
    return pytest.approx(expected, rel=rel or 0.0, abs=abs or 0.0)  # noqa: TID251


def assert_close(actual: Any, expected: Any, *, rel: float = 0.0, abs: float | Any = 0.0) -> None:
    """Fail unless every entry of `actual` equals that of `expected` within the larger of `rel`·|expected| and `abs`.

    `expected` has the shape of `actual` or is one number, `abs` is one number or one for each entry. NaN equals
    nothing, an infinity only itself, and there has to be something to compare.
    """
    found, wanted = np.asarray(actual), np.asarray(expected)
    assert wanted.ndim == 0 or found.shape == wanted.shape, f"shape {found.shape}, expected {wanted.shape}"
    assert found.size > 0, "nothing to compare"
    with np.errstate(invalid="ignore"):
        difference = np.abs(found - wanted)
        tolerance = np.where(np.isfinite(wanted), np.maximum(rel * np.abs(wanted), abs), 0.0)
    off = ~((difference <= tolerance) | (found == wanted))
    if off.any():
        worst = np.unravel_index(np.argmax(np.where(off, difference / np.maximum(tolerance, 1e-300), -1.0)), off.shape)
        raise AssertionError(
            f"{np.count_nonzero(off)} of {off.size} entries differ; at {tuple(map(int, worst))}: "
            f"{found[worst]!r}, expected {np.broadcast_to(wanted, found.shape)[worst]!r}, "
            f"difference {difference[worst]:.3g}, tolerance {np.broadcast_to(tolerance, found.shape)[worst]:.3g}"
        )
