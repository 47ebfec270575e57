"""Designs put together by hand, without any solver: what the tests of files and pictures are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingResult
from multistatic.bounds.position import PositionBound
from multistatic.channel.channel import Channel
from multistatic.channel.path_loss import echo_gain
from multistatic.communication.rates import rates_bps_hz
from multistatic.design.result import Accuracy, Design, Verification
from multistatic.scenario.arrays import linear_array, planar_array
from multistatic.scenario.model import (
    DesignSettings,
    Propagation,
    Radio,
    Receiver,
    Requirements,
    Scenario,
    Target,
    Transmitter,
)
from multistatic.selection.selection_problem import LinkageTree, Selection
from multistatic.signal.beams import Beams


def scenario(*, count: int = 10, antennas: int = 10, spatial: bool = False, seed: int = 1) -> Scenario:
    """The paper's deployment, or one with heights and a UPA."""
    rng = np.random.default_rng(seed)
    radius, angle = 100 * np.sqrt(rng.uniform(size=count)), rng.uniform(0, 2 * np.pi, count)
    height = rng.uniform(1.5, 25.0, count) if spatial else np.zeros(count)
    places = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)
    wavelength_m = 299_792_458.0 / 3.5e9
    array = planar_array((8, 4), wavelength_m / 2) if spatial else linear_array(antennas, wavelength_m / 2)
    return Scenario(
        name="handmade",
        seed=seed,
        radio=Radio(carrier_hz=3.5e9, bandwidth_hz=100e6, samples=1024),
        transmitter=Transmitter(position_m=np.array([0, 0, 25.0 * spatial]), array=array, power_w=1.0),
        receivers=tuple(
            Receiver(
                id=f"r{k + 1}",
                position_m=place,
                array=linear_array(2, wavelength_m / 2),
                rate_required_bps_hz=4.0,
            )
            for k, place in enumerate(places)
        ),
        target=Target(
            position_m=np.array([20, 40, 60.0 * spatial]), velocity_m_s=np.array([15.0, 0, 0]), reflection=0.6
        ),
        propagation=Propagation(
            path_loss_exponent=2.7, noise_power_w=1e-9, clutter_power_w=1e-9, direct="rician", rician_factor=0.5
        ),
        requirements=Requirements(cooperation_cost_m=200.0),
        design=DesignSettings(),
    )


def channel(what: Scenario) -> Channel:
    """Rician direct channels and the echo gains."""
    geometry, rng = what.geometry(), np.random.default_rng(what.seed)
    shape = (len(what.receivers), 2, what.transmitter.array.size)
    gain = geometry.transmitter_receiver_m**-2.7
    steering = what.transmitter.array.steering_vector(geometry.to_receivers, what.radio.wavelength_m)
    scattered = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)
    path_gain = echo_gain(what.propagation, geometry.transmitter_target_m, geometry.target_receiver_m)
    return Channel(
        direct=np.sqrt(gain)[:, None, None] * (0.6 * steering[:, None, :] + 0.8 * scattered),
        steering_tx=what.transmitter.array.steering_vector(geometry.to_target, what.radio.wavelength_m),
        steering_rx=np.ones(shape[:2], complex),
        echo_gain=path_gain * what.target.reflection,
        echo_path_gain=path_gain,
        noise_power_w=1e-9,
        clutter_power_w=1e-9,
        clutter=np.zeros((shape[0], 0, *shape[1:])),
    )


def beams(what: Channel) -> Beams:
    """Zero-forcing towards each receiver's first antenna, and conj(a_b) for sensing: 1 W together."""
    count, _, antennas = what.direct.shape
    data = np.linalg.pinv(what.direct[:, 0, :]).T if count <= antennas else what.direct[:, 0, :].conj()
    data = data / np.linalg.norm(data, axis=1, keepdims=True)
    weights = np.zeros((count + 1, antennas, 2), complex)
    weights[1:, :, 0] = np.sqrt(0.3 / count) * data
    weights[0, :, 0] = np.sqrt(0.7 / antennas) * what.steering_tx[0].conj()
    return Beams(weights=weights)


def design(what: Scenario | None = None, *, group: tuple[int, ...] = (1, 2, 4), **changes: object) -> Design:
    """A feasible design of `what` with receivers `group` selected."""
    what = what or scenario()
    propagation, sent = channel(what), beams(channel(what))
    selected = np.isin(np.arange(len(what.receivers)), group)
    illumination_w = sent.illumination_w(propagation.steering_tx[0])[0]
    limit_w = what.transmitter.array.size * what.transmitter.power_w
    near = what.geometry().target_receiver_m
    made = Design(
        status="feasible",
        message="Made by hand.",
        scheme="multi",
        scenario=what,
        channel=propagation,
        selected=selected,
        selection=Selection(
            status="feasible",
            method="given",
            selected=selected,
            value=3.6e-4,
            bound=None,
            cost_m=181.5,
            evaluated=1,
            message="",
            tree=linkage_tree(what) if len(what.receivers) > 1 else None,
        ),
        beamforming=BeamformingResult(
            status="feasible",
            method="by_hand",
            beams=sent,
            illumination_w=illumination_w,
            upper_bound_w=limit_w,
            power_w=sent.power_w,
            rates_bps_hz=rates_bps_hz(propagation.direct, sent, 1e-9, selected),
            iterations=3,
            message="",
        ),
        cost_m=181.5,
        accuracy=Accuracy(
            sensor_ids=what.receiver_ids,
            surrogate=3.6e-4,
            surrogate_published=3.1e-4,
            sum_crb=2.2e-2,
            delay_std_s=2e-10 * near,
            doppler_std_hz=0.3 * near,
            range_std_m=0.06 * near,
            range_rate_std_m_s=0.03 * near,
            position=PositionBound(
                position="observable",
                velocity="unobservable",
                peb_m=0.82,
                veb_m_s=None,
                reason="One Doppler short.",
                covariance_m2=0.82**2 * np.diag([0.36, 0.64] if what.dimensions == 2 else [0.25, 0.5, 0.25]),
            ),
            position_with_angles=PositionBound(position="observable", velocity="observable", peb_m=0.31, veb_m_s=1.9),
            block_snr=1e4 / near,
        ),
        verification=Verification(violations={"rate": 0.0, "power": 3e-9}),
        rounds=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def infeasible() -> Design:
    """No group, no beams."""
    return design(
        group=(),
        status="infeasible",
        message="The cooperation cost cannot be met.",
        selection=None,
        beamforming=None,
        cost_m=None,
        accuracy=None,
        verification=None,
        rounds=0,
    )


def linkage_tree(what: Scenario) -> LinkageTree:
    """Complete linkage by SciPy: a tree of the right form."""
    from scipy.cluster.hierarchy import linkage
    from scipy.spatial.distance import squareform

    count = len(what.receivers)
    steps = linkage(squareform(what.geometry().receiver_receiver_m, checks=False), "complete")
    members = np.zeros((2 * count - 1, count), bool)
    members[:count] = np.eye(count, dtype=bool)
    for i, (left, right) in enumerate(steps[:, :2].astype(int)):
        members[count + i] = members[left] | members[right]
    return LinkageTree(merges=steps[:, :2].astype(int), heights_m=steps[:, 2], members=members)
