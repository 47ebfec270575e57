"""What a criterion may declare: arrays that are a gain, and nothing that only looks like one."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.bounds.gain import LinearGain, MatrixGain

EYE = np.eye(2)
INDEFINITE = np.array([[1.0, 2.0], [2.0, 1.0]])
UNITS = np.diag([1.0, 1e-9])  # metres and seconds


@pytest.mark.parametrize(
    ("information", "weighting", "part"),
    [
        ([EYE, INDEFINITE], EYE, "information of a MatrixGain must be symmetric and positive semidefinite"),
        ([EYE, UNITS @ INDEFINITE @ UNITS], EYE, "information of a MatrixGain must be symmetric"),
        ([EYE, np.diag([1.0, -1.0])], EYE, "information of a MatrixGain must be symmetric"),
        ([EYE, np.array([[1.0, 0.5], [0.0, 1.0]])], EYE, "information of a MatrixGain must be symmetric"),
        ([EYE], INDEFINITE, "weighting of a MatrixGain must be symmetric"),
        ([EYE], np.zeros((2, 2)), "weighting of a MatrixGain must not be zero"),
        ([EYE], np.eye(3), r"received \[1, 2, 2\] and \[3, 3\]"),
        ([EYE], np.eye(2, 3), r"received \[1, 2, 2\] and \[2, 3\]"),
        ([EYE * np.nan], EYE, "information must be finite"),
    ],
)
def test_matrices_that_are_no_information_are_refused(information: list, weighting: np.ndarray, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        MatrixGain(information=np.array(information), weighting=weighting)


def test_semidefinite_matrices_of_any_units_are_taken() -> None:
    rng = np.random.default_rng(0)
    half = rng.standard_normal((5, 3, 2)) * np.array([1.0, 1e6, 1e-6])[:, None]
    gain = MatrixGain(information=half @ np.swapaxes(half, 1, 2), weighting=np.diag([1.0, 0.0, 0.0]))
    assert (gain.size, gain.exponent) == (5, 0.5)


@pytest.mark.parametrize("weights", [[1.0, -1e-3], [np.inf, 1.0], [], [[1.0]], [1j, 2.0]])
def test_weights_that_are_none_are_refused(weights: list) -> None:
    with pytest.raises(ValueError, match="weights"):
        LinearGain(weights=np.array(weights))


@pytest.mark.parametrize("exponent", [0.0, -1.0, np.nan, np.inf])
def test_an_exponent_is_above_zero(exponent: float) -> None:
    with pytest.raises(ValueError, match="exponent of a gain must be above 0"):
        LinearGain(weights=np.ones(2), exponent=exponent)
