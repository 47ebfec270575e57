"""MATLAB 5 files: named arrays with their units, the same bytes for the same arrays."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistatic.errors import InputError, Problem

MAX_VARIABLE_BYTES = 2**31 - 1
_HEADER = b"MATLAB 5.0 MAT-file, written by multistatic".ljust(116)


def mat5_bytes(arrays: Mapping[str, NDArray[Any]], units: Mapping[str, str] | None = None) -> bytes:
    """A file that MATLAB's `load` and `scipy.io.loadmat` read: texts as cell arrays, lists as columns, places as rows.

    `units`: a struct of this name beside the arrays. Raises `InputError` where an array is larger than the format
    allows (2 GiB).
    """
    from scipy.io import savemat

    for name, values in arrays.items():
        if values.nbytes > MAX_VARIABLE_BYTES:
            raise InputError(
                [Problem(name, f"{values.nbytes} bytes", f"at most {MAX_VARIABLE_BYTES} in a MATLAB 5 file")]
            )
    contents: dict[str, Any] = {name: _as_matlab(name, values) for name, values in arrays.items()}
    if units:
        contents["units"] = dict(units)
    buffer: Any = io.BytesIO()
    savemat(buffer, contents, long_field_names=True, oned_as="column", do_compression=True)
    written = buffer.getvalue()
    return _HEADER + written[len(_HEADER) :]  # the library puts the time of writing there


def _as_matlab(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "U":
        return np.array(values.tolist(), dtype=object).reshape(values.shape) if values.ndim else values
    if values.ndim == 1 and name.endswith(("_position_m", "_velocity_m_s")):
        return values[None, :]  # as each row of the positions of several nodes
    return values
