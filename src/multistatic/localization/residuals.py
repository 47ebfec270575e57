"""Whitened residuals of (p, v) and their derivatives: what Gauss-Newton needs, for many fixes at once.

Range R_k = |p - p_b| + |p - p_k| + b and range rate Ṙ_k = v·(u_b + u_k) + g, with (b, g) the clock offset that all
receivers share, where there is one. Derivatives are T_k of model.md §4.3 in these units: ∂R/∂p = u_b + u_k, ∂Ṙ/∂p =
vᵀ(P_b/r_b + P_k/r_k), ∂Ṙ/∂v = u_b + u_k. A direction of arrival m leaves the angle α between m and u_k: the residual is
the part of u_k across m, stretched from sin α to α, so that a target in the opposite direction is π away and not 0.
Where only components of m along some axes were measured, the residual is that of these components, Pᵀ(u_k - m): mirror
images have the same, as they have for the antennas. A Gaussian prior of (p, v) with mean x₀ and information J₀ = WᵀW
adds the rows W((p, v) - x₀), the last ones: |ε|² is then -2 ln of the posterior density, but for a constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.linalg import covariance_of_rows, generalised_inverse
from multistatic.localization.known_sites import KnownSites
from multistatic.localization.observations import Observations
from multistatic.units import SPEED_OF_LIGHT_M_S, B, F

_TINY_M = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FusionModel:
    """The unknowns are x = (p [d], v [d], then b in m and g in m/s where their priors allow any)."""

    sites: KnownSites
    seen: Observations

    @property
    def common_std(self) -> F:
        """Standard deviations of (b in m, g in m/s) [2]."""
        return self.sites.clock_or_perfect.common * np.array([SPEED_OF_LIGHT_M_S, self.sites.wavelength_m])

    @property
    def free_offsets(self) -> np.ndarray:
        """Which of b (0) and g (1) are unknown."""
        return np.flatnonzero(self.common_std > 0)

    @property
    def unknowns(self) -> int:
        """Length of x."""
        return 2 * self.sites.dimensions + len(self.free_offsets)

    def evaluate(self, x: F, case: np.ndarray) -> tuple[F, F]:
        """Whitened residuals ε [m, R] and ∂ε/∂x [m, R, n] of states x [m, n] of the fixes `case` [m]; |ε|² is χ²."""
        d = self.sites.dimensions
        position, velocity = self.place(x)
        u_b, r_b, u_k, r_k = self._paths(position)
        slope = u_b[:, None] + u_k
        # vᵀP/r of both ends: (v - (v·u) u)/r.
        turn_b = (velocity - np.sum(velocity * u_b, axis=-1, keepdims=True) * u_b) / r_b[:, None]
        turn_k = (velocity[:, None] - (u_k @ velocity[..., None]) * u_k) / r_k[..., None]
        root = self.seen.root[case]
        jacobian = np.zeros((*r_k.shape, root.shape[-1], self.unknowns))
        jacobian[..., 0, :d] = slope[..., :d]
        jacobian[..., 1, :d] = (turn_b[:, None] + turn_k)[..., :d]
        jacobian[..., 1, d : 2 * d] = slope[..., :d]
        for column, which in enumerate(self.free_offsets, start=2 * d):
            jacobian[..., which, column] = 1.0
        residual = np.zeros((*r_k.shape, root.shape[-1]))
        residual[..., :2] = self.predicted(x) - self.seen.measured[case]
        if self.seen.arrival is not None and self.seen.axes is not None and self.seen.components is not None:
            arrival, axes, components = self.seen.arrival[case], self.seen.axes[case], self.seen.components[case]
            turned, slopes = _directed(u_k, r_k, arrival, axes, components)
            residual[..., 2:], jacobian[..., 2:, :d] = turned, slopes[..., :d]
        rows = r_k.shape[1] * root.shape[-1]
        white = (root @ residual[..., None])[..., 0].reshape(len(x), rows)
        slopes = (root @ jacobian).reshape(len(x), rows, self.unknowns)
        return self._with_state_prior(x, *self._with_offset_priors(x, white, slopes), case)

    def covariance(self, slopes: F) -> F:
        """Covariance [m, n, n] of x where the whitened derivatives are `slopes` [m, R, n]: a generalised inverse.

        With a prior, whatever it is much less accurate than the measurements; without one, directions that they hardly
        determine count as not determined.
        """
        if self.seen.prior_rows is not None:
            return covariance_of_rows(slopes)
        return generalised_inverse(np.swapaxes(slopes, 1, 2) @ slopes)

    def predicted(self, x: F) -> F:
        """Bistatic ranges and range rates [m, K, 2] of states, shared offsets included."""
        position, velocity = self.place(x)
        u_b, r_b, u_k, r_k = self._paths(position)
        rate = ((u_b[:, None] + u_k) @ velocity[..., None])[..., 0]
        predicted = np.stack([r_b[:, None] + r_k, rate], axis=-1)
        for column, which in enumerate(self.free_offsets, start=2 * self.sites.dimensions):
            predicted[..., which] += x[:, column, None]
        return predicted

    def _paths(self, position: F) -> tuple[F, F, F, F]:
        """u_b [m, 3], r_b [m], u_k [m, K, 3], r_k [m, K]."""
        return (
            *_direction(position - self.sites.transmitter_m),
            *_direction(position[:, None] - self.sites.receivers_m),
        )

    def place(self, x: F) -> tuple[F, F]:
        """Positions and velocities [m, 3] of states."""
        d = self.sites.dimensions
        position = np.full((len(x), 3), self.sites.height_m)
        velocity = np.full((len(x), 3), self.sites.vertical_velocity_m_s)
        position[:, :d], velocity[:, :d] = x[:, :d], x[:, d : 2 * d]
        return position, velocity

    def _with_state_prior(self, x: F, white: F, slopes: F, case: np.ndarray) -> tuple[F, F]:
        """One more residual for each row of the prior of (p, v)."""
        if self.seen.prior_rows is None or self.seen.expected is None:
            return white, slopes
        weights = self.seen.prior_rows[case]
        away = x[:, : weights.shape[-1]] - self.seen.expected[case]
        rows = np.zeros((*weights.shape[:2], self.unknowns))
        rows[..., : weights.shape[-1]] = weights
        residual = (weights @ away[..., None])[..., 0]
        return np.concatenate([white, residual], axis=1), np.concatenate([slopes, rows], axis=1)

    def _with_offset_priors(self, x: F, white: F, slopes: F) -> tuple[F, F]:
        """One more residual, offset/σ, for each shared offset."""
        free = self.free_offsets
        if not len(free):
            return white, slopes
        weight = 1.0 / self.common_std[free]
        start = 2 * self.sites.dimensions
        rows = np.zeros((len(x), len(free), self.unknowns))
        rows[:, np.arange(len(free)), start + np.arange(len(free))] = weight
        return np.concatenate([white, x[:, start:] * weight], axis=1), np.concatenate([slopes, rows], axis=1)


def _direction(vector: F) -> tuple[F, F]:
    """Unit vectors and lengths; at the very place of a site the direction is zero and nothing is divided by zero."""
    length = np.maximum(np.sqrt(np.sum(vector**2, axis=-1)), _TINY_M)
    return vector / length[..., None], length


def _directed(u_k: F, r_k: F, arrival: F, axes: F, components: B) -> tuple[F, F]:
    """Residuals of the directions along both axes [m, K, 2], and their slopes [m, K, 2, 3]: angles or components."""
    turning = (np.eye(3) - u_k[..., :, None] * u_k[..., None, :]) / r_k[..., None, None]
    across = np.swapaxes(axes, -1, -2)
    angle, bending = _angles(u_k, arrival, across)
    along = (across @ (u_k - arrival)[..., None])[..., 0]
    residual = np.where(components[..., None], along, angle)
    return residual, np.where(components[..., None, None], across, bending) @ turning


def _angles(u_k: F, arrival: F, across: F) -> tuple[F, F]:
    """Angles between u_k and the measured direction along both tangents Bᵀ [m, K, 2, 3], and their slopes over u_k.

    e = f(cos α) Bᵀu_k with f = α/sin α, f' = (f cos α - 1)/sin²α.
    """
    cosine = np.clip(np.sum(u_k * arrival, axis=-1), -1.0, 1.0)
    flat = (across @ u_k[..., None])[..., 0]
    sine = np.sqrt(np.sum(flat**2, axis=-1))
    small = sine < 1e-4
    safe = np.where(small, 1.0, sine)
    near = small & (cosine > 0)
    stretch = np.where(near, 1.0 + sine**2 / 6.0, np.arctan2(sine, cosine) / safe)
    bend = np.where(small, np.where(near, -1.0 / 3.0, 0.0), (stretch * cosine - 1.0) / safe**2)
    slopes = stretch[..., None, None] * across + bend[..., None, None] * flat[..., :, None] * arrival[..., None, :]
    return stretch[..., None] * flat, slopes
