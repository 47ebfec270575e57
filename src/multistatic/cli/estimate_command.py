"""`multistatic estimate`: from SigMF recordings and the known signal to delays and Doppler shifts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.design_command import JSON, QUIET
from multistatic.cli.numbers import number
from multistatic.cli.option_names import options_named
from multistatic.cli.picture_options import STYLE, TITLE, picture_style
from multistatic.errors import InputError
from multistatic.scenario.tables import written_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from multistatic.estimation.measurement import Measurement
    from multistatic.units import F

_OPTIONS = {"estimator": "--method", "towards_m": "--towards"}


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
    style: STYLE = "screen",
    title: TITLE = True,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Estimate delay and Doppler shift at each receiver, with standard deviations and a verdict.

    Example: multistatic estimate out/paper/simulation --scenario out/paper/scenario.toml --out out/paper/estimates
    """
    from multistatic.cli.progress import shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.estimation.estimate_settings import EstimateSettings
    from multistatic.estimation.from_recordings import input_problems, measured_recordings
    from multistatic.estimation.registered import estimator_of
    from multistatic.files.recordings import read_recordings, recorded_carrier_hz
    from multistatic.files.scenario_file import load_scenario
    from multistatic.report.delay_doppler_map import delay_doppler_pictures

    look = picture_style(style, title)
    estimator_of(method)  # a name that nobody registered is refused before anything is read
    with options_named("estimate", _OPTIONS):
        settings = EstimateSettings(
            estimator=method,
            known=known,  # type: ignore[arg-type]  # a word that is none is a problem of the settings
            speed_limit_m_s=speed_limit,
            longest_range_m=longest_range,
            carrier_hz=carrier,
            towards_m=None if towards is None else _coordinates(towards),
            directions=directions,
            false_alarm_rate=false_alarm_rate,
        )
        network = load_scenario(scenario, on_note=print_note) if scenario is not None else None
        with shown_stages(quiet) as show:
            show("reading recordings")
            read = read_recordings(recordings, reference, known)
            if carrier is None and network is None:
                settings = replace(settings, carrier_hz=recorded_carrier_hz(recordings[0]))
            problems = [*read.problems, *input_problems(read.recordings, read.reference, network, settings)]
            if problems or read.reference is None:
                raise InputError(problems, source="estimate")
            found: list[Measurement] = []
            drawn: dict[str, bytes] = {}
            number = 0
            for one in measured_recordings(read.recordings, read.reference, network, settings=settings, on_stage=show):
                found += one.measurements
                if out is not None and pictures:
                    number += 1
                    _add_pictures(drawn, delay_doppler_pictures(one, read.reference, f"delay_doppler_{number}", look))
            show("writing files")
            files = _write(out, found, drawn) if out is not None else ()
    _print(found, files, json_)


def _add_pictures(drawn: dict[str, bytes], more: Mapping[str, bytes]) -> None:
    """Add the files of one more picture; the captions of all are in one file."""
    from multistatic.report.style import CAPTIONS

    captions = [files[CAPTIONS] for files in (drawn, more) if CAPTIONS in files]
    drawn |= more
    drawn[CAPTIONS] = b"\n".join(captions)


def _coordinates(text: str) -> F:
    """The numbers of X,Y[,Z]; NaN for a word that is none."""
    import numpy as np

    words = [written_number(word.strip()) for word in text.split(",")]
    return np.array([np.nan if word is None else float(word) for word in words])


def _write(out: Path, found: Sequence[Measurement], drawn: Mapping[str, bytes]) -> tuple[Path, ...]:
    from multistatic.files.atomic import write_files_atomically
    from multistatic.files.measurements import NAME, measurements_text
    from multistatic.report.style import CAPTIONS

    stale = [path.name for path in out.glob("delay_doppler_*.*")] + [CAPTIONS] if out.is_dir() else []
    files = {**drawn, NAME: measurements_text(found).encode()}
    write_files_atomically(out, files, stale=stale)
    return tuple(out / name for name in files)


def _print(found: Sequence[Measurement], files: Sequence[Path], json_: bool) -> None:
    import json

    from rich.console import Console

    from multistatic.files.measurements import measurement_document
    from multistatic.report.measurement_table import measurement_table

    if json_:
        rows = [measurement_document(one) for one in found]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False))
        return
    console = Console()
    console.print(measurement_table(found))
    if files:
        console.print(f"wrote {len(files)} files to {files[0].parent}", highlight=False, soft_wrap=True)
