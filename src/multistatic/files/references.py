"""References as SigMF files (docs/formats.md): the known signal x(t) that a receiver correlates with.

Two forms: sampled like any recording, and the symbols with their modulation, from which x(t) follows exactly at any
time. Pulses and OFDM symbols that jump have no band limit, so no sampling rate is enough for them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from multistatic.errors import InputError, Problem
from multistatic.files.sigmf import META, MODULATION, START, Dataset, Fields, base_path, dataset_files, read_dataset
from multistatic.scenario.model import PulseSpec
from multistatic.signal.ofdm import Ofdm
from multistatic.signal.pulses import pulse_of
from multistatic.signal.sampled import DEGREE, SampledWaveform
from multistatic.signal.transmit import Modulation, SingleCarrier
from multistatic.signal.waveform import Waveform
from multistatic.units import C


def sampled_reference_files(
    name: str, waveform: Waveform, sample_rate_hz: float, *, carrier_hz: float, description: str = ""
) -> dict[str, bytes]:
    """The SigMF files of x(t), sampled from the first to the last time at which it is not zero; the grid contains 0."""
    begin, end = (edge * sample_rate_hz for edge in waveform.support_s)
    n = np.arange(np.floor(begin), np.ceil(end) + 1)
    samples = waveform.values(n / sample_rate_hz)
    fields = {"core:sample_rate": sample_rate_hz, "core:description": description}
    capture = {"core:frequency": carrier_hz, START: float(n[0] / sample_rate_hz)}
    return dataset_files(name, Dataset(fields=fields, captures=(capture,), samples=samples.reshape(-1, 1, len(n))))


def symbol_reference_files(
    name: str, symbols: C, modulation: Mapping[str, Any], *, carrier_hz: float, description: str = ""
) -> dict[str, bytes]:
    """The SigMF files of the symbols [..., M] of a waveform and of their `modulation` (`modulation_fields`)."""
    fields = {"core:description": description, MODULATION: dict(modulation)}
    capture = {"core:frequency": carrier_hz}
    samples = symbols.reshape(-1, 1, symbols.shape[-1])
    return dataset_files(name, Dataset(fields=fields, captures=(capture,), samples=samples), datatype="cf64_le")


def modulation_fields(modulation: SingleCarrier | Ofdm, pulse: PulseSpec) -> dict[str, Any]:
    """How the file of symbols says what they modulate; `pulse` is the pulse's name for a single carrier."""
    if isinstance(modulation, Ofdm):
        return {
            "kind": "ofdm",
            "slot_s": modulation.slot_s,
            "subcarriers": modulation.subcarriers,
            "cyclic_prefix": modulation.cyclic_prefix,
            "transition_slots": modulation.transition_slots,
            "active": list(modulation.active),
        }
    spec = {"kind": pulse.kind, "rolloff": pulse.rolloff, "span_slots": pulse.span_slots}
    return {"kind": "single_carrier", "slot_s": modulation.slot_s, "pulse": spec}


def read_reference(path: str | os.PathLike[str]) -> Waveform:
    """The known signal, exact where the file holds symbols and their modulation, else interpolated from samples.

    Where the file holds several captures the waveform has them as its first axis. Raises `InputError` with every
    problem.
    """
    base, dataset, problems = base_path(path), read_dataset(path), list[Problem]()
    fields = Fields(f"{base}{META}:global", dataset.fields, problems)
    samples = dataset.samples[:, 0] if len(dataset.samples) > 1 else dataset.samples[0, 0]
    if dataset.samples.shape[1] != 1:
        problems.append(Problem(f"{fields.where}.core:num_channels", f"{dataset.samples.shape[1]}", "1: x is scalar"))
    waveform = _modulated(fields, samples) if MODULATION in dataset.fields else _sampled(fields, dataset, samples)
    if problems or waveform is None:
        raise InputError(problems, source=str(base))
    return waveform


def _sampled(fields: Fields, dataset: Dataset, samples: C) -> Waveform | None:
    rate_hz = fields.number("core:sample_rate", "the sampling rate in Hz, above 0", least=0.0)
    start = Fields(fields.where.replace(":global", ":captures[0]"), dataset.captures[0], fields.problems)
    start_s = start.number(START, "the time of the first sample in s", 0.0)
    if samples.shape[-1] <= DEGREE:
        fields.problems.append(Problem(fields.where, f"{samples.shape[-1]} samples", f"more than {DEGREE}"))
    if fields.problems:
        return None
    return SampledWaveform(samples=samples, sample_rate_hz=rate_hz, start_s=start_s)


def _modulated(fields: Fields, symbols: C) -> Waveform | None:
    inner = fields.inner(MODULATION)
    kind = inner.text("kind", "single_carrier or ofdm")
    if kind == "single_carrier":
        modulation: Modulation | None = _single_carrier(inner, symbols.shape[-1])
    elif kind == "ofdm":
        modulation = _ofdm(inner, symbols.shape[-1])
    else:
        inner.wrong("kind", "single_carrier or ofdm")
        return None
    return modulation(symbols) if modulation is not None and not fields.problems else None


def _single_carrier(fields: Fields, count: int) -> SingleCarrier | None:
    slot_s, pulse = fields.number("slot_s", "the length of a slot in s, above 0", least=0.0), fields.inner("pulse")
    kind = pulse.text("kind", "a registered pulse")
    rolloff = pulse.number("rolloff", "a roll-off factor from 0 to 1", 0.25)
    span_slots = pulse.count("span_slots", 16, 1, 1024)
    if fields.problems:
        return None
    try:
        spec = PulseSpec(kind=kind, rolloff=rolloff, span_slots=span_slots)
        return SingleCarrier(pulse=pulse_of(spec), slot_s=slot_s, symbols=count)
    except InputError as error:
        fields.problems.extend(Problem(pulse.where, *_told(problem)) for problem in error.problems)
        return None


def _told(problem: Problem) -> tuple[str, str, str]:
    return problem.received, problem.expected, problem.hint


def _ofdm(fields: Fields, count: int) -> Ofdm | None:
    """The parameters of OFDM in the metadata of a reference of `count` symbols; None if they are not valid."""
    slot_s = fields.number("slot_s", "the length of a slot in s, above 0", least=0.0)
    subcarriers = fields.count("subcarriers", None, 1, 2**20)
    prefix = fields.count("cyclic_prefix", None, 0, 2**20)
    transition = fields.number("transition_slots", "0 or more slots", 0.0)
    active = fields.values.get("active")
    if not isinstance(active, list) or not active or not all(type(a) is int for a in active):
        fields.wrong("active", "an array of whole numbers, the subcarriers in use")
    elif count % len(active):
        fields.wrong("active", f"a number of subcarriers that divides the {count} symbols of the file")
    if fields.problems or not isinstance(active, list):
        return None
    try:
        return Ofdm(
            subcarriers=subcarriers,
            cyclic_prefix=prefix,
            slot_s=slot_s,
            ofdm_symbols=count // len(active),
            active=tuple(active),
            transition_slots=transition,
        )
    except ValueError as error:
        fields.problems.append(Problem(fields.where, str(error)[:200], "valid parameters of OFDM"))
        return None
