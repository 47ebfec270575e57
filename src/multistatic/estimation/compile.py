"""How the kernels of this room are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Sums may be reordered, which lets them be vectorised: always in the same order, whatever the batch. A callback for C
# would never be used.
_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
    "fastmath": {"reassoc", "contract", "nsz"},
}


def compiled(function: _Function) -> _Function:
    """Compile on first use and keep the machine code on disk, where a directory for it can be written."""
    try:
        return cast(_Function, njit(cache=True, **_OPTIONS)(function))
    except RuntimeError:  # no cache directory
        return cast(_Function, njit(**_OPTIONS)(function))
