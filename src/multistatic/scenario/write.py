"""The resolved scenario as TOML: defaults written out, placements explicit, the same bits when it is parsed again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from multistatic.registry import name_of, place_of
from multistatic.scenario.algorithm_settings import PATH, algorithm_name, as_table
from multistatic.scenario.array_tables import array_keys
from multistatic.scenario.cross_section import cross_section_of, reflection_of
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Choice, DesignSettings, Receiver, Scenario, Transmitter, free_space_gain
from multistatic.scenario.target_keys import target_keys
from multistatic.units import db_to_ratio, dbm_to_watt, ratio_to_db, watt_to_dbm

Keys = Mapping[str, object]

NOTE = "# The complete scenario: every default and every position is written out."
NOTE_OF_CHANNEL_FILE = "# With the channels of its channel file it gives the same design again, bit for bit."
NOTE_OF_CALLABLES = (
    "# The complete scenario, except for functions of the program that made this design: a file cannot hold them.\n"
    "# They are named below. With the defaults in their place the design is another one."
)


CHANNEL_FILE = "channel.npz"
"""Name of the file of channels beside the scenario of a design."""


@dataclass(frozen=True, slots=True)
class _Comment:
    """What stands in the place of a value that TOML has no form for."""

    text: str


def _named(choice: Choice) -> object:
    """The name of an algorithm; of a callable a comment that says which one it was."""
    return choice if isinstance(choice, str) else _Comment(f"the callable {name_of(choice)} ({place_of(choice)})")


def designed_toml(scenario: Scenario) -> str:
    """The content of `scenario.toml` among the files of a design: `resolved_toml` with the channels in the file beside
    it.

    >>> from multistatic import load_preset
    >>> designed_toml(load_preset("paper")).count(CHANNEL_FILE)
    1
    """
    return resolved_toml(scenario, channel_file=CHANNEL_FILE)


def resolved_toml(scenario: Scenario, *, channel_file: str = "") -> str:
    """The TOML text that `parse_scenario` turns into this very scenario, bit for bit.

    Levels are written in dB or dBm where some decimal number gives the same bits, else as `power_w` and the like.
    Latitudes and longitudes appear as the local metres they became, beside the origin. `channel_file`: the file that
    holds the direct channels, relative to that of the text; where nothing is said, the one that they were read from, or
    the name of their model. Depends on these alone: the same scenario gives the same bytes.
    """
    wavelength = scenario.radio.wavelength_m
    propagation, requirements, design = scenario.propagation, scenario.requirements, scenario.design
    head: Keys = {"schema": 1, "name": scenario.name, "seed": scenario.seed}
    choices = (propagation.direct if not channel_file else "", design.criterion, design.selector, design.beamformer)
    lines: list[str] = [NOTE_OF_CALLABLES if any(map(callable, choices)) else NOTE]
    if channel_file and lines == [NOTE]:
        lines.append(NOTE_OF_CHANNEL_FILE)
    lines += _pairs(head)
    if scenario.origin is not None:
        origin = scenario.origin
        keys = {"latitude_deg": origin.latitude_deg, "longitude_deg": origin.longitude_deg, "height_m": origin.height_m}
        lines += _table("[origin]", keys)
    radio = scenario.radio
    pulse = {"kind": radio.pulse.kind, "rolloff": radio.pulse.rolloff, "span_slots": radio.pulse.span_slots}
    rates = {"carrier_hz": radio.carrier_hz, "bandwidth_hz": radio.bandwidth_hz, "samples": radio.samples}
    lines += _table("[radio]", {**rates, "pulse": pulse})
    lines += _table("[transmitter]", _transmitter(scenario, wavelength))
    for receiver in scenario.receivers:
        antennas = {**array_keys(receiver.array, wavelength), **_clock(receiver)}
        lines += _table("[[receivers.site]]", {"id": receiver.id, "position_m": receiver.position_m, **antennas})
    radar = propagation.is_radar_equation(wavelength)
    for target in scenario.targets:
        one = len(scenario.targets) == 1
        lines += _table(
            "[target]" if one else "[[target]]",
            target_keys(target, _reflection(target.reflection, radar), named=not one),
        )
    lines += _table("[channel]", _channel(scenario, wavelength, _direct(scenario, channel_file)))
    for scatterer in propagation.scatterers:
        place: Keys = {"position_m": scatterer.position_m, **_reflection(scatterer.reflection, radar)}
        lines += _table("[[channel.scatterer]]", place)
    limited = math.isfinite(requirements.cooperation_cost_m)
    lines += _table(
        "[requirements]",
        {
            "rate_bps_hz": _rates(scenario.receivers),
            "cooperation_cost_m": requirements.cooperation_cost_m if limited else None,
            "distance_weight": requirements.distance_weight,
        },
    )
    lines += _table("[design]", _design(design))
    for settings in design.options:
        lines += _table(f"[{PATH}.{_key(algorithm_name(settings))}]", _held(as_table(settings)))
    return "\n".join(lines) + "\n"


def _held(table: Mapping[str, object]) -> Keys:
    """The keys of a table that TOML can hold: it has no null, and an absent key has its default."""
    held = {key: _held(value) if isinstance(value, Mapping) else value for key, value in table.items()}
    return {key: value for key, value in held.items() if value is not None}


_ABSENT = {
    "cooperation_cost_m": "no limit",
    "receivers": "as many as improve the criterion",
    "dimensions": "2 if everything lies in one horizontal plane, else 3",
    "over_points": "posterior where a target has a prior, else worst",
}


def _design(design: DesignSettings) -> Keys:
    return {
        "criterion": _named(design.criterion),
        "velocity_weight_s": design.velocity_weight_s,
        "selector": _named(design.selector),
        "beamformer": _named(design.beamformer),
        "streams": design.streams,
        "receivers": design.receivers,
        "given": list(design.given),
        "dimensions": design.dimensions,
        "alternate": design.alternate,
        "certificate": design.certificate,
        "over_points": design.over_points,
    }


def _transmitter(scenario: Scenario, wavelength_m: float) -> Keys:
    transmitter = scenario.transmitter
    keys = {"position_m": transmitter.position_m, **array_keys(transmitter.array, wavelength_m)}
    keys |= _level("power_dbm", "power_w", transmitter.power_w, dbm_to_watt, watt_to_dbm)
    if transmitter.receive_array is not None:
        written = array_keys(transmitter.receive_array, wavelength_m)
        keys |= {f"receive_{key}": value for key, value in written.items()}
    return {**keys, **_clock(transmitter)}


def _clock(node: Transmitter | Receiver) -> dict[str, object]:
    """Offsets of a clock that is not synchronised; nothing of one that is."""
    offsets = {
        "clock_offset_std_s": node.clock_offset_std_s,
        "frequency_offset_std_hz": node.frequency_offset_std_hz,
    }
    return {key: value if math.isfinite(value) else "unknown" for key, value in offsets.items() if value > 0}


def _channel(scenario: Scenario, wavelength_m: float, direct: object) -> Keys:
    """The table `channel` of a scenario, with levels in dB wherever these give the same bits again."""
    channel = scenario.propagation
    loss: Keys = {"reference_loss_db": "free_space"}
    if channel.reference_gain != free_space_gain(wavelength_m):
        loss = _level("reference_loss_db", "reference_gain", channel.reference_gain, _loss_to_gain, _gain_to_loss)
    leakage: Keys = {"direct_path_leakage_db": "none"}
    if channel.direct_path_leakage > 0:
        ratio = channel.direct_path_leakage
        leakage = _level("direct_path_leakage_db", "direct_path_leakage", ratio, db_to_ratio, ratio_to_db)
    clutter: Keys = {"clutter_power_w": 0.0}
    if channel.clutter_power_w > 0:
        clutter = _level("clutter_power_dbm", "clutter_power_w", channel.clutter_power_w, dbm_to_watt, watt_to_dbm)
    return {
        "path_loss_exponent": channel.path_loss_exponent,
        **loss,
        "echo_law": channel.echo_law,
        "direct": direct,
        "rician_factor": channel.rician_factor,
        **_level("noise_power_dbm", "noise_power_w", channel.noise_power_w, dbm_to_watt, watt_to_dbm),
        **clutter,
        "clutter": channel.clutter,
        **leakage,
    }


def _direct(scenario: Scenario, channel_file: str) -> object:
    """The model of the direct channels, or the file that they are in."""
    given = scenario.propagation.direct
    if isinstance(given, GivenChannel):
        return {"file": channel_file or given.path or "channel.npz"}
    return {"file": channel_file} if channel_file else _named(given)


def _reflection(reflection: float, radar: bool) -> dict[str, object]:
    """The cross-section in m² where the radar equation gives it a meaning and some number gives the same bits back."""
    near = cross_section_of(reflection)
    candidates = [float(f"{near:.{digits}g}") for digits in range(1, 18)]
    candidates += [math.nextafter(near, math.inf), math.nextafter(near, -math.inf)]
    exact = (area for area in candidates if radar and reflection_of(area) == reflection)
    area = next(exact, None)
    return {"reflection": reflection} if area is None else {"rcs_m2": area}


def _loss_to_gain(loss_db: float) -> float:
    return db_to_ratio(-loss_db)


def _gain_to_loss(gain: float) -> float:
    return -ratio_to_db(gain)


def _level(
    db_key: str, linear_key: str, linear: float, to_linear: Callable[[float], float], to_db: Callable[[float], float]
) -> dict[str, object]:
    """The level in dB, at the fewest digits that give the same bits back; the linear value where none do.

    A double near 30 dB resolves ratios to 8e-16, coarser than the 2e-16 of the ratio itself: some have no level.
    """
    near = to_db(linear)
    candidates = [round(near, digits) for digits in range(15)] + [near]
    candidates += [math.nextafter(near, math.inf), math.nextafter(near, -math.inf)]
    for level in candidates:
        if to_linear(level) == linear:
            return {db_key: level + 0.0}
    return {linear_key: linear}


def _rates(receivers: Sequence[Receiver]) -> float | dict[str, float]:
    rates = {receiver.id: receiver.rate_required_bps_hz for receiver in receivers}
    common = set(rates.values())
    return common.pop() if len(common) == 1 else rates


def _table(header: str, keys: Keys) -> list[str]:
    return ["", header, *_pairs(keys)]


def _pairs(keys: Keys) -> Iterator[str]:
    for key, value in keys.items():
        if isinstance(value, _Comment):
            yield f"# {key}: {value.text}"
            continue
        yield f"# {key}: {_ABSENT[key]}" if value is None else f"{_key(key)} = {_value(value)}"


def _value(value: object) -> str:
    """A TOML value; floats by `repr`, which is exact."""
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            return repr(float(value))
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case np.ndarray():
            return _value(value.tolist())
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
        case Sequence():
            return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"{value!r} has no TOML form")


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else _value(key)
