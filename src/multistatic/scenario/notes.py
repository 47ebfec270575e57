"""Notes on values that are valid but probably a mistake: another unit, or positions beyond the radio horizon.

Each note is one sentence with the number, what it means, and the likely cause. A note refuses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from multistatic.registry import full_name
from multistatic.scenario.algorithm_settings import unused
from multistatic.scenario.cross_section import cross_section_of
from multistatic.scenario.geodesy import geodetic_from_local
from multistatic.scenario.model import Receiver, Scenario, Target, Transmitter, free_space_gain
from multistatic.scenario.position_notes import listed, target_name
from multistatic.units import BOLTZMANN_J_K, F, ratio_to_db, watt_to_dbm

EFFECTIVE_EARTH_RADIUS_M = 6.371e6 * 4 / 3
"""Radius of a sphere on which rays are straight under the standard refraction of 4/3."""
MAST_M = 50.0
"""What a site may stand higher above ground than the lowest one of the scenario: generous, as the ground is unknown."""


def scenario_notes(scenario: Scenario, *, places: bool = True, rate_key: str = "bandwidth_hz") -> list[str]:
    """Sentences on the values of a scenario that are valid but probably a mistake (docs/formats.md has the list);
    without `places` none on positions. `rate_key`: `symbol_rate_hz` or `bandwidth_hz`, whichever the document states.
    """
    found = [*_radio_notes(scenario, rate_key), *_power_notes(scenario), *_other_notes(scenario)]
    return [*found, *_option_notes(scenario), *(_place_notes(scenario) if places else ())]


def _option_notes(scenario: Scenario) -> Iterator[str]:
    """Settings of algorithms that a design of the scenario does not use."""
    design, direct = scenario.design, scenario.propagation.direct
    chosen = [name for name in (design.selector, design.beamformer, design.criterion, direct) if isinstance(name, str)]
    used = [*chosen, full_name("beamformers", str(design.beamformer))]
    for name in unused(design.options, used):
        yield f"design.options.{name} is not used: the design of the scenario uses {', '.join(chosen)}"


def _radio_notes(scenario: Scenario, rate_key: str) -> Iterator[str]:
    """Notes on a carrier or bandwidth that seems to be in another unit, by the key that the document states."""
    radio = scenario.radio
    stated_hz = radio.symbol_rate_hz if rate_key == "symbol_rate_hz" else radio.bandwidth_hz
    if radio.carrier_hz < 3e6:
        yield (
            f"carrier_hz = {radio.carrier_hz:g} Hz means a wavelength of {radio.wavelength_m / 1e3:.3g} km: "
            f"{radio.carrier_hz:g} MHz would be {radio.carrier_hz * 1e6:g}, {radio.carrier_hz:g} kHz "
            f"{radio.carrier_hz * 1e3:g}"
        )
    if radio.carrier_hz > 3e12:
        yield f"carrier_hz = {radio.carrier_hz:g} Hz lies above all radio bands (3 THz): check its unit"
    if radio.bandwidth_hz < 1e3:
        yield (
            f"{rate_key} = {stated_hz:g} Hz means a time slot of {radio.slot_s:.3g} s for each symbol: "
            f"{stated_hz:g} MHz would be {rate_key} = {stated_hz:g}e6"
        )
    if radio.symbol_rate_hz > radio.carrier_hz:
        yield (
            f"{rate_key} = {stated_hz:g} Hz means {radio.symbol_rate_hz:g} symbols per second, a band wider than the "
            f"carrier frequency of {radio.carrier_hz:g} Hz: check both units"
        )


def _power_notes(scenario: Scenario) -> Iterator[str]:
    """Notes on powers and gains that seem to be in another unit."""
    power_w, noise_w = scenario.transmitter.power_w, scenario.propagation.noise_power_w
    if power_w > 1e6 or power_w < 1e-6:
        yield (
            f"the transmitter's power is {power_w:.3g} W ({watt_to_dbm(power_w):.1f} dBm): check the unit, power_w is "
            "in W and power_dbm in dBm"
        )
    thermal_w = BOLTZMANN_J_K * 290.0 * scenario.radio.symbol_rate_hz
    if noise_w < 0.01 * thermal_w:
        yield (
            f"the noise power is {watt_to_dbm(noise_w):.1f} dBm in a sample of one slot, far below the "
            f"thermal noise of {watt_to_dbm(thermal_w):.1f} dBm there at 290 K: the key is a power, "
            "not a density in dBm/Hz"
        )
    if noise_w > 1e-5:
        yield (
            f"the noise power is {noise_w:.3g} W ({watt_to_dbm(noise_w):.1f} dBm) in a sample, far above that of any "
            "receiver: check the unit, noise_power_w is in W and noise_power_dbm in dBm"
        )
    if scenario.propagation.reference_gain > 1.000001 * max(1.0, free_space_gain(scenario.radio.wavelength_m)):
        yield (
            f"the path gain at 1 m is {scenario.propagation.reference_gain:.3g}, more power than is transmitted: "
            "reference_loss_db is a loss, a positive number"
        )


def _place_notes(scenario: Scenario) -> Iterator[str]:
    targets = [each.position_m for each in scenario.targets]
    called = [target_name(each.id, len(targets)) for each in scenario.targets]
    every = np.array([scenario.transmitter.position_m, *targets, *scenario.receiver_positions_m])
    every_height = _heights_m(scenario, every)
    for index in range(len(targets)):
        # The transmitter, one target, the receivers; what is not of the target is said beside the first.
        rows = np.array([0, 1 + index, *range(1 + len(targets), len(every))])
        names, places, heights = (
            ["the transmitter", called[index], *scenario.receiver_ids],
            every[rows],
            every_height[rows],
        )
        said = [*_height_notes(scenario, names, places, heights), *_horizon_notes(scenario, names, places, heights)]
        yield from (note for note in said if index == 0 or called[index] in note)


def _height_notes(scenario: Scenario, names: list[str], places: F, heights: F) -> Iterator[str]:
    """Notes on heights that seem to be in feet, or far below the ellipsoid."""
    near = np.hypot(*places[:, :2].T) < 300e3  # beyond, the curvature of the earth alone makes heights of kilometres
    sites = near & (np.arange(len(names)) != 1)
    high = [names[i] for i in np.flatnonzero(sites & (heights > 9000.0))]
    if high:
        yield (
            f"{listed(high)} stand{'s' if len(high) == 1 else ''} higher than 9000 m, above every mountain: "
            f"heights are in m; {heights[sites].max():.0f} ft are {0.3048 * heights[sites].max():.0f} m"
        )
    if near[1] and 20_000.0 < heights[1] < 1.2e5:
        yield (
            f"{names[1]} flies at {heights[1]:.0f} m, above all aircraft: heights are in m; {heights[1]:.0f} ft are "
            f"{0.3048 * heights[1]:.0f} m"
        )
    low = [names[i] for i in np.flatnonzero(heights < -500.0)]
    if low and scenario.origin is not None:
        yield f"{listed(low)} lie{'s' if len(low) == 1 else ''} lower than 500 m below the ellipsoid: check the height"


def _horizon_notes(scenario: Scenario, names: list[str], places: F, heights: F) -> Iterator[str]:
    """Paths longer than the radio horizon: √(2·4/3·R·h) from either end, heights above the lowest one and 50 m more."""
    horizon = np.sqrt(2 * EFFECTIVE_EARTH_RADIUS_M * (heights - heights.min() + MAST_M))
    transmitter, target = np.linalg.norm(places - places[0], axis=1), np.linalg.norm(places - places[1], axis=1)
    if target[0] > horizon[0] + horizon[1]:
        yield (
            f"{names[1]} is {target[0] / 1e3:.0f} km from the transmitter, beyond the radio horizon of "
            f"{(horizon[0] + horizon[1]) / 1e3:.0f} km for their heights"
        )
    for name, distance, end in (("the transmitter", transmitter, 0), (names[1], target, 1)):
        beyond = np.flatnonzero(distance[2:] > horizon[2:] + horizon[end])
        if len(beyond):
            far = distance[2:][beyond] / 1e3
            reach = (horizon[2:] + horizon[end])[beyond].max() / 1e3
            ends = " to ".join(dict.fromkeys(f"{value:.0f}" for value in (far.min(), far.max())))
            yield (
                f"{listed([scenario.receiver_ids[k] for k in beyond])} {'is' if len(beyond) == 1 else 'are'} "
                f"{ends} km from {name}, beyond the radio horizon of {reach:.0f} km for their heights"
            )


def _heights_m(scenario: Scenario, places: F) -> F:
    """Heights [n] above the ellipsoid where the scenario has an origin, else z: a flat earth."""
    if scenario.origin is None:
        return places[:, 2].copy()
    heights: F = geodetic_from_local(scenario.origin, places)[:, 2]
    return heights


def _target_notes(scenario: Scenario, target: Target) -> Iterator[str]:
    """Notes on the speed and the cross-section of one target."""
    name, speed = target_name(target.id, len(scenario.targets)), float(np.linalg.norm(target.velocity_m_s))
    if 700.0 < speed < 7000.0:
        yield (
            f"{name} moves at {speed:.0f} m/s, more than twice the speed of sound: {speed:.0f} km/h are "
            f"{speed / 3.6:.0f} m/s"
        )
    if speed > 12_000.0:
        yield f"{name} moves at {speed:.4g} m/s, faster than anything in orbit: velocity_m_s is in m/s"
    area_m2 = cross_section_of(target.reflection)
    if area_m2 > 1e5 and scenario.propagation.is_radar_equation(scenario.radio.wavelength_m):
        yield (
            f"the cross-section of {name} is {area_m2:.3g} m² ({ratio_to_db(area_m2):.1f} dBsm), more than that of the "
            "largest ships: rcs_m2 is in m² and rcs_dbsm in dB"
        )


def _other_notes(scenario: Scenario) -> Iterator[str]:
    """Notes on speeds, cross-sections, rates and clock offsets that seem to be in another unit."""
    for target in scenario.targets:
        yield from _target_notes(scenario, target)
    rates = scenario.rate_required_bps_hz
    if rates.max(initial=0.0) > 20.0:
        yield (
            f"a required rate is {rates.max():g} bit/s/Hz, more than any modulation gives: rates are in bit/s for "
            "each Hz, not in Mbit/s"
        )
    clocks: list[tuple[str, Transmitter | Receiver]] = [("the transmitter", scenario.transmitter)]
    clocks += [(one.id, one) for one in scenario.receivers]
    slow = [name for name, one in clocks if 1e-2 < one.clock_offset_std_s < np.inf]
    if slow:
        yield (
            f"clock_offset_std_s of {listed(slow)} exceeds 10 ms, a range error of 3000 km: the key is in s, "
            '10 ns are 10e-9; an offset of any size is "unknown"'
        )
    off = [name for name, one in clocks if 1e-3 * scenario.radio.carrier_hz < one.frequency_offset_std_hz < np.inf]
    if off:
        yield f"frequency_offset_std_hz of {listed(off)} exceeds 0.1 % of the carrier: the key is in Hz"
