"""`multistatic design`: from a scenario file to a verified design, as a table, as JSON, and as files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from multistatic.cli.numbers import number
from multistatic.errors import InfeasibleError, InputError, Problem, VerificationError

if TYPE_CHECKING:
    from multistatic.design.limits import Limits
    from multistatic.design.result import Design, Scheme
    from multistatic.design.unit_changes import UnitChanges

SCHEMES = ("multi", "bi", "mono")
METHODS = {"joint": "joint", "decoupled": "minimax_linkage", "alternating": "minimax_linkage"}

FILE = Annotated[str, typer.Argument(metavar="FILE", help="Scenario file, a preset's name, or - for stdin.")]
SET = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the scenario; repeatable.")
]
QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
JSON = Annotated[bool, typer.Option("--json", help="Print only JSON on stdout.")]


def design_command(
    file: FILE,
    out: Annotated[Path | None, typer.Option(help="Folder for the design's files and pictures.")] = None,
    selector: Annotated[
        str | None, typer.Option(metavar="NAME", help="Algorithm that chooses the receivers (`compare --list`).")
    ] = None,
    select: Annotated[str | None, typer.Option("--select", metavar="NAME", hidden=True)] = None,
    method: Annotated[
        str | None, typer.Option("--design", metavar="METHOD", help="joint (certified), decoupled or alternating.")
    ] = None,
    beamformer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Algorithm that designs the beams (`compare --list`).")
    ] = None,
    beams: Annotated[str | None, typer.Option("--beams", metavar="NAME", hidden=True)] = None,
    scheme: Annotated[str, typer.Option(help="multi (a group), bi (the best single receiver) or mono.")] = "multi",
    gap: Annotated[
        float, typer.Option(parser=number, help="Proven relative gap at which the exact searches may end.")
    ] = 1e-9,
    time_limit: Annotated[
        float | None,
        typer.Option(parser=number, metavar="SECONDS", help="End them then, with the best so far and its proven gap."),
    ] = None,
    certificate: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="standard, or tight: proves more of the beams of some groups with receivers that do not cooperate; "
            "it takes about 3 s at 4 receivers and 15 to 30 s at 10.",
        ),
    ] = None,
    set_: SET = None,
    pictures: Annotated[bool, typer.Option(help="Draw pictures and a page with them into --out.")] = True,
    matlab: Annotated[bool, typer.Option("--matlab", help="Write design.mat into --out too.")] = False,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Design a network: the group of receivers, the beams, the accuracy and the rates, all verified.

    Example: multistatic design paper --out out/paper --selector enumeration --set requirements.rate_bps_hz=3

    Exit codes: 0 done, 2 bad input, 3 infeasible (said why), 4 the result failed its own verification.
    """
    selector = one_of_two("selector", selector, "select", select)
    beamformer = one_of_two("beamformer", beamformer, "beams", beams)
    _check("--scheme", scheme, SCHEMES)
    if method is not None:
        _check("--design", method, METHODS)
        _check_agreement(method, selector)
    if matlab and out is None:
        raise InputError([Problem("--matlab", "no --out", "--out DIR, the folder for design.mat")])
    limits = _limits(gap, time_limit)
    from multistatic.cli.progress import StageClock, shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.design import design_network
    from multistatic.design.unit_changes import unit_changes
    from multistatic.files.design_files import design_document
    from multistatic.files.scenario_file import load_scenario

    scenario = load_scenario(
        file, overrides=overrides(set_, method, selector, beamformer, certificate), on_note=print_note
    )
    clock = StageClock()
    with shown_stages(quiet) as show:

        def on_stage(stage: str) -> None:
            clock(stage)
            show(stage)

        result = design_network(scenario, scheme=cast("Scheme", scheme), on_stage=on_stage, limits=limits)
        unit = unit_changes(result)
        timing_s = clock.finish()
        show("writing files")
        files = write(result, unit, out, timing_s, pictures, matlab) if out is not None else ()
    if json_:
        import json

        typer.echo(
            json.dumps(design_document(result, timing_s=timing_s), indent=2, allow_nan=False, ensure_ascii=False)
        )
    else:
        _print_table(result, unit, files)
    _raise_unless_sound(result)


def one_of_two(name: str, value: str | None, old_name: str, old: str | None) -> str | None:
    """The value of an option that had another name before, under which it is still accepted."""
    if value is not None and old is not None:
        expected = f"one of the two: --{old_name} is the old name of --{name}"
        raise InputError([Problem(f"--{name}", f"--{name} and --{old_name}", expected)])
    return old if value is None else value


def _limits(gap: float, time_limit_s: float | None) -> Limits:
    """The limits of the exact searches."""
    from multistatic.design.limits import Limits

    problems = []
    if not 0.0 <= gap < 1.0:
        problems.append(Problem("--gap", f"{gap:g}", "a number from 0, below 1"))
    if time_limit_s is not None and not time_limit_s > 0.0:
        problems.append(Problem("--time-limit", f"{time_limit_s:g}", "seconds above 0"))
    if problems:
        raise InputError(problems)
    return Limits(gap=gap, time_s=time_limit_s)


def overrides(
    set_: list[str] | None,
    method: str | None,
    selector: str | None,
    beamformer: str | None,
    certificate: str | None = None,
) -> list[str]:
    """`--set`, then `--design`, `--selector`, `--beamformer` and `--certificate`, as one list of KEY=VALUE.

    `--design decoupled` alone is the paper's: minimax linkage for beams that ignore the group, then beams for the
    group.
    """
    named = {"design.selector": selector or METHODS.get(method or ""), "design.beamformer": beamformer}
    named["design.certificate"] = certificate
    turns = [] if method in (None, "joint") else [f"design.alternate={str(method == 'alternating').lower()}"]
    return [*turns, *(set_ or []), *(f'{key}="{value}"' for key, value in named.items() if value is not None)]


def write(
    result: Design,
    unit: UnitChanges | None,
    out: Path,
    timing_s: dict[str, float],
    pictures: bool,
    matlab: bool = False,
) -> tuple[Path, ...]:
    """All files of a design, whole or not at all; a design that failed its verification writes no beams."""
    from multistatic.files.design_files import PAGE, write_design
    from multistatic.report.design_page import design_page
    from multistatic.report.pictures import design_pictures

    drawn = design_pictures(result) if pictures and result.status != "infeasible" else {}
    if drawn:
        drawn[PAGE] = design_page(result, unit, drawn)
    return write_design(out, result, timing_s=timing_s, pictures=drawn, matlab=matlab)


def _check(option: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise InputError([Problem(option, repr(value), f"one of {', '.join(known)}")])


def _check_agreement(method: str, selector: str | None) -> None:
    """`joint` chooses the group itself and the other methods need a selector: one of the two would be ignored."""
    if selector is not None and (method == "joint") != (selector == "joint"):
        expected = "no --selector" if method == "joint" else f"a selector other than 'joint' with --design {method}"
        raise InputError([Problem("--selector", f"{selector!r} with --design {method}", expected)])


def _print_table(result: Design, unit: UnitChanges | None, files: tuple[Path, ...]) -> None:
    from rich.console import Console

    from multistatic.report.summary import design_heading, design_summary

    console = Console()
    # Why a design is infeasible is the error that follows: the same sentences on stdout would be there twice.
    console.print(design_heading(result) if result.status == "infeasible" else design_summary(result, unit))
    for path in files:
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)


def _raise_unless_sound(result: Any) -> None:
    if result.status == "infeasible":
        raise InfeasibleError(result.message)
    if result.verification is not None and not result.verification.passed:
        name, error = max(result.verification.violations.items(), key=lambda item: item[1])
        raise VerificationError(f"the design failed its own verification: {name} is off by {error:.3g} (relative)")
