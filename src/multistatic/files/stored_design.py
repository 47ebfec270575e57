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
from multistatic.files.file_errors import reason_of
from multistatic.files.points_document import MAY_BE_INFINITE
from multistatic.signal.beams import illumination
from multistatic.units import read_only

MAX_DOCUMENT_BYTES = 64 * 2**20
MAX_ARRAYS_BYTES = 2**31

Shapes = Mapping[str, tuple[str, str]]

# K receivers, J = K + 1 beams, T transmit antennas, R receive antennas, L streams, I clutter paths, G targets, M
# points; the kind is the dtype's. D coordinates of the position, 0 where it is unobservable; E of them always.
SHAPES = {
    "receiver_ids": ("K", "U"),
    "selected": ("K", "b"),
    "beams": ("JTL", "c"),
    "direct": ("KRT", "c"),
    "echo_gain": ("MK", "f"),
    "echo_path_gain": ("MK", "f"),
    "steering_tx": ("MT", "c"),
    "steering_rx": ("MKR", "c"),
    "clutter": ("KIRT", "c"),
    "receiver_positions_m": ("K3", "f"),
    "transmitter_position_m": ("3", "f"),
    "target_ids": ("G", "U"),
    "target_position_m": ("G3", "f"),
    "target_velocity_m_s": ("G3", "f"),
    "points_m": ("M3", "f"),
    "point_velocity_m_s": ("M3", "f"),
    "point_weight": ("M", "f"),
    "point_target": ("M", "i"),
    "illumination_w": ("M", "f"),
    "noise_power_w": ("", "f"),
    "clutter_power_w": ("", "f"),
    "power_limit_w": ("", "f"),
    "position_covariance_m2": ("DD", "f"),
    "point_value": ("M", "f"),
    "nominal_point_value": ("M", "f"),
    "point_peb_m": ("M", "f"),
    "point_veb_m_s": ("M", "f"),
    "point_position_covariance_m2": ("MEE", "f"),
    "point_block_snr": ("MK", "f"),
    "sensing_sequence_known": ("KL", "b"),
}
_FIGURES = frozenset({*MAY_BE_INFINITE, "sensing_sequence_known", "point_block_snr"})
# Not in every file: later versions write them, or they are there where the figures exist.
LATER = _FIGURES | {"position_covariance_m2"}
# The first format knew one target at one point, and no axis for it. Later versions of it have the covariance, too.
FIRST_FORMAT = "multistatic-design/1"
_OF_POINT = ("echo_gain", "echo_path_gain", "steering_tx", "steering_rx")
_OF_TARGET = ("target_position_m", "target_velocity_m_s")
_POINTS = frozenset({"points_m", "point_velocity_m_s", "point_weight", "point_target", "illumination_w"})
_NEW = _FIGURES | _POINTS | {"target_ids"}
FIRST_SHAPES = {
    name: (axes[1:] if name in (*_OF_POINT, *_OF_TARGET) else axes, kind)
    for name, (axes, kind) in SHAPES.items()
    if name not in _NEW
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredDesign:
    """`document` is `design.json`; `arrays` is `design.npz`, empty where there is no verified design."""

    document: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


def read_design(folder: str | os.PathLike[str]) -> StoredDesign:
    """Read a design from `design.json` and `design.npz`.

    folder: path of the folder that `write_design` or `multistatic design --out` wrote.

    Raises `InputError` with the file and the reason: it is missing, damaged, not JSON or of another format, an array is
    missing, or an array has another shape or type or values that are not finite.

    >>> from multistatic import design_network, load_preset
    >>> design = design_network(load_preset("paper"))
    >>> import tempfile
    >>> from multistatic import write_design
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     paths = write_design(folder, design)
    ...     stored = read_design(folder)
    >>> stored.document["format"]
    'multistatic-design/2'
    """
    document = _document(Path(folder) / DOCUMENT)
    verification = document.get("verification")
    verified = isinstance(verification, dict) and verification.get("passed") is True
    first = document["format"] == FIRST_FORMAT
    arrays = _arrays(Path(folder) / ARRAYS, FIRST_SHAPES if first else SHAPES) if verified else {}
    if first and arrays:
        arrays = _with_points(arrays)
    return StoredDesign(
        document=MappingProxyType(document),
        arrays=MappingProxyType({name: read_only(array, array.dtype) for name, array in arrays.items()}),
    )


def _document(path: Path) -> dict[str, Any]:
    """The content of `design.json`, after its size and its format have been checked."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise _refused(path, reason_of(error), "a design's file (multistatic design FILE --out DIR)") from error
    if len(data) > MAX_DOCUMENT_BYTES:
        raise _refused(path, f"more than {MAX_DOCUMENT_BYTES} bytes", "a smaller file")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _refused(path, f"text that is not JSON ({error})", f"a document of format {FORMAT}") from error
    found = document.get("format") if isinstance(document, dict) else type(document).__name__
    if found not in (FORMAT, FIRST_FORMAT):
        raise _refused(path, f"format {found!r}", f"format {FORMAT!r} or {FIRST_FORMAT!r}")
    return document


def _with_points(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The arrays of the first format as those of today's: one target, which is its own only point."""
    more = {name: arrays[name][None] for name in (*_OF_POINT, *_OF_TARGET)}
    return {
        **arrays,
        **more,
        "target_ids": np.array(["target"]),
        "points_m": more["target_position_m"],
        "point_velocity_m_s": more["target_velocity_m_s"],
        "point_weight": np.ones(1),
        "point_target": np.zeros(1, int),
        "illumination_w": illumination(arrays["beams"], arrays["steering_tx"]),
    }


def _arrays(path: Path, shapes: Shapes) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_ARRAYS_BYTES:
            raise _refused(path, f"{unpacked} bytes unpacked", f"at most {MAX_ARRAYS_BYTES}")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        raise _refused(path, reason_of(error), "the arrays of a design (NumPy .npz without pickle)") from error
    problems = _misfits(path, arrays, shapes)
    if problems:
        raise InputError(problems, source=str(path))
    return arrays


def _misfits(path: Path, arrays: Mapping[str, NDArray[Any]], shapes: Shapes) -> list[Problem]:
    """Every array that is missing or does not fit the others."""
    problems, sizes = [], {"3": 3}
    if "receiver_ids" in arrays and arrays["receiver_ids"].ndim == 1:
        sizes |= {"K": len(arrays["receiver_ids"]), "J": len(arrays["receiver_ids"]) + 1}
    for name, (axes, kind) in shapes.items():
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
        elif kind in "fc" and name in MAY_BE_INFINITE and np.isnan(array).any():
            problems.append(Problem(where, "NaN", "numbers, infinite where the target is unobservable"))
        elif kind in "fc" and name not in MAY_BE_INFINITE and not np.isfinite(array).all():
            problems.append(Problem(where, "NaN or infinity", "finite values"))
    return problems


def _refused(path: Path, received: str, expected: str) -> InputError:
    return InputError([Problem(str(path), received, expected)], source=str(path))
