"""`multistatic simulate`: from a design to what its receivers hear, as SigMF recordings with the truth beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from multistatic.cli.design_command import JSON, QUIET
from multistatic.cli.numbers import number
from multistatic.cli.option_names import options_named
from multistatic.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from multistatic.files.designed_network import DesignedNetwork
    from multistatic.simulation.block import SimulatedBlock

SELECTED, ALL = "selected", "all"


def simulate_command(
    design_dir: Annotated[Path, typer.Argument(metavar="DESIGN_DIR", help="Folder of `multistatic design --out`.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the recordings; default DESIGN_DIR/simulation.")] = None,
    receivers: Annotated[str, typer.Option(metavar="IDS", help="`selected`, `all`, or comma-separated.")] = SELECTED,
    symbols: Annotated[str, typer.Option(help="gaussian, qam4, qam16, qam64 or qam256.")] = "gaussian",
    waveform: Annotated[str, typer.Option(help="single-carrier (the scenario's pulse) or ofdm.")] = "single-carrier",
    subcarriers: Annotated[int, typer.Option(help="Subcarriers of an OFDM symbol; all but DC are used.")] = 64,
    cyclic_prefix: Annotated[int, typer.Option(help="Cyclic prefix of an OFDM symbol in slots.")] = 16,
    oversampling: Annotated[float, typer.Option(parser=number, help="Samples a slot.")] = 4.0,
    trials: Annotated[int, typer.Option(help="Blocks with new noise and a new phase of the echo.")] = 1,
    redraw_symbols: Annotated[bool, typer.Option("--redraw-symbols", help="New symbols in every trial.")] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of symbols, noise, phases and clocks; default: the scenario's.")
    ] = None,
    echo: Annotated[bool, typer.Option(help="The target's echo.")] = True,
    direct_path: Annotated[
        float | None,
        typer.Option(
            parser=number,
            help="Power ratio of the direct path in the recordings; default as the scenario says.",
        ),
    ] = None,
    no_direct_path: Annotated[bool, typer.Option("--no-direct-path", help="The same as --direct-path 0.")] = False,
    clutter: Annotated[bool, typer.Option(help="White clutter and scatterers.")] = True,
    noise: Annotated[bool, typer.Option(help="Thermal noise.")] = True,
    random_phase: Annotated[bool, typer.Option(help="A random phase of each echo and scatterer.")] = True,
    time_offset_std: Annotated[
        float | None,
        typer.Option(
            parser=number,
            help="Standard deviation of each receiver's clock offset in s; these four: default as in the scenario.",
        ),
    ] = None,
    frequency_offset_std: Annotated[
        float | None, typer.Option(parser=number, help="Standard deviation of each receiver's carrier offset in Hz.")
    ] = None,
    common_time_offset_std: Annotated[
        float | None,
        typer.Option(
            parser=number,
            help="Standard deviation of the transmitter's clock offset in s; it is common to all receivers.",
        ),
    ] = None,
    common_frequency_offset_std: Annotated[
        float | None, typer.Option(parser=number, help="Standard deviation of the transmitter's carrier offset in Hz.")
    ] = None,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Simulate what the receivers of a design receive: a SigMF recording each, the known signal, and the truth.

    Example: multistatic simulate out/paper --symbols qam16 --trials 10 --seed 7
    """
    from multistatic.cli.progress import shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.files.designed_network import read_designed_network
    from multistatic.files.simulation_files import simulation_files, truth_document, write_simulation
    from multistatic.simulation.block import SimulationSettings, simulate_block

    if no_direct_path and direct_path:
        raise InputError([Problem("--no-direct-path", "with --direct-path", "one of the two")])
    with options_named("simulation"):
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
            time_offset_std_s=time_offset_std,
            frequency_offset_std_hz=frequency_offset_std,
            common_time_offset_std_s=common_time_offset_std,
            common_frequency_offset_std_hz=common_frequency_offset_std,
        )
    with shown_stages(quiet) as show:
        show("reading the design")
        network = read_designed_network(design_dir, on_note=print_note)
        ids = _receivers(network, receivers)
        start = network.scenario.seed if seed is None else seed
        block = simulate_block(
            network.scenario,
            network.channel,
            network.beams,
            settings,
            start,
            receiver_ids=ids,
            on_receiver=lambda name: show(f"simulating {name}", ids.index(name), len(ids)),
        )
        show("writing files")
        truth = truth_document(network, block, settings, start)
        files = write_simulation(out or design_dir / "simulation", simulation_files(network, block, truth))
    if json_:
        import json

        typer.echo(json.dumps(truth, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        _print_table(block, files)


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
