"""The information that verification computes for itself: against the formula of the package, complex pulses too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.delay_doppler import information_per_snr
from multistatic.bounds.published import published_information_per_snr
from multistatic.design import design_network, recomputed_bounds
from multistatic.design.bounds_in_doubles import bounds_in_doubles
from multistatic.design.design_point import point_of
from multistatic.design.recomputed_bounds import exact_bounds, sensors_of
from multistatic.files.scenario_file import load_preset
from multistatic.scenario.model import PulseSpec
from multistatic.signal.pulse import pulse_from_callable
from tests.support.close import assert_close

PULSES = {
    "chirp": pulse_from_callable(lambda u: np.sin(np.pi * u) * np.exp(4j * u**2 - 1j * u)),
    "chirp that jumps": pulse_from_callable(lambda u: np.cos(np.pi * u / 2) * np.exp(3j * u**2)),
    "kink inside": pulse_from_callable(
        lambda u: 0.3 - np.abs(u - 0.3) + 0.7 * u, lambda u: np.where(u < 0.3, 1.7, -0.3), support=(0.0, 1.0)
    ),
    "lopsided": pulse_from_callable(lambda u: np.sin(np.pi * u) * (1.0 + u**2)),
    "two slots": pulse_from_callable(lambda u: np.sin(np.pi * u / 2) ** 2 * np.exp(1j * u), support=(0.0, 2.0)),
}


@pytest.mark.parametrize("name", PULSES)
@pytest.mark.parametrize("samples", [1, 64])
def test_information_of_a_block(name, samples, monkeypatch):
    pulse = PULSES[name]
    monkeypatch.setattr(recomputed_bounds, "pulse_of", lambda spec: pulse)
    spec = PulseSpec(kind=f"{name} {samples}")  # a key of its own for what is remembered
    found = np.array(recomputed_bounds.information_of_a_block(spec, samples))
    expected = information_per_snr(pulse.moments, samples)
    scale = np.sqrt(np.outer(np.diagonal(expected), np.diagonal(expected)))
    assert_close(found / scale, expected / scale, abs=1e-08)
    printed = recomputed_bounds.published_information(spec, samples, 5e7)
    published = published_information_per_snr(pulse.moments, samples, 5e7)
    assert_close(printed, published, rel=1e-08, abs=1e-08 * np.abs(published[0, 1]))


def test_a_chirp_couples_delay_and_doppler():
    information = information_per_snr(PULSES["chirp"].moments, 4)
    assert abs(information[0, 1]) > 0.01 * np.sqrt(information[0, 0] * information[1, 1])


@pytest.mark.parametrize("height_m", [60.0, 60.0 + 1e-6])
def test_a_network_in_one_plane_with_its_target(height_m: float) -> None:
    """Nothing tells the vertical speed then, whose slope is exactly zero: the error of its difference is no news."""
    scenario = load_preset("urban", ["design.selector=nearest_n", "design.receivers=3", "design.criterion=peb"])
    exact = {"clock_offset_std_s": 0.0, "frequency_offset_std_hz": 0.0}
    receivers = tuple(
        replace(one, position_m=np.array([*one.position_m[:2], height_m]), **exact) for one in scenario.receivers
    )
    transmitter = replace(scenario.transmitter, position_m=np.array([0.0, 0.0, 60.0]), **exact)
    design = design_network(replace(scenario, transmitter=transmitter, receivers=receivers))
    assert design.verification.passed
    if height_m == 60.0:
        assert design.accuracy.position.velocity == "unobservable"
        assert 1.0 < design.accuracy.position.peb_m < 10.0


@pytest.mark.parametrize(
    "changes",
    [[], ["target.velocity_m_s=[7,-30]"], ["target.position_m=[20,40,30]", "target.velocity_m_s=[7,-30,4]"]],
    ids=["still or slow", "fast", "3-D"],
)
def test_sixteen_digits_give_the_bounds_of_a_hundred(changes: list[str]) -> None:
    settings = ["design.selector=nearest_n", "design.receivers=7", "requirements.cooperation_cost_m=1e4"]
    design = design_network(load_preset("paper", [*settings, *changes]), certificate=False)
    group = chosen_sensors(design)
    light_w = design.beamforming.illumination_w
    ordinary = bounds_in_doubles(point_of(design, 0), group, light_w)
    assert ordinary is not None
    for found, expected in zip(ordinary, exact_bounds(point_of(design, 0), group, light_w), strict=True):
        assert_close(found.position, expected.position, rel=1e-9)
        assert_close(found.velocity, expected.velocity, rel=1e-9)


def test_sixteen_digits_say_nothing_where_they_are_too_few() -> None:
    """Too few receivers, a target next to a baseline, and a clock that is off."""
    design = design_network(load_preset("paper"), certificate=False)
    group, light_w = chosen_sensors(design), design.beamforming.illumination_w
    assert bounds_in_doubles(point_of(design, 0), group[:1], light_w) is None
    between = [design.scenario.transmitter.position_m, group[0].place_m]
    near = replace(point_of(design, 0), position_m=0.5 * (between[0] + between[1]) + [1e-6, 0.0, 0.0])
    assert bounds_in_doubles(near, group[:2], light_w) is None
    late = replace(group[0], clock=replace(group[0].clock, clock_offset_std_s=1e-9))
    assert bounds_in_doubles(point_of(design, 0), [late, *group[1:]], light_w) is None


def chosen_sensors(design):
    every = sensors_of(
        point_of(design, 0), np.asarray(design.beamforming.beams.weights), design.beamforming.illumination_w
    )
    return [sensor for sensor, chosen in zip(every, design.selected, strict=True) if chosen]
