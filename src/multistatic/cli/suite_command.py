"""`multistatic compare --suite`: every registered method on the frozen benchmark suite."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from multistatic.report.style import PictureStyle


def compare_on_suite(
    selectors: tuple[str, ...] | None,
    beamformers: tuple[str, ...] | None,
    *,
    quick: bool,
    limit_s: float,
    out: Path | None,
    style: PictureStyle,
    json_: bool,
    quiet: bool,
) -> None:
    """Run, rank, print and write. Where only selectors or only beamformers are named, the other kind is left out."""
    from multistatic.report.leaderboard import leaderboard_document, leaderboard_tables
    from multistatic.suite.run import SuiteSettings, origins_of, ranked_methods, run_suite, tasks_of

    if (selectors is None) != (beamformers is None):
        selectors, beamformers = selectors or (), beamformers or ()
    settings = SuiteSettings(selectors=selectors, beamformers=beamformers, quick=quick, limit_s=limit_s)
    if out is not None:
        from multistatic.report.style import require_matplotlib

        require_matplotlib()
    methods, tasks = ranked_methods(settings), tasks_of(settings)
    with _shown(sum(len(tasks[board]) * len(methods[board]) for board in tasks), quiet) as on_begin:
        outcomes = run_suite(settings, on_begin=on_begin)
    origins = origins_of(methods)
    document = leaderboard_document(outcomes, _about(settings.quick, settings.limit_s), origins)
    if out is not None:
        _write(out, outcomes, document, style)
    if json_:
        import json

        typer.echo(json.dumps(document, indent=2, allow_nan=False))
        return
    from rich.console import Console

    Console().print(leaderboard_tables(outcomes, origins))


def _about(quick: bool, limit_s: float) -> dict[str, Any]:
    """What the numbers depend on besides the methods."""
    from importlib.metadata import version

    from multistatic.suite.instances import VERSION

    return {
        "suite": VERSION,
        "quick": quick,
        "limit_s": limit_s,
        "version": version("multistatic"),
        "python": platform.python_version(),
        "dependencies": {name: version(name) for name in ("numpy", "scipy", "numba")},
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _write(out: Path, outcomes: tuple[Any, ...], document: dict[str, Any], style: PictureStyle) -> None:
    import json

    from multistatic.files.atomic import write_files_atomically
    from multistatic.report.leaderboard import leaderboard_csv, outcomes_csv
    from multistatic.report.leaderboard_plots import leaderboard_pictures

    part = ", small instances" if document["quick"] else ""
    caption = f"Suite {document['suite']}{part}, at most {document['limit_s']:g} s each, one core"
    write_files_atomically(
        out,
        {
            "leaderboard.csv": leaderboard_csv(outcomes).encode(),
            "outcomes.csv": outcomes_csv(outcomes).encode(),
            **leaderboard_pictures(outcomes, caption, style),
            "leaderboard.json": json.dumps(document, indent=2, allow_nan=False).encode(),
        },
    )


@contextmanager
def _shown(total: int, quiet: bool) -> Iterator[Callable[[str, str, str], None]]:
    """A progress bar on stderr; silent with `quiet` or without a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda board, method, instance: None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=total)
        begun = 0

        def on_begin(board: str, method: str, instance: str) -> None:
            nonlocal begun
            progress.update(task, completed=begun, description=f"{method} on {instance} ({board})")
            begun += 1

        yield on_begin
