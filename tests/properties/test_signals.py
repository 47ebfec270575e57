"""What holds for every signal: linearity, shifts, bounded support, files that give back what they were given."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from multistatic.bounds.waveform_information import waveform_information
from multistatic.files.atomic import write_files_atomically
from multistatic.files.recordings import read_recording, recording_files
from multistatic.scenario.model import PulseSpec
from multistatic.signal.ofdm import Ofdm, used_subcarriers
from multistatic.signal.pulse_sum import EDGE
from multistatic.signal.pulses import pulse_of
from multistatic.signal.symbols import draw_symbols
from multistatic.signal.transmit import Modulation, SingleCarrier
from multistatic.simulation.recording import Recording
from tests.support.close import assert_close

SLOT_S = 5e-9
COUNT = 24
seeds = st.integers(0, 2**32 - 1)


@st.composite
def modulations(draw: st.DrawFn) -> Modulation:
    """Any pulse, or OFDM with 24 symbols a block."""
    kind = draw(st.sampled_from(["cosine", "half_sine", "root_raised_cosine", "ofdm"]))
    if kind != "ofdm":
        return SingleCarrier(pulse=pulse_of(PulseSpec(kind=kind, span_slots=4)), slot_s=SLOT_S, symbols=COUNT)
    active = used_subcarriers(14)[: draw(st.sampled_from([6, 8, 12]))]
    return Ofdm(
        subcarriers=14,
        cyclic_prefix=draw(st.integers(0, 5)),
        slot_s=SLOT_S,
        ofdm_symbols=COUNT // len(active),
        active=active,
        transition_slots=draw(st.sampled_from([0.0, 1.0, 3.5])),
    )


def draws(seed: int, *shape: int) -> np.ndarray:
    return draw_symbols("gaussian", shape, np.random.default_rng(seed))


@settings(max_examples=60, deadline=None)
@given(modulation=modulations(), seed=seeds)
def test_modulation_is_linear(modulation, seed):
    first, second, (a, b) = draws(seed, COUNT), draws(seed + 1, COUNT), draws(seed + 2, 2)
    times = SLOT_S * np.random.default_rng(seed).uniform(-5, 60, 50)
    for name in ("values", "slopes"):
        one, other, both = (getattr(modulation(s), name)(times) for s in (first, second, a * first + b * second))
        assert_close(both, a * one + b * other, abs=1e-9 * (1 + np.abs(both).max()))


@settings(max_examples=60, deadline=None)
@given(modulation=modulations(), seed=seeds, per_slot=st.integers(1, 8), begin=st.floats(-30, 60))
def test_a_grid_and_its_times_one_by_one_agree(modulation, seed, per_slot, begin):
    signal = modulation(draws(seed, COUNT))
    times = SLOT_S * (begin + np.arange(200) / per_slot)
    # Closer than `EDGE` before a jump is at it; exactly so close, rounding decides.
    assume(np.abs(times / SLOT_S % 1.0 - (1.0 - EDGE)).min() > 1e-11)
    shuffled = np.random.default_rng(seed).permutation(len(times))
    for function, unit in ((signal.values, 1.0), (signal.slopes, 1.0 / SLOT_S)):
        assert_close(function(times[shuffled]), function(times)[shuffled], abs=1e-8 * unit)


@settings(max_examples=60, deadline=None)
@given(modulation=modulations(), seed=seeds, far=st.floats(1e-6, 1e3))
def test_nothing_outside_the_support(modulation, seed, far):
    signal = modulation(draws(seed, COUNT))
    begin, end = signal.support_s
    assert not signal.values([begin - far * SLOT_S, end + far * SLOT_S]).any()
    assert not signal.slopes([begin - far * SLOT_S, end + far * SLOT_S]).any()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(modulation=modulations(), seed=seeds, gain=st.floats(1e-3, 1e3), turn=st.floats(0, 7))
def test_information_is_a_fisher_matrix_that_grows_with_the_power(modulation, seed, gain, turn):
    sent = draws(seed, COUNT)
    one = waveform_information(modulation(sent), SLOT_S, 1.0)
    assert_close(one, one.T, rel=1e-9, abs=1e-9 * np.trace(one))
    assert np.linalg.eigvalsh(one).min() > 0
    louder = waveform_information(modulation(gain * np.exp(1j * turn) * sent), SLOT_S, 1.0)
    assert_close(louder, gain**2 * one, rel=1e-6, abs=1e-9 * gain**2 * np.trace(one))


@settings(max_examples=40, deadline=None)
@given(
    pairs=arrays(
        np.float32,
        array_shapes(min_dims=3, max_dims=3, max_side=6).map(lambda shape: (*shape, 2)),
        elements=st.floats(-(2.0**100), 2.0**100, width=32),
    ),
    rate=st.floats(1e3, 1e10),
    per_slot=st.floats(0.01, 1000),
    noise=st.floats(1e-30, 1e3),
    start=st.floats(-1, 1e6),
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
)
def test_recordings_come_back_as_they_were(pairs, rate, per_slot, noise, start, name):
    written = Recording(
        receiver_id=name,
        samples=pairs.astype(float).view(complex)[..., 0],
        sample_rate_hz=rate,
        slot_s=per_slot / rate,
        noise_power_w=noise,
        start_s=start,
    )
    with tempfile.TemporaryDirectory() as folder:
        write_files_atomically(folder, recording_files("recording_x", written, carrier_hz=1e9))
        read = read_recording(Path(folder) / "recording_x")
    np.testing.assert_array_equal(read.samples, written.samples)
    for key in ("receiver_id", "sample_rate_hz", "slot_s", "noise_power_w", "start_s"):
        assert getattr(read, key) == getattr(written, key)
