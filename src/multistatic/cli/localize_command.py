"""`multistatic localize`: from measurements to positions and velocities, as a table, as JSON, and as files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.command_help import SCENARIO
from multistatic.cli.design_command import JSON, QUIET, SET
from multistatic.cli.picture_options import STYLE, TITLE, picture_style
from multistatic.errors import InfeasibleError, InputError, Problem

if TYPE_CHECKING:
    from multistatic.estimation.measurement import Measurement
    from multistatic.localization.fix import Fix
    from multistatic.localization.fusion import FusionSettings
    from multistatic.report.style import PictureStyle
    from multistatic.scenario.model import Scenario

TESTS = "Fixes"


def localize_command(
    measurements: Annotated[
        Path,
        typer.Argument(
            metavar="MEASUREMENTS", help="CSV table of measurements, such as `multistatic estimate --out` writes."
        ),
    ],
    scenario: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            rich_help_panel=SCENARIO,
            help="Scenario file, name of a preset, or - for standard input: gives the positions, the carrier and the "
            "clocks. Required.",
        ),
    ],
    set_: SET = None,
    false_flag_rate: Annotated[
        str,
        typer.Option(
            metavar="RATE",
            rich_help_panel=TESTS,
            help="Probability that a fix of good measurements leaves out a receiver.",
        ),
    ] = "0.001",
    outliers: Annotated[
        str,
        typer.Option(
            metavar="N", rich_help_panel=TESTS, help="Largest number of receivers that may be left out of one fix."
        ),
    ] = "1",
    same_time: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS",
            rich_help_panel=TESTS,
            help="Largest time difference of measurements that make one fix. Default: half a block of the scenario.",
        ),
    ] = None,
    prior: Annotated[
        bool,
        typer.Option(
            rich_help_panel=TESTS,
            help="Add the prior of the scenario's target, the table [target.prior], to the measurements of each block.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for fixes.csv, fixes.json, fixes.geojson and the map (SVG, PNG)."),
    ] = None,
    pictures: Annotated[bool, typer.Option(help="Draw the map into the folder of --out.")] = True,
    style: STYLE = "screen",
    title: TITLE = True,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Locate the target from measurements.

    One fix for each block in the table: position and velocity with their covariance, a verdict, and the receivers
    that were left out because they contradict the others.

    \b
    Example, after `multistatic estimate` with --out out/paper/estimates:
      multistatic localize out/paper/estimates/measurements.csv \\
        --scenario out/paper/scenario.toml --out out/paper/fixes

    \b
    With a prior, fewer receivers are enough. The target is not moved between
    the blocks: each uses the prior as it is.
      multistatic localize measurements.csv --scenario tracked.toml --prior

    Duration: 2 to 4 seconds for a few blocks, most of it for the pictures.

    \b
    Exit codes:
      0  Every fix has a position.
      2  The input is wrong; each problem is named.
      3  A position cannot be determined from the measurements, or the
         measurements contradict each other; the message gives the reason.
    """
    from multistatic.cli.progress import shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.extras import require_installed
    from multistatic.files.fixes import fixes_document, write_fixes
    from multistatic.files.measurements import read_measurements
    from multistatic.files.scenario_file import load_scenario
    from multistatic.localization.fusion import localize_many
    from multistatic.localization.scaled_units import measurement_notes
    from multistatic.localization.state_prior import state_prior
    from multistatic.localization.times import times_text

    drawn = picture_style(style, title, out, pictures)
    settings, same_time_s = _settings(false_flag_rate, outliers, same_time)
    if out is not None and pictures:
        require_installed("drawing pictures", "matplotlib")
    network = load_scenario(scenario, overrides=list(set_ or []), on_note=print_note)
    if len(network.targets) > 1:
        names = ", ".join(target.id for target in network.targets)
        print_note(
            f"the scenario has {len(network.targets)} targets ({names}), but each fix seeks one: echoes of "
            "several targets are not distinguished, so that their measurements are taken for those of one target"
        )
    half_a_block_s = 0.5 * network.radio.samples * network.radio.slot_s
    known = state_prior(network) if prior else None
    rows = read_measurements(measurements)
    for note in measurement_notes(rows, network):
        print_note(note)
    groups = _by_time(rows, half_a_block_s if same_time_s is None else same_time_s)
    with shown_stages(quiet) as show:
        fixes = localize_many(
            groups,
            network,
            settings,
            prior=known,
            on_progress=lambda done, total: show("localizing", done, total),
        )
        files: tuple[Path, ...] = ()
        if out is not None:
            show("writing files")
            files = write_fixes(out, fixes, network, _drawn(fixes, groups, network, drawn) if pictures else None)
    if json_:
        import json

        typer.echo(json.dumps(fixes_document(fixes, network), indent=2, allow_nan=False, ensure_ascii=False))
    else:
        _print_table(fixes, network.dimensions, files)
    if lost := _lost(fixes):
        named = times_text([fix.time_s for fix in lost[:5]])
        times = ", ".join(f"{time} s" for time in named) + (", …" if len(lost) > 5 else "")
        words = f"the position is {lost[0].position_verdict} at {times}: {lost[0].message}"
        raise InfeasibleError(" ".join([words, *_lonely(groups)]))


def _lost(fixes: Sequence[Fix]) -> list[Fix]:
    """The fixes that the error is about: the unobservable ones, else those whose measurements contradict each other."""
    lost = ([fix for fix in fixes if fix.position_verdict == verdict] for verdict in ("unobservable", "contradictory"))
    return next(filter(None, lost), [])


def _settings(false_flag_rate: str, outliers: str, same_time: str | None) -> tuple[FusionSettings, float | None]:
    """The options as numbers. They come as text, so that every one that is none is named at once."""
    from multistatic.localization.fusion import FusionSettings

    rate, most = _number(false_flag_rate), _number(outliers)
    same_time_s = None if same_time is None else _number(same_time)
    problems = []
    if not 0.0 <= rate < 1.0:
        problems.append(Problem("--false-flag-rate", false_flag_rate, "a rate from 0 to below 1"))
    if not (most >= 0 and most.is_integer()):
        problems.append(Problem("--outliers", outliers, "a whole number, 0 or more"))
    if same_time_s is not None and not 0.0 <= same_time_s < math.inf:
        problems.append(Problem("--same-time", str(same_time), "a time in s, 0 or more"))
    if problems:
        raise InputError(problems, source="localize")
    return FusionSettings(false_flag_rate=rate, most_outliers=int(most)), same_time_s


def _number(text: str) -> float:
    """NaN, which no option allows, where it is none."""
    from multistatic.scenario.tables import written_number

    number = written_number(text.strip())
    return math.nan if number is None else float(number)


def _by_time(measurements: Sequence[Measurement], same_time_s: float) -> list[list[Measurement]]:
    """Measurements of one block together, in the order of time: those of `same_time_s` after the first of them.

    `InputError` where a receiver measured several times within that.
    """
    from multistatic.localization.times import times_text

    groups: list[list[Measurement]] = []
    problems = []
    for one in sorted(measurements, key=lambda one: one.time_s):
        if not groups or one.time_s - groups[-1][0].time_s > same_time_s:
            groups.append([])
        if any(other.receiver_id == one.receiver_id and other.time_s != one.time_s for other in groups[-1]):
            first, second = times_text([groups[-1][0].time_s, one.time_s])
            received = f"{one.receiver_id!r} at {first} s and {second} s make one fix"
            problems.append(
                Problem("--same-time", received, f"less than {same_time_s:g} s, or one measurement a block")
            )
        groups[-1].append(one)
    if problems:
        raise InputError(problems[:20])
    return groups


def _lonely(groups: Sequence[Sequence[Measurement]]) -> list[str]:
    """A sentence where receivers may have measured the same block under different times."""
    alone = sum(len({one.receiver_id for one in group}) == 1 for group in groups)
    if alone < 2 or len({one.receiver_id for group in groups for one in group}) < 2:
        return []
    return [
        f"{alone} of {len(groups)} times have a measurement of one receiver only: if these are of the same block, "
        "--same-time SECONDS makes one fix of them."
    ]


def _drawn(
    fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], network: Scenario, style: PictureStyle
) -> dict[str, bytes]:
    from multistatic.report.fix_map import fix_pictures

    return fix_pictures(fixes, groups, network, style)


def _print_table(fixes: Sequence[Fix], dimensions: int, files: tuple[Path, ...]) -> None:
    from rich.console import Console

    from multistatic.report.fix_summary import fix_summary

    # Into a file as wide as the table may be; rich supposes 80 columns there.
    console = Console()
    # The error that follows has the first reason: the same sentences on stdout would be there twice.
    lost = _lost(fixes)
    console.print(fix_summary(fixes, dimensions, told=lost[0].message if lost else ""))
    for path in files:
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)
