"""What pictures and pages show is in the unit that they name: coordinates of what was drawn, intervals, ratios."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multistatic import load_preset, sensing_network
from multistatic.bounds.delay_doppler import exact_information
from multistatic.bounds.sensing import SensingNetwork
from multistatic.bounds.surrogate import surrogate_value
from multistatic.channel.realise import channel_rng, realise
from multistatic.files.study_file import run_into
from multistatic.files.study_reader import read_results
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.fusion import localize_many
from multistatic.paper.claims_table import _ratio
from multistatic.paper.published_numbers import _levels
from multistatic.report.comparison import comparison_figure
from multistatic.report.design_facts import _growth
from multistatic.report.fix_map import fix_figure
from multistatic.report.radiation import radiated_power_w
from multistatic.report.rate_bars import _missed
from multistatic.report.study_digits import common_decimals, with_decimals
from multistatic.report.study_plan import _span, _trials
from multistatic.report.study_plots import study_pictures
from multistatic.report.study_table import _cells, _swept
from multistatic.report.style import styled
from multistatic.study.statistics import Estimate
from multistatic.study.workers import ThisProcess
from multistatic.units import SPEED_OF_LIGHT_M_S
from tests.support.close import close_to
from tests.support.handmade_design import design
from tests.support.studies import invented, quick


def test_bistatic_ellipses_are_where_the_path_is_as_long_as_the_delay_says() -> None:
    """Every curve is that of a receiver that was used, and each such receiver has one."""
    what = load_preset("urban")
    groups = draw_measurements(
        sensing_network(what, realise(what, np.random.default_rng(1))), 100.0, np.random.default_rng(0)
    )
    (fix,) = localize_many(groups, what)
    left_out = fix.used[0]
    with styled():
        ax = fix_figure([replace(fix, used=fix.used[1:])], groups, what).axes[0]
    assert fix.position_m is not None
    places = dict(zip(what.receiver_ids, what.receiver_positions_m, strict=True))
    assert fix.common_clock_offset[0] != 0.0, "the clock of the transmitter is off, and that is in every delay"
    common_s = fix.common_clock_offset[0]
    lengths = {one.receiver_id: SPEED_OF_LIGHT_M_S * (one.delay_s - common_s) for one in groups[0]}
    drawn = set()
    for line in ax.lines:
        if line.get_gid() is None:
            continue
        points = np.column_stack([line.get_xydata(), np.full(len(line.get_xydata()), fix.position_m[2])])
        out = np.linalg.norm(points - what.transmitter.position_m, axis=1)
        for name, length in lengths.items():
            if np.max(np.abs(out + np.linalg.norm(points - places[name], axis=1) - length)) < 1e-9 * length:
                assert line.get_gid() == name
                drawn.add(name)
    assert left_out not in drawn
    known = {one.id for one in what.receivers if np.isfinite(one.clock_offset_std_s)}
    assert known < set(what.receiver_ids), "some clocks tell nothing, and their delays neither"
    assert drawn == set(fix.used[1:]) & known


def test_a_cell_has_value_and_interval_in_one_unit() -> None:
    found = Estimate(count=4, value=0.002, low=0.001, high=0.004)
    assert _cells([found], 1e3, [4]) == ["2 [1, 4]"]
    assert _cells([found], 1e3, [5]) == ["2 [1, 4] *"]
    assert _cells([replace(found, low=None)], 1e3, [4]) == ["2"]
    assert _cells([replace(found, value=None)], 1e3, [4]) == ["–"]


def test_cells_of_a_column_have_equal_decimals() -> None:
    values = [(1202.0, 526.8, 3334.0), (3331.0, 995.6, 17990.0)]
    found = [Estimate(count=6, value=value, low=low, high=high) for value, low, high in values]
    assert _cells(found, 1.0, [6, 6]) == ["1202 [527, 3334]", "3331 [996, 17990]"]
    few = [Estimate(count=1, value=value, low=None, high=None) for value in (0.4464, 0.29, 12.0)]
    assert _cells(few, 1.0, [1, 1, 1]) == ["0.4464", "0.2900", "12.0000"]
    assert _swept([52.521, 52.5213]) == ["52.5210", "52.5213"]
    assert _swept([1e-9, 0.5]) == ["1e-09", "0.5"]
    assert _swept([10, 20]) == ["10", "20"]
    assert _swept(["sinc", 0.5]) == ["sinc", "0.5"]


def test_values_without_common_decimals_keep_their_digits() -> None:
    assert common_decimals([1e-5, 2e3]) is None
    assert [with_decimals(value, None) for value in (1e-5, 1799.26, 2.5e7)] == ["10⁻⁵", "1799", "2.5·10⁷"]
    assert common_decimals([0.0, float("nan")]) == 0
    assert common_decimals([1.25, 2.5], digits=3) == 2


def test_ratios_near_one_have_the_digits_that_tell_them_apart() -> None:
    assert [_ratio(value) for value in (0.12345, 2.06212, 1.00123, 0.99877)] == ["0.123", "2.06", "1.0012", "0.99877"]


def test_a_share_of_a_few_trials_has_no_interval() -> None:
    few, enough = (Estimate(count=count, value=1.0, low=0.2, high=1.0) for count in (5, 6))
    assert _cells([few], 1.0, [5], True) == ["1"]
    assert _cells([enough], 1.0, [6], True) == ["1.0 [0.2, 1.0]"]
    assert _cells([few], 1.0, [5]) == ["1.0 [0.2, 1.0]"]


def test_ranges_of_one_number_are_one_number() -> None:
    assert [_trials(1, 1), _trials(3, 3), _trials(3, 7)] == ["1 trial", "3 trials", "3 to 7 trials"]
    assert _trials(2184, 53130) == "2,184 to 53,130 trials"
    assert [_span([0.3, 0.3], "s"), _span([0.673, 1.35], "s")] == ["300 ms", "0.673 to 1.35 s"]


def test_growth_is_in_per_cent_or_a_factor() -> None:
    assert [_growth(0.25), _growth(19.0)] == ["+25 %", "20 times as large"]


def test_only_the_metrics_that_were_asked_for_are_drawn(tmp_path: Path) -> None:
    run_into(tmp_path / "a.sqlite", quick(tmp_path), lambda: ThisProcess(invented))
    results = read_results(tmp_path / "a.sqlite")
    assert sorted(study_pictures(results, ["peb_m"])) == ["captions.txt", "peb_m.png", "peb_m.svg"]


def test_many_directions_are_each_direction_alone() -> None:
    made = design()
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    weights = np.asarray(made.beamforming.beams.weights)
    azimuth = np.linspace(-180.0, 180.0, 5000).reshape(2, 2500)
    power = radiated_power_w(made.scenario, weights, azimuth, 10.0)
    assert power.shape == (2, 2500)
    for i, j in ((0, 0), (0, 2100), (1, 2499)):
        assert power[i, j] == close_to(float(radiated_power_w(made.scenario, weights, azimuth[i, j], 10.0)), rel=1e-9)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_levels_are_those_of_the_nearest_receivers(size: int) -> None:
    scenario = load_preset("paper")
    network: SensingNetwork = sensing_network(scenario, realise(scenario, channel_rng(scenario.seed)))
    chosen = np.zeros(len(scenario.receivers), bool)
    chosen[np.argsort(scenario.geometry().target_receiver_m)[:size]] = True
    illumination_w = scenario.transmitter.array.size * scenario.transmitter.power_w
    assert _levels(scenario, size).exact == surrogate_value(exact_information(network, illumination_w), chosen)


def test_a_comparison_counts_what_was_found() -> None:
    with styled():
        figure = comparison_figure([], "surrogate")
    assert any("0 methods on one scenario" in text.get_text() for text in figure.texts)


def test_a_rate_is_missed_where_it_is_more_than_rounding_below_what_is_required() -> None:
    made = design()
    assert made.beamforming is not None
    required = made.scenario.rate_required_bps_hz
    short = required * (1.0 - np.where(np.arange(len(required)) == 2, 2e-6, 5e-7))
    missed = _missed(replace(made, beamforming=replace(made.beamforming, rates_bps_hz=short)))
    assert np.flatnonzero(missed).tolist() == [2]
