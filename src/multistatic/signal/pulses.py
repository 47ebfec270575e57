"""The registered pulses: an entry point of `multistatic.pulses` maps a PulseSpec to a Pulse (model.md §3).

`cosine` g1 and `sinc` g2 are the published ones. Both jump at t = 0: their true mean-square bandwidth is infinite, and
their moments hold the interior part only (`continuous` is False).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from multistatic import registry
from multistatic.errors import Problem, ScenarioError
from multistatic.scenario.model import PulseSpec
from multistatic.signal.moments import PulseMoments
from multistatic.signal.pulse import Pulse, pulse_from_callable
from multistatic.units import F

__all__ = [
    "Pulse",
    "cosine",
    "half_sine",
    "pulse_from_callable",
    "pulse_moments",
    "pulse_of",
    "raised_cosine",
    "root_raised_cosine",
    "sinc",
]


def pulse_of(spec: PulseSpec) -> Pulse:
    """The registered pulse that `spec` names; one of another package is checked."""
    pulse: Pulse = registry.load("pulses", spec.kind)(spec)
    plugin = registry.plugin("pulses", spec.kind)
    return pulse if plugin is None else checked_pulse(pulse, plugin)


def checked_pulse(pulse: Any, plugin: registry.Plugin) -> Pulse:
    """The pulse of another package; `PluginError` where it is none, or where its functions do not return one finite
    number for each time.
    """
    if not isinstance(pulse, Pulse):
        plugin.refuse(type(pulse).__name__, "a Pulse, as pulse_from_callable makes it")
    times = plugin.run(_times, pulse, doing="in its support")
    for name, function in (("pulse", pulse.shape), ("slope", pulse.slope)):
        values = plugin.run(lambda f=function: np.asarray(f(times)), doing=f"in its {name}")
        if values.shape != times.shape or values.dtype.kind not in "cfiu":
            received = f"a {name} of shape {list(values.shape)} and type {values.dtype} for times of shape [4, 25]"
            plugin.refuse(received, "one number for each time")
        if not np.isfinite(values).all():
            plugin.refuse(f"a {name} with NaN or infinity", f"finite values on its support {pulse.support}")
    return pulse


def _times(pulse: Pulse) -> F:
    """Times [4, 25] all over the support: the functions of a pulse are elementwise, whatever the shape."""
    first, last = pulse.support
    return np.linspace(float(first), float(last), 100).reshape(4, 25)


_NEAR_ZERO = 1e-9
# What the quadrature leaves in place of a mean-square bandwidth of zero is below, in units of 1/slot².
_NO_BANDWIDTH = 1e-6


@lru_cache(maxsize=64)
def pulse_moments(spec: PulseSpec) -> PulseMoments:
    """Moments of the registered pulse that `spec` names; cached, because designs need them many times."""
    pulse, plugin = pulse_of(spec), registry.plugin("pulses", spec.kind)
    if plugin is None:
        return pulse.moments
    moments: PulseMoments = plugin.run(lambda: pulse.moments, doing="in moments")
    effective = moments.mean_square_bandwidth - abs(moments.mean_frequency) ** 2
    if not effective > _NO_BANDWIDTH * max(1.0, moments.mean_square_bandwidth):
        plugin.refuse(
            "a pulse of constant amplitude over its support",
            "a pulse with a changing amplitude, which gives information about its delay",
            "a rectangular pulse changes only at its ends, where it has no derivative",
        )
    return moments


def cosine(spec: PulseSpec) -> Pulse:
    """g1(u) = sqrt2 cos(πu/2) on [0, 1] (paper §VI-A); it jumps at 0."""
    return pulse_from_callable(lambda u: np.cos(np.pi / 2 * u), lambda u: -np.pi / 2 * np.sin(np.pi / 2 * u))


def sinc(spec: PulseSpec) -> Pulse:
    """g2(u) = sqrt(π/A) sin(πu)/(πu) on [0, 1] with A = ∫₀^π sin²x/x² dx (paper §VI-A); it jumps at 0."""
    return pulse_from_callable(np.sinc, _sinc_slope)


def half_sine(spec: PulseSpec) -> Pulse:
    """sqrt2 sin(πu) on [0, 1]: continuous, F̄ = π²."""
    return pulse_from_callable(lambda u: np.sin(np.pi * u), lambda u: np.pi * np.cos(np.pi * u))


def raised_cosine(spec: PulseSpec) -> Pulse:
    """Raised cosine of roll-off β, cut off at ±span: the inverse Fourier transform of its spectrum, band by band.

    With s± = sinc(βu ± ½) cos(π(u ± ½)): g = (1-β) sinc((1-β)u) + β[sinc(βu) cos(πu) + (s₊ + s₋)/2]. Written so, it
    has no removable singularity.
    """
    beta = _rolloff(spec)
    bands = ((1.0 - beta, 1.0 - beta, 0.0, 0.0), (beta, beta, 0.0, 1.0))
    edges = ((beta / 2, beta, 0.5, 1.0), (beta / 2, beta, -0.5, 1.0))
    return _sum_of_bands((*bands, *edges), spec)


def root_raised_cosine(spec: PulseSpec) -> Pulse:
    """Root-raised cosine of roll-off β, cut off at ±span; its shifts by whole slots are (almost) orthogonal.

    g = (1-β) sinc((1-β)u) + β[sinc(βu + ¼) cos(π(u + ¼)) + sinc(βu - ¼) cos(π(u - ¼))], the inverse Fourier transform
    of its spectrum, band by band.
    """
    beta = _rolloff(spec)
    flat = (1.0 - beta, 1.0 - beta, 0.0, 0.0)
    return _sum_of_bands((flat, (beta, beta, 0.25, 1.0), (beta, beta, -0.25, 1.0)), spec)


def _sum_of_bands(bands: tuple[tuple[float, float, float, float], ...], spec: PulseSpec) -> Pulse:
    """Σ w sinc(bu + c) cos(πν(u + c)) over (w, b, c, ν) in `bands`."""

    def shape(u: F) -> F:
        parts = [w * np.sinc(b * u + c) * np.cos(np.pi * nu * (u + c)) for w, b, c, nu in bands]
        total: F = np.sum(parts, axis=0)
        return total

    def slope(u: F) -> F:
        parts = [
            w
            * (
                b * _sinc_slope(b * u + c) * np.cos(np.pi * nu * (u + c))
                - np.sinc(b * u + c) * np.pi * nu * np.sin(np.pi * nu * (u + c))
            )
            for w, b, c, nu in bands
        ]
        total: F = np.sum(parts, axis=0)
        return total

    return pulse_from_callable(shape, slope, support=(-float(spec.span_slots), float(spec.span_slots)))


def _sinc_slope(x: F) -> F:
    """d/dx sin(πx)/(πx) = -π j₁(πx), j₁ the spherical Bessel function, which is odd."""
    from scipy.special import spherical_jn

    # SciPy's j₁ is NaN at subnormal numbers; j₁(z) = z/3 to rounding below.
    near = np.abs(x) < _NEAR_ZERO
    bessel = spherical_jn(1, np.pi * np.where(near, 1.0, np.abs(x)))
    slope: F = -np.pi * np.where(near, np.pi / 3.0 * np.asarray(x), np.sign(x) * bessel)
    return slope


def _rolloff(spec: PulseSpec) -> float:
    problems = []
    if not 0.0 <= spec.rolloff <= 1.0:
        problems.append(Problem("radio.pulse.rolloff", repr(spec.rolloff), "a number from 0 to 1"))
    if spec.span_slots < 1:
        problems.append(Problem("radio.pulse.span_slots", repr(spec.span_slots), "a whole number of slots from 1"))
    if problems:
        raise ScenarioError(problems)
    return spec.rolloff
