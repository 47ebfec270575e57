"""`multistatic init`, `check` and `schema`: to begin a scenario file, to check one, to describe all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OUT = Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")]


def init_command(
    preset: Annotated[
        str, typer.Argument(metavar="PRESET", help="paper, urban or city; with --channel-file a scenario file too.")
    ] = "paper",
    out: OUT = None,
    channel_file: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write a channel file to be filled in: .npz, .mat, .h5 or .nc."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Begin a scenario file from a preset: every key with a comment.

    With --channel-file also begin a channel file: the ids, the carrier and the shapes of the scenario, filled with the
    channels of its own model. The scenario file then names it, and designs the same as before.

    Example: multistatic init urban --out urban.toml

    Example: multistatic init paper --out mine.toml --channel-file H.npz
    """
    from multistatic.scenario.preset import preset_text

    if channel_file is None:
        _write(preset_text(preset), out, force=force)
    else:
        _begin_channel_file(preset, out, channel_file, force=force)


def _begin_channel_file(name: str, out: Path | None, channel_file: Path, *, force: bool) -> None:
    """The channel file first: a scenario file that names it is never there without it."""
    import os

    from multistatic.errors import InputError, Problem
    from multistatic.files.atomic import write_bytes_atomically
    from multistatic.files.channel_file import channel_bytes, realised_channel
    from multistatic.files.scenario_file import load_scenario, scenario_text
    from multistatic.scenario.rewrite import with_channel_file

    if channel_file.exists() and not force:
        received = f"{channel_file}, which exists"
        raise InputError([Problem("--channel-file", received, "a new file", "--force replaces it")])
    if out is not None and out.exists() and not force:
        raise InputError([Problem("--out", f"{out}, which exists", "a new file", "--force replaces it")])
    folder = Path() if out is None else out.parent
    if not folder.is_dir():
        raise InputError([Problem("--out", f"{out} in a folder that does not exist", "a file in a folder that exists")])
    text = with_channel_file(scenario_text(name, Path())[0], Path(os.path.relpath(channel_file, folder)).as_posix())
    write_bytes_atomically(channel_file, channel_bytes(realised_channel(load_scenario(name)), channel_file.suffix))
    typer.echo(f"wrote {channel_file}", err=True)
    _write(text, out, force=force)


def check_command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Scenario file, a preset's name, or - for stdin.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the scenario; repeatable.")
    ] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="Print the resolved scenario as TOML instead.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print only JSON on stdout, the problems too.")] = False,
) -> None:
    """Check a scenario file: every problem at once (exit code 2), or what the scenario amounts to.

    Example: multistatic check urban.toml --set transmitter.power_dbm=36
    """
    from multistatic.cli.shown_notes import print_note
    from multistatic.errors import InputError
    from multistatic.files.scenario_file import load_scenario

    notes: list[str] = []
    try:
        scenario = load_scenario(file, overrides=list(set_ or []), on_note=notes.append)
    except InputError as error:
        if json_:
            from dataclasses import asdict

            _print_json({"valid": False, "problems": [asdict(problem) for problem in error.problems]})
        raise
    for note in notes:
        print_note(note)
    if resolved:
        from multistatic.scenario.write import resolved_toml

        typer.echo(resolved_toml(scenario), nl=False)
        return
    from multistatic.report.scenario_summary import scenario_summary, scenario_table

    summary = scenario_summary(scenario)
    if json_:
        _print_json(summary | {"notes": [*notes, *summary["notes"]]})
        return
    from rich.console import Console

    from multistatic.report.assumption_sentences import assumptions_in_words

    Console().print(scenario_table(summary, assumptions_in_words(scenario)), highlight=False)


def schema_command(
    out: OUT = None, study: Annotated[bool, typer.Option("--study", help="Of the study file instead.")] = False
) -> None:
    """Print the JSON Schema (draft 2020-12) of the scenario file, for editors and other programs.

    Example: multistatic schema --out multistatic.schema.json
    """
    import json

    from multistatic.scenario.json_schema import scenario_json_schema
    from multistatic.study.study_schema import study_json_schema

    document = study_json_schema() if study else scenario_json_schema()
    _write(json.dumps(document, indent=2, ensure_ascii=False) + "\n", out, force=True)


def _write(text: str, out: Path | None, *, force: bool) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    from multistatic.errors import InputError, Problem
    from multistatic.files.atomic import write_text_atomically

    if out.exists() and not force:
        raise InputError([Problem("--out", f"{out}, which exists", "a new file", "--force replaces it")])
    write_text_atomically(out, text)
    typer.echo(f"wrote {out}", err=True)


def _print_json(document: object) -> None:
    import json

    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
