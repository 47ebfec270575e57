"""The bound that sees who is selected: its two lemmas on random beams, and its verdicts against beams that exist."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.beamforming import interference_bound as bounds
from multistatic.beamforming.certificate import upper_bound
from multistatic.beamforming.interference_bound import interference_bound, tightened
from multistatic.beamforming.problem import BeamformingProblem
from multistatic.beamforming.value_function import value_function
from multistatic.communication.rates import rates_bps_hz
from multistatic.signal.beams import Beams
from tests.support.beamforming_problems import complex_normal, scattered_problem, steering
from tests.support.close import close_to

TRANSMIT = 5


def beams_near_the_target(rng: np.random.Generator, count: int, loss: float) -> np.ndarray:
    """Weights [1+K, N_t, 2] of power 1 whose share `loss` is off the target; who carries the rest is random."""
    aim = steering(TRANSMIT, 0.3).conj() / np.sqrt(TRANSMIT)
    on = complex_normal(rng, 1 + count, 1, 2) * rng.choice([0.0, 0.1, 1.0], (1 + count, 1, 1))
    on[0, 0, 0] += 0.1
    off = complex_normal(rng, 1 + count, TRANSMIT, 2) * rng.choice([0.0, 0.2, 1.0], (1 + count, 1, 1))
    off[1, 0, 0] += 0.1
    off -= aim[:, None] * (aim.conj() @ off)[:, None, :]
    weights: np.ndarray = np.sqrt(1.0 - loss) * aim[:, None] * on / np.linalg.norm(on)
    weights = weights + np.sqrt(loss) * off / np.linalg.norm(off)
    return weights


def posed(rng: np.random.Generator, weights: np.ndarray, receive: int = 2) -> BeamformingProblem:
    """Receivers that ask for what these beams give them; about half of them are selected."""
    count = len(weights) - 1
    channels = complex_normal(rng, count, receive, TRANSMIT) * 10.0 ** rng.uniform(0.5, 2.0, (count, 1, 1))
    selected = np.arange(count) < count // 2
    return BeamformingProblem(
        direct=channels,
        steering_tx=steering(TRANSMIT, 0.3),
        noise_power_w=1.0,
        power_limit_w=1.0,
        rate_required_bps_hz=rates_bps_hz(channels, Beams(weights=weights), 1.0, selected),
        selected=selected,
    )


def interferences(problem: BeamformingProblem, weights: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """H X Hᴴ of what receiver k suffers, and H Q_k Hᴴ of its own data."""
    received = np.einsum("rt,jtl->jrl", problem.direct[k], weights)
    each = received @ received.conj().transpose(0, 2, 1)
    each[0] *= 0.0 if problem.selected[k] else 1.0
    return each.sum(axis=0) - each[1 + k], each[1 + k]


def test_what_a_receiver_suffers_holds_it_to_its_nulls() -> None:
    """Both lemmas, against eigenvectors and log-determinants of beams; a third of the bound on sin² occurs."""
    rng, attained, more = np.random.default_rng(3), 0.0, 0.0
    for case in range(400):
        loss, receive = 10.0 ** rng.uniform(-4.0, -1.5), 2 + case % 2
        weights = beams_near_the_target(rng, 3, loss)
        problem = posed(rng, weights, receive)
        aim = problem.steering.conj() / np.sqrt(TRANSMIT)
        carried = np.sum(np.abs(np.einsum("t,jtl->jl", aim.conj(), weights)) ** 2, axis=1)[1:]
        links = bounds._links(problem)
        spread, extra = bounds._held(problem, links, loss, bounds._Box(carried, carried))
        for k in np.flatnonzero(spread > 0.0):
            suffered, own = interferences(problem, weights, int(k))
            direction = np.linalg.eigh(suffered)[1]
            missed = 1.0 - abs(np.vdot(direction[:, -1], links.towards[k])) ** 2
            assert missed <= spread[k] * (1.0 + 1e-9) + 1e-12
            attained = max(attained, missed / spread[k])
            nulls = direction[:, :-1].conj().T
            noise = np.eye(receive) + suffered
            rates = [
                np.linalg.slogdet(t @ (noise + own) @ t.conj().T)[1] - np.linalg.slogdet(t @ noise @ t.conj().T)[1]
                for t in (np.eye(receive), nulls)
            ]
            assert rates[0] - rates[1] <= extra[k] + 1e-9
            more = max(more, (rates[0] - rates[1]) / extra[k])
    assert attained > 0.3
    assert more > 0.5


def test_vectors_at_the_angle_keep_their_power_in_the_other_channels() -> None:
    """The multiplier of a constraint that is met with equality costs nothing; inside it, power is only less."""
    rng = np.random.default_rng(4)
    problem = posed(rng, beams_near_the_target(rng, 2, 0.01))
    links, spread = bounds._links(problem), np.array([0.03, 0.2])
    other = bounds._posed(problem, links, spread, np.zeros(2), 0.3)
    for k in range(2):
        towards = links.towards[k]
        across = np.array([-towards[1].conj(), towards[0].conj()])
        for share in (1.0, 0.3):
            sine2 = share * spread[k]
            vector = np.sqrt(1.0 - sine2) * across + 1j * np.sqrt(sine2) * towards
            uplink = problem.direct[k].conj().T @ vector
            same = np.linalg.lstsq(other.direct[k].conj().T, uplink, rcond=None)[0]
            assert other.direct[k].conj().T @ same == close_to(uplink, rel=1e-9, abs=1e-9)
            power = np.linalg.norm(same) ** 2
            assert power == close_to(1.0, rel=1e-9) if share == 1.0 else power < 1.0 - 1e-4


@pytest.mark.slow
def test_no_loss_is_proven_that_beams_undercut() -> None:
    """No solver in between: beams set the rates that they reach, and the proof of any larger loss has to fail."""
    rng = np.random.default_rng(8)
    for _ in range(25):
        loss = 10.0 ** rng.uniform(-3.5, -2.0)
        weights = beams_near_the_target(rng, 3, loss)
        problem = posed(rng, weights)
        assert not bounds._proves(problem, bounds._links(problem), 1.001 * loss)


@pytest.mark.slow
def test_it_proves_more_than_the_bound_for_everyone_selected() -> None:
    problem = scattered_problem(2, count=4, transmit=4, rate=4.0, selected=(0, 1))
    result = value_function(problem)
    assert result.illumination_w is not None
    base, better = upper_bound(problem), interference_bound(problem, result.illumination_w)
    assert better.proof == "interference"
    assert result.illumination_w <= better.value_w < base.value_w
    assert tightened(problem, result).upper_bound_w == min(better.value_w, result.upper_bound_w)
    everyone = replace(problem, selected=np.ones(4, bool))
    assert interference_bound(everyone, result.illumination_w) == base
