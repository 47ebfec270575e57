"""`multistatic init`, `check` and `schema`: to begin a scenario file, to check one, to describe all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from multistatic.cli.design_command import FILE, SET
from multistatic.cli.option_names import options_named

OUT = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write to this file. Default: print on standard output.")
]


def init_command(
    preset: Annotated[
        str,
        typer.Argument(
            metavar="PRESET",
            help="Name of a preset (paper, urban, city, drone_area, published_drop); with --channel-file also a "
            "scenario file.",
        ),
    ] = "paper",
    channel_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also write a channel file for your own channels; the ending chooses its format: .npz (NumPy), .mat "
            "(MATLAB), .h5 (HDF5) or .nc (NetCDF).",
        ),
    ] = None,
    out: OUT = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write a commented scenario file to start from.

    Presets: paper (the published setup), urban (a drone in a street, 3.5 GHz), city (a drone over a square in Berlin,
    26 GHz), drone_area (a drone anywhere over 200 m by 200 m, 3.5 GHz), published_drop (receivers that match the levels
    of the published figures). The preset paper shows every key; those that it does not use are commented out.

    With --channel-file a channel file is written too. It has the ids, the carrier and the shapes of the scenario, and
    is filled with the channels of the scenario's own model until you replace them. The scenario file names it.

    \b
    Examples:
      multistatic init urban --out urban.toml
      multistatic init paper --out mine.toml --channel-file H.npz

    Duration: about a second.

    \b
    Exit codes:
      0  The file was written.
      2  The input is wrong, or a file exists already.
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
    channel = realised_channel(load_scenario(name))
    with options_named("", {"(channel file)": "--channel-file"}):
        content = channel_bytes(channel, channel_file.suffix)
    write_bytes_atomically(channel_file, content)
    typer.echo(f"wrote {channel_file}", err=True)
    _write(text, out, force=force)


def check_command(
    file: FILE,
    set_: SET = None,
    resolved: Annotated[
        bool,
        typer.Option(
            "--resolved", help="Print the complete scenario as TOML, with every default and every random position."
        ),
    ] = False,
    json_: Annotated[
        bool, typer.Option("--json", help="Print the summary, or the problems, as JSON on standard output.")
    ] = False,
) -> None:
    """Check a scenario file and summarise it.

    Names every problem of the file at once. If there is none, prints the geometry, the signal-to-noise ratios and the
    assumptions of the scenario, with notes about values that are unusual.

    \b
    Examples:
      multistatic check urban
      multistatic check paper --set transmitter.power_dbm=36

    Duration: about a second.

    \b
    Exit codes:
      0  The scenario is valid.
      2  The scenario is not valid; each problem is named.
    """
    from multistatic.cli.shown_notes import print_note
    from multistatic.files.scenario_file import load_scenario

    notes: list[str] = []
    scenario = load_scenario(file, overrides=list(set_ or []), on_note=notes.append)
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
    study: Annotated[
        bool, typer.Option("--study", help="Print the schema of the study file instead of the scenario file.")
    ] = False,
    out: OUT = None,
) -> None:
    """Print the JSON Schema of the scenario file.

    Editors use it to complete and check keys (JSON Schema draft 2020-12). Every key has a description.

    \b
    Examples:
      multistatic schema --out multistatic.schema.json
      multistatic schema --study --out study.schema.json

    Duration: about a second.

    \b
    Exit codes:
      0  The schema was printed.
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
