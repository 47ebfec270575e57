"""The information that verification computes for itself: against the formula of the package, complex pulses too."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.bounds.delay_doppler import information_per_snr
from multistatic.bounds.published import published_information_per_snr
from multistatic.design import recomputed_bounds
from multistatic.scenario.model import PulseSpec
from multistatic.signal.pulse import pulse_from_callable
from tests.support.close import assert_close

PULSES = {
    "chirp": pulse_from_callable(lambda u: np.sin(np.pi * u) * np.exp(4j * u**2 - 1j * u)),
    "chirp that jumps": pulse_from_callable(lambda u: np.cos(np.pi * u / 2) * np.exp(3j * u**2)),
    "kink inside": pulse_from_callable(
        lambda u: 0.3 - np.abs(u - 0.3) + 0.7 * u, lambda u: np.where(u < 0.3, 1.7, -0.3), support=(0.0, 1.0)
    ),
    "lopsided": pulse_from_callable(lambda u: np.sin(np.pi * u) * (1.0 + u**2)),
    "two slots": pulse_from_callable(lambda u: np.sin(np.pi * u / 2) ** 2 * np.exp(1j * u), support=(0.0, 2.0)),
}


@pytest.mark.parametrize("name", PULSES)
@pytest.mark.parametrize("samples", [1, 64])
def test_information_of_a_block(name, samples, monkeypatch):
    pulse = PULSES[name]
    monkeypatch.setattr(recomputed_bounds, "pulse_of", lambda spec: pulse)
    spec = PulseSpec(kind=f"{name} {samples}")  # a key of its own for what is remembered
    found = np.array(recomputed_bounds.information_of_a_block(spec, samples))
    expected = information_per_snr(pulse.moments, samples)
    scale = np.sqrt(np.outer(np.diagonal(expected), np.diagonal(expected)))
    assert_close(found / scale, expected / scale, abs=1e-08)
    printed = recomputed_bounds.published_information(spec, samples, 5e7)
    published = published_information_per_snr(pulse.moments, samples, 5e7)
    assert_close(printed, published, rel=1e-08, abs=1e-08 * np.abs(published[0, 1]))


def test_a_chirp_couples_delay_and_doppler():
    information = information_per_snr(PULSES["chirp"].moments, 4)
    assert abs(information[0, 1]) > 0.01 * np.sqrt(information[0, 0] * information[1, 1])
