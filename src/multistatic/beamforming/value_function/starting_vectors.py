"""Where the descent over receive vectors starts (docs/algorithms.md §1.6)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.beamforming.downlink.gram_problem import GramProblem, Streams, one_stream_each
from multistatic.linalg import adjoint
from multistatic.units import C


def dominant(problem: GramProblem) -> Streams:
    """The strongest left singular vector of every channel."""
    return one_stream_each(problem, _against(problem, np.zeros(len(problem.rate))))


def nulling_target(problem: GramProblem, share: float) -> Streams:
    """Receivers that suffer the sensing beam turn away from it: `share` of the power, sent to the target, is noise."""
    return one_stream_each(problem, _against(problem, share * problem.receives_sensing / problem.norm2))


def random_streams(problem: GramProblem, rng: np.random.Generator) -> Streams:
    """Uniformly random unit vectors."""
    real, imaginary = rng.standard_normal((2, len(problem.rate), problem.antennas))
    return one_stream_each(problem, real + 1j * imaginary)


def all_receive_sensing(problem: GramProblem) -> GramProblem:
    """The same problem with no receiver selected: its beams serve every selection."""
    return replace(problem, receives_sensing=np.ones(len(problem.rate), bool))


def _against(problem: GramProblem, power: np.ndarray) -> C:
    """argmax_v ‖H_kᴴv‖²/(‖v‖² + power_k |vᴴH_k a|²) [K, n], scaled by 1/‖H_k‖² to keep the noise in proportion."""
    towards_target = problem.cross.reshape(len(power), problem.antennas)
    noise = (
        np.eye(problem.antennas) + power[:, None, None] * towards_target[:, :, None] * towards_target[:, None, :].conj()
    )
    root = np.linalg.cholesky(noise)
    whitened = np.linalg.solve(root, adjoint(np.linalg.solve(root, problem.own_gram)))
    strongest = np.linalg.eigh((whitened + adjoint(whitened)) / 2)[1][:, :, -1:]
    vectors = np.asarray(np.linalg.solve(adjoint(root), strongest)[:, :, 0], complex)
    return vectors
