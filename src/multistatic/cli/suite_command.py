"""`multistatic compare --suite`: every registered method on the frozen benchmark suite."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from multistatic.cli.interruption import INTERRUPTED, partial_words

if TYPE_CHECKING:
    from multistatic.report.style import PictureStyle
    from multistatic.suite.run import SuiteSettings
    from multistatic.suite.tasks import SuiteOutcome


def compare_on_suite(
    settings: SuiteSettings, *, out: Path | None, style: PictureStyle, json_: bool, quiet: bool
) -> None:
    """Run, rank, print and write.

    Interrupted, it ranks, prints and writes what is finished, says so, and ends with exit code 130.
    """
    from multistatic.extras import require_installed
    from multistatic.report.leaderboard import leaderboard_document, leaderboard_tables
    from multistatic.suite.run import origins_of, ranked_methods

    if out is not None:
        require_installed("drawing pictures", "matplotlib")
    outcomes, planned = _outcomes(settings, quiet)
    interrupted = len(outcomes) < planned
    if interrupted and not outcomes:
        typer.echo(partial_words("runs", 0, planned), err=True)
        raise typer.Exit(INTERRUPTED)
    about = _about(settings)
    if interrupted:
        about |= {"interrupted": True, "finished": len(outcomes), "planned": planned}
    origins = origins_of(ranked_methods(settings))
    document = leaderboard_document(outcomes, about, origins)
    if out is not None:
        _write(out, outcomes, document, style)
    if json_:
        import json

        typer.echo(json.dumps(document, indent=2, allow_nan=False))
    else:
        from rich.console import Console

        Console().print(leaderboard_tables(outcomes, origins))
        if interrupted:
            typer.echo()
    if interrupted:
        typer.echo(partial_words("runs", len(outcomes), planned), err=json_)
        raise typer.Exit(INTERRUPTED)


def _outcomes(settings: SuiteSettings, quiet: bool) -> tuple[list[SuiteOutcome], int]:
    """The outcomes, and how many were planned: more than there are where the user ended it."""
    from multistatic.cli.progress import shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.design.algorithms import require_solvers
    from multistatic.suite.run import each_outcome, ranked_methods, tasks_of

    methods = ranked_methods(settings)
    require_solvers(settings.beamformers or ())  # of a method that was not named its row says why it did not run
    for kind, names in (("selector", settings.selectors), ("beamformer", settings.beamformers)):
        if names == ():
            print_note(f"no {kind}s are ranked; --{kind} every ranks them too")
    tasks = tasks_of(settings)
    planned = sum(len(tasks[board]) * len(methods[board]) for board in tasks)
    found: list[SuiteOutcome] = []
    # From milliseconds to minutes each: the help states the time of the whole.
    with shown_stages(quiet, alike=False) as show, suppress(KeyboardInterrupt):

        def on_begin(board: str, method: str, instance: str) -> None:
            show(f"{method} on {instance} ({board}, at most {settings.limit_s:g} s)", len(found), planned)

        with closing(each_outcome(settings, on_begin=on_begin)) as outcomes:
            for outcome in outcomes:
                found.append(outcome)
    return found, planned


def _about(settings: SuiteSettings) -> dict[str, Any]:
    """What the numbers depend on besides the methods."""
    from importlib.metadata import version

    return {
        "suite": settings.version,
        "quick": settings.quick,
        "limit_s": settings.limit_s,
        "version": version("multistatic"),
        "python": platform.python_version(),
        "dependencies": {name: version(name) for name in ("numpy", "scipy", "numba")},
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _write(out: Path, outcomes: Sequence[Any], document: dict[str, Any], style: PictureStyle) -> None:
    import json

    from multistatic.files.atomic import write_files_atomically
    from multistatic.report.leaderboard import leaderboard_csv, outcomes_csv
    from multistatic.report.leaderboard_plots import leaderboard_pictures

    part = ", small instances" if document["quick"] else ""
    caption = f"Suite {document['suite']}{part}, at most {document['limit_s']:g} s each, one core"
    if "interrupted" in document:
        caption += f"; interrupted after {document['finished']} of {document['planned']} runs"
    write_files_atomically(
        out,
        {
            "leaderboard.csv": leaderboard_csv(outcomes).encode(),
            "outcomes.csv": outcomes_csv(outcomes).encode(),
            **leaderboard_pictures(outcomes, caption, style),
            "leaderboard.json": json.dumps(document, indent=2, allow_nan=False).encode(),
        },
    )
