"""How wide the spectrum of the transmitted signal is, from the pulse and the symbol rate."""

from __future__ import annotations

import math

from multistatic.scenario.model import Radio

_BAND_LIMITED = {"raised_cosine": "raised cosine", "root_raised_cosine": "root raised cosine"}
_WITHIN_ONE_SLOT = {"cosine": "cosine", "half_sine": "half sine", "sinc": "sinc, the part from 0 to 1 slot"}


def occupied_band_hz(radio: Radio) -> float | None:
    """Width in Hz of the band that the signal fills: (1 + roll-off)·symbol rate for the raised cosine and its root.

    Infinite for a pulse that lasts one slot, such as `cosine`, whose spectrum has no end; None where the pulse comes
    from another package, whose spectrum is not known here. What the cut-off at ±`span_slots` adds is not counted.

    >>> from multistatic.scenario.model import PulseSpec
    >>> pulse = PulseSpec(kind="root_raised_cosine", rolloff=0.25)
    >>> occupied_band_hz(Radio(carrier_hz=3.5e9, bandwidth_hz=40e6, samples=64, pulse=pulse))
    100000000.0
    """
    if radio.pulse.kind in _BAND_LIMITED:
        return (1.0 + radio.pulse.rolloff) * radio.symbol_rate_hz
    return math.inf if radio.pulse.kind in _WITHIN_ONE_SLOT else None


def occupied_band_in_words(radio: Radio) -> str:
    """The pulse and the band that it fills, as a sentence without its full stop."""
    pulse, band_hz = radio.pulse, occupied_band_hz(radio)
    if band_hz is None:
        return f"{pulse.kind}; its bandwidth is not known, because the pulse comes from another package"
    if math.isinf(band_hz):
        return (
            f"{_WITHIN_ONE_SLOT[pulse.kind]}; no finite bandwidth: the pulse lasts one slot, so its spectrum has no "
            "end; for a signal within a limited band choose root_raised_cosine"
        )
    width = f"{1e-6 * band_hz:.4g} MHz" if band_hz >= 1e6 else f"{band_hz:.4g} Hz"
    return (
        f"{_BAND_LIMITED[pulse.kind]} with roll-off {pulse.rolloff:g}; the signal occupies {width}, "
        f"{1.0 + pulse.rolloff:g} times the symbol rate"
    )
