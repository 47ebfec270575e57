"""`multistatic simulate`: the signals that the receivers of a design receive, as SigMF recordings, and the truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.command_help import CLOCKS, RECEIVED, SIGNAL
from multistatic.cli.design_command import JSON, QUIET
from multistatic.cli.numbers import number, whole_number
from multistatic.cli.option_names import options_named
from multistatic.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from multistatic.files.designed_network import DesignedNetwork
    from multistatic.simulation.block import SimulatedBlock

SELECTED, ALL = "selected", "all"
_OPTIONS = {
    "time_offset_std_s": "--clock-offset-std",
    "common_time_offset_std_s": "--transmitter-clock-offset-std",
    "common_frequency_offset_std_hz": "--transmitter-frequency-offset-std",
}


def simulate_command(
    design_dir: Annotated[
        Path, typer.Argument(metavar="DESIGN_DIR", help="Folder that `multistatic design --out` wrote.")
    ],
    symbols: Annotated[
        str,
        typer.Option(metavar="NAME", rich_help_panel=SIGNAL, help="Symbols: gaussian, qam4, qam16, qam64 or qam256."),
    ] = "gaussian",
    waveform: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            rich_help_panel=SIGNAL,
            help="Waveform: single-carrier with the scenario's pulse, or ofdm.",
        ),
    ] = "single-carrier",
    subcarriers: Annotated[
        int,
        typer.Option(
            parser=whole_number(),
            metavar="N",
            rich_help_panel=SIGNAL,
            help="Number of OFDM subcarriers; all but the one at DC carry symbols.",
        ),
    ] = 64,
    cyclic_prefix: Annotated[
        int,
        typer.Option(
            parser=whole_number(),
            metavar="SLOTS",
            rich_help_panel=SIGNAL,
            help="Length of the OFDM cyclic prefix in slots of the scenario.",
        ),
    ] = 16,
    redraw_symbols: Annotated[
        bool,
        typer.Option("--redraw-symbols", rich_help_panel=SIGNAL, help="Draw new symbols in every trial."),
    ] = False,
    receivers: Annotated[
        str,
        typer.Option(
            metavar="IDS",
            rich_help_panel=RECEIVED,
            help="Receivers to simulate: selected (those that cooperate), all, or ids separated by commas.",
        ),
    ] = SELECTED,
    trials: Annotated[
        int,
        typer.Option(
            parser=whole_number(),
            metavar="N",
            rich_help_panel=RECEIVED,
            help="Number of blocks, each with new noise and a new phase of the echo.",
        ),
    ] = 1,
    oversampling: Annotated[
        float,
        typer.Option(
            parser=number, metavar="RATIO", rich_help_panel=RECEIVED, help="Samples for each slot of the signal."
        ),
    ] = 4.0,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(0),
            metavar="SEED",
            rich_help_panel=RECEIVED,
            help="Seed of symbols, noise, phases, clock offsets and drawn targets, 0 or more. Default: the scenario's.",
        ),
    ] = None,
    echo: Annotated[bool, typer.Option(rich_help_panel=RECEIVED, help="Include the echo of the target.")] = True,
    direct_path: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="RATIO",
            rich_help_panel=RECEIVED,
            help="Power of the direct path that remains in the recordings, as a ratio from 0 (none) to 1 (all). "
            "Default: the scenario's.",
        ),
    ] = None,
    no_direct_path: Annotated[bool, typer.Option("--no-direct-path", hidden=True)] = False,
    clutter: Annotated[
        bool, typer.Option(rich_help_panel=RECEIVED, help="Include the white clutter and the scatterers.")
    ] = True,
    noise: Annotated[bool, typer.Option(rich_help_panel=RECEIVED, help="Include thermal noise.")] = True,
    random_phase: Annotated[
        bool, typer.Option(rich_help_panel=RECEIVED, help="Draw a random phase for each echo and scatterer.")
    ] = True,
    clock_offset_std: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="SECONDS",
            rich_help_panel=CLOCKS,
            help="Standard deviation of each receiver's clock offset in s. Default: the scenario's.",
        ),
    ] = None,
    frequency_offset_std: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="HZ",
            rich_help_panel=CLOCKS,
            help="Standard deviation of each receiver's carrier offset in Hz. Default: the scenario's.",
        ),
    ] = None,
    transmitter_clock_offset_std: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="SECONDS",
            rich_help_panel=CLOCKS,
            help="Standard deviation of the transmitter's clock offset in s, common to all receivers. Default: the "
            "scenario's.",
        ),
    ] = None,
    transmitter_frequency_offset_std: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="HZ",
            rich_help_panel=CLOCKS,
            help="Standard deviation of the transmitter's carrier offset in Hz, common to all receivers. Default: the "
            "scenario's.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the recordings. Default: DESIGN_DIR/simulation."),
    ] = None,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Simulate the signals that the receivers of a design receive.

    Writes one SigMF recording for each receiver, the known transmitted signal, and truth.json with the true delays,
    Doppler shifts and clock offsets. A target that is not exactly known is drawn from its prior or area.

    \b
    Examples, after `multistatic design paper --out out/paper`:
      multistatic simulate out/paper
      multistatic simulate out/paper --symbols qam16 --trials 10 --seed 7

    Duration: about 3 seconds for a block of 1024 symbols at 10 receivers.

    \b
    Exit codes:
      0  The recordings were written.
      2  The input is wrong; each problem is named.
    """
    from multistatic.cli.progress import shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.files.designed_network import read_designed_network
    from multistatic.files.simulation_files import simulation_files, truth_document, write_simulation
    from multistatic.simulation.block import SimulationSettings, simulate_block

    if no_direct_path and direct_path:
        raise InputError([Problem("--no-direct-path", "--no-direct-path and --direct-path", "one of the two")])
    with options_named("simulation", _OPTIONS):
        settings = SimulationSettings(
            symbols=symbols,
            waveform=waveform,  # type: ignore[arg-type]  # a word that is none is a problem of the settings
            subcarriers=subcarriers,
            cyclic_prefix=cyclic_prefix,
            oversampling=oversampling,
            trials=trials,
            redraw_symbols=redraw_symbols,
            echo=echo,
            direct_path=0.0 if no_direct_path else direct_path,
            clutter=clutter,
            noise=noise,
            random_phase=random_phase,
            time_offset_std_s=clock_offset_std,
            frequency_offset_std_hz=frequency_offset_std,
            common_time_offset_std_s=transmitter_clock_offset_std,
            common_frequency_offset_std_hz=transmitter_frequency_offset_std,
        )
    with shown_stages(quiet) as show:
        show("reading the design")
        network = read_designed_network(design_dir, on_note=print_note)
        ids = _receivers(network, receivers)
        start = network.scenario.seed if seed is None else seed
        if oversampling < 1.0:
            symbol_rate = 1e-6 / network.scenario.radio.slot_s
            print_note(
                f"--oversampling {oversampling:g} samples the signal at {oversampling * symbol_rate:.6g} MHz, which is "
                f"below its symbol rate of {symbol_rate:.6g} Msymbol/s: the recordings are aliased"
            )
        block = simulate_block(
            network.scenario,
            network.channel,
            network.beams,
            settings,
            start,
            receiver_ids=ids,
            on_receiver=lambda name: show(f"simulating {name}", ids.index(name), len(ids)),
        )
        for note in _notes_on_targets(network, block):
            print_note(note)
        show("writing files")
        truth = truth_document(network, block, settings, start)
        files = write_simulation(out or design_dir / "simulation", simulation_files(network, block, truth))
    if json_:
        import json

        typer.echo(json.dumps(truth, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        _print_table(block, files)


def _notes_on_targets(network: DesignedNetwork, block: SimulatedBlock) -> Iterator[str]:
    """Where the targets are that are not exactly known, and whose echo is that of the table."""
    targets, points = network.scenario.targets, block.targets
    assert points is not None
    for target, place in zip(targets, points.position_m, strict=True):
        if not target.exact:
            known = "prior" if target.area is None else "area"
            shown = ", ".join(f"{each:.6g}" for each in place)
            yield f"{target.id} is at [{shown}] m, drawn from its {known}; another --seed draws another place"
    if len(targets) > 1:
        yield (
            f"every recording holds the echoes of {len(targets)} targets; the table and the known signal are those of "
            f"{targets[0].id}, truth.json has all"
        )


def _receivers(network: DesignedNetwork, asked: str) -> tuple[str, ...]:
    known = network.scenario.receiver_ids
    if asked in (SELECTED, ALL):
        return network.selected_ids if asked == SELECTED else known
    ids = tuple(name.strip() for name in asked.split(",") if name.strip())
    unknown = [name for name in ids if name not in known]
    if unknown or not ids:
        expected = f"ids out of {', '.join(known)}"[:300]
        raise InputError([Problem("--receivers", repr(name), expected) for name in unknown or [asked]])
    return ids


def _print_table(block: SimulatedBlock, files: Sequence[Path]) -> None:
    from rich.console import Console

    from multistatic.report.simulation_table import simulation_table

    console = Console()
    console.print(simulation_table(block))
    console.print(
        f"wrote {len(files)} files to {files[0].parent}: a recording of each receiver, the known signal, truth.json",
        highlight=False,
        soft_wrap=True,
    )
