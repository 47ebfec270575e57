"""The linear algebra of the kernels beside NumPy, and the derivative of the power beside differences."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.beamforming.downlink.dense import Scratch, factorise, multiply, scratch_for, solve, solve_transposed
from multistatic.beamforming.downlink.fixed_prices import (
    Downlink,
    DownlinkBeams,
    Tilt,
    Uplink,
    power_gradient,
    sensing_beam,
    spent,
    uplink_beams,
)
from multistatic.beamforming.downlink.optimal_prices import beams_for
from multistatic.units import F
from tests.support.beamforming_problems import complex_normal
from tests.support.close import assert_close, close_to


@pytest.mark.parametrize("count", [1, 3, 4, 9, 14])  # around the four columns eliminated at once
def test_factors_solve_a_system_and_its_transpose(count: int) -> None:
    rng = np.random.default_rng(count)
    matrix, right = rng.standard_normal((count, count)), rng.standard_normal(count)
    factors, order, found = np.empty((count + 1, count + 1)), np.empty(count + 1, np.int64), np.empty(count)
    factorise(matrix, factors, order)
    solve(factors, order, right, found)
    assert_close(matrix @ found, right, rel=1e-9, abs=1e-11)
    solve_transposed(factors, order, right, np.empty(count), found)
    assert_close(matrix.T @ found, right, rel=1e-9, abs=1e-11)


def test_products_whole_and_by_half() -> None:
    rng = np.random.default_rng(1)
    left, right = complex_normal(rng, 7, 5), complex_normal(rng, 5, 5)
    product = np.empty((7, 5), complex)
    multiply(left, right, False, scratch_for(5), product)
    assert_close(product, left @ right, rel=1e-12, abs=1e-13)
    half = np.zeros((5, 5), complex)
    multiply(left[:5], right, True, scratch_for(5), half)
    assert_close(half, np.tril(left[:5] @ right), rel=1e-12, abs=1e-13)


COUNT = 5


def small_downlink() -> tuple[Downlink, F]:
    """Five streams on eight antennas at prices at which there are powers, with ν below its limit."""
    rng = np.random.default_rng(3)
    channels, aim = complex_normal(rng, COUNT, 8), complex_normal(rng, 8)
    downlink = Downlink(
        gram=channels.conj() @ channels.T,
        cross=channels.conj() @ aim,
        norm2=float(np.vdot(aim, aim).real),
        target=np.full(COUNT, 0.6),
        receives_sensing=np.array([True, False, True, True, False]),
    )
    return downlink, rng.uniform(0.2, 0.4, COUNT)


def at(downlink: Downlink, price: F, nu: float) -> tuple[Tilt, DownlinkBeams, Uplink, Scratch]:
    """The uplink beams at these prices."""
    beams, scratch = beams_for(COUNT), scratch_for(COUNT)
    beams.price[:] = price
    uplink = Uplink(np.empty((COUNT, COUNT)), np.empty(COUNT))
    tilt = uplink_beams(downlink, nu, 0.0, scratch, beams, uplink)
    return tilt, beams, uplink, scratch


def power_at(downlink: Downlink, price: F, nu: float) -> float:
    """The power with which the uplink beams at these prices meet the targets."""
    _, beams, uplink, _ = at(downlink, price, nu)
    return float(np.linalg.solve(uplink.coupling, price) @ (uplink.cost + nu * np.abs(beams.on_target) ** 2))


def test_the_derivative_of_the_power_beside_differences() -> None:
    downlink, price = small_downlink()
    nu = 0.3 / downlink.norm2
    tilt, beams, uplink, scratch = at(downlink, price, nu)
    factorise(uplink.coupling, scratch.factors, scratch.order)
    solve(scratch.factors, scratch.order, price, beams.powers)
    assert (beams.powers > 0.0).all()
    used = spent(nu, beams, uplink, scratch.length)
    by_nu = power_gradient(downlink, tilt, scratch, beams, uplink)

    def power(logs: F, shifted_nu: float) -> float:
        return power_at(downlink, price * np.exp(logs), shifted_nu)

    assert used == close_to(power(np.zeros(COUNT), nu))
    step = 1e-5
    for s in range(COUNT):
        shift = step * np.eye(COUNT)[s]
        assert scratch.by_price[s] == close_to((power(shift, nu) - power(-shift, nu)) / (2 * step), rel=1e-5)
    step *= nu
    zero = np.zeros(COUNT)
    assert by_nu == close_to((power(zero, nu + step) - power(zero, nu - step)) / (2 * step), rel=1e-5)


def test_the_sensing_beam_counts_the_streams_that_it_disturbs_alone() -> None:
    downlink, price = small_downlink()
    received, weights = np.empty(COUNT), np.empty(COUNT, complex)
    beam = sensing_beam(downlink, price, scratch_for(COUNT), received, weights)
    root = np.sqrt(price) * downlink.receives_sensing
    expected = root * np.linalg.solve(np.eye(COUNT) + root[:, None] * downlink.gram * root, root * downlink.cross)
    assert_close(weights, expected, rel=1e-12, abs=1e-13)
    assert beam.theta == close_to(downlink.norm2 - np.vdot(downlink.cross, expected).real)
    assert_close(received[~downlink.receives_sensing], np.zeros(2))
    assert beam.norm2 == close_to(beam.theta - received.sum())
