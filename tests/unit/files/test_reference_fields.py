"""A known signal that is written is the same signal when it is read: every field of its modulation, every sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from multistatic.files.references import (
    modulation_fields,
    read_reference,
    sampled_reference_files,
    symbol_reference_files,
)
from multistatic.files.sigmf import read_dataset
from multistatic.scenario.model import PulseSpec
from multistatic.signal.ofdm import Ofdm
from multistatic.signal.pulses import pulse_of
from multistatic.signal.transmit import SingleCarrier
from tests.support.close import assert_close, close_to

SLOT_S = 6e-9
SPEC = PulseSpec(kind="root_raised_cosine", rolloff=0.375, span_slots=5)
RNG = np.random.default_rng(4)


def symbols(count: int) -> np.ndarray:
    return RNG.standard_normal(count) + 1j * RNG.standard_normal(count)


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "reference"


def test_a_single_carrier_keeps_its_pulse(tmp_path: Path) -> None:
    modulation = SingleCarrier(pulse=pulse_of(SPEC), slot_s=SLOT_S, symbols=24)
    sent = modulation(symbols(24))
    fields = modulation_fields(modulation, SPEC)
    files = symbol_reference_files("reference", sent.symbols, fields, carrier_hz=3e9)
    found = read_reference(written(tmp_path, files))
    assert found.support_s == close_to(sent.support_s, rel=1e-12)
    times_s = np.linspace(-40e-9, 200e-9, 101)
    assert_close(found.values(times_s), sent.values(times_s), rel=1e-12, abs=1e-12)


def test_ofdm_keeps_its_numerology(tmp_path: Path) -> None:
    modulation = Ofdm(
        subcarriers=16, cyclic_prefix=3, slot_s=SLOT_S, ofdm_symbols=2, active=(-5, -2, 1, 6), transition_slots=1.5
    )
    sent = modulation(symbols(8))
    files = symbol_reference_files("reference", sent.symbols, modulation_fields(modulation, SPEC), carrier_hz=3e9)
    found = read_reference(written(tmp_path, files))
    assert found.modulation == modulation  # type: ignore[attr-defined]
    times_s = np.linspace(-10e-9, 240e-9, 101)
    assert_close(found.values(times_s), sent.values(times_s), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("per_slot", [2.0, 3.0])
def test_samples_cover_the_whole_signal_from_its_first_time_on(tmp_path: Path, per_slot: float) -> None:
    modulation = SingleCarrier(pulse=pulse_of(SPEC), slot_s=SLOT_S, symbols=24)
    sent, rate_hz = modulation(symbols(24)), per_slot / SLOT_S
    base = written(tmp_path, sampled_reference_files("reference", sent, rate_hz, carrier_hz=3e9))
    stored = read_dataset(base)
    begin, end = sent.support_s
    # 5 slots before the first symbol to 5 slots after the last one.
    assert (begin, end) == (close_to(-5 * SLOT_S), close_to(28 * SLOT_S))
    assert stored.samples.shape == (1, 1, int(33 * per_slot) + 1)
    assert stored.fields["core:sample_rate"] == rate_hz
    times_s = -5 * SLOT_S + np.arange(stored.samples.shape[2]) / rate_hz
    inside = (times_s > begin + 1e-12) & (times_s < end - 1e-12)
    assert_close(stored.samples[0, 0][inside], sent.values(times_s)[inside], rel=1e-06, abs=1e-06)
    found = read_reference(base)
    assert found.support_s[0] == close_to(begin, abs=1e-12)
    middle = np.linspace(0, 20 * SLOT_S, 57)
    scale = np.abs(sent.values(middle)).max()
    assert_close(found.values(middle), sent.values(middle), abs=0.05 * scale)
