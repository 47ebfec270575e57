"""A recorded signal as a waveform: samples of a reference, interpolated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from multistatic.units import C, F, read_only

# Of the B-spline. It needs one sample more.
DEGREE = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampledWaveform:
    """A recorded signal x(t), interpolated between its samples by a B-spline of degree 7; 0 before the first and after
    the last.

    samples [..., N]: complex samples in √W; leading axes are separate signals.
    sample_rate_hz: sampling rate in Hz.
    start_s: time of the first sample in s.

    A component at the frequency ν·sample_rate_hz has a relative error of at most 1.5·2(ν/(1-ν))⁸, and its slope ten
    times that: 2e-6 at ν = 1/7, 5e-4 at 1/4, 1e-2 at 1/3. A recorded reference should therefore be oversampled three
    times or more. Discontinuities are smoothed over a sample. Raises `ValueError` for too few samples or values that
    are not finite.
    """

    samples: C
    sample_rate_hz: float
    start_s: float = 0.0
    _spline: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        from scipy.interpolate import make_interp_spline

        samples = read_only(self.samples, np.complex128)
        if samples.ndim < 1 or samples.shape[-1] <= DEGREE or not np.isfinite(samples).all():
            raise ValueError(f"samples of shape {samples.shape}, expected finite [..., N] with N > {DEGREE}")
        if not (np.isfinite([self.sample_rate_hz, self.start_s]).all() and self.sample_rate_hz > 0):
            raise ValueError(f"sample_rate_hz={self.sample_rate_hz}, start_s={self.start_s}, expected finite, rate > 0")
        object.__setattr__(self, "samples", samples)
        spline = make_interp_spline(np.arange(samples.shape[-1]), samples, k=DEGREE, axis=-1)
        object.__setattr__(self, "_spline", spline)

    @property
    def support_s(self) -> tuple[float, float]:
        """Times of the first and the last sample."""
        return self.start_s, self.start_s + (self.samples.shape[-1] - 1) / self.sample_rate_hz

    def values(self, time_s: ArrayLike) -> C:
        """x(t), elementwise."""
        return self._inside(self._spline, time_s)

    def slopes(self, time_s: ArrayLike) -> C:
        """dx/dt in 1/s, elementwise."""
        return self._inside(self._spline.derivative(), time_s) * self.sample_rate_hz

    def _inside(self, spline: Any, time_s: ArrayLike) -> C:
        n: F = (np.asarray(time_s, float) - self.start_s) * self.sample_rate_hz
        last = self.samples.shape[-1] - 1
        return np.where((n >= 0) & (n <= last), spline(np.clip(n, 0, last)), 0.0)
