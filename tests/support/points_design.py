"""A design over several points that is put together by hand from the rooms below `design`, point by point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.beamforming.beamforming_problem import BeamformingResult
from multistatic.bounds.criteria import peb, surrogate, veb, weighted
from multistatic.bounds.position import position_bound
from multistatic.bounds.sensing import sensing_networks
from multistatic.channel.realise import realise
from multistatic.communication.rates import rates_bps_hz
from multistatic.design.accuracy import accuracy
from multistatic.design.points_accuracy import PointsAccuracy
from multistatic.design.result import Design
from multistatic.scenario.model import Scenario
from multistatic.scenario.target_points import TargetPoints
from multistatic.selection.over_points import reduced
from multistatic.selection.selection_problem import Selection, SelectionProblem
from multistatic.signal.beams import Beams

CRITERIA = {"peb": peb, "veb": veb, "weighted": weighted, "surrogate": surrogate}


def beams_of_rank_two(scenario: Scenario, seed: int = 0) -> Beams:
    """Random beams with two sensing streams, within the power limit."""
    rng = np.random.default_rng(seed)
    shape = (len(scenario.receivers) + 1, scenario.transmitter.array.size, 2)
    weights = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    return Beams(weights=weights * np.sqrt(0.9 * scenario.transmitter.power_w) / np.linalg.norm(weights))


def points_design(scenario: Scenario, points: TargetPoints, group: tuple[int, ...] = (0, 1, 2, 3)) -> Design:
    """A sound design whose rates are required as they are reached; its criterion is that of the scenario."""
    channel, sent = realise(scenario, points=points), beams_of_rank_two(scenario)
    selected = np.isin(np.arange(len(scenario.receivers)), group)
    rates = rates_bps_hz(channel.direct, sent, channel.noise_power_w, selected)
    receivers = [
        replace(each, rate_required_bps_hz=float(rate)) for each, rate in zip(scenario.receivers, rates, strict=True)
    ]
    scenario = replace(scenario, receivers=tuple(receivers))
    light = sent.illumination_w(channel.steering_tx)
    networks = sensing_networks(scenario, channel, points, sent.covariance_w)
    criterion = CRITERIA[str(scenario.design.criterion)]
    values = np.array(
        [criterion(each).values(selected[None], float(p))[0] for each, p in zip(networks, light, strict=True)]
    )
    bounds = [position_bound(each, selected, float(p)) for each, p in zip(networks, light, strict=True)]
    unknown, d = np.inf, scenario.dimensions
    mode, worst = scenario.over_points, int(np.argmax(values))
    value = float(reduced(values, points.weight, mode))
    problem = SelectionProblem(
        receiver_ids=scenario.receiver_ids,
        criterion=criterion(networks[0]),
        illumination_w=1.0,
        positions_m=scenario.receiver_positions_m,
        target_distance_m=scenario.geometry().target_receiver_m,
        distance_weight=scenario.requirements.distance_weight,
    )
    cost_m = float(problem.costs_m(selected)[0])
    return Design(
        status="feasible",
        message="Made by hand.",
        scheme="multi",
        scenario=scenario,
        channel=channel,
        selected=selected,
        selection=Selection(
            status="feasible",
            method="given",
            selected=selected,
            value=value,
            bound=None,
            cost_m=cost_m,
            evaluated=1,
            message="",
        ),
        beamforming=BeamformingResult(
            status="feasible",
            method="by_hand",
            beams=sent,
            illumination_w=float(light.min() if mode == "worst" else points.weight @ light),
            power_w=sent.power_w,
            rates_bps_hz=rates,
            point_illumination_w=light,
            loss=2.0,
            loss_bound=1.9,
        ),
        cost_m=cost_m,
        accuracy=accuracy(networks[worst], selected, float(light[worst])),
        verification=None,
        rounds=1,
        points=points,
        over_points=PointsAccuracy(
            mode=mode,
            value=values,
            peb_m=[unknown if each.peb_m is None else each.peb_m for each in bounds],
            veb_m_s=[unknown if each.veb_m_s is None else each.veb_m_s for each in bounds],
            position_covariance_m2=[
                np.diag(np.full(d, unknown)) if each.covariance_m2 is None else each.covariance_m2 for each in bounds
            ],
            worst=worst,
            value_reduced=value,
            bound=0.9 * value,
            middle_value=2.0 * value,
            middle_values=2.0 * values,
        ),
    )
