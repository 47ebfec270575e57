"""`multistatic estimate`: from SigMF recordings and the known signal to delays and Doppler shifts."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.design_command import JSON, QUIET
from multistatic.cli.numbers import number
from multistatic.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from multistatic.estimation.measurement import Measurement
    from multistatic.estimation.search_window import Search
    from multistatic.scenario.model import Scenario
    from multistatic.signal.waveform import Waveform
    from multistatic.simulation.recording import Recording

KNOWN = ("all", "s0")
ROWS_AT_MOST = 40
# A picture shows at least this many bins of Doppler resolution to either side of 0.
_PICTURED_BINS = 4.0
_CUT = "the recording ends before the known signal does: a wrong core:sample_rate or start_s, or cut off"


def estimate_command(
    recordings: Annotated[
        list[Path], typer.Argument(metavar="REC...", help="SigMF recordings, or a folder of `multistatic simulate`.")
    ],
    reference: Annotated[
        Path | None, typer.Option(help="SigMF file of the known signal; a folder has its own.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for measurements.csv and pictures.")] = None,
    scenario: Annotated[str | None, typer.Option(metavar="FILE", help="Scenario: distances, carrier, arrays.")] = None,
    known: Annotated[str, typer.Option(help="all streams, or s0 alone (the others add to the noise).")] = "all",
    speed_limit: Annotated[float, typer.Option(parser=number, help="Largest speed of the target, in m/s.")] = 100.0,
    longest_range: Annotated[
        float | None, typer.Option(parser=number, help="Longest bistatic range in m; default all that was recorded.")
    ] = None,
    carrier: Annotated[
        float | None, typer.Option(parser=number, help="Carrier in Hz, where the recordings do not say it.")
    ] = None,
    towards: Annotated[
        str | None,
        typer.Option(metavar="X,Y[,Z]", help="Where the target is, roughly: the arrays of --scenario look there only."),
    ] = None,
    directions: Annotated[
        bool, typer.Option("--directions", help="Also the direction, from the arrays of --scenario; see its note.")
    ] = False,
    false_alarm_rate: Annotated[float, typer.Option(parser=number, help="Of one search of noise alone.")] = 1e-3,
    method: Annotated[str, typer.Option(metavar="NAME", help="A registered estimator.")] = "maximum_likelihood",
    pictures: Annotated[bool, typer.Option(help="Draw delay-Doppler maps into --out.")] = True,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Estimate delay and Doppler shift at each receiver, with standard deviations and a verdict.

    Example: multistatic estimate out/paper/simulation --scenario out/paper/scenario.toml --out out/paper/estimates
    """
    from multistatic.cli.notes import print_note
    from multistatic.cli.progress import shown_stages
    from multistatic.cli.search_options import looking_towards, with_clocks
    from multistatic.estimation.each_trial import measurements_of
    from multistatic.estimation.registered import estimator_of
    from multistatic.files.scenario_file import load_scenario

    _check_options(known, speed_limit, longest_range, false_alarm_rate, directions and scenario is None)
    estimator = estimator_of(method)
    network = load_scenario(scenario, on_note=print_note) if scenario is not None else None
    with shown_stages(quiet) as show:
        show("reading recordings")
        heard, waveform, carrier_hz = _read(recordings, reference, known, carrier, network)
        limits = (speed_limit, longest_range, carrier_hz, false_alarm_rate, known)
        searches = _searches(heard, waveform, network, limits)
        if not directions:
            searches = [replace(search, array=None) for search in searches]
        if network is not None:
            searches = [with_clocks(search, one, network) for search, one in zip(searches, heard, strict=True)]
        if towards is not None:
            searches = looking_towards(towards, searches, heard, network, directions)
        found: list[Measurement] = []
        drawn: dict[str, bytes] = {}
        for recording, search in zip(heard, searches, strict=True):
            show(f"estimating {recording.receiver_id}")
            measured = measurements_of(estimator, recording, waveform, search)
            found += measured
            if out is not None and pictures:
                drawn |= _picture(recording, waveform, search, measured[0], f"delay_doppler_{len(drawn) // 2 + 1}")
        show("writing files")
        files = _write(out, found, drawn) if out is not None else ()
    if json_:
        _print_json(found)
    else:
        _print_table(found, files)


def _check_options(
    known: str, speed_limit: float, longest_range: float | None, false_alarm_rate: float, no_arrays: bool
) -> None:
    from multistatic.units import SPEED_OF_LIGHT_M_S

    problems = []
    if known not in KNOWN:
        problems.append(Problem("--known", repr(known), "one of " + ", ".join(KNOWN)))
    if not 0.0 <= speed_limit < SPEED_OF_LIGHT_M_S:
        problems.append(Problem("--speed-limit", f"{speed_limit:g}", "a speed in m/s from 0, below that of light"))
    if longest_range is not None and not (0.0 < longest_range < math.inf):
        problems.append(Problem("--longest-range", f"{longest_range:g}", "a range in m above 0"))
    if not 0.0 < false_alarm_rate < 1.0:
        problems.append(Problem("--false-alarm-rate", f"{false_alarm_rate:g}", "a probability above 0 and below 1"))
    if no_arrays:
        problems.append(
            Problem("--directions", "no --scenario", "the arrays of the receivers", "--directions needs --scenario")
        )
    if problems:
        raise InputError(problems, source="estimate")


def _read(
    paths: Sequence[Path], reference: Path | None, known: str, carrier: float | None, network: Scenario | None
) -> tuple[list[Recording], Waveform, float]:
    """The recordings, the known signal and the carrier; every problem of every file at once."""
    from multistatic.estimation.recording_consistency import disagreements
    from multistatic.files.recordings import read_block, read_recording
    from multistatic.files.references import read_reference

    waveform: Waveform | None = None
    heard: list[Recording] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            if path.is_dir():
                block = read_block(path)
                heard += block.recordings
                waveform = block.reference if known == "all" else block.sensing_reference
            else:
                heard.append(read_recording(path))
        except InputError as error:
            problems += error.problems
    try:
        waveform = read_reference(reference) if reference is not None else waveform
    except InputError as error:
        problems += error.problems
    if waveform is None and not problems:
        wanted = "the known signal" if known == "all" else "the known signal of the sensing beam"
        problems.append(Problem("--reference", "nothing", f"a SigMF file of {wanted}"))
    problems += disagreements(heard, waveform, network)
    carrier_hz = carrier or (network.radio.carrier_hz if network is not None else _recorded_carrier(paths[0]))
    if not carrier_hz or carrier_hz <= 0:
        problems.append(Problem("--carrier", repr(carrier), "a carrier above 0, as no recording or scenario has one"))
    if problems or waveform is None:
        raise InputError(problems, source="estimate")
    return heard, waveform, float(carrier_hz or 0.0)


def _recorded_carrier(path: Path) -> float | None:
    """`core:frequency` of the first recording, None where it has none or cannot be read."""
    from multistatic.files.recordings import RECORDING
    from multistatic.files.sigmf import META, read_dataset

    first = min(path.glob(f"{RECORDING}*{META}"), default=path) if path.is_dir() else path
    try:
        frequency = read_dataset(first).captures[0].get("core:frequency")
    except InputError:
        return None
    return float(frequency) if isinstance(frequency, int | float) else None


def _searches(
    recordings: Sequence[Recording],
    waveform: Waveform,
    network: Scenario | None,
    limits: tuple[float, float | None, float, float, str],
) -> list[Search]:
    """`_search` for each recording; the problems of all of them at once."""
    searches: list[Search] = []
    problems: list[Problem] = []
    for recording in recordings:
        try:
            searches.append(_search(recording, waveform, network, limits))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems, source="estimate")
    return searches


def _search(
    recording: Recording,
    waveform: Waveform,
    network: Scenario | None,
    limits: tuple[float, float | None, float, float, str],
) -> Search:
    """Delays from the direct path's (0 where it is not known) on, as far as `longest_m`, or as all of the known signal
    was recorded; in any case as far as some of it was.
    """
    from multistatic.estimation.search_window import Search, delay_range_s, doppler_range_hz
    from multistatic.units import SPEED_OF_LIGHT_M_S

    speed_limit, longest_m, carrier_hz, false_alarm_rate, known = limits
    ids = network.receiver_ids if network is not None else ()
    place = ids.index(recording.receiver_id) if recording.receiver_id in ids else None
    shortest_m, array = 0.0, None
    if network is not None and place is not None:
        shortest_m = float(network.geometry().transmitter_receiver_m[place])
        array = network.receivers[place].array
    first_s, last_s = waveform.support_s
    end_s = float(recording.times_s[-1])
    whole_m, some_m = SPEED_OF_LIGHT_M_S * (end_s - last_s), SPEED_OF_LIGHT_M_S * (end_s - first_s)
    farthest_m = whole_m if longest_m is None else min(longest_m, some_m)
    if farthest_m < shortest_m:
        where, hint = (f"recording of {recording.receiver_id}", _CUT) if longest_m is None else ("--longest-range", "")
        expected = f"some above {shortest_m:.6g} m, the direct path"
        raise InputError([Problem(where, f"paths of up to {farthest_m:.6g} m", expected, hint)])
    low_s, high_s = delay_range_s(shortest_m, farthest_m)
    return Search(
        delay_s=(low_s, high_s),
        doppler_hz=doppler_range_hz(speed_limit, carrier_hz),
        false_alarm_rate=false_alarm_rate,
        noise="estimated" if known == "s0" else "recorded",
        unknown_streams=known == "s0",
        array=array,
        wavelength_m=SPEED_OF_LIGHT_M_S / carrier_hz,
        dimensions=2 if network is None else network.dimensions,
    )


def _picture(
    recording: Recording, waveform: Waveform, search: Search, measurement: Measurement, name: str
) -> dict[str, bytes]:
    """The map of the first trial, over at least a few bins of Doppler resolution."""
    from multistatic.estimation.each_trial import single
    from multistatic.estimation.matched_filter import statistic_map
    from multistatic.report.delay_doppler_map import delay_doppler_pictures

    first, last = waveform.support_s
    shown = max(search.doppler_hz[1], _PICTURED_BINS / (last - first))
    one = replace(recording, samples=recording.samples.reshape(-1, *recording.samples.shape[-2:])[:1])
    mapped = statistic_map(one, single(waveform, 0), replace(search, doppler_hz=(-shown, shown)))
    return delay_doppler_pictures(mapped, measurement, name)


def _write(out: Path, found: Sequence[Measurement], drawn: Mapping[str, bytes]) -> tuple[Path, ...]:
    from multistatic.files.atomic import write_files_atomically
    from multistatic.files.measurements import NAME, measurements_text

    stale = [path.name for path in out.glob("delay_doppler_*.*")] if out.is_dir() else []
    files = {**drawn, NAME: measurements_text(found).encode()}
    write_files_atomically(out, files, stale=stale)
    return tuple(out / name for name in files)


def _print_json(found: Sequence[Measurement]) -> None:
    import json

    from multistatic.files.measurements import measurement_document

    typer.echo(json.dumps([measurement_document(one) for one in found], indent=2, ensure_ascii=False, allow_nan=False))


def _print_table(found: Sequence[Measurement], files: Sequence[Path]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from multistatic.units import ratio_to_db

    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("receiver", no_wrap=True)
    for name, unit in (("delay", "ns"), ("±", "ps"), ("Doppler", "Hz"), ("±", "Hz"), ("SNR", "dB")):
        table.add_column(f"{name}\n{unit}", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for one in found[:ROWS_AT_MOST]:
        numbers = ("", "", "", "", "")
        if one.verdict != "not_detected":
            numbers = (
                f"{1e9 * one.delay_s:.4f}",
                f"{1e12 * one.delay_std_s:.3g}",
                f"{one.doppler_hz:.1f}",
                f"{one.doppler_std_hz:.3g}",
                f"{ratio_to_db(one.snr):.1f}" if one.snr > 0 else "",
            )
        table.add_row(Text(one.receiver_id), *numbers, one.verdict.replace("_", " "))
    console = Console()
    console.print(table)
    if len(found) > ROWS_AT_MOST:
        console.print(f"and {len(found) - ROWS_AT_MOST} more", highlight=False)
    notes: dict[str, list[str]] = {}
    for one in found[:ROWS_AT_MOST]:
        if one.message and one.receiver_id not in notes.setdefault(one.message, []):
            notes[one.message].append(one.receiver_id)
    for note, ids in notes.items():
        console.print(f"{', '.join(ids)}: {note}", highlight=False, markup=False)
    heard = sum(one.verdict == "detected" for one in found)
    console.print(f"detected: {heard} of {len(found)}", highlight=False)
    if files:
        console.print(f"wrote {len(files)} files to {files[0].parent}", highlight=False, soft_wrap=True)
