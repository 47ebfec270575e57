"""Targets that are drawn from their prior, the measurements of them, and what the posterior bound says there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic import load_preset, localize_many, realise
from multistatic.bounds.sensing import SensingNetwork, sensing_networks
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.fix import Fix
from multistatic.localization.fusion import FusionSettings
from multistatic.localization.state_prior import StatePrior, state_prior
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.scenario.uncertain_target import TargetPrior
from multistatic.units import SPEED_OF_LIGHT_M_S, F

NEVER = FusionSettings(false_flag_rate=0.0)
# Preset, changes, standard deviations of the prior in m and m/s, receivers used, illumination in W.
POSTERIOR_CASES = {
    "one receiver": ("paper", ["design.dimensions=2"], 1.0, 1.0, 1, 10.0),
    "one receiver, wider": ("paper", ["design.dimensions=2"], 2.0, 1.0, 1, 10.0),
    "two receivers in space": ("paper", ["design.dimensions=3"], 1.0, 1.0, 2, 10.0),
    "prior as good as measurements": ("paper", ["design.dimensions=2", "radio.bandwidth_hz=1e5"], 0.1, 1.0, 10, 0.1),
    "in space": ("urban", ["radio.bandwidth_hz=1e6"], 1.0, 0.5, 8, 100.0),
}


@dataclass(frozen=True)
class DrawnFixes:
    """Fixes of targets drawn from a prior, true states [n, 2d], and both informations [n, 2d, 2d] there, as `total`."""

    fixes: tuple[Fix, ...]
    truth: F
    total: F
    linear_error: F
    d: int

    @property
    def error(self) -> F:
        d = self.d
        return np.array([np.r_[fix.position_m[:d], fix.velocity_m_s[:d]] for fix in self.fixes]) - self.truth

    @property
    def bound_m2(self) -> float:
        d = self.d
        return float(np.trace(np.linalg.solve(self.total, np.eye(2 * d)[None])[:, :d, :d], axis1=1, axis2=2).mean())


def with_target_prior(name: str) -> tuple[Scenario, int, float]:
    """The scenario of a case, its number of receivers, and the illumination in W."""
    preset, changes, place_m, speed_m_s, receivers, illumination_w = POSTERIOR_CASES[name]
    clocks = ["transmitter.clock_offset_std_s=0", "transmitter.frequency_offset_std_hz=0"] if preset == "urban" else []
    scenario = load_preset(preset, ['radio.pulse="half_sine"', *changes, *clocks])
    tilted = np.array([[1.0, 0.5, 0.2], [0.5, 1.5, 0.1], [0.2, 0.1, 0.7]])
    prior = TargetPrior(position_covariance_m2=place_m**2 * tilted, velocity_covariance_m2_s2=speed_m_s**2 * np.eye(3))
    perfect = tuple(
        replace(one, clock_offset_std_s=0.0, frequency_offset_std_hz=0.0) for one in scenario.receivers[:receivers]
    )
    target = replace(scenario.target, prior=prior)
    return replace(scenario, targets=(target,), receivers=perfect), receivers, illumination_w


def places_of(scenario: Scenario, prior: StatePrior, rng: np.random.Generator, count: int) -> tuple[F, TargetPoints]:
    """States [count, 2d] drawn from the prior, and the same as points."""
    d = prior.dimensions
    truth = prior.mean + rng.standard_normal((count, 2 * d)) @ np.linalg.cholesky(prior.covariance).T
    position = np.tile(scenario.target.position_m, (count, 1))
    velocity = np.tile(scenario.target.velocity_m_s, (count, 1))
    position[:, :d], velocity[:, :d] = truth[:, :d], truth[:, d:]
    nothing = np.zeros(count, int)
    weight = np.full(count, 1.0 / count)
    return truth, TargetPoints(position_m=position, velocity_m_s=velocity, weight=weight, target=nothing)


def drawn_fixes(name: str, count: int, seed: int) -> DrawnFixes:
    """`count` fixes of the case, each of another target."""
    scenario, _, illumination_w = with_target_prior(name)
    prior, rng = state_prior(scenario), np.random.default_rng(seed)
    d = prior.dimensions
    truth, points = places_of(scenario, prior, rng, count)
    channel = realise(scenario, np.random.default_rng(1), points)
    groups, total, linear = [], [], []
    own = np.linalg.solve(prior.covariance, np.eye(2 * d))
    for state, network in zip(truth, sensing_networks(scenario, channel, points), strict=True):
        (group,) = draw_measurements(network, illumination_w, rng)
        groups.append(group)
        information, push = own.copy(), own @ (prior.mean - state)
        delay = network.geometry.delay_s
        doppler = network.geometry.doppler_hz(network.velocity_m_s, network.carrier_hz)
        slopes = slopes_of(network, d)
        for k, one in enumerate(group):
            weighted = np.linalg.solve(one.covariance, slopes[k])
            information += slopes[k].T @ weighted
            push += weighted.T @ (np.array([one.delay_s, one.doppler_hz]) - [delay[k], doppler[k]])
        total.append(information)
        linear.append(np.linalg.solve(information, push))
    fixes = localize_many(groups, scenario, NEVER, prior=prior)
    return DrawnFixes(fixes=fixes, truth=truth, total=np.array(total), linear_error=np.array(linear), d=d)


def slopes_of(network: SensingNetwork, d: int) -> F:
    """Derivatives of delays and Doppler shifts [K, 2, 2d], written out: u = u_b + u_k, (v - (v·u)u)/r of both ends."""
    target, v = network.geometry.target_m, network.velocity_m_s
    rows = []
    for receiver in network.geometry.receivers_m:
        paths = [target - network.geometry.transmitter_m, target - receiver]
        lengths = [np.sqrt(path @ path) for path in paths]
        units = [path / length for path, length in zip(paths, lengths, strict=True)]
        turn = sum((v - (v @ unit) * unit) / length for unit, length in zip(units, lengths, strict=True))
        along, hertz = units[0] + units[1], -network.carrier_hz / SPEED_OF_LIGHT_M_S
        rows.append([np.r_[along[:d] / SPEED_OF_LIGHT_M_S, np.zeros(d)], hertz * np.r_[turn[:d], along[:d]]])
    return np.array(rows)
