"""What a nanosecond of clock error at every cooperating receiver does to the position error of a design."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from multistatic.bounds.clock import ClockErrors
from multistatic.bounds.position import position_bound
from multistatic.bounds.sensing import sensing_network
from multistatic.design.result import Design

STEP_S = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """The position error bound `value` in m that the group and its beams have with `STEP_S` more, and its relative
    `change`, positive is worse; None where the position is unobservable with it.
    """

    value: float | None
    change: float | None


def clock_step(design: Design) -> ClockStep | None:
    """The position error bound where the clock of every receiver of the group is off by 1 ns more.

    The nanosecond is the standard deviation of an error that is independent of the clock's stated offset s and of all
    other clocks: s becomes sqrt(s² + (1 ns)²), which leaves an unknown clock as it is. Group and beams stay. Whatever
    the criterion, it is the position that is of interest: surrogates know no clocks. Of several points it is that of
    the worst, where `Design.accuracy` is. None for a design without a position error bound, and for the mono-static
    scheme, whose one clock is synchronised with itself.

    >>> from multistatic import design_network, load_preset
    >>> step = clock_step(design_network(load_preset("urban")))
    >>> step.change > 0
    True
    """
    result, accuracy = design.beamforming, design.accuracy
    if design.scheme == "mono" or result is None or result.beams is None or accuracy is None:
        return None
    today_m = accuracy.position.peb_m
    if today_m is None:
        return None
    worst = 0 if design.over_points is None else design.over_points.worst
    channel, point = design.channel.at(worst), design.points.at(worst)
    network = sensing_network(design.scenario, channel, result.beams.covariance_w, point)
    none = np.zeros(len(network.receiver_ids))
    clock = network.clock or ClockErrors(time_s=none, frequency_hz=none)
    worse = replace(network, clock=replace(clock, time_s=np.hypot(clock.time_s, STEP_S)))
    illumination_w = float(result.beams.illumination_w(channel.steering_tx)[0])
    value = position_bound(worse, design.selected, illumination_w).peb_m
    return ClockStep(value=value, change=None if value is None else value / today_m - 1.0)
