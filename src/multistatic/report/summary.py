"""A design and a comparison as tables for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from multistatic.bounds.position import PositionBound
from multistatic.design.accuracy import WEAK_ECHO, weak_echoes
from multistatic.design.clock_step import clock_step
from multistatic.design.compare import Comparison
from multistatic.design.instance import criterion_unit
from multistatic.design.result import Accuracy, Design
from multistatic.design.unit_changes import UnitChanges
from multistatic.report.assumptions import assumptions_in_words
from multistatic.report.wording import criterion_name, error_apart, one_unit, percent, quantity
from multistatic.scenario.model import JOINT
from multistatic.selection.problem import Selection
from multistatic.signal.pulses import pulse_moments
from multistatic.units import F, ratio_to_db, watt_to_dbm

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_LEAST_CHANGE = 1e-4
_COLORS = {"optimal": "green", "feasible": "green", "infeasible": "red", "unverified": "red"}


def design_summary(design: Design, unit: UnitChanges | None = None) -> RenderableType:
    """Verdict, group, beams, accuracy, then one line a receiver. An infeasible design is its message.

    `unit`: what a whole unit more of rate and power does; without it the slopes tell of a tenth.
    """
    from rich.console import Group
    from rich.text import Text

    head = Text.assemble(
        (design.scenario.name, "bold"), "  ", (design.status, f"bold {_COLORS[design.status]}"), f"  {design.message}"
    )
    if design.accuracy is None:
        return head
    return Group(head, Text(), _facts(design, design.accuracy, unit), Text(), _receivers(design, design.accuracy))


def comparison_table(rows: Sequence[Comparison], criterion: str) -> RenderableType:
    """One line a method, best first, and below it why some have no design and what all of them assume."""
    from rich.console import Group
    from rich.text import Text

    # Names are for copying: they are never broken. What is long is the criterion's name, so that gets lines of its own.
    columns = (f">{name}" for name in _columns(rows, criterion))
    table = light_table("selector", "beamformer", "status", *columns, whole=True)
    for row in rows:
        size = "" if row.design is None or row.value is None else str(int(row.design.selected.sum()))
        value = "–" if row.value is None else f"{row.value:.5g}"
        cells = (row.selector, row.beamformer, row.status, size, value, percent(row.gap), quantity(row.time_s, "s"))
        best = row.gap is not None and row.gap < 1e-9
        table.add_row(*(Text(cell) for cell in cells), style="bold" if best else "" if row.value is not None else "dim")
    failed = [Text(f"{row.selector} + {row.beamformer}: {row.message}", "dim") for row in rows if row.value is None]
    scenario = next((row.design.scenario for row in rows if row.design is not None), None)
    assumed = [] if scenario is None else [Text(assumptions_in_words(scenario), "dim")]
    return Group(table, *failed, *assumed)


def _columns(rows: Sequence[Comparison], criterion: str) -> tuple[str, ...]:
    unit = next((criterion_unit(row.design) for row in rows if row.design is not None), "")
    return "group", fill(criterion_name(criterion, unit), 9), "gap", "time"


def _facts(design: Design, accuracy: Accuracy, unit: UnitChanges | None) -> Table:
    """What holds for the group as a whole, as name and value."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in _facts_in_words(design, accuracy, unit):
        table.add_row(name, Text(value))
    check = design.verification
    if check is not None:
        verdict = f"{'passed' if check.passed else 'FAILED'}, largest relative violation {check.max_violation:.1e}"
        table.add_row("verification", Text(verdict, "green" if check.passed else "bold red"))
    return table


def _facts_in_words(design: Design, accuracy: Accuracy, unit: UnitChanges | None) -> list[tuple[str, str]]:
    facts = [("cooperating", _group(design))]
    if design.scheme != "mono" and design.cost_m is not None:
        limit_m = design.scenario.requirements.cooperation_cost_m
        limit = f"at most {limit_m:.4g} m" if math.isfinite(limit_m) else "no limit"
        facts.append(("cooperation cost", f"{design.cost_m:.4g} m, {limit}"))
    if design.selection is not None:
        proof = _above_bound(design, design.selection)
        value = "–" if design.selection.value is None else f"{design.selection.value:.5g}"
        name = criterion_name(design.scenario.design.criterion, criterion_unit(design))
        facts.append(("selection", f"{name} {value} by {design.selection.method}{proof}"))
    result = design.beamforming
    if result is not None and result.illumination_w:
        gap = _below_bound(result.gap)
        level = f"{watt_to_dbm(result.illumination_w):.2f} dBm on target"
        facts.append(("illumination", f"{level} ({quantity(result.illumination_w, 'W')}) by {result.method}{gap}"))
    if result is not None and result.power_w is not None:
        limit_w = design.scenario.transmitter.power_w
        facts.append(("power", f"{quantity(result.power_w, 'W')} of {quantity(limit_w, 'W')}"))
    if weak := weak_echoes(accuracy, design.selected):
        names = ", ".join(weak[:4]) + (f" and {len(weak) - 4} more" if len(weak) > 4 else "")
        level = f"less than {ratio_to_db(WEAK_ECHO):.0f} dB in a block"
        peaks = "an estimator there finds peaks of the noise and does not reach these bounds"
        facts.append(("weak echoes", f"{names}: {level}; {peaks}"))
    facts.append(("position error", _bounds(accuracy, "peb_m", "m")))
    facts.append(("velocity error", _bounds(accuracy, "veb_m_s", "m/s")))
    notes = dict.fromkeys(each.note for each in (accuracy.position, accuracy.position_with_angles) if each.note)
    facts += [("note", note) for note in notes]
    facts.append(("assumptions", assumptions_in_words(design.scenario, one_clock=design.scheme == "mono")))
    pulse = design.scenario.radio.pulse
    if not pulse_moments(pulse).continuous:
        without = f"of the {pulse.kind} pulse without the jumps at its ends, whose bandwidth is infinite"
        facts.append(("delay bounds", without))
    if result is not None and result.stationarity is not None:
        facts.append(("stationarity", f"residual {result.stationarity:.0e}"))
    return facts + list(_worth(design, unit))


def _worth(design: Design, unit: UnitChanges | None) -> Iterator[tuple[str, str]]:
    """What the next unit of each thing that is scarce does to the criterion, and an error of clocks to the position;
    nothing where it changes nothing.
    """
    clock = clock_step(design)
    if clock is not None and (clock.value is None or _matters(clock.change)):
        grown = "unobservable" if clock.value is None else f"{quantity(clock.value, 'm')}, {_growth(clock.change)}"
        yield "+1 ns of clock error", f"independent, at every cooperating receiver: position error {grown}"
    found, name = design.sensitivity, criterion_name(design.scenario.design.criterion).partition(" (")[0]
    if found is None:
        return
    most = "(the most expensive receiver)"
    if unit is not None:
        change = "cannot be met" if unit.rate_change is None else f"{name} {percent(unit.rate_change)}"
        if unit.rate_change is None or _matters(unit.rate_change):
            yield "+1 bit/s/Hz", f"at {unit.receiver_id} {most}: {change}"
        if _matters(unit.power_change):
            yield "+1 dB of power", f"{name} {percent(unit.power_change)}"
    elif found.rate_per_bps_hz is not None and found.power_per_db is not None:
        worst = int(np.argmax(found.rate_per_bps_hz))
        rate, power = 0.1 * float(found.rate_per_bps_hz[worst]), 0.1 * found.power_per_db
        if _matters(rate):
            yield "+0.1 bit/s/Hz", f"at {design.scenario.receiver_ids[worst]} {most}: {name} {percent(rate)}"
        if _matters(power):
            yield "+0.1 dB of power", f"{name} {percent(power)}"
    if found.budget is not None:
        group, change = ", ".join(found.budget.selected), percent(found.budget.change)
        if found.budget.extra_m > 0.0 and _matters(found.budget.change):
            yield f"+{quantity(found.budget.extra_m, 'm')} of cost", f"{name} {change} with {group}"
        elif found.budget.extra_m == 0.0:
            yield "affordable", f"{name} {change} with {group}"


def _growth(change: float | None) -> str:
    """A relative change in per cent, or as a factor where it is a large one."""
    return percent(change) if change is None or change < 9.5 else f"{1.0 + change:,.0f} times as much"


def _matters(change: float | None) -> bool:
    """True for a relative change of 0.01 % or more: less is nothing that a reader would act on."""
    return change is not None and abs(change) >= _LEAST_CHANGE


def _above_bound(design: Design, selection: Selection) -> str:
    """What is proven of the group; unless group and beams were searched together, only for the beams as they are."""
    together = design.status == "optimal" or selection.method == JOINT
    beams = "" if together else " for these beams"
    if selection.status == "optimal":
        return f", proven optimal{beams}"
    return "" if selection.excess is None else f", at most {100 * selection.excess:.2g} % above the best{beams}"


def _below_bound(gap: float | None) -> str:
    if gap is None:
        return ""
    return ", proven optimal" if gap < 1e-6 else f", at most {100 * gap:.2g} % below what is possible"


def _group(design: Design) -> str:
    if design.scheme == "mono":
        return "none: the transmitter receives its own echo"
    return f"{', '.join(design.selected_ids)} ({len(design.selected_ids)} of {len(design.selected)})"


def _bounds(accuracy: Accuracy, name: str, unit: str) -> str:
    """The bound from delays and Dopplers, and with directions of arrival; the reason where one does not exist."""
    plain, with_angles = getattr(accuracy.position, name), getattr(accuracy.position_with_angles, name)
    first = _reason(accuracy.position) if plain is None else quantity(plain, unit)
    if name == "peb_m" and (apart := error_apart(accuracy.position.covariance_m2)):
        first += f" ({apart})"
    if with_angles is None or quantity(with_angles, unit) == quantity(plain, unit):
        return first
    return f"{first}; {quantity(with_angles, unit)} with angles of arrival"


def _reason(bound: PositionBound) -> str:
    return f"unobservable: {bound.reason.rstrip('.')}" if bound.reason else "unobservable"


def _receivers(design: Design, accuracy: Accuracy) -> Table:
    """One line a receiver: its rate, the echo SNR of a block, and how well it alone measures the bistatic range and its
    rate: delay and Doppler with the offsets of the clocks. Each column has one unit, in its head.
    """
    from rich.text import Text

    scenario, result = design.scenario, design.beamforming
    assert result is not None
    assert result.rates_bps_hz is not None
    place = {name: k for k, name in enumerate(accuracy.sensor_ids)}
    distance_unit, distances = one_unit(scenario.geometry().target_receiver_m, "m")
    range_unit, ranges = _deviations(accuracy.range_std_m, accuracy.delay_std_s, "m")
    speed_unit, speeds = _deviations(accuracy.range_rate_std_m_s, accuracy.doppler_std_hz, "m/s")
    table = light_table(
        "",
        "receiver",
        f">to target\n{distance_unit}",
        ">rate\nb/s/Hz",
        ">required\nb/s/Hz",
        ">block SNR\ndB",
        f">range\n± {range_unit}",
        f">range rate\n± {speed_unit}",
    )
    for k, receiver in enumerate(scenario.receivers):
        chosen, rate, required = bool(design.selected[k]), result.rates_bps_hz[k], receiver.rate_required_bps_hz
        sensor = place.get(receiver.id)
        sensed = ("–", "–", "–") if sensor is None else (_block_snr(accuracy, sensor), ranges[sensor], speeds[sensor])
        cells = ("●" if chosen else "", receiver.id, distances[k], f"{rate:.3f}", f"{required:.3f}", *sensed)
        missed = rate < required * (1 - 1e-6)
        style = "red" if missed else "bold" if chosen else "dim"
        table.add_row(*(Text(cell) for cell in cells), style=style)
    if design.scheme == "mono":
        cells = ("●", "transmitter", "", "", "", _block_snr(accuracy, 0), ranges[0], speeds[0])
        table.add_row(*(Text(cell) for cell in cells), style="bold")
    return table


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


def light_table(*columns: str, whole: bool = False) -> Table:
    """A light table; a column whose name begins with > is set flush right. `whole`: no cell is ever broken."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", collapse_padding=True)
    for name in columns:
        number = name.startswith(">")
        table.add_column(
            name.removeprefix(">"), justify="right" if number else "left", no_wrap=number or whole, overflow="fold"
        )
    return table
