"""Reading back the files of a design, checked: what later commands start from."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from multistatic.errors import InputError, Problem
from multistatic.files.design_files import ARRAYS, DOCUMENT, FORMAT
from multistatic.units import read_only

MAX_DOCUMENT_BYTES = 64 * 2**20
MAX_ARRAYS_BYTES = 2**31

# K receivers, J = K + 1 beams, T transmit antennas, R receive antennas, L streams, I clutter paths; the kind is the
# dtype's. D coordinates of the position, 0 where it is unobservable.
SHAPES = {
    "receiver_ids": ("K", "U"),
    "selected": ("K", "b"),
    "beams": ("JTL", "c"),
    "direct": ("KRT", "c"),
    "echo_gain": ("K", "f"),
    "echo_path_gain": ("K", "f"),
    "steering_tx": ("T", "c"),
    "steering_rx": ("KR", "c"),
    "clutter": ("KIRT", "c"),
    "receiver_positions_m": ("K3", "f"),
    "transmitter_position_m": ("3", "f"),
    "target_position_m": ("3", "f"),
    "target_velocity_m_s": ("3", "f"),
    "noise_power_w": ("", "f"),
    "clutter_power_w": ("", "f"),
    "power_limit_w": ("", "f"),
    "position_covariance_m2": ("DD", "f"),
}
# Not in the files of earlier versions.
LATER = frozenset({"position_covariance_m2"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredDesign:
    """`document` is `design.json`; `arrays` is `design.npz`, empty where there is no verified design."""

    document: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


def read_design(folder: str | os.PathLike[str]) -> StoredDesign:
    """Read `design.json` and `design.npz` from `folder`.

    Raises `InputError` that names the file and what is wrong with it: missing, not JSON, another format, a damaged
    archive, a missing array, a shape or type that does not fit, a value that is not finite.

    >>> from multistatic import design_network, load_preset
    >>> design = design_network(load_preset("paper"))
    >>> import tempfile
    >>> from multistatic import write_design
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = write_design(folder, design)
    ...     stored = read_design(folder)
    >>> stored.document["format"]
    'multistatic-design/1'
    """
    document = _document(Path(folder) / DOCUMENT)
    verification = document.get("verification")
    verified = isinstance(verification, dict) and verification.get("passed") is True
    arrays = _arrays(Path(folder) / ARRAYS) if verified else {}
    return StoredDesign(
        document=MappingProxyType(document),
        arrays=MappingProxyType({name: read_only(array, array.dtype) for name, array in arrays.items()}),
    )


def _document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise _refused(
            path, error.strerror or str(error), "a design's file (multistatic design FILE --out DIR)"
        ) from error
    if len(data) > MAX_DOCUMENT_BYTES:
        raise _refused(path, f"more than {MAX_DOCUMENT_BYTES} bytes", "a smaller file")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _refused(path, f"no JSON ({error})", f"a document of format {FORMAT}") from error
    found = document.get("format") if isinstance(document, dict) else type(document).__name__
    if found != FORMAT:
        raise _refused(path, f"format {found!r}", f"format {FORMAT!r}")
    return document


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_ARRAYS_BYTES:
            raise _refused(path, f"{unpacked} bytes unpacked", f"at most {MAX_ARRAYS_BYTES}")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _refused(path, reason, "the arrays of a design (NumPy .npz without pickle)") from error
    problems = _misfits(path, arrays)
    if problems:
        raise InputError(problems, source=str(path))
    return arrays


def _misfits(path: Path, arrays: Mapping[str, NDArray[Any]]) -> list[Problem]:
    """Every array that is missing or does not fit the others."""
    problems, sizes = [], {"3": 3}
    if "receiver_ids" in arrays and arrays["receiver_ids"].ndim == 1:
        sizes |= {"K": len(arrays["receiver_ids"]), "J": len(arrays["receiver_ids"]) + 1}
    for name, (axes, kind) in SHAPES.items():
        where, expected = f"{path}:{name}", f"{kind}[{', '.join(axes)}]"
        if name not in arrays:
            if name in LATER:
                continue
            problems.append(Problem(where, "nothing", expected))
            continue
        array = arrays[name]
        fits = array.ndim == len(axes) and array.dtype.kind == kind
        fits = fits and all(sizes.setdefault(axis, size) == size for axis, size in zip(axes, array.shape, strict=True))
        if not fits:
            problems.append(Problem(where, f"{array.dtype.kind}{list(array.shape)}", f"{expected} with {sizes}"))
        elif kind in "fc" and not np.isfinite(array).all():
            problems.append(Problem(where, "NaN or infinity", "finite values"))
    return problems


def _refused(path: Path, received: str, expected: str) -> InputError:
    return InputError([Problem(str(path), received, expected)], source=str(path))
