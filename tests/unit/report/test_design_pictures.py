"""Pictures of designs in every width, with and without a title: what is written can be read, and legends are true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from multistatic import draw_beam_pattern, draw_map, draw_rates, plot_map
from multistatic.design.result import Design
from multistatic.errors import InputError
from multistatic.report.beam_pattern import beam_pattern_figure
from multistatic.report.labels import Label, place_labels
from multistatic.report.map import draw_elevation, map_figure
from multistatic.report.picture_layout import legend_entries, picture_heading
from multistatic.report.pictures import design_pictures
from multistatic.report.rate_bars import rates_figure
from multistatic.report.style import PICTURE_WIDTHS, PictureStyle, new_figure, rendered_pictures, styled
from tests.support.awkward_designs import AWKWARD, climbing, far_drone, street
from tests.support.close import assert_close
from tests.support.handmade_design import design, scenario
from tests.support.paths import ROOT
from tests.support.picture_geometry import drawn_texts, legend_faults, overlap_px, picture_faults, text_corners

Make = Callable[[Design, PictureStyle], Figure]
PICTURES: dict[str, Make] = {"map": map_figure, "beam_pattern": beam_pattern_figure, "rates": rates_figure}


def mono() -> Design:
    made = design(group=())
    assert made.accuracy is not None
    own = replace(made.accuracy, sensor_ids=("transmitter",), block_snr=np.array([50.0]))
    return replace(made, scheme="mono", selection=None, cost_m=0.0, accuracy=own)


def exact_rates(made: Design | None = None) -> Design:
    """Every receiver gets what it must get."""
    made = made or design(scenario(spatial=True))
    assert made.beamforming is not None
    rates = made.scenario.rate_required_bps_hz
    return replace(made, beamforming=replace(made.beamforming, rates_bps_hz=rates))


def exact_rates_in_a_street() -> Design:
    """Long names, and strong echoes that differ little."""
    made = exact_rates(street())
    assert made.accuracy is not None
    strong = 10.0 ** np.linspace(4.2, 5.18, len(made.selected))
    return replace(made, accuracy=replace(made.accuracy, block_snr=strong))


DESIGNS: dict[str, Callable[[], Design]] = {
    **AWKWARD,
    "plane": design,
    "one receiver": lambda: design(group=(4,), scheme="bi"),
    "mono": mono,
    "exact rates": exact_rates,
    "exact rates in a street": exact_rates_in_a_street,
    "32 antennas": lambda: design(scenario(antennas=32)),
    "many": lambda: design(scenario(count=70, antennas=16), group=(3, 30)),
}


def texts_of(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text))


# What is written can be read


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "title"), [("screen", True), ("column", True), ("column", False), ("double-column", False)]
)
@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("picture", PICTURES)
def test_texts_are_inside_apart_and_large_enough(picture: str, name: str, width: Any, title: bool) -> None:
    with styled():
        found = picture_faults(PICTURES[picture](DESIGNS[name](), PictureStyle(width, title)))
    # Where seven long names share a street, or seventy receivers a map, one or two leaders have no free way.
    crowded = "street" in name or name == "many"
    tight = [fault for fault in found if "leader" in fault] if crowded else []
    assert [fault for fault in found if fault not in tight] == []
    assert len(tight) <= 2


def test_faults_are_found() -> None:
    """The check above sees each kind of fault."""
    with styled():
        figure = new_figure(2.0, 1.0)
        figure.text(0.1, 0.5, "one")
        figure.text(0.12, 0.52, "other")
        figure.text(0.9, 0.1, "too far right")
        figure.text(0.1, 0.1, "small", size=6.0)
        figure.subplots().plot([1, 2], label="a line")
        faults = " ".join(picture_faults(figure))
    for words in (
        "'one' and 'other' overlap",
        "'too far right' leaves",
        "'small' has 6 points",
        "'a line' is drawn, but",
    ):
        assert words in faults


def test_turned_texts_are_compared_as_they_are_turned() -> None:
    with styled():
        figure = new_figure(2.0, 2.0)
        one, other = (figure.text(x, 0.2, "a longer text", rotation=60) for x in (0.2, 0.4))
        assert len(drawn_texts(figure)) == 2
        assert overlap_px(text_corners(one), text_corners(other)) < 0
        assert one.get_window_extent().overlaps(other.get_window_extent())


@pytest.mark.parametrize(("width", "inches"), [("column", 3.5), ("double-column", 7.16)])
@pytest.mark.parametrize("picture", PICTURES)
def test_columns_of_journals_have_their_width(picture: str, width: Any, inches: float) -> None:
    with styled():
        figure = PICTURES[picture](exact_rates(), PictureStyle(width))
    assert_close(figure.get_size_inches()[0], inches, rel=1e-12)


# Title and caption


@pytest.mark.parametrize("picture", PICTURES)
def test_without_a_title_the_words_are_kept_and_not_drawn(picture: str) -> None:
    with styled():
        bare, whole = (PICTURES[picture](climbing(), PictureStyle("screen", title)) for title in (False, True))
    assert bare.get_label() == whole.get_label()
    title, *caption = str(bare.get_label()).split("\n")
    assert title not in texts_of(bare)
    assert title in texts_of(whole)
    assert caption
    for sentence in caption:
        assert sentence not in texts_of(bare)
    assert bare.get_size_inches()[1] < whole.get_size_inches()[1] - 0.3
    assert [len(ax.get_children()) for ax in bare.axes] == [len(ax.get_children()) for ax in whole.axes]


def test_captions_stand_beside_the_pictures() -> None:
    with styled():
        figure = map_figure(climbing(), PictureStyle("column", title=False))
        files = rendered_pictures([("map", figure)])
    assert sorted(files) == ["captions.txt", "map.png", "map.svg"]
    lines = files["captions.txt"].decode().splitlines()
    assert lines[:2] == ["map", "climbing: 3 of 6 receivers cooperate, position error bound 820 mm"]
    assert "Position error: horizontal 710 mm, vertical 410 mm." in lines
    assert "Clocks: perfect." in lines
    assert b"Position error: horizontal 710 mm" in files["map.svg"]
    assert files == rendered_pictures_again(files)


def rendered_pictures_again(files: dict[str, bytes]) -> dict[str, bytes]:
    with styled():
        return rendered_pictures([("map", map_figure(climbing(), PictureStyle("column", title=False)))])


def test_a_title_breaks_into_lines_but_not_before_a_unit() -> None:
    with styled():
        for width in np.linspace(1.6, 3.0, 15):
            heading = picture_heading("an error bound of 328 mm", [], width_in=float(width))
            assert "328" not in [line.split(" ")[-1] for line in heading.title]
            assert " ".join(heading.title) == "an error bound of 328 mm"


def test_plot_functions_take_words() -> None:
    assert_close(plot_map(design(), style="column", title=False).get_size_inches()[0], 3.5, rel=1e-12)
    with pytest.raises(InputError, match="'wide', expected one of screen, column, double-column"):
        plot_map(design(), style="wide")  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_design_has_its_pictures_in_a_style() -> None:
    pictures = design_pictures(climbing(), PictureStyle("column", title=False))
    assert b"captions.txt" not in pictures["captions.txt"]
    assert pictures["captions.txt"].decode().split("\n\n")[1].startswith("beam_pattern\n")
    assert b"receivers cooperate, position" not in pictures["map.svg"].split(b"</metadata>")[1]


# The map


def test_the_legend_of_the_map_names_what_is_drawn() -> None:
    with styled():
        named = list(legend_entries(map_figure(climbing()).axes))
        alone = list(legend_entries(map_figure(mono()).axes))
    assert named[:6] == [
        "transmitter", "target", "cooperating receiver", "other receiver", "path to the target", "path of the echo",
    ]  # fmt: skip
    assert named[6].startswith("1σ position error, drawn ×")
    assert alone[:4] == ["transmitter", "target", "receiver", "path to the target and back"]


def test_the_arrow_ends_where_the_target_will_be() -> None:
    with styled():
        figure = map_figure(far_drone())
    (words,) = (name for name in legend_entries(figure.axes) if "way in" in name)
    assert words == "target's way in 10 s at 13.5 m/s"
    for ax, view in ((figure.axes[0], [0, 1]), (figure.axes[1], [0, 2])):
        (arrow,) = (text for text in ax.texts if getattr(text, "arrow_patch", None) is not None)
        target = far_drone().scenario.target
        assert_close(np.array(arrow.xy), (target.position_m + 10.0 * target.velocity_m_s)[view], rel=1e-12)


def test_a_climbing_target_has_its_arrow_in_the_side_view_alone() -> None:
    with styled():
        plan, side = map_figure(climbing()).axes[:2]
    arrows = [[t for t in ax.texts if getattr(t, "arrow_patch", None) is not None] for ax in (plan, side)]
    assert [len(each) for each in arrows] == [0, 1]
    x, y = arrows[1][0].xy
    assert_close(x, climbing().scenario.target.position_m[0])
    assert y < side.get_ylim()[1]


def test_the_scale_bar_is_as_long_as_it_says() -> None:
    with styled():
        ax = map_figure(design()).axes[0]
        (bar,) = (line for line in ax.lines if line.get_transform() == ax.transAxes)
        ends = ax.transData.inverted().transform(ax.transAxes.transform(np.asarray(bar.get_xydata())))
        (words,) = (t.get_text() for t in ax.texts if t.get_text().endswith(" m"))
    assert_close(np.ptp(ends[:, 0]), float(words.removesuffix(" m")), rel=1e-9)


def test_names_that_find_no_room_are_counted() -> None:
    with styled():
        figure = map_figure(street(), PictureStyle("column"))
        # Long names are shortened in the middle: their last nine characters are unique.
        named = [name for name in street().scenario.receiver_ids if name[-9:] in texts_of_axes(figure)]
    (words,) = (name for name in legend_entries(figure.axes) if name.startswith("other receiver"))
    assert words == f"other receiver ({25 - len(named)} without name)"
    assert set(street().selected_ids) <= set(named)


def texts_of_axes(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.axes[0].texts)


def test_no_line_goes_through_a_name_in_the_map() -> None:
    """Of the paths of the echo, in a plane with room."""
    with styled():
        ax = map_figure(design(scenario(count=8, seed=3), group=(0, 2, 5))).axes[0]
        ax.figure.canvas.draw()
        for text in (t for t in ax.texts if t.get_text()):
            box = text.get_window_extent().padded(-1.0)
            for line in (each for each in ax.lines if str(each.get_label()).startswith("path")):
                start, end = ax.transData.transform(np.asarray(line.get_xydata()))
                steps = start + np.linspace(0, 1, 400)[:, None] * (end - start)
                assert not any(box.contains(*step) for step in steps), text.get_text()


def test_a_label_without_room_stands_at_a_leader_or_is_left_out() -> None:
    with styled():
        figure = new_figure(2, 2)
        ax = figure.add_axes((0.05, 0.05, 0.9, 0.9))
        ax.set(xlim=(0, 1), ylim=(0, 1))
        block = [np.array([[0.3, y], [0.7, y]]) for y in np.linspace(0.3, 0.7, 30)]
        inside = Label(x=0.5, y=0.5, text="name", distance_pt=4, style={"size": 8})
        assert place_labels(ax, [inside], block) == []
        (leader,) = ax.lines
        box = ax.texts[0].get_window_extent()
        assert not box.overlaps(type(box).from_extents(*ax.transData.transform([(0.3, 0.3), (0.7, 0.7)]).ravel()))
        assert box.padded(1.0).contains(*ax.transData.transform(np.asarray(leader.get_xydata())[1]))
        full = [np.array([[0.0, y], [1.0, y]]) for y in np.linspace(0, 1, 60)]
        assert place_labels(ax, [replace(inside, optional=True)], full) == ["name"]


# The beam pattern


def test_the_floor_of_the_beam_pattern_is_below_every_null_or_said() -> None:
    with styled():
        for made in (design(), street(), far_drone()):
            figure = Figure()
            ax = figure.subplots()
            draw_beam_pattern(ax, made)
            low = ax.get_ylim()[0]
            for line in (each for each in ax.lines if "beam" in str(each.get_label())):
                cut = float(np.min(np.asarray(line.get_ydata()))) < low
                assert (f"not shown below {low:.0f} dBm".replace("-", "−") in str(line.get_label())) == cut


# Rates


def test_equal_rates_are_numbers_and_others_bars() -> None:
    with styled():
        same, others = rates_figure(exact_rates()), rates_figure(climbing())
    assert "rate, equal to\nthe required\n(bit/s/Hz)" in texts_of(same)
    assert "every receiver gets exactly its required rate, 4 bit/s/Hz" in texts_of(same)
    assert len(same.axes[0].patches) == 0
    made = climbing()
    assert made.beamforming is not None
    assert made.beamforming.rates_bps_hz is not None
    assert_close(sorted(bar.get_width() for bar in others.axes[0].patches), sorted(made.beamforming.rates_bps_hz))


def test_title_and_caption_say_that_rates_and_echoes_are_drawn() -> None:
    with styled():
        title, *caption = str(rates_figure(exact_rates()).get_label()).split("\n")
        silent, *nothing = str(rates_figure(replace(exact_rates(), accuracy=None)).get_label()).split("\n")
    assert title == "Rates and echo SNR: every receiver gets exactly its required rate, 4 bit/s/Hz"
    assert "Right: SNR of the echo at each receiver after integration over a block and its antennas." in caption
    assert "Dashed line: 13 dB, below which echoes are often missed." in caption
    assert silent == "Rates: every receiver gets exactly its required rate, 4 bit/s/Hz"
    assert not [sentence for sentence in nothing if "echo" in sentence]


def test_lines_of_echoes_begin_where_echoes_are_missed_and_numbers_have_room() -> None:
    with styled():
        for make in (exact_rates_in_a_street, mono, climbing):
            figure = rates_figure(make(), PictureStyle("column"))
            ax = figure.axes[1]
            assert ax.get_xlim()[0] < 13.0 < ax.get_xlim()[1]
            starts = [line[0, 0] for points in ax.collections for line in getattr(points, "get_segments", list)()]
            assert starts
            assert_close(starts, np.full(len(starts), 13.0), abs=0.011)
            right = ax.get_window_extent().x1
            assert all(text.get_window_extent().x1 <= right + 1.0 for text in ax.texts if text.get_text())


def test_echoes_are_drawn_in_decibels() -> None:
    made = climbing()
    assert made.accuracy is not None
    with styled():
        ax = rates_figure(made).axes[1]
    drawn = np.concatenate(
        [np.ma.getdata(points.get_offsets())[:, 0] for points in ax.collections if points.get_label()[0] == "e"]
    )
    assert_close(sorted(drawn), sorted(10 * np.log10(made.accuracy.block_snr)), rel=1e-9)


# In axes of one's own


@pytest.mark.parametrize("draw", [draw_map, draw_beam_pattern, draw_rates])
def test_drawing_into_axes_of_ones_own_keeps_their_style(draw: Callable[..., None]) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 12.0, "font.family": ["DejaVu Serif"]}):
        figure = new_figure(6.0, 6.0)
        ax = figure.subplots()
        before = dict(mpl.rcParams)
        draw(ax, climbing())
        ax.legend()
        assert dict(mpl.rcParams) == before
        sizes = [text.get_fontsize() for text in ax.texts if text.get_text()]
        assert legend_faults(figure) == []
        assert {text.get_fontfamily()[0] for text in ax.texts} <= {"DejaVu Serif"}
    assert all(size >= 9.9 for size in sizes), "small is five sixths of the size of the font"


def test_the_side_view_can_be_drawn_alone() -> None:
    with styled():
        ax = new_figure(4.0, 2.0).subplots()
        ax.set_xlim(-120, 120)
        draw_elevation(ax, climbing())
    assert ax.get_title(loc="left").startswith("Side view from the south, heights drawn ×")


def test_the_page_names_every_width() -> None:
    page = (ROOT / "docs" / "pictures.md").read_text(encoding="utf-8")
    assert [width for width in PICTURE_WIDTHS if f"| `{width}`" not in page] == []
