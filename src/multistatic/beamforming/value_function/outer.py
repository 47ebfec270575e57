"""The outer half of the value-function method: descent over receive vectors and rate splits (docs/algorithms.md §1.3).

The optimal value of the convex inner problem is a smooth function of the unit receive vectors v_s and of the shares
r_s = ln(1+γ_s), Σ_{s of k} r_s = R_k ln 2, of each receiver's streams. Its gradient is that of the Lagrangian (envelope
theorem), so one inner solve gives value and gradient; BFGS acts on the logarithm of the value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from multistatic.beamforming.value_function import kernels
from multistatic.beamforming.value_function.inner import Downlink, InnerSolution, directions, least_power, most_light
from multistatic.beamforming.value_function.problem import GramProblem, Streams, downlink_of
from multistatic.units import B, C, F

IDLE_SHARE = 1e-4  # of a receiver's rate
_ARMIJO = 1e-4
_FIRST_STEP, _LARGEST_STEP = 0.2, 0.8  # rad


Objective = Callable[[GramProblem, Streams], tuple[Streams, C, F]]


def loss(problem: GramProblem, streams: Streams) -> tuple[Streams, C, F]:
    """The streams with the beams of largest illumination, and the derivatives of the loss by conj(v_s) and r_s."""
    heard, downlink = downlink_of(problem, streams)
    solution = most_light(downlink, streams.solution)
    if solution is None:
        return streams.solved(None), streams.vectors, streams.share
    by_vector, by_rate = _gradient(problem, streams, heard, downlink, solution)
    return streams.solved(solution), by_vector / solution.nu, by_rate / solution.nu


def power(problem: GramProblem, streams: Streams) -> tuple[Streams, C, F]:
    """The streams with the minimum-power beams, and the derivatives of the power."""
    heard, downlink = downlink_of(problem, streams)
    solution = least_power(downlink)
    if solution is None:
        return streams.solved(None), streams.vectors, streams.share
    return streams.solved(solution), *_gradient(problem, streams, heard, downlink, solution)


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
    count_shared: int

    @classmethod
    def of(cls, streams: Streams) -> TangentFrame:
        """A frame at `streams`."""
        count, antennas = streams.vectors.shape
        identity = np.broadcast_to(np.eye(antennas), (count, antennas, antennas))
        basis = np.linalg.qr(np.concatenate([streams.vectors[:, :, None], identity], axis=2))[0][:, :, 1:]
        same = streams.receiver[:, None] == streams.receiver[None, :]
        shared = same.sum(axis=1) > 1
        return cls(streams, np.ascontiguousarray(basis), shared, same.astype(float), int(shared.sum()))

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return 2 * self.basis.shape[0] * self.basis.shape[2] + self.count_shared

    def move(self, step: F) -> TangentFrame:
        """The frame after `step`; its streams keep the inner solution as a guess."""
        vectors, basis = kernels.geodesic(self.at.vectors, self.basis, step)
        share = self.at.share
        if self.count_shared:
            scaled, total = share.copy(), self.same @ share
            scaled[self.shared] *= np.exp(np.clip(step[-self.count_shared :], -50.0, 50.0))
            share = scaled * total / (self.same @ scaled)
            share = np.maximum(share, IDLE_SHARE * total)  # near 0 the SINR would drown in rounding
            share *= total / (self.same @ share)
        moved = Streams(receiver=self.at.receiver, vectors=vectors, share=share, solution=self.at.solution)
        return TangentFrame(moved, basis, self.shared, self.same, self.count_shared)

    def gradient(self, by_vector: C, by_rate: F) -> F:
        """Gradient by `step` at 0 from the derivatives by conj(v_s) and by r_s."""
        by_z = 2.0 * (by_vector[:, :, None] * self.basis.conj()).sum(axis=1)
        parts = [by_z.real.ravel(), by_z.imag.ravel()]
        if self.count_shared:
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
    """BFGS on the logarithm of `objective` from `streams`; stops at `enough` or when two steps gain < `tolerance`.

    Returns the best streams with their inner solution, or without one if there was none at the start.
    """
    current, by_vector, by_rate = objective(problem, streams)
    frame = TangentFrame.of(current)
    if current.solution is None or frame.size == 0:
        return current
    gradient = frame.gradient(by_vector, by_rate) / current.value
    inverse, fresh = np.eye(frame.size), True
    small, used = 0, 0
    while used < steps and small < 2 and current.value > enough:
        used += 1
        direction = inverse @ -gradient
        if not gradient @ direction < 0.0:
            inverse, fresh = np.eye(frame.size), True
            direction = -gradient
        longest = _FIRST_STEP if fresh else _LARGEST_STEP
        direction *= min(1.0, longest / max(float(np.abs(direction).max()), 1e-300))
        found = _line_search(problem, frame, objective, direction, float(gradient @ direction))
        if found is None:
            if fresh:
                break
            inverse, fresh = np.eye(frame.size), True
            continue
        length, frame, new = found
        fresh = not _update(inverse, fresh, length * direction, new - gradient)
        small = small + 1 if np.log(current.value / frame.at.value) < tolerance else 0
        gradient, current = new, frame.at
    return replace(current, iterations=streams.iterations + used)


def _update(inverse: F, fresh: bool, step: F, change: F) -> bool:
    """The BFGS update, in place, for gradient `change` over `step`; False, and none, without positive curvature."""
    curvature = float(change @ step)
    if curvature <= 1e-10 * np.sqrt((change @ change) * (step @ step)):
        return not fresh
    if fresh:
        inverse *= curvature / (change @ change)
    turned = inverse @ change
    half = (0.5 * (1.0 + (change @ turned) / curvature) * step - turned) / curvature
    crossed = step[:, None] * half
    inverse += crossed
    inverse += crossed.T
    return True


def _line_search(
    problem: GramProblem, frame: TangentFrame, objective: Objective, direction: F, descent: float
) -> tuple[float, TangentFrame, F] | None:
    """Backtracking until the logarithm falls by the Armijo fraction of the linear prediction; None if it never does.

    Returns the fraction of `direction`, the frame there, and the gradient of the logarithm.
    """
    start, length = frame.at.value, 1.0
    for _ in range(25):
        moved = frame.move(length * direction)
        trial, by_vector, by_rate = objective(problem, moved.at)
        if trial.value > 0.0 and trial.solution is not None:
            change = float(np.log(trial.value / start))
            if change <= _ARMIJO * length * descent:
                moved = TangentFrame(trial, moved.basis, moved.shared, moved.same, moved.count_shared)
                return length, moved, moved.gradient(by_vector, by_rate) / trial.value
            length *= min(max(-0.5 * length * descent / (change - length * descent), 0.1), 0.5)
        else:
            length *= 0.3
        if -length * descent < 1e-14:
            break
    return None
