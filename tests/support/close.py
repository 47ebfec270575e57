"""The one comparison of floating-point numbers.

`pytest.approx` with a relative tolerance alone accepts any error below 1e-12, which is larger than many delays, powers
and surrogates here: an assert on them would pass with zero. `close_to` has the tolerances that it is given and no
others.
"""

from __future__ import annotations

from typing import Any

import pytest


def close_to(expected: Any, *, rel: float | None = None, abs: float | None = None) -> Any:
    """What equals `expected` within the larger of `rel`·|expected| and `abs`; with neither, within a part in a million.

    A tolerance that is not given is zero: an expected value of 0 needs `abs`.
    """
    if rel is None and abs is None:
        rel = 1e-6
    return pytest.approx(expected, rel=rel or 0.0, abs=abs or 0.0)  # noqa: TID251
