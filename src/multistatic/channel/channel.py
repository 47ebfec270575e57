"""The realised channel: what every later stage knows about propagation (model.md §2; paper eq. (3))."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from multistatic.errors import InputError, Problem
from multistatic.notebook import LabelledResult, Overview
from multistatic.units import C, F, ratio_to_db, read_only, watt_to_dbm

NO_CLUTTER: C = np.zeros((0, 0, 0, 0), complex)
"""No signal-dependent clutter paths, of any network."""

# Arrays with one entry for each point, and how many axes they have.
_OF_POINTS = {"steering_tx": 2, "steering_rx": 3, "echo_gain": 2, "echo_path_gain": 2}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Channel(LabelledResult):
    """One realisation of the channel in physical units.

    K receivers, N_t transmit antennas; N_r is the number of antennas of the largest receiver, and the arrays of the
    others are padded with zeros. M is the number of points of the target, 1 in a scenario; with M = 1 the axis M may be
    left out.

    direct [K, N_r, N_t]: direct channels H_bk, complex amplitude gains.
    steering_tx [M, N_t]: steering vectors a_b(θ) of the transmitter towards the points.
    steering_rx [M, K, N_r]: steering vectors a_k(φ_k) of the receivers towards the points.
    echo_gain [M, K]: power gain η_k β_k of the echo with the reflection of the target.
    echo_path_gain [M, K]: power gain η_k of the path of the echo alone, used by the published bound; default:
        `echo_gain`.
    noise_power_w: thermal noise power σ_z² per antenna and sample, in W.
    clutter_power_w: power σ_c² of signal-independent clutter per antenna and sample, in W; 0 for signal-dependent
        clutter.
    clutter [K, I, N_r, N_t]: channels of the I paths of signal-dependent clutter; I = 0: none.

    Raises `InputError` with every array whose shape does not fit the others. Source: equation (3), model.md §2.

    >>> import numpy as np
    >>> steering = np.ones((1, 2))
    >>> channel = Channel(
    ...     direct=[[[1.0, 1.0]] * 2], steering_tx=[1, 1j], steering_rx=steering, echo_gain=[0.5], noise_power_w=0.25
    ... )
    >>> channel.echo_snr_per_watt().tolist()
    [[4.0]]
    """

    direct: C
    steering_tx: C
    steering_rx: C
    echo_gain: F
    echo_path_gain: F = field(default_factory=lambda: np.zeros(0))
    noise_power_w: float
    clutter_power_w: float = 0.0
    clutter: C = field(default_factory=lambda: NO_CLUTTER)

    def __post_init__(self) -> None:
        direct = np.asarray(self.direct)
        if np.size(self.clutter) == 0 and direct.ndim == 3:
            object.__setattr__(self, "clutter", np.zeros((len(direct), 0, *direct.shape[1:]), complex))
        if np.size(self.echo_path_gain) == 0:
            object.__setattr__(self, "echo_path_gain", self.echo_gain)
        for name, dtype in (
            ("direct", np.complex128),
            ("steering_tx", np.complex128),
            ("steering_rx", np.complex128),
            ("clutter", np.complex128),
            ("echo_gain", np.float64),
            ("echo_path_gain", np.float64),
        ):
            value = np.asarray(getattr(self, name))
            if name in _OF_POINTS and value.ndim == _OF_POINTS[name] - 1:
                value = value[None]
            object.__setattr__(self, name, read_only(value, dtype))
        self._require_common_sizes()

    def _require_common_sizes(self) -> None:
        """Raise `InputError` with every array whose shape does not fit `direct` and the number of points."""
        if self.direct.ndim != 3:
            expected = "[K, N_r, N_t]: receivers, receive antennas, transmit antennas"
            raise InputError([Problem("channel.direct", f"shape {list(self.direct.shape)}", expected)])
        count, receive, transmit = self.direct.shape
        points = self.points
        shapes = {
            "steering_tx": ("[M, N_t]", (points, transmit)),
            "steering_rx": ("[M, K, N_r]", (points, count, receive)),
            "echo_gain": ("[M, K]", (points, count)),
            "echo_path_gain": ("[M, K]", (points, count)),
            "clutter": ("[K, I, N_r, N_t]", (count, *self.clutter.shape[1:2], receive, transmit)),
        }
        problems = []
        for name, (axes, sizes) in shapes.items():
            found = getattr(self, name).shape
            if found != sizes:
                expected = f"{axes} = {list(sizes)}, as in direct and steering_tx"
                problems.append(Problem(f"channel.{name}", f"shape {list(found)}", expected))
        if problems:
            raise InputError(problems)

    @property
    def points(self) -> int:
        """Number M of points of the target."""
        return len(self.steering_tx)

    def require_one_point(self) -> None:
        """Raise `ValueError` if there are several points."""
        if self.points != 1:
            raise ValueError(
                f"a channel with {self.points} points, expected one point: use Channel.at(m) for the channel of point m"
            )

    def at(self, point: int) -> Channel:
        """The channel with the point of index `point` alone; the first index is 0."""
        if not 0 <= point < self.points:
            raise IndexError(f"point {point} of a channel with {self.points} points, which count from 0")
        return replace(self, **{name: getattr(self, name)[point : point + 1] for name in _OF_POINTS})

    def echo_snr_per_watt(self, covariance_w: ArrayLike | None = None) -> F:
        """w_k [M, K] with ρ_k = w_k p_t: echo SNR per sample at receiver k for each watt of illumination p_t.

        w_k = η_kβ_k a_kᴴ C_k⁻¹ a_k with C_k = (σ_z²+σ_c²) I for signal-independent clutter, where a_kᴴ a_k = N_r, and
        C_k = σ_z² I + σ_c² I + Σ_i H_ki S H_kiᴴ for signal-dependent clutter (the paper prints Tr(WWᴴ)·HHᴴ). There S
        = `covariance_w` [N_t, N_t] is held fixed at the last iterate; None means no signal yet: clutter is then left
        out.
        """
        noise = self.noise_power_w + self.clutter_power_w
        if covariance_w is None or self.clutter.shape[1] == 0:
            return self.echo_gain * np.sum(np.abs(self.steering_rx) ** 2, axis=2) / noise
        whitened = np.linalg.solve(self.relative_noise(covariance_w), self.steering_rx[..., None])[..., 0]
        return self.echo_gain * np.einsum("mkr,mkr->mk", self.steering_rx.conj(), whitened).real / noise

    def relative_noise(self, covariance_w: ArrayLike) -> C:
        """C_k/(σ_z²+σ_c²) [K, N_r, N_r] over the antennas, as in `echo_snr_per_watt`; the identity without clutter."""
        noise = self.noise_power_w + self.clutter_power_w
        echo = np.einsum("kirt,tu,kisu->krs", self.clutter, np.asarray(covariance_w), self.clutter.conj())
        covariance: C = echo / noise + np.eye(self.steering_rx.shape[2])
        return covariance

    def direct_power_gain(self) -> F:
        """Mean |entry|² of `direct` [K] over the pairs of antennas that a receiver has: padded rows do not count."""
        power: F = np.sum(np.abs(self.direct) ** 2, axis=(1, 2)) / (self._antennas() * self.direct.shape[2])
        return power

    def _antennas(self) -> F:
        """Receive antennas of each receiver [K], at least 1: those with a response towards any point."""
        return np.maximum(np.any(self.steering_rx != 0.0, axis=0).sum(axis=1), 1).astype(float)

    def overview(self) -> Overview:
        """Sizes, the mean gain of the direct channels, noise and clutter."""
        receivers, antennas_rx, antennas_tx = self.direct.shape
        gains = self.direct_power_gain()
        gain = float(np.average(gains, weights=self._antennas()))
        noise_w, clutter_w = self.noise_power_w, self.clutter_power_w
        return Overview(
            title=f"{receivers} receivers of {antennas_rx} antennas, {antennas_tx} transmit antennas",
            facts=(
                ("direct gain", f"{ratio_to_db(gain):.1f} dB" if gain > 0.0 else "none"),
                ("noise", f"{watt_to_dbm(noise_w):.1f} dBm" if noise_w > 0.0 else "none"),
                ("white clutter", f"{watt_to_dbm(clutter_w):.1f} dBm" if clutter_w > 0.0 else "none"),
            ),
        )
