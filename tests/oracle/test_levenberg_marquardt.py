"""The search against SciPy, and on problems whose minimum is known."""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

from multistatic.localization.levenberg_marquardt import _step, minimise
from tests.support.close import assert_close, close_to


def rosenbrock(x: np.ndarray, case: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Residuals (10(y - x²), 1 - x): a bent valley, from most starts many rejected steps."""
    residual = np.stack([10.0 * (x[:, 1] - x[:, 0] ** 2), 1.0 - x[:, 0]], axis=1)
    slopes = np.zeros((len(x), 2, 2))
    slopes[:, 0, 0], slopes[:, 0, 1], slopes[:, 1, 0] = -20.0 * x[:, 0], 10.0, -1.0
    return residual, slopes


def test_every_search_ends_in_the_valleys_lowest_point():
    starts = np.random.default_rng(0).uniform(-3, 3, (200, 2))
    found = minimise(rosenbrock, starts, np.zeros(200, int), iterations=200)
    assert found.converged.all()
    assert_close(found.x, 1.0, abs=1e-6)


def test_what_has_not_converged_does_not_say_so():
    starts = np.random.default_rng(1).uniform(-3, 3, (200, 2))
    found = minimise(rosenbrock, starts, np.zeros(200, int), iterations=3)
    residual, slopes = rosenbrock(found.x, np.zeros(200, int))
    gradient = np.linalg.norm((np.swapaxes(slopes, 1, 2) @ residual[..., None])[..., 0], axis=1)
    assert not found.converged.all()
    assert np.all(gradient[found.converged] < 1e-3)


def test_of_a_linear_problem_the_fall_is_foretold_exactly():
    """χ² after a damped step is what the model says, whatever the damping and the units of the unknowns."""
    rng = np.random.default_rng(4)
    slopes = rng.standard_normal((10, 6, 3)) * [1.0, 1e3, 1e-2]
    residual, damping = rng.standard_normal((10, 6)), 10.0 ** rng.uniform(-6, 2, 10)
    step, decrement, foretold = _step(residual, slopes, damping)
    after = np.sum((residual + (slopes @ step[..., None])[..., 0]) ** 2, axis=1)
    assert_close(np.sum(residual**2, axis=1) - after, foretold, rel=1e-9)
    gradient = (np.swapaxes(slopes, 1, 2) @ residual[..., None])[..., 0]
    assert_close(decrement, -np.sum(step * gradient, axis=1), rel=1e-12)


def test_decays_are_fitted_as_scipy_fits_them():
    """y = a e^{-bt} with noise, 30 problems at once; each has its own data."""
    rng = np.random.default_rng(2)
    times = np.linspace(0, 3, 20)
    truth = rng.uniform(0.5, 2.0, (30, 2))
    data = truth[:, :1] * np.exp(-truth[:, 1:] * times) + 0.02 * rng.standard_normal((30, 20))

    def decay(x: np.ndarray, case: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fall = np.exp(-x[:, 1:] * times)
        return x[:, :1] * fall - data[case], np.stack([fall, -x[:, :1] * times * fall], axis=2)

    found = minimise(decay, np.ones((30, 2)), np.arange(30))
    assert found.converged.all()
    for i in range(30):
        best = least_squares(lambda x, i=i: decay(x[None], np.array([i]))[0][0], np.ones(2), xtol=1e-14, ftol=1e-14)
        assert_close(found.x[i], best.x, rel=1e-5)
        assert found.cost[i] == close_to(2 * best.cost, rel=1e-9)


def test_a_direction_that_nothing_determines_stays_where_it_is():
    def flat(x: np.ndarray, case: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        slopes = np.zeros((len(x), 1, 2))
        slopes[:, 0, 0] = 1.0
        return x[:, :1] - 3.0, slopes

    found = minimise(flat, np.array([[0.0, 7.0]]), np.array([0]))
    assert_close(found.x, [[3.0, 7.0]], abs=1e-9)


def test_a_direction_with_slopes_of_rounding_alone_does_not_stop_the_others():
    """The step along it, scaled like all others, would be 1e16: out of bounds, for any damping."""

    def nearly_flat(x: np.ndarray, case: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        slopes = np.zeros((len(x), 3, 2))
        slopes[:, 0, 0], slopes[:, 1, 0], slopes[:, 2, 1] = 1.0, 1.0, 1e-16
        residual = np.stack([x[:, 0] - 3.0, x[:, 0] - 5.0, 1e-16 * x[:, 1] - 1.0], axis=1)
        return residual, slopes

    found = minimise(nearly_flat, np.array([[0.0, 7.0]]), np.zeros(1, int))
    assert found.converged.all()
    assert_close(found.x, [[4.0, 7.0]], abs=1e-6)
