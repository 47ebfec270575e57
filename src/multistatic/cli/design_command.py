"""`multistatic design`: from a scenario file to a verified design, as a table, as JSON, and as files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from multistatic.cli.command_help import CHOICES, SCENARIO, SEARCH
from multistatic.cli.numbers import number
from multistatic.cli.picture_options import STYLE, TITLE, picture_style
from multistatic.errors import InfeasibleError, InputError, Problem, VerificationError

if TYPE_CHECKING:
    from multistatic.design.limits import Limits
    from multistatic.design.result import Design, Scheme
    from multistatic.design.unit_changes import UnitChanges
    from multistatic.report.style import PictureStyle

SCHEMES = ("multi", "bi", "mono")
METHODS = {"joint": "joint", "decoupled": "minimax_linkage", "alternating": "minimax_linkage"}

FILE = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="Scenario file (TOML), name of a preset (paper, urban, city, drone_area, published_drop), or - for "
        "standard input.",
    ),
]
SET = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        rich_help_panel=SCENARIO,
        help="Override a key of the scenario, for example transmitter.power_dbm=36. Put lists, tables and quoted text "
        "into single quotes. May be repeated.",
    ),
]
QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress on standard error.")]
JSON = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output instead of a table.")]


def design_command(
    file: FILE,
    set_: SET = None,
    selector: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=CHOICES,
            help="Algorithm that chooses the group of receivers; joint optimises group and beams together. "
            "`multistatic compare --list` prints all names. Default: the scenario's.",
        ),
    ] = None,
    method: Annotated[str | None, typer.Option("--design", metavar="METHOD", hidden=True)] = None,
    beamformer: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=CHOICES,
            help="Algorithm that designs the transmit beams (`multistatic compare --list`). Default: the scenario's.",
        ),
    ] = None,
    alternate: Annotated[
        bool | None,
        typer.Option(
            "--alternate/--no-alternate",
            rich_help_panel=CHOICES,
            help="Repeat the selection of receivers and the design of beams in turn until neither changes; needs a "
            "selector other than joint. Default: the scenario's.",
        ),
    ] = None,
    scheme: Annotated[
        str,
        typer.Option(
            metavar="SCHEME",
            rich_help_panel=CHOICES,
            help="Receivers of the echo: multi (a group of receivers), bi (the best single receiver) or mono (the "
            "transmitter).",
        ),
    ] = "multi",
    certificate: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel=SEARCH,
            help="Upper bound that proves how good the beams are: standard, or tight, which proves more where some "
            "receivers do not cooperate and takes 3 s at 4 receivers and 15 to 30 s at 10. Default: the scenario's.",
        ),
    ] = None,
    gap: Annotated[
        float,
        typer.Option(
            parser=number,
            metavar="RATIO",
            rich_help_panel=SEARCH,
            help="Relative gap between value and proven bound at which an exact search may stop.",
        ),
    ] = 1e-9,
    time_limit: Annotated[
        float | None,
        typer.Option(
            parser=number,
            metavar="SECONDS",
            rich_help_panel=SEARCH,
            help="Time after which an exact search stops with its best design so far and the gap proven for it. "
            "Default: no limit.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for the files and pictures of the design.")
    ] = None,
    pictures: Annotated[
        bool, typer.Option(help="Write pictures and the page report.html into the folder of --out.")
    ] = True,
    style: STYLE = "screen",
    title: TITLE = True,
    matlab: Annotated[bool, typer.Option("--matlab", help="Also write design.mat into the folder of --out.")] = False,
    json_: JSON = False,
    quiet: QUIET = False,
) -> None:
    """Design a network, bound its accuracy and verify it.

    The command chooses the receivers that cooperate and the transmit beams. It prints the bounds on the accuracy of
    position and velocity, the rate of each receiver, and how much better any other design could be. All figures are
    recomputed from the beams by independent code.

    \b
    Examples:
      multistatic design paper --out out/paper
      multistatic design city --selector enumeration --set design.receivers=3

    Duration: 1 to 4 seconds for the presets with an exact target; areas with hundreds of points take a minute or
    more; up to 30 seconds with --certificate tight; a few seconds for 200 receivers. The first design after an
    installation takes several seconds longer, because code is compiled.

    \b
    Exit codes:
      0  The design was found and verified.
      2  The input is wrong; each problem is named.
      3  No design meets the requirements; the message says which ones.
      4  The design failed its own verification.
    """
    _check("--scheme", scheme, SCHEMES)
    if method is not None:
        _check("--design", method, METHODS)
        _check_agreement(method, selector)
    if matlab and out is None:
        raise InputError([Problem("--matlab", "no --out", "--out DIR, the folder for design.mat")])
    limits = _limits(gap, time_limit)
    look = picture_style(style, title, out, pictures)
    drawn = look if pictures else None
    from multistatic.cli.progress import StageClock, shown_stages
    from multistatic.cli.shown_notes import print_note
    from multistatic.design import design_network
    from multistatic.design.algorithms import require_solvers
    from multistatic.design.unit_changes import unit_changes
    from multistatic.extras import require_installed
    from multistatic.files.design_files import design_document
    from multistatic.files.scenario_file import load_scenario
    from multistatic.scenario.model import JOINT

    scenario = load_scenario(
        file, overrides=overrides(set_, method, selector, beamformer, certificate, alternate), on_note=print_note
    )
    if alternate and scenario.design.selector == JOINT:
        expected = "a selector other than joint (--selector NAME), which designs group and beams together"
        raise InputError([Problem("--alternate", "--alternate with the selector joint", expected)])
    if alternate and scheme != "multi":
        expected = "the scheme multi: bi and mono select no group"
        raise InputError([Problem("--alternate", f"--alternate with --scheme {scheme}", expected)])
    require_solvers([scenario.design.beamformer])
    if out is not None and pictures:
        require_installed("drawing pictures", "matplotlib")
    clock = StageClock()
    with shown_stages(quiet) as show:

        def on_stage(stage: str) -> None:
            clock(stage)
            show(stage)

        result = design_network(scenario, scheme=cast("Scheme", scheme), on_stage=on_stage, limits=limits)
        unit = unit_changes(result)
        timing_s = clock.finish()
        show("writing files")
        files = write(result, unit, out, timing_s, drawn, matlab) if out is not None else ()
    if json_:
        import json

        document = design_document(result, timing_s=timing_s, unit=unit)
        typer.echo(json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False))
    else:
        _print_table(result, unit, files)
    _raise_unless_sound(result)


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
    alternate: bool | None = None,
) -> list[str]:
    """`--set`, then the options that are keys of the scenario, as one list of KEY=VALUE.

    `--design` is the name before of `--selector` with `--alternate`: `decoupled` alone is the paper's method, minimax
    linkage for beams that ignore the group and then beams for the group.
    """
    named = {"design.selector": selector or METHODS.get(method or ""), "design.beamformer": beamformer}
    named["design.certificate"] = certificate
    before = [] if method in (None, "joint") else [f"design.alternate={str(method == 'alternating').lower()}"]
    after = [f'{key}="{value}"' for key, value in named.items() if value is not None]
    after += [] if alternate is None else [f"design.alternate={str(alternate).lower()}"]
    return [*before, *(set_ or []), *after]


def write(
    result: Design,
    unit: UnitChanges | None,
    out: Path,
    timing_s: dict[str, float],
    style: PictureStyle | None,
    matlab: bool = False,
) -> tuple[Path, ...]:
    """All files of a design, whole or not at all; one that failed its verification writes neither beams nor pictures.
    No `style`, no pictures and no page.
    """
    from multistatic.files.design_files import PAGE, write_design
    from multistatic.report.design_page import design_page
    from multistatic.report.pictures import design_pictures, page_pictures

    drawn = design_pictures(result, style) if style is not None and result.status != "infeasible" else {}
    if style is not None:
        drawn[PAGE] = design_page(result, unit, page_pictures(result) if drawn else {})
    return write_design(out, result, timing_s=timing_s, pictures=drawn, matlab=matlab, unit=unit)


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
        from multistatic.design.violation_words import worst_violation

        found = worst_violation(result.verification.violations)
        raise VerificationError(f"the design failed its verification: {found}")
