"""Parts of a known signal: their sum is the signal, and none of them shares a symbol with another."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.signal.parts import parts_of, symbol_count
from multistatic.signal.sampled import SampledWaveform
from multistatic.signal.waveform import Waveform
from tests.support.close import assert_close
from tests.support.echoes import SLOT_S, ofdm, train

TIMES = np.arange(-60, 900) * SLOT_S / 4 + 0.3 * SLOT_S


def recorded() -> Waveform:
    index = np.arange(-40, 600)
    return SampledWaveform(
        samples=train("half_sine", 130).values(index * SLOT_S / 4), sample_rate_hz=4 / SLOT_S, start_s=-10 * SLOT_S
    )


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 7, 32, 130])
@pytest.mark.parametrize(
    "waveform",
    [train("half_sine", 130), train(count=130), ofdm(), recorded()],
    ids=["slot", "long", "ofdm", "recorded"],
)
def test_parts_add_up_to_the_signal(waveform: Waveform, count: int) -> None:
    parts = parts_of(waveform, count, SLOT_S)
    assert 1 <= len(parts.begins_s) <= count
    each = [parts.signals.values(TIMES - begin)[w] for w, begin in enumerate(parts.begins_s)]
    assert_close(np.sum(each, axis=0), waveform.values(TIMES), abs=1e-9)
    slopes = [parts.signals.slopes(TIMES - begin)[w] for w, begin in enumerate(parts.begins_s)]
    scale = np.abs(waveform.slopes(TIMES)).max()
    assert_close(np.sum(slopes, axis=0), waveform.slopes(TIMES), abs=1e-9 * scale)


def test_each_symbol_is_in_one_part() -> None:
    for waveform in (train(count=130), ofdm()):
        parts = parts_of(waveform, 16, SLOT_S)
        held = parts.signals.symbols  # type: ignore[attr-defined]
        np.testing.assert_array_equal(np.sort_complex(held[held != 0]), np.sort_complex(waveform.symbols))


def test_symbols_are_counted_or_slots() -> None:
    assert symbol_count(train(count=130), SLOT_S) == 130
    assert symbol_count(ofdm(), SLOT_S) == 100
    assert symbol_count(recorded(), SLOT_S) == 159
