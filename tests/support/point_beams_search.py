"""Beams for several points found on the beams themselves, as an oracle that shares nothing with the package.

Sequential quadratic programming (SciPy's SLSQP) on the real and imaginary parts of all beams: no dual, no receive
vectors, no convex program. It finds local optima only, so it is started often.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.optimize import minimize

from multistatic.beamforming.beamforming_problem import BeamformingProblem
from multistatic.units import C, F


class PointBeamsSearch:
    """Least loss of `problem` over beams with `width` columns each for data and `sensing` for the sensing beam.

    Noise and power are 1. The unknowns are the beams and, for the kind `worst`, their least p_i/w_i.
    """

    def __init__(self, problem: BeamformingProblem, width: int = 1, sensing: int = 2) -> None:
        self.channels = problem.normalised_direct
        self.towards = problem.steering_tx / np.linalg.norm(problem.steering_tx[0])
        self.rate = problem.rate_required_bps_hz * np.log(2.0)
        self.suffers = ~problem.selected
        objective = problem.point_objective
        assert objective is not None
        self.worst = objective.kind == "worst"
        unit = float(np.sum(np.abs(problem.steering_tx[0]) ** 2)) * problem.power_limit_w
        self.weight = objective.weight / (1.0 if self.worst else np.sum(objective.weight))
        self.shift, self.exponent = objective.shifts / unit, objective.exponent
        self.sizes = [sensing] + [width] * len(self.channels)
        self.owner = np.repeat(np.arange(len(self.sizes)), self.sizes)

    def columns(self, x: F) -> C:
        """All beams as columns [N_t, Σ widths]."""
        real, imaginary = x[: 2 * self.towards.shape[1] * len(self.owner)].reshape(2, self.towards.shape[1], -1)
        return np.asarray(real + 1j * imaginary)

    @staticmethod
    def _real(gradient: C) -> F:
        """Derivative by real and imaginary parts from the one by the conjugates."""
        return 2.0 * np.concatenate([gradient.real.ravel(), gradient.imag.ravel()])

    def lights(self, x: F) -> tuple[F, F]:
        """p [M] and its derivatives [M, n]."""
        beams = self.columns(x)
        arrived = self.towards @ beams
        slopes = [self._real(np.outer(row.conj(), seen)) for row, seen in zip(self.towards, arrived, strict=True)]
        return np.sum(np.abs(arrived) ** 2, axis=1), np.array(slopes)

    def rates(self, x: F) -> tuple[F, F]:
        """Rates in nats [K] and their derivatives [K, n]."""
        beams = self.columns(x)
        values, slopes = [], []
        for k, channel in enumerate(self.channels):
            disturbing = (self.owner != k + 1) & ((self.owner > 0) | self.suffers[k])
            own = self.owner == k + 1
            arrived = channel @ beams
            noise = np.eye(len(channel)) + (arrived * disturbing) @ arrived.conj().T
            total = noise + (arrived * own) @ arrived.conj().T
            values.append(np.linalg.slogdet(total)[1] - np.linalg.slogdet(noise)[1])
            after = channel.conj().T @ np.linalg.solve(total, arrived)
            before = channel.conj().T @ np.linalg.solve(noise, arrived)
            slopes.append(self._real(after * (own | disturbing) - before * disturbing))
        return np.array(values), np.array(slopes)

    def loss(self, x: F) -> float:
        """The loss of the beams, scaled to power 1, where they meet the rates; else infinite."""
        beams = self.columns(x)
        power = float(np.sum(np.abs(beams) ** 2))
        unit = x[: 2 * beams.size] / np.sqrt(power)
        if np.any(self.rates(unit)[0] < self.rate - 1e-6):
            return np.inf
        light = self.lights(unit)[0]
        if self.worst:
            return float(np.max(self.weight / light))
        return float(self.weight @ (light + self.shift) ** -self.exponent)

    def from_start(self, start: C, steps: int = 300) -> float:
        """The loss of a local optimum from beams [N_t, Σ widths]."""
        x = np.concatenate([start.real.ravel(), start.imag.ravel()])
        size = len(x)
        if self.worst:
            x = np.append(x, np.min(self.lights(x)[0] / self.weight))

        def objective(y: F) -> tuple[float, F]:
            if self.worst:
                return -y[-1], np.append(np.zeros(size), -1.0)
            light, slope = self.lights(y)
            seen = np.maximum(light + self.shift, 1e-9)
            value = float(self.weight @ seen**-self.exponent) ** (1.0 / self.exponent)
            inner = -self.weight * seen ** (-self.exponent - 1.0) * value ** (1.0 - self.exponent)
            return value, inner @ slope

        def spare(y: F) -> F:
            parts = [self.rates(y)[0] - self.rate, [1.0 - np.sum(y[:size] ** 2)]]
            if self.worst:
                parts.append(self.lights(y)[0] / self.weight - y[-1])
            return np.concatenate(parts)

        def slopes(y: F) -> F:
            rows = np.concatenate([self.rates(y)[1], -2.0 * y[None, :size]])
            if not self.worst:
                return rows
            rows = np.concatenate([rows, self.lights(y)[1] / self.weight[:, None]])
            last = np.zeros((len(rows), 1))
            last[-len(self.weight) :] = -1.0
            return np.concatenate([rows, last], axis=1)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = minimize(
                objective,
                x,
                jac=True,
                constraints={"type": "ineq", "fun": spare, "jac": slopes},
                method="SLSQP",
                options={"maxiter": steps, "ftol": 1e-10},
            )
        return self.loss(found.x)

    def random_start(self, rng: np.random.Generator) -> C:
        """Random receive vectors, with beams that suppress what the others receive, and random sensing beams."""
        count, antennas, transmit = self.channels.shape
        real, imaginary = rng.standard_normal((2, count, antennas))
        vectors = real + 1j * imaginary
        # Receivers that suffer the sensing beam, started with it in their direction, end in points that meet no rate.
        arriving = self.channels @ self.towards.mean(axis=0).conj()
        along = np.einsum("kr,kr->k", arriving.conj(), vectors) / np.sum(np.abs(arriving) ** 2, axis=1)
        vectors = vectors - (self.suffers * along)[:, None] * arriving
        rows = np.einsum("kr,krt->kt", vectors.conj() / np.linalg.norm(vectors, axis=1)[:, None], self.channels)
        size = np.linalg.norm(rows, axis=1)
        data = np.linalg.solve(
            np.eye(transmit) * 1e-2 + (rows / size[:, None]).conj().T @ (rows / size[:, None]), rows.conj().T
        )
        data = data / np.linalg.norm(data, axis=0)
        real, imaginary = rng.standard_normal((2, transmit, len(self.owner)))
        beams = 0.3 * (real + 1j * imaginary) / np.sqrt(transmit)
        beams[:, : self.sizes[0]] *= 0.1
        beams[:, 0] += rng.choice([1.0, 4.0]) * self.towards.mean(axis=0).conj()  # a little or most of the power
        for k in range(count):
            beams[:, np.flatnonzero(self.owner == k + 1)[0]] += data[:, k]
        return beams / np.linalg.norm(beams)

    def best(self, restarts: int, seed: int = 0, steps: int = 300) -> float:
        """The least loss found from so many random starts."""
        rng = np.random.default_rng(seed)
        return min(self.from_start(self.random_start(rng), steps) for _ in range(restarts))
