"""The picture of one recording: the statistic that it shows is the estimator's, in the units that it names."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from multistatic import design_network, load_preset, simulate_block
from multistatic.estimation.estimate_settings import EstimateSettings
from multistatic.estimation.from_recordings import Estimated, measured_recordings
from multistatic.estimation.matched_filter import StatisticMap
from multistatic.estimation.measurement import Measurement
from multistatic.report.delay_doppler_map import delay_doppler_figure, delay_doppler_pictures
from multistatic.report.delay_doppler_view import DelayDopplerView, delay_doppler_view
from multistatic.report.fine_correlation import fine_statistic
from multistatic.report.style import PICTURE_WIDTHS, PictureStyle, styled
from multistatic.signal.waveform import Waveform
from tests.support.close import assert_close, close_to
from tests.support.picture_geometry import drawn_texts, picture_faults

FOUND = Measurement(
    receiver_id="r1",
    delay_s=312e-9,
    doppler_hz=-4500.0,
    covariance=np.diag([(25e-12) ** 2, 12.5**2]),
    amplitude=1j,
    snr=1000.0,
    verdict="detected",
)
LOST = replace(FOUND, verdict="not_detected", snr=0.0, message="The largest peak is below the threshold.")
UNSURE = replace(FOUND, verdict="ambiguous", message="Two peaks cannot be told apart.")


def mapped(delays: int, dopplers_hz: Any, floor: float = 1.0) -> StatisticMap:
    values = np.full((len(dopplers_hz), delays), floor)
    values[len(dopplers_hz) // 2, (3 * delays) // 5] = 1000.0 * floor
    return StatisticMap(delay_s=np.linspace(300e-9, 320e-9, delays), doppler_hz=np.array(dopplers_hz), values=values)


def view(searched_hz: Any = (-8000.0, -4000.0, 0.0), floor: float = 1.0, duration_s: float = 1e-4) -> DelayDopplerView:
    return DelayDopplerView(
        searched=mapped(51, searched_hz, floor),
        near=mapped(11, np.linspace(-6000.0, -3000.0, 7), floor),
        doppler_range_hz=(min(searched_hz), max(searched_hz)),
        threshold=20.0,
        false_alarm_rate=1e-3,
        noise_median=0.7,
        duration_s=duration_s,
    )


VIEWS = {
    "narrow": view(),
    "one Doppler shift": view((0.0,)),
    "wide": view(np.linspace(-8000.0, 8000.0, 41), duration_s=1e-2),
    "high floor": view(floor=1e4),
}


@pytest.mark.slow
@pytest.mark.parametrize("width", PICTURE_WIDTHS)
@pytest.mark.parametrize("case", VIEWS)
def test_every_text_stands_free_and_the_legend_lists_what_is_drawn(case: str, width: Any) -> None:
    # Each case has every measurement, and every width too.
    turn = (list(VIEWS).index(case) + PICTURE_WIDTHS.index(width)) % 3
    title, measurement = ((True, FOUND), (False, LOST), (True, UNSURE))[turn]
    with styled():
        figure = delay_doppler_figure(VIEWS[case], measurement, PictureStyle(width, title=title))
        assert picture_faults(figure) == []


def test_axes_are_in_nanoseconds_kilohertz_and_decibels() -> None:
    with styled():
        figure = delay_doppler_figure(view(), FOUND)
    profile, near = figure.axes[:2]
    (mesh,) = (each for each in near.collections if hasattr(each, "get_coordinates"))
    coordinates = mesh.get_coordinates()
    assert_close([coordinates[..., 0].mean(), coordinates[..., 1].mean()], [310.0, -4.5], rel=1e-9)
    assert_close(np.max(mesh.get_array()), 30.0, rel=1e-9)
    ring = near.collections[-1]
    assert_close(np.asarray(ring.get_offsets())[0], [312.0, -4.5], rel=1e-9)
    line = profile.lines[0]
    assert_close(np.asarray(line.get_xdata())[[0, -1]], [300.0, 320.0], rel=1e-9)
    assert_close(np.max(line.get_ydata()), 30.0, rel=1e-9)
    assert "Delay 312.000 ± 0.025 ns, Doppler shift −4500 ± 12 Hz (one standard deviation" in figure.get_label()
    assert figure.get_label().startswith("r1: echo detected, SNR 30.0 dB")


def test_the_peak_is_not_hidden_by_its_mark() -> None:
    with styled():
        figure = delay_doppler_figure(view(), FOUND)
    for ax in figure.axes[:2]:
        assert len(ax.collections[-1].get_facecolor()) == 0


def test_the_whole_map_is_drawn_where_the_block_tells_doppler_shifts_apart() -> None:
    with styled():
        counts = [len(delay_doppler_figure(VIEWS[name], FOUND).axes) for name in ("narrow", "wide")]
    assert counts == [3, 5]


def test_a_floor_above_the_noise_is_explained() -> None:
    with styled():
        low, high = (delay_doppler_figure(view(floor=floor), FOUND).get_label() for floor in (1.0, 1e4))
    assert "Median of the search" not in low
    assert "Median of the search: 40 dB; of noise alone it would be −2 dB." in high


def test_without_an_echo_there_is_no_mark_and_a_reason() -> None:
    with styled():
        figure = delay_doppler_figure(view(), LOST)
        words = {text.get_text() for text in drawn_texts(figure)}
    assert "echo" not in words
    assert figure.get_label().startswith("r1: no echo detected")
    assert LOST.message in figure.get_label()
    with styled():
        assert UNSURE.message in delay_doppler_figure(view(), UNSURE).get_label()


def test_the_fine_statistic_is_the_correlation_sample_by_sample() -> None:
    rng = np.random.default_rng(4)

    def noise(*shape: int) -> Any:
        return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)

    branches, known, dopplers = noise(2, 300), noise(3, 120), np.array([-2.0, 0.0, 1.5]) / 120
    found = fine_statistic(branches, known, (-20, 200), dopplers)
    for lag in (-20, -3, 0, 57, 199):
        for d, signal in enumerate(known):
            inside = [(n, n - lag) for n in range(300) if 0 <= n - lag < 120]
            at, of = (np.array(each) for each in zip(*inside, strict=True))
            for h, doppler in enumerate(dopplers):
                turn = np.exp(-2j * np.pi * doppler * at)
                sums = branches[:, at] @ (signal[of].conj() * turn)
                expected = np.sum(np.abs(sums) ** 2) / np.sum(np.abs(signal[of]) ** 2)
                assert found[h, lag + 20, d] == close_to(float(expected), rel=1e-9)


@cache
def recorded(target_x_m: float = 20.0) -> tuple[Estimated, Waveform]:
    """The first recording of a short block, and what was estimated in it."""
    design = design_network(load_preset("paper", ["radio.samples=64"]))
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    block = simulate_block(design.scenario, design.channel, design.beamforming.beams, receiver_ids=["rx03"])
    settings = EstimateSettings(speed_limit_m_s=100.0)
    (one,) = measured_recordings(block.recordings, block.reference, design.scenario, settings=settings)
    return one, block.reference


@pytest.mark.slow
def test_the_fine_map_has_its_peak_where_the_estimator_found_it() -> None:
    one, reference = recorded()
    seen, found = delay_doppler_view(one, reference), one.measurements[0]
    row, column = np.unravel_index(np.argmax(seen.near.values), seen.near.values.shape)
    step_s, step_hz = np.diff(seen.near.delay_s).max(), np.diff(seen.near.doppler_hz).max()
    assert abs(seen.near.delay_s[column] - found.delay_s) <= step_s
    assert abs(seen.near.doppler_hz[row] - found.doppler_hz) <= step_hz
    # At the peak T is the estimated SNR with what noise adds (one of each branch, one of the two coordinates).
    assert 0.9 < seen.near.values.max() / found.snr < 1.1
    assert seen.near.values.max() >= 0.999 * seen.searched.values.max()
    assert seen.threshold is not None
    assert 1.0 < seen.threshold < seen.near.values.max()


@pytest.mark.slow
def test_pictures_are_files_with_their_caption() -> None:
    one, reference = recorded()
    files = delay_doppler_pictures(one, reference, "delay_doppler_1", PictureStyle("column", title=False))
    assert sorted(files) == ["captions.txt", "delay_doppler_1.png", "delay_doppler_1.svg"]
    assert files["captions.txt"].decode().startswith("delay_doppler_1\nrx03: ")
