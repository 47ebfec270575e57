"""Pictures for a notebook: each function returns a matplotlib figure that belongs to no window.

They are those that the commands write as files; `figure.savefig("map.svg")` writes one. `style` is their width, on a
screen or in a journal's column, and `title=False` leaves out title and caption, which `figure.get_label()` has either
way. Pictures inside axes of your own: docs/pictures.md. Raises `MissingDependencyError` where matplotlib is not
installed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from multistatic.design.compare import Comparison
from multistatic.design.result import Design
from multistatic.errors import InputError, Problem
from multistatic.estimation.estimate_settings import EstimateSettings
from multistatic.estimation.from_recordings import DEFAULTS, measured_recordings
from multistatic.estimation.measurement import Measurement
from multistatic.localization.fix import Fix
from multistatic.registry import name_of
from multistatic.report.style import PictureStyle, PictureWidth, require_matplotlib, styled
from multistatic.scenario.model import Scenario
from multistatic.signal.waveform import Waveform
from multistatic.simulation.recording import Recording
from multistatic.study.results import StudyResults

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_map(design: Design, *, style: PictureWidth = "screen", title: bool = True) -> Figure:
    """Draw a design from above: the cooperating receivers, the paths of the echo, and the error ellipse of the
    position.

    design: the design.
    style: width of the figure, `screen`, `column` or `double-column`.
    title: whether title and caption are drawn.

    >>> from multistatic import design_network, load_preset
    >>> figure = plot_map(design_network(load_preset("paper")))
    >>> len(figure.axes)
    1
    """
    from multistatic.report.map import map_figure

    return _drawn(map_figure, design, style=PictureStyle(style, title))


def plot_beam_pattern(design: Design, *, style: PictureWidth = "screen", title: bool = True) -> Figure:
    """Draw the radiated power over direction, of the sensing beam and of all beams.

    design: the design; it must have beams, else `InputError`.
    style: width of the figure, `screen`, `column` or `double-column`.
    title: whether title and caption are drawn.

    >>> from multistatic import design_network, load_preset
    >>> figure = plot_beam_pattern(design_network(load_preset("paper")))
    >>> len(figure.axes) > 0
    True
    """
    from multistatic.report.beam_pattern import beam_pattern_figure

    return _drawn(beam_pattern_figure, _with_beams(design), style=PictureStyle(style, title))


def plot_rates(design: Design, *, style: PictureWidth = "screen", title: bool = True) -> Figure:
    """Draw the rate of each receiver beside the required one.

    design: the design; it must have beams, else `InputError`.
    style: width of the figure, `screen`, `column` or `double-column`.
    title: whether title and caption are drawn.

    >>> from multistatic import design_network, load_preset
    >>> figure = plot_rates(design_network(load_preset("paper")))
    >>> len(figure.axes) > 0
    True
    """
    from multistatic.report.rate_bars import rates_figure

    return _drawn(rates_figure, _with_beams(design), style=PictureStyle(style, title))


def plot_comparison(rows: Sequence[Comparison], *, style: PictureWidth = "screen", title: bool = True) -> Figure:
    """Draw several methods side by side: value of the criterion, chosen group, and time.

    rows: rows of a comparison, as `compare` returns them.
    style: width of the figure, `screen`, `column` or `double-column`.
    title: whether title and caption are drawn.

    >>> from multistatic import compare, load_preset
    >>> figure = plot_comparison(compare(load_preset("paper"), ["greedy", "nearest_n"]))
    >>> len(figure.axes) > 2
    True
    """
    from multistatic.report.comparison import comparison_figure

    designs = (row.design for row in rows if row.design is not None)
    criterion = next((name_of(design.scenario.design.criterion) for design in designs), "value")
    return _drawn(comparison_figure, rows, criterion, style=PictureStyle(style, title))


def plot_fixes(
    fixes: Sequence[Fix],
    measurements: Sequence[Sequence[Measurement]],
    scenario: Scenario,
    *,
    style: PictureWidth = "screen",
    title: bool = True,
) -> Figure:
    """Draw sites, fixes with errors and velocities, and near the last fix the positions that each of its delays allows.

    fixes: the fixes, as `localize_many` returns them.
    measurements: for each fix, its measurements.
    scenario: the network.
    style: width of the figure, `screen`, `column` or `double-column`.
    title: whether title and caption are drawn.

    >>> from multistatic import design_network, load_preset, localize, sensing_network, draw_measurements
    >>> import numpy as np
    >>> design = design_network(load_preset("paper"))
    >>> network = sensing_network(design.scenario, design.channel)
    >>> group, = draw_measurements(network, design.beamforming.illumination_w, np.random.default_rng(0))
    >>> figure = plot_fixes([localize(group, design.scenario)], [group], design.scenario)
    >>> len(figure.axes)
    1
    """
    from multistatic.report.fix_map import fix_figure

    return _drawn(fix_figure, fixes, measurements, scenario, style=PictureStyle(style, title))


def plot_delay_doppler(
    recording: Recording,
    reference: Waveform,
    scenario: Scenario | None = None,
    *,
    settings: EstimateSettings = DEFAULTS,
    style: PictureWidth = "screen",
    title: bool = True,
) -> Figure:
    """Draw the output of the matched filter for the first trial of a recording: over all delays, and near its largest
    peak over delay and Doppler shift, with the estimate.

    recording: samples of one receiver.
    reference: the known signal towards the target.
    scenario: the network; None: delays are searched from 0 on.
    settings: range of the search and false-alarm rate (`EstimateSettings`).
    style: width of the figure, `screen`, `column` or `double-column`.
    title: whether title and caption are drawn.

    Model and errors are those of `estimate`.

    >>> from multistatic import design_network, load_preset, simulate_block
    >>> design = design_network(load_preset("paper"))
    >>> beams = design.beamforming.beams
    >>> block = simulate_block(design.scenario, design.channel, beams, receiver_ids=["rx03"])
    >>> figure = plot_delay_doppler(block.recordings[0], block.reference, design.scenario)
    >>> len(figure.axes) > 2
    True
    """
    from multistatic.report.delay_doppler_map import delay_doppler_figure
    from multistatic.report.delay_doppler_view import delay_doppler_view

    (one,) = measured_recordings([recording], reference, scenario, settings=settings)
    return _drawn(
        delay_doppler_figure, delay_doppler_view(one, reference), one.measurements[0], style=PictureStyle(style, title)
    )


def plot_study(
    results: StudyResults, metric: str, *, page: int = 1, style: PictureWidth = "screen", title: bool = True
) -> Figure:
    """Draw one metric of a study over its swept keys: lines, rows, a heatmap, or a map of swept positions.

    results: results of a study, complete or not.
    metric: name of a stored metric, such as `peb_m`.
    page: number of the page, from 1; the caption states how many pages all panels need.
    style: width of the figure, `screen`, `column` or `double-column`.
    title: whether title and caption are drawn.

    Raises `InputError` for a metric that the study has not stored and for a page that does not exist.

    >>> import pathlib, tempfile
    >>> from multistatic import run_study
    >>> text = 'scenario = "paper"\\ntrials = 1\\nmetrics = ["peb_m"]\\nsweep.transmitter.power_dbm = [20, 30]'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "powers.toml")
    ...     _ = file.write_text(text)
    ...     results = run_study(file, file.with_suffix(".sqlite"), workers=1)
    >>> len(plot_study(results, "peb_m").axes)
    1
    """
    from multistatic.report.study_plots import study_figure

    known = [each.name for each in results.metrics]
    if metric not in known:
        raise InputError([Problem("metric", repr(metric), "one of " + ", ".join(known))])
    return _drawn(study_figure, results, results.metric_index(metric), page, style=PictureStyle(style, title))


def _drawn(draw: Callable[..., Figure], *arguments: Any, style: PictureStyle) -> Figure:
    require_matplotlib()
    with styled():
        return draw(*arguments, style=style)


def _with_beams(design: Design) -> Design:
    if design.beamforming is None or design.beamforming.beams is None:
        raise InputError([Problem("design", f"a design that is {design.status}", "one with beams", design.message)])
    return design
