"""Recordings as SigMF files, and the folder of them that `simulate` writes and `estimate` reads (docs/formats.md).

A folder holds `recording_RECEIVER` for each receiver and the known signal a_bᵀx(t) as `reference`, sampled, or as
`reference_symbols`, exact. `sensing_reference` and `sensing_reference_symbols` are the part of it that the sensing beam
sends: all that is known without the data.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.files.references import read_reference
from multistatic.files.sigmf import (
    META,
    NOISE,
    RECEIVER,
    SLOT,
    START,
    Dataset,
    Fields,
    base_path,
    dataset_files,
    read_dataset,
)
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording

_T = TypeVar("_T")

RECORDING, REFERENCE, SENSING_REFERENCE, SYMBOLS = "recording_", "reference", "sensing_reference", "_symbols"
# A recording with fewer or more samples a slot than this has a wrong rate or a wrong slot.
SAMPLES_A_SLOT = (1e-3, 1e4)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBlock:
    """The content of a folder of recordings, all of the same block.

    recordings: one for each receiver.
    reference: the known signal towards the target.
    sensing_reference: the part of it that the sensing beam transmits; None: there is no such file.
    """

    recordings: tuple[Recording, ...]
    reference: Waveform
    sensing_reference: Waveform | None


def recording_names(receiver_ids: Iterable[str]) -> dict[str, str]:
    """{receiver id: name of its files without suffix}; characters that are no letters or digits become `_`."""
    names: dict[str, str] = {}
    for receiver_id in receiver_ids:
        name = RECORDING + re.sub(r"[^A-Za-z0-9.-]", "_", receiver_id)
        while name in names.values():
            name += "_"
        names[receiver_id] = name
    return names


def recording_files(name: str, recording: Recording, *, carrier_hz: float, description: str = "") -> dict[str, bytes]:
    """The SigMF files of a recording [trials, N_r, N] or [N_r, N]."""
    fields = {
        "core:sample_rate": recording.sample_rate_hz,
        "core:description": description,
        RECEIVER: recording.receiver_id,
        SLOT: recording.slot_s,
        NOISE: recording.noise_power_w,
    }
    capture = {"core:frequency": carrier_hz, START: recording.start_s}
    samples = recording.samples.reshape(-1, *recording.samples.shape[-2:])
    return dataset_files(name, Dataset(fields=fields, captures=(capture,), samples=samples))


def read_recording(
    path: str | os.PathLike[str],
    *,
    slot_s: float | None = None,
    noise_power_w: float | None = None,
    receiver_id: str | None = None,
) -> Recording:
    """A recording with samples [trials, N_r, N]; the arguments stand in for what the file does not say.

    Raises `InputError` with every problem of `read_dataset`, and with a sampling rate, slot or noise power that is
    missing or absurd.
    """
    base, dataset, problems = base_path(path), read_dataset(path), list[Problem]()
    fields = Fields(f"{base}{META}:global", dataset.fields, problems)
    rate_hz = fields.number("core:sample_rate", "the sampling rate in Hz, above 0", least=0.0)
    slot = fields.number(SLOT, "the length of a slot in s, above 0", slot_s, least=0.0)
    noise_w = fields.number(NOISE, "the noise power in W in a sample of one slot, above 0", noise_power_w, least=0.0)
    identity = fields.text(RECEIVER, "the receiver's id", receiver_id or base.name.removeprefix(RECORDING))
    capture = Fields(f"{base}{META}:captures[0]", dataset.captures[0], problems)
    start_s = capture.number(START, "the time of the first sample in s", 0.0)
    low, high = SAMPLES_A_SLOT
    if np.isfinite(rate_hz * slot) and not low <= rate_hz * slot <= high:
        expected = f"a rate with {low:g} to {high:g} samples a slot of {slot:g} s"
        problems.append(Problem(f"{fields.where}.core:sample_rate", f"{rate_hz:g}", expected))
    if np.isfinite(start_s) and any(
        capture.get(START, 0.0) != dataset.captures[0].get(START, 0.0) for capture in dataset.captures
    ):
        problems.append(Problem(f"{base}{META}:captures", f"different {START}", "the same in every capture"))
    if problems:
        raise InputError(problems, source=str(base))
    return Recording(
        receiver_id=identity,
        samples=dataset.samples,
        sample_rate_hz=rate_hz,
        slot_s=slot,
        noise_power_w=noise_w,
        start_s=start_s,
    )


def read_block(folder: str | os.PathLike[str]) -> RecordedBlock:
    """Read all recordings and references of a folder in the format of `multistatic simulate`.

    folder: path of the folder with SigMF files (docs/formats.md).

    If a reference is stored both as samples and as symbols, the symbols are used, which are exact. Raises `InputError`
    with the problems of all files.

    >>> try:
    ...     read_block("no such folder")
    ... except InputError as error:
    ...     print(error.problems[0].received)
    no folder
    """
    place, problems = Path(folder), list[Problem]()
    paths = sorted(place.glob(f"{RECORDING}*{META}"))
    if not paths:
        expected = f"recordings named {RECORDING}RECEIVER{META} (multistatic simulate DESIGN_DIR)"
        problems.append(Problem(str(place), "none" if place.is_dir() else "no folder", expected))
    recordings = [found for path in paths if (found := _collected(read_recording, path, problems)) is not None]
    reference = _reference(place, REFERENCE, problems)
    sensing = _reference(place, SENSING_REFERENCE, problems)
    if reference is None and not problems:
        expected = f"{REFERENCE}{SYMBOLS}{META} or {REFERENCE}{META}"
        problems.append(Problem(str(place), "no reference", expected))
    ids = [recording.receiver_id for recording in recordings]
    for repeated in sorted({name for name in ids if ids.count(name) > 1}):
        problems.append(Problem(f"{place}: {RECEIVER}", f"{repeated!r} twice", "one recording for each receiver"))
    for name, waveform in ((REFERENCE, reference), (SENSING_REFERENCE, sensing)):
        trials = [] if waveform is None else list(waveform.values(0.0).shape)
        for recording in recordings:
            if trials and trials != [len(recording.samples)]:
                received = f"{trials[0]} blocks, {len(recording.samples)} of {recording.receiver_id!r}"
                problems.append(
                    Problem(f"{place}: {name}", received, "one signal for all trials, or one for each trial")
                )
    if problems or reference is None:
        raise InputError(problems, source=str(place))
    return RecordedBlock(recordings=tuple(recordings), reference=reference, sensing_reference=sensing)


class ReadRecordings(NamedTuple):
    """What several paths hold, as far as it can be read, and every problem of what cannot."""

    recordings: tuple[Recording, ...]
    reference: Waveform | None
    problems: tuple[Problem, ...]


def read_recordings(paths: Sequence[Path], reference: Path | None = None, known: str = "all") -> ReadRecordings:
    """The recordings of SigMF files and of folders as `multistatic simulate` writes them, and the known signal.

    The known signal is that of the file `reference`, else that of the last folder: the whole one where `known` is
    `all`, the part of the sensing beam where it is `s0`.
    """
    recordings: list[Recording] = []
    waveform: Waveform | None = None
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            block = _collected(read_block, path, problems)
            if block is not None:
                recordings += block.recordings
                waveform = block.reference if known == "all" else block.sensing_reference
        elif (found := _collected(read_recording, path, problems)) is not None:
            recordings.append(found)
    if reference is not None:
        waveform = _collected(read_reference, reference, problems) or waveform
    if waveform is None and not problems:
        wanted = "the known signal" if known == "all" else "the known signal of the sensing beam"
        problems.append(Problem("reference", "nothing", f"a SigMF file of {wanted}"))
    return ReadRecordings(tuple(recordings), waveform, tuple(problems))


def recorded_carrier_hz(path: Path) -> float | None:
    """`core:frequency` of a recording, or of the first one of a folder; None where it says none, or cannot be read."""
    first = min(path.glob(f"{RECORDING}*{META}"), default=path) if path.is_dir() else path
    try:
        frequency = read_dataset(first).captures[0].get("core:frequency")
    except InputError:
        return None
    return float(frequency) if isinstance(frequency, int | float) and 0.0 < frequency < np.inf else None


def _reference(place: Path, name: str, problems: list[Problem]) -> Waveform | None:
    for stem in (name + SYMBOLS, name):
        path = place / f"{stem}{META}"
        if path.exists():
            return _collected(read_reference, path, problems)
    return None


def _collected(read: Callable[[Path], _T], path: Path, problems: list[Problem]) -> _T | None:
    try:
        return read(path)
    except InputError as error:
        problems.extend(error.problems)
        return None
