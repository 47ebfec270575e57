"""Designs that pictures have to survive: many long names in a street, a target that climbs, a drone far away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.design.result import Design
from multistatic.scenario.model import Receiver, Scenario
from tests.support.handmade_design import design, scenario

_STREETS = ("Rosa-Luxemburg-Strasse", "Alexanderplatz", "Memhardstrasse")


def with_receivers(what: Scenario, places: dict[str, tuple[float, ...]]) -> Scenario:
    """`what` with receivers of these names at these places."""
    old = what.receivers[0]
    receivers = tuple(
        Receiver(id=name, position_m=np.array(place, float), array=old.array, rate_required_bps_hz=2.0)
        for name, place in places.items()
    )
    return replace(what, receivers=receivers)


def street(spatial: bool = False) -> Design:
    """25 receivers with long names on both sides of a street 300 m long, 12 m wide; seven are selected."""
    rng = np.random.default_rng(5)
    places = {}
    for k in range(25):
        side = "north" if k % 2 else "south"
        height = (float(rng.uniform(4.0, 30.0)),) if spatial else (0.0,)
        places[f"{_STREETS[k % 3]}-lamp-{k + 1:03d}-{side}"] = (
            12.0 * k - 150 + rng.uniform(-3, 3),
            6.0 if k % 2 else -6.0,
            *height,
        )
    what = replace(
        with_receivers(scenario(spatial=spatial), places), name="street canyon with lamp posts on both sides"
    )
    return design(what, group=(1, 4, 8, 9, 15, 20, 24))


def climbing() -> Design:
    """In space, a target that goes straight up; names of every length."""
    what = scenario(spatial=True, count=6)
    what = replace(what, target=replace(what.target, velocity_m_s=np.array([0.0, 0.0, 6.0])), name="climbing")
    return design(what, group=(0, 2, 3))


def far_drone() -> Design:
    """A drone 800 m away from a cluster of receivers that is 60 m wide."""
    rng = np.random.default_rng(3)
    places = {f"roof-{k + 1}": (*rng.uniform(-30, 30, 2), float(rng.uniform(5, 20))) for k in range(8)}
    what = with_receivers(scenario(spatial=True), places)
    target = replace(what.target, position_m=np.array([700.0, 380.0, 120.0]), velocity_m_s=np.array([-12.0, -6.0, 1.0]))
    return design(replace(what, target=target, name="drone far away"), group=(0, 3, 5, 6))


AWKWARD = {
    "street": street,
    "street in space": lambda: street(spatial=True),
    "climbing": climbing,
    "far drone": far_drone,
}
