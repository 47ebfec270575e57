"""At how many of the points where a target may be the echoes are too weak to be found in one block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.design.accuracy import WEAK_ECHO, weak_echoes
from multistatic.design.result import Design
from multistatic.units import F


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakPoints:
    """Points at which echoes of cooperating receivers have less than `WEAK_ECHO` in a block.

    counted: how many points count: all where the worst one counts, else those with weight.
    some: at how many of them the echo of at least one cooperating receiver is weak.
    all: at how many of them the echoes of all cooperating receivers are.
    receivers: ids of the cooperating receivers whose echo is weak at one of them at least.
    """

    counted: int
    some: int
    all: int
    receivers: tuple[str, ...]


def point_block_snr(design: Design) -> F | None:
    """Echo SNR of a block at every point and sensor [M, K], Mρ_k, as a power ratio; None for a design without beams."""
    if design.accuracy is None or design.beamforming is None or design.beamforming.beams is None:
        return None
    if design.over_points is None or design.points.count == 1:
        return np.asarray(design.accuracy.block_snr)[None]
    beams = design.beamforming.beams
    light_w = beams.illumination_w(design.channel.steering_tx)
    snr_per_watt = design.channel.echo_snr_per_watt(beams.covariance_w)
    return np.asarray(design.scenario.radio.samples * snr_per_watt * light_w[:, None])


def weak_points(design: Design) -> WeakPoints | None:
    """The points of a design with weak echoes; None for a design without beams."""
    snr = point_block_snr(design)
    if snr is None or design.accuracy is None:
        return None
    if len(snr) == 1:
        names = weak_echoes(design.accuracy, design.selected)
        listeners = int(design.selected.sum()) if len(design.selected) == snr.shape[1] else snr.shape[1]
        return WeakPoints(counted=1, some=int(len(names) > 0), all=int(len(names) == listeners), receivers=names)
    worst = design.over_points is not None and design.over_points.mode == "worst"
    counted = np.ones(len(snr), bool) if worst else design.points.weight > 0.0
    weak = (snr < WEAK_ECHO)[counted] & design.selected
    return WeakPoints(
        counted=int(counted.sum()),
        some=int(np.sum(weak.any(axis=1))),
        all=int(np.sum(weak.sum(axis=1) == design.selected.sum())),
        receivers=tuple(np.array(design.accuracy.sensor_ids)[weak.any(axis=0)].tolist()),
    )
