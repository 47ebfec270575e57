"""Any result as the text that the command line prints of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from multistatic.design.compare import Comparison
from multistatic.design.result import Design
from multistatic.design.unit_changes import unit_changes
from multistatic.estimation.measurement import Measurement
from multistatic.localization.fix import Fix
from multistatic.notebook import NotebookView
from multistatic.registry import name_of
from multistatic.report.assumption_sentences import assumptions_in_words
from multistatic.report.fix_summary import fix_summary
from multistatic.report.measurement_table import measurement_table
from multistatic.report.scenario_summary import scenario_summary, scenario_table
from multistatic.report.simulation_table import simulation_table
from multistatic.report.study_table import results_table
from multistatic.report.summary import comparison_table, design_summary
from multistatic.report.text_table import plain
from multistatic.scenario.model import Scenario
from multistatic.simulation.block import SimulatedBlock
from multistatic.study.results import StudyResults

if TYPE_CHECKING:
    from rich.console import RenderableType


def summary(result: Any, *, width: int = 120) -> str:
    """The table that the command line prints of `result`, as plain text.

    result: a `Scenario`, `Design`, `SimulatedBlock`, `Measurement`, `Fix`, `Comparison`, `StudyResults`, a sequence of
    measurements, fixes or comparisons; any other result of this package as its name and facts.
    width: characters in a line. Raises `TypeError` for anything else.

    A design's table says what one bit/s/Hz and one decibel more would change, for which beams are designed twice.

    >>> from multistatic import load_preset
    >>> print(summary(load_preset("paper")).splitlines()[0])
    paper: 10 receivers, 10 transmit antennas, transmit power 30.0 dBm, noise power -60.0 dBm, wavelength 8.57 cm
    """
    return plain(printed_result(result), width)


@singledispatch
def printed_result(result: Any) -> RenderableType:
    """What a command prints of a result; other packages may register theirs."""
    from rich.text import Text

    if isinstance(result, NotebookView):
        shown = result.overview()
        facts = (f"  {name}: {value}" for name, value in shown.facts)
        return Text("\n".join([f"{type(result).__name__}: {shown.title}", *facts]))
    known = "a result of this package, or a sequence of measurements, fixes or comparisons"
    raise TypeError(f"a {type(result).__name__} has no summary; expected {known}")


@printed_result.register(Design)
def _(result: Design) -> RenderableType:
    return design_summary(result, unit_changes(result))


@printed_result.register(Scenario)
def _(result: Scenario) -> RenderableType:
    return scenario_table(scenario_summary(result), assumptions_in_words(result))


@printed_result.register(SimulatedBlock)
def _(result: SimulatedBlock) -> RenderableType:
    return simulation_table(result)


@printed_result.register(StudyResults)
def _(result: StudyResults) -> RenderableType:
    return results_table(result)


@printed_result.register(Measurement)
@printed_result.register(Fix)
@printed_result.register(Comparison)
def _(result: Measurement | Fix | Comparison) -> RenderableType:
    return printed_result((result,))


@printed_result.register(tuple)
@printed_result.register(list)
def _(results: Sequence[Any]) -> RenderableType:
    kinds = {type(each) for each in results}
    if kinds == {Measurement}:
        raised = any(one.direction is not None and abs(one.direction[2]) > 0.0 for one in results)
        return measurement_table(results, 3 if raised else 2)
    if kinds == {Fix}:
        spatial = any(fix.vertical_std_m is not None for fix in results)
        return fix_summary(results, 3 if spatial else 2)
    if kinds == {Comparison}:
        return comparison_table(results, _criterion(results))
    names = ", ".join(sorted(kind.__name__ for kind in kinds)) or "nothing"
    raise TypeError(f"a sequence of {names} has no summary; expected measurements, fixes or comparisons")


def _criterion(rows: Sequence[Comparison]) -> str:
    """The criterion of the compared designs; of no design at all, just `value`."""
    designs = (row.design for row in rows if row.design is not None)
    return next((name_of(design.scenario.design.criterion) for design in designs), "value")
