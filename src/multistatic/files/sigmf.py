"""SigMF recordings (https://sigmf.org, version 1.2): NAME.sigmf-meta in JSON beside NAME.sigmf-data.

The data are complex samples, the antennas interleaved, the trials one after the other, each its own capture. What the
core namespace cannot say is in the namespace `multistatic`, declared in `core:extensions` (docs/formats.md).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.files.file_errors import reason_of
from multistatic.units import C

VERSION = "1.2.6"
NAMESPACE = "multistatic"
EXTENSION = {"name": NAMESPACE, "version": "1.0.0", "optional": True}
META, DATA = ".sigmf-meta", ".sigmf-data"
SLOT, NOISE, RECEIVER, START, MODULATION = (
    f"{NAMESPACE}:{key}" for key in ("slot_s", "noise_power_w", "receiver_id", "start_s", "modulation")
)

# Interleaved I and Q. Integers are taken as they are: SigMF gives them no scale.
DATATYPES = {
    **{f"cf{8 * size}_{order}": f"{sign}f{size}" for size in (4, 8) for order, sign in (("le", "<"), ("be", ">"))},
    **{f"ci{8 * size}_{order}": f"{sign}i{size}" for size in (2, 4) for order, sign in (("le", "<"), ("be", ">"))},
    "ci8": "i1",
}
MAX_META_BYTES = 64 * 2**20
MAX_DATA_BYTES = 8 * 2**30
MAX_CHANNELS = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """The content of a SigMF recording: `fields` of the global object, of the `captures`, and `samples` [trials,
    channels, N].
    """

    fields: Mapping[str, Any]
    captures: tuple[Mapping[str, Any], ...]
    samples: C


def dataset_files(name: str, dataset: Dataset, *, datatype: str = "cf32_le") -> dict[str, bytes]:
    """The two files of a recording by their names, the data first; the same dataset gives the same bytes.

    `dataset.fields` and the only or each trial's `dataset.captures` are merged into what the samples say.
    """
    trials, channels, count = dataset.samples.shape
    interleaved = np.ascontiguousarray(dataset.samples.swapaxes(1, 2))
    data = interleaved.view(np.float64).astype(DATATYPES[datatype]).tobytes()
    metadata = {
        "global": {
            "core:version": VERSION,
            "core:datatype": datatype,
            "core:num_channels": channels,
            "core:sha512": hashlib.sha512(data).hexdigest(),
            "core:recorder": "multistatic",
            "core:extensions": [EXTENSION],
            **dataset.fields,
        },
        "captures": [
            {"core:sample_start": trial * count, **dataset.captures[trial % len(dataset.captures)]}
            for trial in range(trials)
        ],
        "annotations": [
            {"core:sample_start": trial * count, "core:sample_count": count, "core:label": f"trial {trial}"}
            for trial in range(trials)
        ],
    }
    text = json.dumps(metadata, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return {f"{name}{DATA}": data, f"{name}{META}": text.encode()}


def base_path(path: str | os.PathLike[str]) -> Path:
    """The path without `.sigmf-meta` or `.sigmf-data`."""
    text = os.fspath(path)
    for suffix in (META, DATA):
        text = text.removesuffix(suffix)
    return Path(text)


class Fields:
    """Checked access to a JSON object: what is missing or wrong is collected in `problems`, not raised."""

    def __init__(self, where: str, values: Mapping[str, Any], problems: list[Problem]) -> None:
        self.where, self.values, self.problems = where, values, problems

    def number(self, key: str, expected: str, default: float | None = None, *, least: float | None = None) -> float:
        """A finite number above `least` (None: any); NaN after a problem was noted."""
        value = self.values.get(key, default)
        valid = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
        if valid and math.isfinite(value) and (least is None or value > least):
            return float(value)
        self.wrong(key, expected)
        return math.nan

    def count(self, key: str, default: int | None, least: int, most: int) -> int:
        """A whole number from `least` to `most`; `least` after a problem was noted."""
        value = self.values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(key, f"a whole number from {least} to {most}")
        return least

    def text(self, key: str, expected: str, default: str | None = None) -> str:
        """A string that is not empty."""
        value = self.values.get(key, default)
        if isinstance(value, str) and value:
            return value
        self.wrong(key, expected)
        return ""

    def inner(self, key: str) -> Fields:
        """The object under `key`."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            self.wrong(key, "an object")
        return Fields(f"{self.where}.{key}", value if isinstance(value, dict) else {}, self.problems)

    def wrong(self, key: str, expected: str) -> None:
        """Note that the value under `key` is not what was expected."""
        received = repr(self.values[key])[:80] if key in self.values else "nothing"
        self.problems.append(Problem(f"{self.where}.{key}", received, expected))


def read_dataset(path: str | os.PathLike[str]) -> Dataset:
    """Read a SigMF recording; `path` is that of either file or of both without their suffix.

    Raises `InputError` with every problem: a missing file, metadata that are no JSON or lack a field, an unknown
    datatype, truncated data, another sum than `core:sha512`, captures of different lengths, samples that are NaN or
    infinite, absurd sizes.
    """
    base = base_path(path)
    meta_path = Path(f"{base}{META}")
    metadata = _metadata(meta_path)
    problems: list[Problem] = []
    fields = Fields(f"{meta_path}:global", metadata["global"], problems)
    datatype = fields.text("core:datatype", f"one of {', '.join(DATATYPES)}")
    if datatype and datatype not in DATATYPES:
        problems.append(Problem(f"{fields.where}.core:datatype", repr(datatype), f"one of {', '.join(DATATYPES)}"))
    fields.text("core:version", "the version of SigMF")
    channels = fields.count("core:num_channels", 1, 1, MAX_CHANNELS)
    for key in ("core:dataset", "core:metadata_only", "core:trailing_bytes"):
        if metadata["global"].get(key):
            problems.append(
                Problem(
                    f"{fields.where}.{key}",
                    repr(metadata["global"][key])[:80],
                    f"no such key: the samples are read from {base.name}{DATA}",
                )
            )
    captures = metadata["captures"] or [{"core:sample_start": 0}]
    starts = [
        Fields(f"{meta_path}:captures[{i}]", capture, problems).count("core:sample_start", None, 0, 2**63 - 1)
        for i, capture in enumerate(captures)
    ]
    data = _data(Path(f"{base}{DATA}"), metadata["global"], problems)
    if problems:
        raise InputError(problems, source=str(base))
    samples = _samples(base, data, (DATATYPES[datatype], channels, starts), problems)
    if problems:
        raise InputError(problems, source=str(base))
    return Dataset(fields=metadata["global"], captures=tuple(captures), samples=samples)


def _metadata(path: Path) -> dict[str, Any]:
    """The JSON document with the objects that SigMF requires."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_META_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _refused(path, reason_of(error), "SigMF metadata") from None
    if len(content) > MAX_META_BYTES:
        raise _refused(path, f"more than {MAX_META_BYTES} bytes", "SigMF metadata")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _refused(path, f"text that is not JSON ({error})", "SigMF metadata") from None
    found = document if isinstance(document, dict) else {}
    problems = [
        Problem(f"{path}:{key}", type(found[key]).__name__ if key in found else "nothing", expected)
        for key, kind, expected in (("global", dict, "an object"), ("captures", list, "an array of objects"))
        if not isinstance(found.get(key), kind)
    ]
    if not problems and not all(isinstance(capture, dict) for capture in found["captures"]):
        problems.append(Problem(f"{path}:captures", "other values", "an array of objects"))
    if problems:
        raise InputError(problems, source=str(path))
    return found


def _data(path: Path, fields: Mapping[str, Any], problems: list[Problem]) -> bytes:
    """All bytes of the data file, compared with their sum."""
    try:
        size = path.stat().st_size
        if size > MAX_DATA_BYTES:
            problems.append(Problem(str(path), f"{size} bytes", f"at most {MAX_DATA_BYTES}"))
            return b""
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        problems.append(Problem(str(path), reason_of(error), "the samples of the recording"))
        return b""
    if not data:
        problems.append(Problem(str(path), "0 bytes", "samples"))
    expected = fields.get("core:sha512")
    if expected is not None and str(expected).lower() != hashlib.sha512(data).hexdigest():
        hint = "the data were changed or cut off after the metadata were written"
        problems.append(Problem(f"{path}", "another SHA-512", f"core:sha512 {str(expected)[:16]}…", hint))
    return data


def _samples(base: Path, data: bytes, layout: tuple[str, int, list[int]], problems: list[Problem]) -> C:
    """Samples [captures, channels, N] from the bytes; `layout` is (dtype, channels, first sample of each capture)."""
    dtype, channels, starts = layout
    frame = 2 * channels * np.dtype(dtype).itemsize
    path, count = f"{base}{DATA}", len(data) // frame
    if len(data) % frame:
        expected = f"a multiple of {frame} ({channels} channels of {dtype} pairs)"
        problems.append(Problem(path, f"{len(data)} bytes", expected, "the file is truncated, or the metadata wrong"))
        return np.empty((0, channels, 0), complex)
    lengths = np.diff([*starts, count])
    if starts[0] != 0 or np.any(lengths <= 0) or np.any(lengths != lengths[0]):
        expected = f"captures of equal length, the first one at sample 0, {count} samples in total"
        problems.append(Problem(f"{base}{META}:captures", f"sample_start {_some(starts)}", expected))
        return np.empty((0, channels, 0), complex)
    pairs = np.frombuffer(data, dtype).reshape(len(starts), -1, channels, 2)
    samples = np.empty((len(starts), channels, pairs.shape[1]), complex)
    with np.errstate(invalid="ignore"):  # signalling NaNs are named below
        samples.real, samples.imag = pairs[..., 0].swapaxes(1, 2), pairs[..., 1].swapaxes(1, 2)
    bad = np.argwhere(~np.isfinite(samples))
    if len(bad):
        trial, channel, n = bad[0]
        where = f"the first in capture {trial}, channel {channel}, sample {n}"
        problems.append(
            Problem(
                path,
                f"{len(bad)} samples that are NaN or infinite, {where}",
                "finite samples",
                "core:datatype may be wrong",
            )
        )
    return samples


def _some(values: list[int]) -> str:
    return f"{values[:4]}"[:-1] + (", …]" if len(values) > 4 else "]")


def _refused(path: Path, received: str, expected: str) -> InputError:
    return InputError([Problem(str(path), received, expected)], source=str(path))
