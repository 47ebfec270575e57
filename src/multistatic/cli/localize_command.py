"""`multistatic localize`: from measurements to positions and velocities, as a table, as JSON, and as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.design_command import JSON, QUIET, SET
from multistatic.errors import InfeasibleError, InputError, Problem

if TYPE_CHECKING:
    from multistatic.estimation.measurement import Measurement
    from multistatic.localization.fix import Fix
    from multistatic.scenario.model import Scenario


def localize(
    measurements: Annotated[Path, typer.Argument(metavar="MEASUREMENTS", help="CSV table of measurements.")],
    scenario: Annotated[str, typer.Option(metavar="FILE", help="Scenario file, a preset's name, or - for stdin.")],
    out: Annotated[Path | None, typer.Option(help="Folder for fixes.csv, .json, .geojson, .svg and .png.")] = None,
    false_flags: Annotated[
        float, typer.Option(metavar="RATE", help="How often a clean fix may lose a receiver.")
    ] = 1e-3,
    outliers: Annotated[int, typer.Option(metavar="N", help="Receivers left out of one fix, at most.")] = 1,
    set_: SET = None,
    pictures: Annotated[bool, typer.Option(help="Draw the map into --out.")] = True,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Localize the target: one fix for each time in the table, with covariance, verdict and bad receivers.

    Example: multistatic localize examples/measurements.csv --scenario examples/hall.toml --out out/fixes

    Exit codes: 0 done, 2 bad input, 3 the position is unobservable in a fix (said why).
    """
    from multistatic.cli.progress import shown_stages
    from multistatic.files.fixes import fixes_document, write_fixes
    from multistatic.files.measurements import read_measurements
    from multistatic.files.scenario_file import load_scenario
    from multistatic.localization.fusion import FusionSettings, localize_many

    _check(false_flags, outliers)
    network = load_scenario(scenario, overrides=list(set_ or []))
    groups = _by_time(read_measurements(measurements))
    settings = FusionSettings(false_flag_rate=false_flags, most_outliers=outliers)
    with shown_stages(quiet) as show:
        show("localizing")
        fixes = localize_many(groups, network, settings)
        files: tuple[Path, ...] = ()
        if out is not None:
            show("writing files")
            files = write_fixes(out, fixes, network, _drawn(fixes, groups, network) if pictures else None)
    if json_:
        import json

        typer.echo(json.dumps(fixes_document(fixes, network), indent=2, allow_nan=False, ensure_ascii=False))
    else:
        _print_table(fixes, files)
    lost = [fix for fix in fixes if fix.position_verdict == "unobservable"]
    if lost:
        times = ", ".join(f"{fix.time_s:g} s" for fix in lost[:5]) + (", …" if len(lost) > 5 else "")
        raise InfeasibleError(f"the position is unobservable at {times}: {lost[0].message}")


def _check(false_flags: float, outliers: int) -> None:
    problems = []
    if not 0.0 <= false_flags < 1.0:
        problems.append(Problem("--false-flags", f"{false_flags:g}", "a rate from 0 to below 1"))
    if outliers < 0:
        problems.append(Problem("--outliers", f"{outliers}", "0 or more"))
    if problems:
        raise InputError(problems)


def _by_time(measurements: Sequence[Measurement]) -> list[list[Measurement]]:
    """Measurements of one time together, in the order of time."""
    groups: dict[float, list[Measurement]] = {}
    for one in measurements:
        groups.setdefault(one.time_s, []).append(one)
    return [groups[time_s] for time_s in sorted(groups)]


def _drawn(fixes: Sequence[Fix], groups: Sequence[Sequence[Measurement]], network: Scenario) -> dict[str, bytes]:
    from multistatic.report.fix_map import fix_pictures

    return fix_pictures(fixes, groups, network)


def _print_table(fixes: Sequence[Fix], files: tuple[Path, ...]) -> None:
    from rich.console import Console

    from multistatic.report.fix_summary import fix_summary

    console = Console()
    console.print(fix_summary(fixes))
    for path in files:
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)
