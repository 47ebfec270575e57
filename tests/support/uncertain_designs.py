"""Designs over several points, put together by hand: areas, priors and several targets, in the plane and in space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.channel.channel import Channel
from multistatic.channel.path_loss import echo_gain
from multistatic.design.points_accuracy import PointsAccuracy
from multistatic.design.result import Design
from multistatic.scenario.design_settings import OverPoints
from multistatic.scenario.model import DesignSettings, Scenario, Target
from multistatic.scenario.target_points import TargetPoints
from multistatic.scenario.uncertain_target import TargetArea, TargetPrior
from multistatic.signal.beams import Beams
from multistatic.units import F
from tests.support import handmade_design


def channel(what: Scenario, points: TargetPoints) -> Channel:
    """The handmade channel with an entry for each point."""
    middle = handmade_design.channel(what.middle())
    wavelength_m, shape = what.radio.wavelength_m, middle.steering_rx.shape[1:]
    each = [what.geometry_at(place) for place in points.position_m]
    path = np.array([echo_gain(what.propagation, one.transmitter_target_m, one.target_receiver_m) for one in each])
    reflection = np.array([what.targets[number].reflection for number in points.target])
    return replace(
        middle,
        steering_tx=np.array([what.transmitter.array.steering_vector(one.to_target, wavelength_m) for one in each]),
        steering_rx=np.ones((points.count, *shape), complex),
        echo_gain=path * reflection[:, None],
        echo_path_gain=path,
    )


def design(
    what: Scenario, points: TargetPoints, *, group: tuple[int, ...] = (1, 2, 4), unobservable: tuple[int, ...] = ()
) -> Design:
    """A feasible design over `points`, whose errors grow as the illumination falls; sensing by two columns."""
    made = handmade_design.design(what.middle(), group=group)
    propagation = channel(what, points)
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    assert made.selection is not None
    assert made.accuracy is not None
    weights = np.array(made.beamforming.beams.weights)
    ends = propagation.steering_tx[[0, -1]].conj()
    weights[0] = np.sqrt(0.35 / weights.shape[1]) * ends.T
    sent = Beams(weights=weights)
    illumination_w = sent.illumination_w(propagation.steering_tx)
    d = what.dimensions
    peb_m = 1.1 / np.sqrt(illumination_w) * (1.0 + 0.02 * np.arange(points.count) / points.count)
    peb_m[list(unobservable)] = np.inf
    shape = np.diag([0.36, 0.64] if d == 2 else [0.25, 0.5, 0.25])
    nothing = np.where(np.eye(d) > 0, np.inf, 0.0)
    covariance_m2 = np.array([nothing if np.isinf(each) else each**2 * shape for each in peb_m])
    worst, mode = int(np.argmax(peb_m)), what.over_points
    reduced_m = float(peb_m.max() if mode == "worst" else np.sqrt(points.weight @ peb_m**2))
    at_worst = replace(
        made.accuracy,
        position=replace(
            made.accuracy.position,
            peb_m=None if np.isinf(peb_m[worst]) else float(peb_m[worst]),
            covariance_m2=None if np.isinf(peb_m[worst]) else covariance_m2[worst],
        ),
    )
    return replace(
        made,
        scenario=replace(what, design=replace(what.design, criterion="peb")),
        channel=propagation,
        points=points,
        beamforming=replace(
            made.beamforming, beams=sent, illumination_w=float(illumination_w.min()), power_w=sent.power_w
        ),
        selection=replace(made.selection, value=reduced_m, tree=None),
        accuracy=at_worst,
        over_points=PointsAccuracy(
            mode=mode,
            value=peb_m,
            peb_m=peb_m,
            veb_m_s=2.0 * peb_m,
            position_covariance_m2=covariance_m2,
            worst=worst,
            value_reduced=reduced_m,
            bound=None if np.isinf(reduced_m) else 0.97 * reduced_m,
            middle_value=3.9 * reduced_m,
            middle_values=3.9 * peb_m,
            laid=points.count - 1,
            checked=16 * points.count,
            between=1.004 * reduced_m,
        ),
    )


def _grid(middle: F, half_m: float, step_m: float, heights_m: tuple[float, ...] = (0.0,)) -> F:
    line = np.arange(-half_m, half_m + step_m / 2, step_m)
    x, y, z = np.meshgrid(line, line, heights_m, indexing="ij")
    return np.stack([middle[0] + x.ravel(), middle[1] + y.ravel(), z.ravel()], axis=1)


def disc(radius_m: float = 20.0, step_m: float = 5.0) -> Design:
    """A disc in the plane."""
    what = handmade_design.scenario()
    target = replace(what.target, area=TargetArea(kind="disc", radius_m=radius_m), velocity_m_s=np.zeros(3))
    places = _grid(what.target.position_m, radius_m, step_m)
    places = places[np.linalg.norm(places - what.target.position_m, axis=1) <= radius_m + 1e-9]
    return design(replace(what, target=target, name="a disc"), TargetPoints(position_m=places))


def box() -> Design:
    """A box in space, with points above each other, one of them unobservable."""
    what = handmade_design.scenario(spatial=True)
    middle = np.array([20.0, 40.0, 75.0])
    area = TargetArea(kind="box", size_m=np.array([120.0, 80.0, 90.0]))
    target = replace(what.target, position_m=middle, area=area, velocity_m_s=np.zeros(3))
    places = _grid(middle, 60.0, 20.0, (30.0, 75.0, 120.0))
    places = places[np.abs(places[:, 1] - 40.0) <= 40.0]
    made = replace(what, target=target, name="a box in space")
    return design(made, TargetPoints(position_m=places), unobservable=(7,))


def polygon() -> Design:
    """A polygon with a hole, between two heights."""
    what = handmade_design.scenario(spatial=True)
    rings = (
        np.array([[-60.0, 20.0], [70.0, 10.0], [80.0, 90.0], [-40.0, 80.0]]),
        np.array([[0.0, 35.0], [30.0, 35.0], [30.0, 60.0], [0.0, 60.0]]),
    )
    middle = np.array([12.0, 50.0, 60.0])
    area = TargetArea(kind="polygon", rings_m=rings, height_m=(30.0, 90.0))
    target = replace(what.target, position_m=middle, area=area)
    places = np.concatenate([_grid(middle, 50.0, 25.0, (30.0, 90.0)), np.c_[rings[0], np.full(4, 30.0)]])
    places = places[~((np.abs(places[:, 0] - 15) < 15) & (np.abs(places[:, 1] - 47.5) < 12.5))]
    return design(replace(what, target=target, name="a polygon"), TargetPoints(position_m=places))


def prior(spatial: bool = False) -> Design:
    """A tracker's prior, long in one direction."""
    what = handmade_design.scenario(spatial=spatial)
    turn = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])
    covariance_m2 = turn @ np.diag([64.0, 9.0, 25.0]) @ turn.T
    target = replace(what.target, prior=TargetPrior(position_covariance_m2=covariance_m2))
    steps = np.array([[a, b, c * spatial] for a in range(-3, 4) for b in (-1.5, 0, 1.5) for c in (-1.5, 0, 1.5)], float)
    steps = np.unique(steps, axis=0)
    places = target.position_m + steps * np.array([8.0, 3.0, 5.0]) @ turn.T
    weight = np.exp(-(steps**2).sum(axis=1) / 2)
    points = TargetPoints(
        position_m=places, velocity_m_s=np.tile(target.velocity_m_s, (len(places), 1)), weight=weight / weight.sum()
    )
    return design(replace(what, target=target, name="a prior"), points)


def several(spatial: bool = False, mode: OverPoints = "worst") -> Design:
    """Three targets: one exactly known and moving, one in a small area, one with a prior and a long name."""
    what = handmade_design.scenario(spatial=spatial)
    height = 60.0 * spatial
    first = replace(what.target, id="car", velocity_m_s=np.array([12.0, 9.0, 0.0]))
    second = replace(
        what.target,
        id="quadcopter-over-the-loading-ramp",
        position_m=np.array([-60.0, 30.0, height]),
        velocity_m_s=np.zeros(3),
        area=TargetArea(kind="disc", radius_m=6.0),
        weight=2.0,
    )
    third = replace(
        what.target, id="person", position_m=np.array([-20.0, -70.0, height]), velocity_m_s=np.array([0.0, 1.5, 0.0])
    )
    around = second.position_m + 6.0 * np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], float)
    places = np.concatenate([first.position_m[None], around, third.position_m[None]])
    points = TargetPoints(
        position_m=places,
        velocity_m_s=np.array([first.velocity_m_s, *np.zeros((5, 3)), third.velocity_m_s]),
        weight=np.array([1, 0.4, 0.4, 0.4, 0.4, 0.4, 1]),
        target=np.array([0, 1, 1, 1, 1, 1, 2]),
    )
    made = replace(what, targets=(first, second, third), design=DesignSettings(over_points=mode), name="three targets")
    return design(made, points)


def far_targets() -> Design:
    """Seven exactly known targets, some close together and some far away."""
    what = handmade_design.scenario()
    places = [(20, 40), (23, 41), (26, 44), (-80, 10), (60, -75), (-30, 260), (5, 90)]
    targets = tuple(
        Target(
            id=f"vehicle-{n + 1}", position_m=np.array([*place, 0.0]), velocity_m_s=np.array([15.0 - 4 * n, 2.0, 0.0])
        )
        for n, place in enumerate(places)
    )
    points = TargetPoints(
        position_m=np.array([each.position_m for each in targets]),
        velocity_m_s=np.array([each.velocity_m_s for each in targets]),
        target=np.arange(len(targets)),
    )
    return design(replace(what, targets=targets, name="seven vehicles"), points)


UNCERTAIN = {
    "disc": disc,
    "small disc": lambda: disc(4.0, 1.0),
    "box": box,
    "polygon": polygon,
    "prior": prior,
    "prior in space": lambda: prior(spatial=True),
    "several": several,
    "several in space": lambda: several(spatial=True),
    "far targets": far_targets,
}
