"""The receivers of a design as a table."""

from __future__ import annotations

import numpy as np

from multistatic.design.result import Accuracy, Design
from multistatic.report.points_in_words import WORST
from multistatic.report.text_table import Emphasis, TableColumn, TableRow, TextTable
from multistatic.report.wording import one_unit
from multistatic.units import F, ratio_to_db

SELECTED_MARK = "●"


def receiver_table(design: Design) -> TextTable | None:
    """One row a receiver: its distance, its rate, the echo SNR of a block, and how well it alone measures the bistatic
    range and its rate (delay and Doppler with the errors of the clocks). None for a design without beams.

    The required rate is a column where receivers differ in it, else a fact of the design (`design_facts`).

    >>> from multistatic import design_network, load_preset
    >>> receiver_table(design_network(load_preset("paper"))).rows[0].cells[:4]
    ('●', 'rx01', '53.4', '4.000')
    """
    scenario, result, accuracy = design.scenario, design.beamforming, design.accuracy
    if accuracy is None or result is None or result.rates_bps_hz is None:
        return None
    place = {name: k for k, name in enumerate(accuracy.sensor_ids)}
    distance_unit, distances = one_unit(_distances_m(design), "m")
    where = "target" if design.over_points is None else WORST
    range_unit, ranges = _deviations(accuracy.range_std_m, accuracy.delay_std_s, "m")
    speed_unit, speeds = _deviations(accuracy.range_rate_std_m_s, accuracy.doppler_std_hz, "m/s")
    differ = len({receiver.rate_required_bps_hz for receiver in scenario.receivers}) > 1
    columns = (
        TableColumn(name="", number=False),
        TableColumn(name="receiver", number=False),
        TableColumn(name=f"to {where}", unit=distance_unit),
        TableColumn(name="rate", unit="bit/s/Hz"),
        *([TableColumn(name="required", unit="bit/s/Hz")] if differ else []),
        TableColumn(name="block SNR", unit="dB"),
        TableColumn(name="range", unit=f"± {range_unit}"),
        TableColumn(name="range rate", unit=f"± {speed_unit}"),
    )
    rows = []
    for k, receiver in enumerate(scenario.receivers):
        chosen, rate, required = bool(design.selected[k]), result.rates_bps_hz[k], receiver.rate_required_bps_hz
        sensor = place.get(receiver.id)
        sensed = ("–", "–", "–") if sensor is None else (_block_snr(accuracy, sensor), ranges[sensor], speeds[sensor])
        rates = [f"{rate:.3f}", *([f"{required:.3f}"] if differ else [])]
        missed = rate < required * (1 - 1e-6)
        emphasis: Emphasis = "bad" if missed else "strong" if chosen else "weak"
        cells = (SELECTED_MARK if chosen else "", receiver.id, distances[k], *rates, *sensed)
        rows.append(TableRow(cells=cells, emphasis=emphasis))
    if design.scheme == "mono":
        rates = ["–"] * (1 + differ)
        sensed = (_block_snr(accuracy, 0), ranges[0], speeds[0])
        rows.append(TableRow(cells=(SELECTED_MARK, "transmitter", "–", *rates, *sensed), emphasis="strong"))
    spoiled = any("unknown" in row.cells for row in rows)
    return TextTable(columns=columns, rows=tuple(rows), keys=2, notes=_notes(design, spoiled))


def _notes(design: Design, spoiled: bool) -> tuple[str, ...]:
    mono = design.scheme == "mono"
    marked = "the transmitter receives its own echo" if mono else "cooperating receiver"
    whose = "what it measures by itself" if mono else "what is measured by each receiver alone"
    marks = f"{SELECTED_MARK}: {marked}. ±: bounds on the standard deviation of {whose}."
    points = [] if design.over_points is None else [f"Distances, block SNR and bounds are those of the {WORST}."]
    return (marks, *(["unknown: the error of a clock is unknown."] if spoiled else []), *points)


def _distances_m(design: Design) -> F:
    """Distances [K] of the receivers to the target, or to the worst point."""
    if design.over_points is None:
        return design.scenario.geometry().target_receiver_m
    return design.scenario.geometry_at(design.points.position_m[design.over_points.worst]).target_receiver_m


def _block_snr(accuracy: Accuracy, k: int) -> str:
    """The echo SNR of a block at sensor `k` in dB; a dash where no echo arrives."""
    ratio = float(accuracy.block_snr[k])
    return f"{ratio_to_db(ratio):.1f}" if ratio > 0 else "–"


def _deviations(with_clocks: F, alone: F, unit: str) -> tuple[str, list[str]]:
    """Standard deviations of all sensors [K] and their unit; `unknown` where a sensor measures and a clock spoils it, a
    dash where it does not measure.
    """
    name, texts = one_unit(with_clocks, unit)
    return name, [
        text if np.isfinite(value) else "unknown" if np.isfinite(signal) else "–"
        for text, value, signal in zip(texts, with_clocks, alone, strict=True)
    ]
