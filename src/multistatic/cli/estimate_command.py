"""`multistatic estimate`: from SigMF recordings and the known signal to delays and Doppler shifts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.command_help import SCENARIO, SEARCH
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

_OPTIONS = {"towards_m": "--towards"}
_PATHS = {"estimators": "--estimator"}


def estimate_command(
    recordings: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECORDING...",
            help="SigMF recordings (.sigmf-meta), one per receiver, or the folder that `multistatic simulate` wrote.",
        ),
    ],
    scenario: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=SCENARIO,
            help="Scenario file or name of a preset: gives the positions, the carrier and the arrays.",
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=SCENARIO,
            help="SigMF recording of the known signal. A folder of `multistatic simulate` contains its own.",
        ),
    ] = None,
    carrier: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="HZ",
            rich_help_panel=SCENARIO,
            help="Carrier frequency in Hz. Default: as in the recordings or the scenario.",
        ),
    ] = None,
    estimator: Annotated[
        str,
        typer.Option(
            metavar="NAME", rich_help_panel=SEARCH, help="Algorithm that estimates (`multistatic compare --list`)."
        ),
    ] = "maximum_likelihood",
    known: Annotated[
        str,
        typer.Option(
            metavar="STREAMS",
            rich_help_panel=SEARCH,
            help="Streams that the receivers know: all, or s0 for the sensing stream alone; unknown streams count as "
            "noise.",
        ),
    ] = "all",
    speed_limit: Annotated[
        float,
        typer.Option(parser=number, metavar="M/S", rich_help_panel=SEARCH, help="Largest speed of the target, in m/s."),
    ] = 100.0,
    longest_range: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="M",
            rich_help_panel=SEARCH,
            help="Longest bistatic range in m that is searched. Default: as long as the recordings allow.",
        ),
    ] = None,
    towards: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y[,Z]",
            rich_help_panel=SEARCH,
            help="Approximate position of the target in local metres; the receive arrays are steered to it. Needs "
            "--scenario.",
        ),
    ] = None,
    directions: Annotated[
        bool,
        typer.Option(
            "--directions",
            rich_help_panel=SEARCH,
            help="Also estimate the direction of arrival at each receive array. Needs --scenario.",
        ),
    ] = False,
    false_alarm_rate: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="RATE",
            rich_help_panel=SEARCH,
            help="Probability that one search of noise alone reports a target.",
        ),
    ] = 1e-3,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for measurements.csv and the pictures.")
    ] = None,
    pictures: Annotated[bool, typer.Option(help="Draw delay-Doppler maps into the folder of --out.")] = True,
    style: STYLE = "screen",
    title: TITLE = True,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Estimate delay and Doppler shift from recordings.

    For each receiver: delay and Doppler shift of the echo with their standard deviations, the signal-to-noise ratio,
    and a verdict (detected, ambiguous or not_detected).

    \b
    Example, after `multistatic simulate out/paper`:
      multistatic estimate out/paper/simulation \\
        --scenario out/paper/scenario.toml --out out/paper/estimates

    Duration: 1 to 10 seconds for 10 recordings of some thousand samples; 15 seconds for each recording of a million
    samples and 4 antennas, 10 with --no-pictures. The estimator grid takes hundreds of times longer.

    \b
    Exit codes:
      0  The recordings were searched; the verdicts say what was found.
      2  The input is wrong; each problem is named.
    """
    from multistatic.cli.progress import shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.estimation.estimate_settings import EstimateSettings
    from multistatic.estimation.from_recordings import input_problems, measured_recordings
    from multistatic.estimation.registered import estimator_of
    from multistatic.extras import require_installed
    from multistatic.files.recordings import read_recordings, recorded_carrier_hz
    from multistatic.files.scenario_file import load_scenario
    from multistatic.report.delay_doppler_map import delay_doppler_pictures

    look = picture_style(style, title, out, pictures)
    if out is not None and pictures:
        require_installed("drawing pictures", "matplotlib")
    with options_named("", _PATHS):
        estimator_of(estimator)  # an unknown name is refused before anything is read
    with options_named("estimate", _OPTIONS):
        settings = EstimateSettings(
            estimator=estimator,
            known=known,  # type: ignore[arg-type]  # a word that is none is a problem of the settings
            speed_limit_m_s=speed_limit,
            longest_range_m=longest_range,
            carrier_hz=carrier,
            towards_m=None if towards is None else _coordinates(towards),
            directions=directions,
            false_alarm_rate=false_alarm_rate,
        )
        network = load_scenario(scenario, on_note=print_note) if scenario is not None else None
        if network is not None and len(network.targets) > 1:
            print_note(
                f"{len(network.targets)} targets: in each recording the strongest echo is estimated, which need not be "
                "of the same target at every receiver"
            )
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
            number, total = 0, len(read.recordings)

            def on_stage(stage: str) -> None:
                show(stage, number, total)

            for one in measured_recordings(
                read.recordings, read.reference, network, settings=settings, on_stage=on_stage
            ):
                found += one.measurements
                number += 1
                if out is not None and pictures:
                    _add_pictures(drawn, delay_doppler_pictures(one, read.reference, f"delay_doppler_{number}", look))
            show("writing files")
            files = _write(out, found, drawn) if out is not None else ()
    _print(found, 2 if network is None else network.dimensions, files, json_)


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


def _print(found: Sequence[Measurement], dimensions: int, files: Sequence[Path], json_: bool) -> None:
    import json

    from rich.console import Console

    from multistatic.files.measurements import measurement_document
    from multistatic.report.measurement_table import measurement_table

    if json_:
        rows = [measurement_document(one) for one in found]
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False))
        return
    console = Console()
    console.print(measurement_table(found, dimensions))
    if files:
        plural = "" if len(files) == 1 else "s"
        console.print(f"wrote {len(files)} file{plural} to {files[0].parent}", highlight=False, soft_wrap=True)
