"""Every table, caption and page says what its numbers assume; horizontal and vertical errors stand apart."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from rich.console import Console

from multistatic import draw_measurements, load_preset, localize_many, realise, sensing_network
from multistatic.bounds.position import PositionBound
from multistatic.design.compare import Comparison
from multistatic.design.result import Design
from multistatic.report.assumption_sentences import assumption_sentences, assumptions_in_words, clocks_in_words
from multistatic.report.beam_pattern import beam_pattern_figure
from multistatic.report.comparison import comparison_figure
from multistatic.report.design_page import design_page
from multistatic.report.fix_map import fix_figure
from multistatic.report.map import map_figure
from multistatic.report.rate_bars import rates_figure
from multistatic.report.style import SMALL, caption_lines, new_figure, styled, text_width_in
from multistatic.report.summary import comparison_table, design_summary
from multistatic.report.wording import error_apart
from multistatic.scenario.model import Scenario, free_space_gain
from tests.support.close import assert_close
from tests.support.handmade_design import design, scenario
from tests.support.html_reader import PageReader, normal

NS = 1e-9
COVARIANCE = np.array([[4.0, 1.0, -1.5], [1.0, 2.0, 0.5], [-1.5, 0.5, 9.0]]) * 1e-6


def clocked(what: Scenario, time_s: list[float], frequency_hz: float = 0.0, transmitter_s: float = 0.0) -> Scenario:
    """The first receivers off by `time_s`, all of them by `frequency_hz`."""
    times = [*time_s, *[time_s[-1]] * len(what.receivers)]
    receivers = tuple(
        replace(one, clock_offset_std_s=std_s, frequency_offset_std_hz=frequency_hz)
        for one, std_s in zip(what.receivers, times, strict=False)
    )
    return replace(what, receivers=receivers, transmitter=replace(what.transmitter, clock_offset_std_s=transmitter_s))


def in_space(covariance_m2: Any = COVARIANCE) -> Design:
    """A design in three dimensions with this covariance of the position."""
    made = design(scenario(count=6, spatial=True), group=(0, 1, 2))
    assert made.accuracy is not None
    position = replace(
        made.accuracy.position, covariance_m2=covariance_m2, peb_m=float(np.sqrt(np.trace(covariance_m2)))
    )
    return replace(made, accuracy=replace(made.accuracy, position=position))


def words_on(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text))


def printed(table: Any) -> str:
    stream = io.StringIO()
    Console(file=stream, width=200, color_system=None).print(table)
    return stream.getvalue()


# Words


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (scenario(), "Clocks: perfect."),
        (clocked(scenario(), [NS]), "Clocks: receivers' time ± 1 ns."),
        (clocked(scenario(), [30 * NS, NS]), "Clocks: receivers' time ± 1 ns to 30 ns."),
        (clocked(scenario(), [NS], 0.1), "Clocks: receivers' time ± 1 ns and frequency ± 100 mHz."),
        (
            clocked(scenario(), [NS], transmitter_s=np.inf),
            "Clocks: receivers' time ± 1 ns, transmitter's time unknown.",
        ),
        (clocked(scenario(), [np.inf]), "Clocks: receivers' time unknown."),
        (clocked(scenario(), [np.inf, NS]), "Clocks: receivers' time unknown at 1 of 10, else ± 1 ns at most."),
        (clocked(scenario(), [np.inf, 0.0]), "Clocks: receivers' time unknown at 1 of 10, else perfect."),
    ],
)
def test_clocks(what: Scenario, words: str) -> None:
    assert clocks_in_words(what) == words
    assert clocks_in_words(what, one_clock=True) == "Clocks: perfect."


@pytest.mark.parametrize(
    ("law", "exponent", "free_space", "words"),
    [
        ("sum", 2.7, True, "Echo: path loss over the whole path (sum)."),
        ("product", 2.0, True, "Echo: radar equation (product)."),
        ("product", 2.0, False, "Echo: path losses of both legs multiplied (product)."),
        ("product", 2.7, True, "Echo: path losses of both legs multiplied (product)."),
    ],
)
def test_the_law_of_echoes(law: Any, exponent: float, free_space: bool, words: str) -> None:
    what = scenario()
    gain = free_space_gain(what.radio.wavelength_m) if free_space else 1e-3
    propagation = replace(what.propagation, echo_law=law, path_loss_exponent=exponent, reference_gain=gain)
    found = assumptions_in_words(replace(what, propagation=propagation))
    assert (
        found
        == f"Clocks: perfect. Target: designed for exactly this position and velocity. Elements: isotropic. {words}"
    )


def test_errors_apart() -> None:
    assert error_apart(np.diag([9.0, 16.0, 4.0]) * 1e-6) == "horizontal 5 mm, vertical 2 mm"
    assert error_apart(np.eye(2)) == ""
    assert error_apart(None) == ""


# Where they stand


def test_the_table_of_a_design() -> None:
    what = clocked(scenario(), [2 * NS])
    text = printed(design_summary(design(what)))
    facts = [" ".join(line.split()) for line in text.splitlines()]
    law = assumptions_in_words(what).partition("Echo: ")[2].rstrip(".")
    expected = [
        "clocks receivers' time ± 2 ns",
        "target designed for exactly this position and velocity",
        "elements isotropic",
        f"echo {law}",
    ]
    assert facts[facts.index("Assumptions") + 1 :][:4] == expected


def test_the_page_of_a_design() -> None:
    what = clocked(scenario(), [2 * NS])
    found = PageReader(design_page(design(what), None, {}))
    told = {term: normal(words[0]) for term, words in found.defined if len(words) == 2}
    expected = [sentence.rstrip(".").split(": ") for sentence in assumption_sentences(what)]
    assert {name.lower(): words for name, words in expected}.items() <= told.items()
    assert told["clocks"] == "receivers' time ± 2 ns"


def test_the_captions_of_a_design() -> None:
    what = clocked(scenario(), [2 * NS])
    with styled():
        assert assumptions_in_words(what) in words_on(map_figure(design(what)))
        assert "Elements: isotropic." in words_on(beam_pattern_figure(design(what)))


def test_a_mono_static_design_has_one_clock() -> None:
    made = replace(design(clocked(scenario(), [np.inf])), scheme="mono")
    assert made.accuracy is not None
    alone = {"sensor_ids": ("transmitter",), "block_snr": np.array([50.0])}
    text = printed(design_summary(replace(made, accuracy=replace(made.accuracy, **alone))))
    assert "clocks perfect" in " ".join(text.split())
    with styled():
        assert "Clocks: perfect." in words_on(map_figure(made))


def test_a_comparison() -> None:
    what = clocked(scenario(), [2 * NS])
    row = Comparison(
        selector="greedy",
        beamformer="sca",
        status="feasible",
        value=1.0,
        gap=0.0,
        time_s=1.0,
        design=design(what),
        message="",
    )
    assert assumptions_in_words(what) in printed(comparison_table([row], "peb"))
    with styled():
        assert assumptions_in_words(what) in words_on(comparison_figure([row], "peb"))


def test_fixes_name_the_clocks() -> None:
    what = load_preset("paper", ["receivers.clock_offset_std_s=2e-9"])
    network = sensing_network(what, realise(what, np.random.default_rng(1)))
    groups = draw_measurements(network, 10.0, np.random.default_rng(0))
    with styled():
        assert "Clocks: receivers' time ± 2 ns." in words_on(fix_figure(localize_many(groups, what), groups, what))


# Useless bounds, and what a nanosecond does


def test_a_bound_of_no_use_says_so_in_the_table() -> None:
    made = design()
    assert made.accuracy is not None
    position = replace(made.accuracy.position, note="The position error bound of 3e+04 m is useless.")
    text = printed(design_summary(replace(made, accuracy=replace(made.accuracy, position=position))))
    assert "The position error bound is useless." in text, "its number stands in the row of the bound"
    assert "useless" not in printed(design_summary(made))


def test_a_nanosecond_stands_in_the_table() -> None:
    text = " ".join(printed(design_summary(design())).split())
    assert "+1 ns of clock error at each cooperating receiver independently: position error bound " in text
    unknown = replace(design(), accuracy=replace(design().accuracy, position=unobservable()))  # type: ignore[arg-type]
    assert "+1 ns of clock error" not in printed(design_summary(unknown))


def unobservable() -> PositionBound:
    return PositionBound(
        position="unobservable", velocity="unobservable", peb_m=None, veb_m_s=None, reason="Too few receivers."
    )


# Horizontal and vertical


def test_the_table_in_space_has_both_parts() -> None:
    text = printed(design_summary(in_space()))
    assert "3.87 mm (horizontal 2.45 mm, vertical 3 mm)\n" in text
    assert "horizontal" not in printed(design_summary(design()))


def test_the_map_in_space_has_both_parts_and_both_ellipses() -> None:
    with styled():
        figure = map_figure(in_space())
        caption = words_on(figure)
    assert "Position error: horizontal 2.45 mm, vertical 3 mm." in caption
    plan, side = figure.axes[:2]
    for axes, view in ((plan, (0, 1)), (side, (0, 2))):
        covariance, factor = drawn_covariance(axes), factor_in(caption, axes is side)
        expected = COVARIANCE[np.ix_(view, view)] * factor**2
        assert_close(covariance, expected, rel=1e-09, abs=1e-09 * expected.max())


@pytest.mark.parametrize("scale", [1e-9, 1e-2, 1e3, 1e6])
def test_the_ellipse_of_the_side_view_is_seen_whole(scale: float) -> None:
    with styled():
        side = map_figure(in_space(COVARIANCE * scale)).axes[1]
    deviation = np.sqrt(drawn_covariance(side)[1, 1])
    (low, high), height = side.get_ylim(), in_space().scenario.target.position_m[2]
    assert low < height - deviation
    assert height + deviation < high
    assert deviation > 0.05 * (high - low), "too small to be seen"


def test_fixes_in_space_have_both_parts_and_both_ellipses() -> None:
    what = load_preset("urban")
    network = sensing_network(what, realise(what, np.random.default_rng(1)))
    groups = draw_measurements(network, 100.0, np.random.default_rng(0))
    (fix,) = localize_many(groups, what)
    assert fix.position_covariance_m2 is not None
    with styled():
        figure = fix_figure([fix], groups, what)
        caption = words_on(figure)
    assert error_apart(fix.position_covariance_m2) in caption
    for axes, view in zip(figure.axes, ((0, 1), (0, 2)), strict=True):
        factor = factor_in(caption, view == (0, 2))
        expected = fix.position_covariance_m2[np.ix_(view, view)] * factor**2
        assert_close(drawn_covariance(axes), expected, rel=1e-09, abs=1e-09 * expected.max())


@pytest.mark.parametrize("east_m", [20.0, 400.0])
def test_heights_are_drawn_as_much_larger_as_the_caption_says(east_m: float) -> None:
    """At 400 m the arrow of the velocity reaches beyond every node, and the map is wider for it."""
    made = in_space()
    place = np.array([east_m, *made.scenario.target.position_m[1:]])
    moved = replace(made.scenario, target=replace(made.scenario.target, position_m=place))
    with styled():
        figure = map_figure(replace(made, scenario=moved))
        side = figure.axes[1]
        width, height = side.get_window_extent().size
    stretch = (height / np.ptp(side.get_ylim())) / (width / np.ptp(side.get_xlim()))
    assert f"heights drawn ×{stretch:.2g}" in words_on(figure)


def test_of_several_fixes_the_caption_has_the_median() -> None:
    """With one that lies beyond all sites, so that the picture is wider than they are."""
    what = load_preset("urban")
    network = sensing_network(what, realise(what, np.random.default_rng(1)))
    groups = draw_measurements(network, 100.0, np.random.default_rng(0))
    (fix,) = localize_many(groups, what)
    assert fix.position_m is not None
    spreads = [np.diag([1.0, 1.0, 4.0]), np.diag([2.0, 2.0, 9.0]), np.diag([800.0, 800.0, 1e4])]
    fixes = [
        replace(fix, position_covariance_m2=1e-6 * spread, position_m=fix.position_m + np.array([1e3 * k, 0, 0]))
        for k, spread in enumerate(spreads)
    ]
    with styled():
        figure = fix_figure(fixes, groups * 3, what)
        side = figure.axes[1]
        width, height = side.get_window_extent().size
    assert "median position error (1σ): horizontal 2 mm, vertical 3 mm" in figure.get_label()
    stretch = (height / np.ptp(side.get_ylim())) / (width / np.ptp(side.get_xlim()))
    assert f"heights drawn ×{stretch:.2g}" in words_on(figure)


def drawn_covariance(axes: Any) -> Any:
    """Of the ellipse on `axes`, in its coordinates."""
    (ellipse,) = {patch for patch in axes.patches if type(patch).__name__ == "Ellipse" and not patch.fill}
    turn = np.radians(ellipse.angle)
    frame = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return frame @ np.diag([ellipse.width / 2, ellipse.height / 2]) ** 2 @ frame.T


def factor_in(caption: str, side: bool) -> float:
    """By how much a caption says that the ellipse is enlarged."""
    plan = caption.partition("position error, drawn ×")[2]
    words = caption.partition("in the side view drawn ×")[2] or plan if side else plan
    return float(words.replace("\n", " ").split(".")[0].split(";")[0].split(" ")[0].replace(",", ""))


def test_a_long_sentence_is_broken_and_stays_legible() -> None:
    """Nine kinds of clocks take more than a line; they must not be written smaller than the other sentences."""
    long = "Clocks: " + ", ".join(f"receiver {k} ± {k} ns" for k in range(1, 12)) + "."
    with styled():
        figure = new_figure(6.0, 4.0)
        lines = caption_lines(figure, 4.0, ["First.", "Second.", long, "Last."])
        assert lines[0] == "First. Second."
        assert " ".join(lines[1:]) == f"{long} Last."
        assert len(lines) > 3
        assert all(text_width_in(figure, line, size=SMALL) <= 4.0 for line in lines)


def test_only_a_sensing_beam_can_be_cancelled() -> None:
    made = design(scenario())
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    weights = made.beamforming.beams.weights.copy()
    for first, said in ((1.0, True), (0.0, False)):
        weights[0] = first
        beams = replace(made.beamforming.beams, weights=weights.copy())
        with styled():
            text = words_on(rates_figure(replace(made, beamforming=replace(made.beamforming, beams=beams))))
        assert ("Cooperating receivers cancel the sensing beam" in text) == said
