"""A transmit pulse g(u), u = t/Δt in slots, with unit energy ∫|g|² du = 1, and what the bounds need to know of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from multistatic.signal.moments import PulseMoments
from multistatic.units import F

PulseFunction = Callable[[F], NDArray[Any]]

# A pulse counts as continuous where it falls below 1 % of its peak before it is cut off: the cut's own spectrum then
# lies 40 dB below.
JUMP_TOLERANCE = 1e-2
# Nine points a 64th of the support apart: a derivative of order 8, never evaluated outside the support.
_STENCIL = np.arange(-4.0, 5.0)
_STEPS_PER_SUPPORT = 64
_GAUSS_ORDERS = (32, 48)
_ABSOLUTE, _RELATIVE = 1e-13, 1e-12  # errors of an integral


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pulse:
    """A transmit pulse g(u) of unit energy, with u = t/Δt in slots, which is zero outside its support.

    shape: elementwise function g(u), real or complex; it is evaluated inside the support only.
    slope: elementwise function g'(u) in 1/slot; it is evaluated inside the support only.
    support [2]: beginning and end of the pulse, in slots.

    `pulse_from_callable` makes one from any function and scales it to unit energy. Source: equation (9), model.md §3.

    >>> from multistatic import pulse_from_callable
    >>> import numpy as np
    >>> pulse_from_callable(lambda t: np.sin(np.pi * t)).support
    (0.0, 1.0)
    """

    shape: PulseFunction
    slope: PulseFunction
    support: tuple[float, float]

    def __call__(self, u: ArrayLike) -> NDArray[Any]:
        """g(u), elementwise, for times in slots."""
        return self._inside(self.shape, u)

    def derivative(self, u: ArrayLike) -> NDArray[Any]:
        """g'(u) in 1/slot, elementwise; the jumps of a pulse that does not vanish at its ends are left out."""
        return self._inside(self.slope, u)

    def _inside(self, function: PulseFunction, u: ArrayLike) -> NDArray[Any]:
        time = np.asarray(u, float)
        first, last = self.support
        inside = (time >= first) & (time <= last)
        return np.where(inside, function(np.clip(time, first, last)), 0.0)

    @property
    def moments(self) -> PulseMoments:
        """Integrals of g over its support, by quadrature."""

        def integrands(u: F) -> F:
            g, slope = self.shape(np.asarray(u)), self.slope(np.asarray(u))
            energy, cross = np.abs(g) ** 2, np.asarray(g * np.conj(slope))
            return np.array(
                [np.abs(slope) ** 2, cross.real, cross.imag, u * energy, u**2 * energy, u * cross.real, u * cross.imag]
            )

        bandwidth, q_re, q_im, mean_time, square_time, tf_re, tf_im = map(float, _integral(integrands, self.support))
        ends = np.abs(self(np.array(self.support)))
        peak = np.abs(self(np.linspace(*self.support, 1025))).max()
        return PulseMoments(
            mean_square_bandwidth=bandwidth,
            mean_frequency=complex(q_re, q_im),
            mean_time=mean_time,
            mean_square_time=square_time,
            time_frequency=complex(tf_re, tf_im),
            continuous=bool(ends.max() <= JUMP_TOLERANCE * peak),
        )


def pulse_from_callable(
    g: PulseFunction, derivative: PulseFunction | None = None, support: tuple[float, float] = (0.0, 1.0)
) -> Pulse:
    """Make a pulse from any elementwise function of u = t/Δt (in slots) and scale it to unit energy.

    g: function g(u), real or complex.
    derivative: function g'(u); None: numerical differentiation by polynomials through nine neighbouring points.
    support [2]: beginning and end of the pulse in slots; g is zero outside. With a support longer than one slot the
        pulses of neighbouring symbols overlap.

    Raises `ValueError` for a support that is empty or not finite, and for a function without finite energy above 0.

    >>> import numpy as np
    >>> pulse = pulse_from_callable(lambda u: np.sin(np.pi * u))
    >>> round(pulse.moments.mean_square_bandwidth, 6)  # π²
    9.869604
    """
    first, last = float(support[0]), float(support[1])
    if not (np.isfinite([first, last]).all() and first < last):
        raise ValueError(f"{support=}, expected two finite numbers of slots, the first below the last")
    energy = float(_integral(lambda u: np.abs(g(np.asarray(u))) ** 2, (first, last)))
    if not (np.isfinite(energy) and energy > 0):
        raise ValueError(f"pulse of energy {energy} over {support=}, expected a finite energy above 0")
    slope = derivative if derivative is not None else _differentiated(g, (first, last))
    scale = 1.0 / np.sqrt(energy)
    return Pulse(shape=lambda u: scale * g(u), slope=lambda u: scale * slope(u), support=(first, last))


def _integral(function: Callable[[F], F], support: tuple[float, float]) -> F:
    """∫ of `function` [..., n] of n times: by Gauss's rule in each slot where two orders agree, else adaptively."""
    slots = np.arange(np.floor(support[0]) + 1.0, support[1])
    edges = np.array([support[0], *slots, support[1]])
    coarse, fine = (_by_gauss(function, edges, order) for order in _GAUSS_ORDERS)
    if np.linalg.norm(fine - coarse) <= max(_ABSOLUTE, _RELATIVE * float(np.linalg.norm(fine))):
        return fine
    from scipy.integrate import quad_vec

    def at(u: float) -> Any:
        return function(np.asarray(u))

    total: F = np.asarray(quad_vec(at, *support, epsabs=_ABSOLUTE, epsrel=_RELATIVE, points=slots)[0])
    return total


def _by_gauss(function: Callable[[F], F], edges: F, order: int) -> F:
    nodes, weights = np.polynomial.legendre.leggauss(order)
    centre, half = (edges[1:] + edges[:-1]) / 2.0, np.diff(edges) / 2.0
    times = centre[:, None] + half[:, None] * nodes
    total: F = function(times.ravel()) @ (half[:, None] * weights).ravel()
    return total


def _differentiated(g: PulseFunction, support: tuple[float, float]) -> PulseFunction:
    step = (support[1] - support[0]) / _STEPS_PER_SUPPORT
    powers = np.arange(len(_STENCIL))
    to_coefficients = np.linalg.solve(_STENCIL[:, None] ** powers, np.eye(len(_STENCIL)))

    def slope(u: F) -> NDArray[Any]:
        """Slope of the polynomial through nine points about u, moved inwards near the ends."""
        time = np.asarray(u, float)
        centre = np.clip(time, support[0] + 4 * step, support[1] - 4 * step)
        coefficients = g(centre[..., None] + step * _STENCIL) @ to_coefficients.T
        offset = ((time - centre) / step)[..., None]
        result: NDArray[Any] = np.sum(powers[1:] * coefficients[..., 1:] * offset ** powers[:-1], axis=-1) / step
        return result

    return slope
