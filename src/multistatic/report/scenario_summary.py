"""What a scenario amounts to, in numbers a person can check before anything is designed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from multistatic.channel.path_loss import direct_gain, echo_gain, target_reflection
from multistatic.registry import name_of
from multistatic.report.target_words import targets_described, targets_in_words
from multistatic.report.text_table import Prose, TableColumn, TableRow, TextTable
from multistatic.report.wording import quantity
from multistatic.scenario.assumptions import assumptions
from multistatic.scenario.cross_section import cross_section_of
from multistatic.scenario.given_channel import GivenChannel, quoted
from multistatic.scenario.model import Scenario
from multistatic.scenario.occupied_band import occupied_band_hz, occupied_band_in_words
from multistatic.units import F, ratio_to_db, watt_to_dbm

if TYPE_CHECKING:
    from rich.console import RenderableType

_ARRAYS = {
    "direct": "the direct channels",
    "echo_gain": "the gains of the echoes",
    "steering_tx": "the steering vectors of the transmitter",
    "steering_rx": "the steering vectors of the receivers",
}


def scenario_summary(scenario: Scenario) -> dict[str, Any]:
    """Counts, distances, delays, Doppler shifts and signal-to-noise ratios of a scenario, ready for JSON.

    `direct_snr_db`: η_bk P_T/σ_z², one antenna on either side, mean over the fading; of given channels the mean over
    their antennas, None without a path. `channel`: where the channels come from, and what of them. `echo_snr_db`: of
    the combined receive antennas per sample with the whole power on the target, η_kβ N_t N_r P_T/(σ_z² + σ_c²),
    signal-independent clutter only. `occupied_band_hz`: None where the pulse has no finite bandwidth or one that is not
    known, as `occupied_band` says. `target_rcs_m2`: 4π times the reflection factor where the echo follows the radar
    equation. `targets`: each with its points and what is known of it, and of several targets its own cross-section,
    speed, distances, delays and levels, in the middle of where it may be. All others are those of the middle of all
    targets, which of one target is its position. `points`: number of points where a design looks.
    """
    propagation, transmitter, radio = scenario.propagation, scenario.transmitter, scenario.radio
    target = scenario.middle().target
    given = propagation.direct if isinstance(propagation.direct, GivenChannel) else None
    band_hz = occupied_band_hz(radio)
    radar = propagation.is_radar_equation(radio.wavelength_m)
    return {
        "valid": True,
        "name": scenario.name,
        "seed": scenario.seed,
        "dimensions": scenario.dimensions,
        "wavelength_m": radio.wavelength_m,
        "slot_s": radio.slot_s,
        "symbol_rate_hz": radio.symbol_rate_hz,
        "occupied_band_hz": band_hz if band_hz is not None and math.isfinite(band_hz) else None,
        "occupied_band": occupied_band_in_words(radio),
        "block_s": radio.samples * radio.slot_s,
        "transmit_antennas": transmitter.array.size,
        "power_dbm": watt_to_dbm(transmitter.power_w),
        "noise_power_dbm": watt_to_dbm(propagation.noise_power_w),
        "transmitter_target_m": scenario.geometry().transmitter_target_m,
        "target_reflection": target.reflection,
        "target_rcs_m2": cross_section_of(target.reflection) if radar else None,
        "target_rcs_std_db": target.rcs_std_db,
        "channel": _channel(scenario),
        "speed_m_s": float(np.linalg.norm(target.velocity_m_s)),
        "targets": [row | own for row, own in zip(targets_described(scenario), _own(scenario), strict=True)],
        "over_points": scenario.over_points,
        "points": scenario.points().count,
        "point_reasons": list(scenario.points().reasons),
        "receivers": _receivers(scenario, given, _nearest_point(scenario, scenario.middle_m)),
        "assumptions": asdict(assumptions(scenario)),
        "notes": model_notes(scenario),
    }


def _own(scenario: Scenario) -> list[dict[str, Any]]:
    """Strength, speed, distances and levels of each of several targets; of a single one the summary states them."""
    if len(scenario.targets) == 1:
        return [{}]
    propagation, radio = scenario.propagation, scenario.radio
    given = propagation.direct if isinstance(propagation.direct, GivenChannel) else None
    radar = propagation.is_radar_equation(radio.wavelength_m)
    found = []
    for number, target in enumerate(scenario.targets):
        alone = replace(scenario, targets=(target,), design=replace(scenario.design, over_points=None)).middle()
        rows = _receivers(alone, given, _nearest_point(scenario, alone.targets[0].position_m, number))
        kept = ("id", "target_m", "delay_s", "doppler_hz", "echo_snr_db")
        found.append(
            {
                "target_reflection": target.reflection,
                "target_rcs_m2": cross_section_of(target.reflection) if radar else None,
                "speed_m_s": float(np.linalg.norm(target.velocity_m_s)),
                "transmitter_target_m": alone.geometry().transmitter_target_m,
                "receivers": [{key: row[key] for key in kept} for row in rows],
            }
        )
    return found


def _channel(scenario: Scenario) -> dict[str, Any]:
    """Where the channels come from: the name of a model, or a file and what it gives; the rest is by geometry."""
    given = scenario.propagation.direct
    if not isinstance(given, GivenChannel):
        return {"source": name_of(given), "by_geometry": ["echo_gain", "steering_tx", "steering_rx"]}
    held = [name for name in ("echo_gain", "steering_tx") if getattr(given, name) is not None]
    return {
        "source": given.path or "given",
        "sha256": given.sha256,
        "shape": list(given.direct.shape),
        "receiver_ids": None if given.receiver_ids is None else list(given.receiver_ids),
        "carrier_hz": given.carrier_hz,
        "median_gain_db": given.median_gain_db,
        "given": ["direct", *held],
        "by_geometry": [name for name in ("echo_gain", "steering_tx", "steering_rx") if name not in held],
    }


def _nearest_point(scenario: Scenario, position_m: F, of_target: int | None = None) -> int:
    """The point nearest to a position, of one target or of all: the row of given channels that holds there."""
    points = scenario.points()
    distance_m = np.linalg.norm(points.position_m - position_m, axis=1)
    if of_target is not None:
        distance_m[points.target != of_target] = np.inf
    return int(np.argmin(distance_m))


def _receivers(scenario: Scenario, given: GivenChannel | None, row: int) -> list[dict[str, Any]]:
    """Distances, delay, Doppler shift and levels of each receiver; `row` of given channels that are those of points."""
    geometry, propagation, transmitter = scenario.geometry(), scenario.propagation, scenario.transmitter
    target = scenario.middle().target
    antennas = np.array([receiver.array.size for receiver in scenario.receivers])
    direct = direct_gain(propagation, geometry.transmitter_receiver_m)
    if given is not None:
        power = np.abs(given.direct_of(dict(zip(scenario.receiver_ids, antennas.tolist(), strict=True)))) ** 2
        direct = power.sum(axis=(1, 2)) / (antennas * transmitter.array.size)
    direct = direct * transmitter.power_w / propagation.noise_power_w
    disturbance_w = propagation.noise_power_w
    if propagation.clutter == "independent":
        disturbance_w += propagation.clutter_power_w
    echo = echo_gain(propagation, geometry.transmitter_target_m, geometry.target_receiver_m) * target_reflection(
        target, geometry
    )
    given_echo = None if given is None else given.echo_gain_of(scenario.receiver_ids)
    echo = echo if given_echo is None else given_echo[row]
    steering = None if given is None else given.steering_tx
    towards = transmitter.array.size if steering is None else float(np.sum(np.abs(np.atleast_2d(steering)[row]) ** 2))
    echo = echo * antennas * towards * transmitter.power_w / disturbance_w
    doppler_hz = geometry.doppler_hz(target.velocity_m_s, scenario.radio.carrier_hz)
    return [
        {
            "id": receiver.id,
            "position_m": receiver.position_m.tolist(),
            "antennas": receiver.array.size,
            "rate_required_bps_hz": receiver.rate_required_bps_hz,
            "transmitter_m": float(geometry.transmitter_receiver_m[k]),
            "target_m": float(geometry.target_receiver_m[k]),
            "delay_s": float(geometry.delay_s[k]),
            "doppler_hz": float(doppler_hz[k]),
            "direct_snr_db": ratio_to_db(float(direct[k])) if direct[k] > 0 else None,
            "echo_snr_db": ratio_to_db(float(echo[k])) if echo[k] > 0 else None,
        }
        for k, receiver in enumerate(scenario.receivers)
    ]


def model_notes(scenario: Scenario) -> list[str]:
    """Where the scenario strains the model: near field, wide band, gain below 1 m, echoes longer than the block."""
    geometry, radio = scenario.geometry(), scenario.radio
    notes = []
    arrays = {"transmitter": scenario.transmitter.array} | {r.id: r.array for r in scenario.receivers}
    nearest = {"transmitter": min(geometry.transmitter_target_m, float(geometry.transmitter_receiver_m.min()))}
    nearest |= {
        name: float(min(to_target, to_transmitter))
        for name, to_target, to_transmitter in zip(
            scenario.receiver_ids, geometry.target_receiver_m, geometry.transmitter_receiver_m, strict=True
        )
    }
    apertures = {name: float(np.linalg.norm(np.ptp(array.elements_m, axis=0))) for name, array in arrays.items()}
    for name, aperture in apertures.items():
        far_field = 2 * aperture**2 / radio.wavelength_m
        if far_field > nearest[name]:
            notes.append(
                f"{name}: plane waves are assumed, but its array's far field begins at {far_field:.3g} m "
                f"and the nearest node is {nearest[name]:.3g} m away"
            )
    if radio.symbol_rate_hz > 0.1 * radio.carrier_hz:
        notes.append(
            f"the symbol rate is {radio.symbol_rate_hz / radio.carrier_hz:.0%} of the carrier; the model is narrowband"
        )
    shortest = min(nearest.values())
    if shortest < 1.0:
        notes.append(f"two nodes are {shortest:.3g} m apart; below 1 m the path-loss law amplifies")
    longest = float(geometry.delay_s.max()) / radio.slot_s
    if longest > radio.samples:
        notes.append(f"the longest echo takes {longest:.0f} slots, more than the block of {radio.samples} samples")
    return notes


def scenario_table(summary: dict[str, Any], assumed: str) -> RenderableType:
    """The summary as a table with a heading, for a terminal; below it what is `assumed` in all of it."""
    from rich.console import Group
    from rich.text import Text

    receivers, several = summary["receivers"], len(summary["targets"]) > 1
    heading = [
        f"{summary['name']}: {len(receivers)} receivers, {summary['transmit_antennas']} transmit antennas, "
        f"transmit power {summary['power_dbm']:.1f} dBm, noise power {summary['noise_power_dbm']:.1f} dBm, "
        f"wavelength {100 * summary['wavelength_m']:.3g} cm",
        f"{len(summary['targets'])} targets, {summary['dimensions']} unknown coordinates"
        if several
        else f"{_whose(summary)}: {_what_and_where(summary)}, {summary['dimensions']} unknown coordinates",
        f"block: {1e6 * summary['block_s']:.4g} µs at {1e-6 * summary['symbol_rate_hz']:.4g} Msymbol/s",
        f"pulse: {summary['occupied_band']}",
        *targets_in_words(summary),
        *(_own_in_words(each, summary["over_points"]) for each in summary["targets"] if several),
    ]
    antennas, rates = ({row[key] for row in receivers} for key in ("antennas", "rate_required_bps_hz"))
    # What all receivers have alike is a line above the table.
    alike = [f"{next(iter(antennas))} antennas"] if len(antennas) == 1 else []
    alike += [f"required rate {next(iter(rates)):.3g} bit/s/Hz"] if len(rates) == 1 else []
    if alike:
        heading.append(f"every receiver: {', '.join(alike)}")
    columns = (
        TableColumn(name="receiver", number=False),
        *([TableColumn(name="antennas")] if len(antennas) > 1 else []),
        *([TableColumn(name="required rate", unit="bit/s/Hz")] if len(rates) > 1 else []),
        TableColumn(name="to transmitter", unit="m"),
        *([] if several else _TARGET_COLUMNS[_whose(summary)]),
        TableColumn(name="direct SNR", unit="dB"),
        *([] if several else [TableColumn(name="echo SNR", unit="dB")]),
    )
    rows = []
    for row in receivers:
        cells = (
            row["id"],
            *([str(row["antennas"])] if len(antennas) > 1 else []),
            *([f"{row['rate_required_bps_hz']:.3g}"] if len(rates) > 1 else []),
            f"{row['transmitter_m']:.1f}",
            *([] if several else [f"{row['target_m']:.1f}", f"{1e9 * row['delay_s']:.1f}", f"{row['doppler_hz']:.1f}"]),
            *(
                "none" if row[key] is None else f"{row[key]:.1f}"
                for key in ("direct_snr_db", "echo_snr_db")[: 1 if several else 2]
            ),
        )
        rows.append(TableRow(cells=cells))
    foot = (
        "direct SNR: between one antenna at either end, with all of the transmit power. echo SNR: of all antennas with "
        f"all of the power towards {'one target alone' if several else _whose(summary)}, in one sample.",
    )
    table = TextTable(columns=columns, rows=tuple(rows), notes=foot)
    channel = [_channel_line(summary["channel"])] if "shape" in summary["channel"] else []
    notes = (f"note: {note}" for note in summary["notes"])
    below = (*channel, f"assumptions: {assumed}", *notes)
    return Group(*map(Prose, heading), Text(), table, Text(), *map(Prose, below))


def _channel_line(channel: dict[str, Any]) -> str:
    """What a channel file gives, in a sentence."""
    count, rows, columns = channel["shape"]
    ids, carrier_hz, median_db = channel["receiver_ids"], channel["carrier_hz"], channel["median_gain_db"]
    order = "in the scenario's order" if ids is None else f"with the ids {quoted(ids)}"
    carrier = "no carrier stated" if carrier_hz is None else f"carrier {quantity(carrier_hz, 'Hz')}"
    level = "no path at all" if median_db is None else f"median gain between two antennas {median_db:.1f} dB"
    return (
        f"channels: {channel['source']} gives {_held(channel['given'])} for {count} receivers {order}, "
        f"{rows} receive and {columns} transmit antennas, {carrier}, {level}; "
        f"{_held(channel['by_geometry'])} are computed from the geometry of the scenario"
    )


def _held(names: Sequence[str]) -> str:
    """What arrays of a channel are, in words: `the direct channels and the gains of the echoes`."""
    *first, last = (_ARRAYS[name] for name in names)
    return f"{', '.join(first)} and {last}" if first else last


_TARGET_COLUMNS = {
    whose: [
        TableColumn(name=name, unit="m"),
        TableColumn(name="delay", unit="ns"),
        TableColumn(name="Doppler", unit="Hz"),
    ]
    for whose, name in (("target", "to target"), ("a target in the middle", "to the middle"))
}


def _whose(summary: dict[str, Any]) -> str:
    """Of which target distances and levels are: of the target, or of one in the middle of where it may be."""
    return "target" if summary["assumptions"]["target"] == "exact" else "a target in the middle"


def _what_and_where(target: dict[str, Any]) -> str:
    return (
        f"{_strength(target)}, {target['transmitter_target_m']:.1f} m from the transmitter, "
        f"speed {target['speed_m_s']:.1f} m/s"
    )


def _own_in_words(target: dict[str, Any], over_points: str) -> str:
    """What one of several targets is, and the ranges of its distances, delays, Doppler shifts and levels."""
    rows = target["receivers"]
    place = "" if target["known"] == "exact" else " in the middle"
    weight = "" if over_points == "worst" else f", weight {target['weight']:.3g}"
    levels = [row["echo_snr_db"] for row in rows if row["echo_snr_db"] is not None]
    ranges = [
        _range([row["target_m"] for row in rows], "m") + " from the receivers",
        "delay " + _range([1e9 * row["delay_s"] for row in rows], "ns"),
        "Doppler " + _range([row["doppler_hz"] for row in rows], "Hz"),
        "echo SNR " + _range(levels, "dB") if levels else "no echo",
    ]
    return f"{target['id']}{place}: {_what_and_where(target)}{weight}; {', '.join(ranges)}"


def _range(values: Sequence[float], unit: str) -> str:
    return f"{min(values):.1f} to {max(values):.1f} {unit}" if len(values) > 1 else f"{values[0]:.1f} {unit}"


def _strength(summary: dict[str, Any]) -> str:
    """The target's reflection factor, and the cross-section that it is by the radar equation."""
    reflection, area_m2 = f"reflection factor {summary['target_reflection']:.3g}", summary["target_rcs_m2"]
    if area_m2 is None:
        return reflection
    return f"cross-section {area_m2:.3g} m² ({10 * math.log10(area_m2):.1f} dBsm, {reflection})"
