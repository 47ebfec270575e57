"""The outer half of the value-function method: descent over receive vectors and rate splits (docs/algorithms.md §1.3).

The optimal value of the convex inner problem is a smooth function of the unit receive vectors v_s and of the shares
r_s = ln(1+γ_s), Σ_{s of k} r_s = R_k ln 2, of each receiver's streams. Its gradient is that of the Lagrangian (envelope
theorem), so one inner solve gives value and gradient; BFGS acts on the logarithm of the value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming import value_function_kernels as kernels
from multistatic.beamforming.value_function_inner import (
    Downlink,
    InnerSolution,
    directions,
    least_power,
    most_light,
)
from multistatic.units import B, C, F

_ARMIJO = 1e-4
_FIRST_STEP, _LARGEST_STEP = 0.2, 0.8  # rad


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GramProblem:
    """The beamforming problem of K receivers with a rate requirement, seen from the receive antennas; P = σ² = 1.

    `gram` [K n, K n] = 𝓗𝓗ᴴ and `cross` [K n] = 𝓗a for the stacked channels 𝓗 and a = conj(a_b); `norm2` = ‖a‖²;
    `rate` [K] in nats; `hears` [K]: true where the sensing beam is suffered. N_t does not appear.
    """

    gram: C
    cross: C
    norm2: float
    rate: F
    hears: B
    antennas: int

    def block(self, k: int) -> slice:
        """Rows of receiver k."""
        return slice(k * self.antennas, (k + 1) * self.antennas)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streams:
    """S data streams: `receiver` [S], unit receive `vectors` [S, n], `share` [S] in nats, and the inner `solution`.

    `value`: loss ‖a‖²P - p, or power, whichever was computed last; inf where there is no solution.
    """

    receiver: np.ndarray
    vectors: C
    share: F
    solution: InnerSolution | None = None
    iterations: int = 0

    @property
    def value(self) -> float:
        """Value of the inner solution."""
        return np.inf if self.solution is None else self.solution.value


Objective = Callable[[GramProblem, Streams], tuple[Streams, C, F]]


def loss(problem: GramProblem, streams: Streams) -> tuple[Streams, C, F]:
    """The streams with the beams of largest illumination, and the derivatives of the loss by conj(v_s) and r_s."""
    heard, downlink = downlink_of(problem, streams)
    solution = most_light(downlink, streams.solution)
    if solution is None:
        return replace(streams, solution=None), streams.vectors, streams.share
    by_vector, by_rate = _gradient(problem, streams, heard, downlink, solution)
    return replace(streams, solution=solution), by_vector / solution.nu, by_rate / solution.nu


def power(problem: GramProblem, streams: Streams) -> tuple[Streams, C, F]:
    """The streams with the minimum-power beams, and the derivatives of the power."""
    heard, downlink = downlink_of(problem, streams)
    solution = least_power(downlink)
    if solution is None:
        return replace(streams, solution=None), streams.vectors, streams.share
    return replace(streams, solution=solution), *_gradient(problem, streams, heard, downlink, solution)


def downlink_of(problem: GramProblem, streams: Streams) -> tuple[C, Downlink]:
    """(𝓗𝒽 [K n, S], what the receive vectors make of the channels)."""
    heard, gram, cross = kernels.stream_channels(problem.gram, problem.cross, streams.receiver, streams.vectors)
    target, hears = np.expm1(streams.share), problem.hears[streams.receiver]
    return heard, Downlink(gram=gram, cross=cross, norm2=problem.norm2, target=target, hears=hears)


def _gradient(
    problem: GramProblem, streams: Streams, heard: C, downlink: Downlink, solution: InnerSolution
) -> tuple[C, F]:
    """Derivatives of Σλ at fixed ν; those of the loss (‖a‖² - 1/ν)P + Σλ/ν are 1/ν times these (∂/∂ν = 0)."""
    beams = directions(downlink, solution)
    by_vector, by_rate = kernels.envelope_gradient(
        heard,
        problem.cross,
        streams.receiver,
        streams.vectors,
        (beams.error, beams.lit, beams.weights),
        downlink.target,
        (solution.price, solution.nu, solution.powers, solution.left),
    )
    return by_vector, by_rate


@dataclass(frozen=True, slots=True, eq=False)
class TangentFrame:
    """Coordinates of steps from `at`: z_s moves v_s along the geodesic v_s cos|z| + E_s ẑ sin|z|, E_s [n, n-1] ⊥ v_s,
    and ξ_s scales the shares of a receiver with several streams, r_s ∝ r_s e^ξ_s.

    step = (Re z, Im z, ξ): nothing for the phase and length of v_s, which change nothing. The frame travels with the
    iterate (parallel transport), so steps and gradients of successive iterates can be compared, as BFGS needs.
    """

    at: Streams
    basis: C
    shared: B
    same: F

    @classmethod
    def of(cls, streams: Streams) -> TangentFrame:
        """A frame at `streams`."""
        count, antennas = streams.vectors.shape
        identity = np.broadcast_to(np.eye(antennas), (count, antennas, antennas))
        basis = np.linalg.qr(np.concatenate([streams.vectors[:, :, None], identity], axis=2))[0][:, :, 1:]
        same = streams.receiver[:, None] == streams.receiver[None, :]
        return cls(streams, basis, same.sum(axis=1) > 1, same.astype(float))

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return 2 * self.basis.shape[0] * self.basis.shape[2] + int(self.shared.sum())

    def _split(self, step: F) -> tuple[C, F, C]:
        """(z [S, n-1], |z| [S], E ẑ [S, n])."""
        count, _, free = self.basis.shape
        half = count * free
        z = (step[:half] + 1j * step[half : 2 * half]).reshape(count, free)
        angle = np.sqrt(np.sum(z.real**2 + z.imag**2, axis=1))
        z = z / np.maximum(angle, 1e-300)[:, None]
        return z, angle, np.matmul(self.basis, z[:, :, None])[:, :, 0]

    def move(self, step: F) -> Streams:
        """The streams after `step`, with the inner solution of `at` as a guess."""
        _, angle, along = self._split(step)
        vectors = self.at.vectors * np.cos(angle)[:, None] + along * np.sin(angle)[:, None]
        share = self.at.share
        if self.shared.any():
            scaled = share.copy()
            scaled[self.shared] *= np.exp(np.clip(step[-int(self.shared.sum()) :], -50.0, 50.0))
            share = scaled * (self.same @ share) / (self.same @ scaled)
        return replace(self.at, vectors=vectors, share=share)

    def transport(self, step: F, arrived: Streams) -> TangentFrame:
        """The frame moved along `step` to `arrived` = move(step): the rotation that takes v to the new v."""
        z, angle, along = self._split(step)
        turn = along * (np.cos(angle) - 1.0)[:, None] - self.at.vectors * np.sin(angle)[:, None]
        return TangentFrame(arrived, self.basis + turn[:, :, None] * z.conj()[:, None, :], self.shared, self.same)

    def gradient(self, by_vector: C, by_rate: F) -> F:
        """Gradient by `step` at 0 from the derivatives by conj(v_s) and by r_s."""
        by_z = 2.0 * np.matmul(by_vector[:, None, :], self.basis.conj())[:, 0, :]
        parts = [by_z.real.ravel(), by_z.imag.ravel()]
        if self.shared.any():
            mean = (self.same @ (self.at.share * by_rate)) / (self.same @ self.at.share)
            parts.append((self.at.share * (by_rate - mean))[self.shared])
        return np.concatenate(parts)


def descend(
    problem: GramProblem,
    streams: Streams,
    objective: Objective,
    *,
    steps: int = 200,
    enough: float = 0.0,
    tolerance: float = 1e-9,
) -> Streams:
    """BFGS on the logarithm of `objective` from `streams`; stops at `enough` or when a step gains < `tolerance`.

    Returns the best streams with their inner solution (value inf if there was none at the start).
    """
    current, by_vector, by_rate = objective(problem, streams)
    frame = TangentFrame.of(current)
    if not np.isfinite(current.value) or frame.size == 0:
        return current
    gradient = frame.gradient(by_vector, by_rate) / current.value
    inverse, fresh = np.eye(frame.size), True
    small, used = 0, 0
    while used < steps:
        used += 1
        direction = -inverse @ gradient
        if not gradient @ direction < 0.0:
            inverse, fresh = np.eye(frame.size), True
            direction = -gradient
        direction = direction * min(
            1.0, (_FIRST_STEP if fresh else _LARGEST_STEP) / max(np.abs(direction).max(), 1e-300)
        )
        found = _line_search(problem, frame, objective, direction, gradient @ direction)
        if found is None:
            if fresh:
                break
            inverse, fresh = np.eye(frame.size), True
            continue
        step, trial, by_vector, by_rate = found
        frame = frame.transport(step, trial)
        new = frame.gradient(by_vector, by_rate) / trial.value
        inverse, fresh = _bfgs(inverse, fresh, step, new - gradient)
        small = small + 1 if np.log(current.value / trial.value) < tolerance else 0
        gradient, current = new, trial
        if small >= 2 or current.value <= enough:
            break
    return replace(current, iterations=streams.iterations + used)


def _bfgs(inverse: F, fresh: bool, step: F, change: F) -> tuple[F, bool]:
    """The BFGS update of the inverse Hessian for gradient `change` over `step`; skipped without positive curvature."""
    curvature = change @ step
    if curvature <= 1e-10 * np.sqrt((change @ change) * (step @ step)):
        return inverse, fresh
    if fresh:
        inverse = inverse * (curvature / (change @ change))
    turned = inverse @ change
    inverse = inverse + np.outer(step, step) * ((curvature + change @ turned) / curvature**2)
    inverse -= (np.outer(turned, step) + np.outer(step, turned)) / curvature
    return inverse, False


def _line_search(
    problem: GramProblem, frame: TangentFrame, objective: Objective, direction: F, descent: float
) -> tuple[F, Streams, C, F] | None:
    """Backtracking until the logarithm falls by the Armijo fraction of the linear prediction; None if it never does."""
    length = 1.0
    for _ in range(25):
        trial, by_vector, by_rate = objective(problem, frame.move(length * direction))
        if np.isfinite(trial.value):
            change = np.log(trial.value / frame.at.value)
            if change <= _ARMIJO * length * descent:
                return length * direction, trial, by_vector, by_rate
            length *= float(np.clip(-0.5 * length * descent / (change - length * descent), 0.1, 0.5))
        else:
            length *= 0.3
        if -length * descent < 1e-14:
            break
    return None
