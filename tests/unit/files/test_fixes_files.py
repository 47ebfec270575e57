"""`multistatic localize`: its files, its table, its exit codes; and what the fusion refuses."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from typer.testing import CliRunner

from multistatic import load_preset, load_scenario, localize_many, realise, sensing_network
from multistatic.cli.app import app
from multistatic.errors import InfeasibleError, InputError
from multistatic.files.fixes import COLUMNS, NO_ORIGIN, fixes_document, fixes_geojson, fixes_table, write_fixes
from multistatic.files.measurements import read_measurements, write_measurements
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.fusion import FusionSettings, localize
from multistatic.scenario.geodesy import geodetic_from_local
from tests.support.close import assert_close, close_to
from tests.support.localization_networks import exact, measured, place, sites_of
from tests.support.paths import EXAMPLES, FORMATS_PAGE

PAGE = FORMATS_PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example():
    scenario = load_scenario(str(EXAMPLES / "hall.toml"))
    groups = [[], [], []]
    for one in read_measurements(EXAMPLES / "measurements.csv"):
        groups[int(one.time_s)].append(one)
    return scenario, groups, localize_many(groups, scenario)


def run(*arguments: str):
    return CliRunner().invoke(app, ["localize", *arguments])


def test_the_example_is_where_the_robot_drives(example):
    scenario, _, fixes = example
    for fix in fixes:
        truth = scenario.target.position_m + fix.time_s * scenario.target.velocity_m_s
        assert np.linalg.norm(fix.position_m - truth) < 4 * fix.position_std_m
    assert [fix.outliers for fix in fixes] == [(), (), ("wall",)]
    assert fixes[2].normalised_residuals[0] > 100


@pytest.mark.slow
def test_the_example_is_what_its_program_writes(tmp_path):
    import subprocess
    import sys

    made = subprocess.run(
        [sys.executable, str(EXAMPLES / "make_measurements.py"), str(EXAMPLES)], capture_output=True, check=True
    ).stdout
    (tmp_path / "made.csv").write_bytes(made)
    stored = read_measurements(EXAMPLES / "measurements.csv")
    for one, other in zip(read_measurements(tmp_path / "made.csv"), stored, strict=True):
        assert (one.receiver_id, one.time_s) == (other.receiver_id, other.time_s)
        assert one.delay_s == close_to(other.delay_s, rel=1e-9)
        assert one.doppler_hz == close_to(other.doppler_hz, rel=1e-6, abs=1e-6)


def test_table_reads_back(example):
    _, _, fixes = example
    rows = list(csv.DictReader(io.StringIO(fixes_table(fixes))))
    assert tuple(rows[0]) == COLUMNS
    for row, fix in zip(rows, fixes, strict=True):
        assert [float(row[f"{axis}_m"]) for axis in "xyz"] == fix.position_m.tolist()
        assert float(row["cov_x_vy"]) == fix.covariance[0, 3]
        assert row["cov_z_z"] == ""
        assert row["outliers"] == " ".join(fix.outliers)


def test_documents_have_no_nan_and_are_described(example):
    scenario, _, fixes = example
    document = json.loads(json.dumps(fixes_document(fixes, scenario), allow_nan=False))
    assert document["format"] == "multistatic-fixes/1"
    assert np.asarray(document["fixes"][0]["covariance"]).shape == (4, 4)
    section = PAGE.split("## Files of fixes", 1)[1].split("\n## ", 1)[0]
    for name in (*document, *document["fixes"][0], *document["fixes"][0]["receivers"]["wall"]):
        assert f"`{name}`" in section, name
    for name in COLUMNS:
        assert name.startswith(("cov_", "other_", "v")) or f"`{name}`" in section, name


def test_every_number_of_the_document_is_that_of_the_fix(example):
    """Offsets, residuals and common offsets that are all different: none may stand in the place of another."""
    scenario, _, fixes = example
    count = len(fixes[0].receiver_ids)
    numbers = np.arange(1.0, 5.0 * count + 1).reshape(5, count)
    fix = replace(
        fixes[0],
        residuals=np.stack([1e-9 * numbers[0], numbers[1]], axis=1),
        normalised_residuals=numbers[2],
        clock_offsets=np.stack([1e-6 * numbers[3], 0.5 * numbers[4]], axis=1),
        common_clock_offset=(3e-9, 4.0),
        other_position_m=np.array([7.0, 8.0, 9.0]),
        other_velocity_m_s=np.array([-7.0, -8.0, -9.0]),
        chi_square=3.25,
        p_value=0.75,
    )
    document = fixes_document([fix], scenario)["fixes"][0]
    for k, name in enumerate(fix.receiver_ids):
        if name in fix.used:
            assert document["receivers"][name] == {
                "delay_residual_s": 1e-9 * numbers[0, k],
                "doppler_residual_hz": numbers[1, k],
                "normalised_residual": numbers[2, k],
                "clock_offset_s": 1e-6 * numbers[3, k],
                "frequency_offset_hz": 0.5 * numbers[4, k],
            }
    assert (document["common_clock_offset_s"], document["common_frequency_offset_hz"]) == (3e-9, 4.0)
    assert (document["chi_square"], document["p_value"]) == (3.25, 0.75)
    assert document["degrees_of_freedom"] == fix.degrees_of_freedom
    assert (document["position_std_m"], document["velocity_std_m_s"]) == (fix.position_std_m, fix.velocity_std_m_s)
    assert document["position_std_m"] == close_to(np.sqrt(np.trace(fix.covariance[:2, :2])), rel=1e-12)
    assert document["velocity_std_m_s"] == close_to(np.sqrt(np.trace(fix.covariance[2:, 2:])), rel=1e-12)
    for name in ("position_m", "velocity_m_s", "other_position_m", "other_velocity_m_s", "covariance"):
        assert document[name] == getattr(fix, name).tolist()
    best, other = fixes_geojson([fix], scenario)["features"]
    assert [best["properties"][f"v{axis}_m_s"] for axis in "xyz"] == fix.velocity_m_s.tolist()
    assert [other["properties"][f"{axis}_m"] for axis in "xyz"] == [7, 8, 9]
    assert [other["properties"][f"v{axis}_m_s"] for axis in "xyz"] == [-7, -8, -9]
    (row,) = csv.DictReader(io.StringIO(fixes_table([fix])))
    assert [float(row[f"v{axis}_m_s"]) for axis in "xyz"] == fix.velocity_m_s.tolist()
    assert [float(row[f"other_{axis}_m"]) for axis in "xyz"] == [7, 8, 9]
    assert (float(row["position_std_m"]), float(row["velocity_std_m_s"])) == (fix.position_std_m, fix.velocity_std_m_s)


def test_geojson_without_origin_says_so(example):
    scenario, _, fixes = example
    document = fixes_geojson(fixes, scenario)
    assert document["note"] == NO_ORIGIN
    assert [feature["geometry"] for feature in document["features"]] == [None] * 3
    assert document["features"][0]["properties"]["x_m"] == fixes[0].position_m[0]


def test_geojson_with_origin_is_where_the_target_is():
    scenario = load_preset("city", ["seed=1"])
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    fixes = localize_many(draw_measurements(network, 1e3, np.random.default_rng(0), 2), scenario)
    (feature, _) = fixes_geojson(fixes, scenario)["features"]
    latitude, longitude, height = geodetic_from_local(scenario.origin, fixes[0].position_m)[0]
    assert_close(feature["geometry"]["coordinates"], [longitude, latitude, height], abs=1e-4)
    assert_close(feature["geometry"]["coordinates"][:2], [longitude, latitude], abs=1e-9)
    assert "note" not in fixes_geojson(fixes, scenario)


@pytest.mark.slow
def test_command_writes_everything(tmp_path):
    out = tmp_path / "fixes"
    found = run(
        str(EXAMPLES / "measurements.csv"), "--scenario", str(EXAMPLES / "hall.toml"), "--out", str(out), "--json"
    )
    assert found.exit_code == 0, found.output
    assert sorted(path.name for path in out.iterdir()) == [
        "captions.txt",
        "fixes.csv",
        "fixes.geojson",
        "fixes.json",
        "fixes.png",
        "fixes.svg",
    ]
    assert json.loads(found.stdout) == json.loads((out / "fixes.json").read_text(encoding="utf-8"))
    words = "".join(ElementTree.parse(out / "fixes.svg").getroot().itertext())
    assert "wall" in words
    assert "hall: 3 fixes, median position error" in words
    assert (out / "captions.txt").read_text(encoding="utf-8").startswith("fixes\nhall: 3 fixes, ")
    again = tmp_path / "again"
    shutil.copytree(out, again)
    run(str(EXAMPLES / "measurements.csv"), "--scenario", str(EXAMPLES / "hall.toml"), "--out", str(out), "--quiet")
    for path in out.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), "the same input, other bytes"


@pytest.mark.slow
def test_pictures_of_what_is_ambiguous_or_lost(tmp_path):
    """The map survives two answers, and none."""
    from multistatic.report.fix_map import fix_pictures

    scenario = load_preset("paper")
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    group = draw_measurements(network, 1.0, np.random.default_rng(0))[0]
    fixes = localize_many([group[:2], group[:1]], scenario)
    assert [fix.position_verdict for fix in fixes] == ["ambiguous", "unobservable"]
    for some in (fixes[:1], fixes[1:], fixes):
        pictures = fix_pictures(some, [group[:2]] * len(some), scenario)
        assert "or here" in pictures["fixes.svg"].decode() or some is not fixes[:1]
    write_fixes(tmp_path, fixes, scenario)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "fixes.csv").read_text(encoding="utf-8"))))
    assert rows[0]["other_x_m"] != ""
    assert rows[1]["x_m"] == ""


@pytest.mark.parametrize("preset", ["paper", "urban"])
def test_horizontal_and_vertical_errors_are_parts_of_the_whole(preset):
    scenario = load_preset(preset)
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    (fix,) = localize_many(draw_measurements(network, 100.0, np.random.default_rng(0)), scenario)
    plain = fixes_document([fix], scenario)["fixes"][0]
    (row,) = csv.DictReader(io.StringIO(fixes_table([fix])))
    covariance = np.array(plain["position_covariance_m2"])
    assert plain["horizontal_std_m"] ** 2 == close_to(covariance[0, 0] + covariance[1, 1])
    assert float(row["horizontal_std_m"]) == plain["horizontal_std_m"]
    if preset == "paper":
        assert (plain["vertical_std_m"], row["vertical_std_m"]) == (None, "")
        assert plain["horizontal_std_m"] == plain["position_std_m"]
    else:
        assert plain["vertical_std_m"] ** 2 == close_to(covariance[2, 2])
        assert float(row["vertical_std_m"]) == plain["vertical_std_m"]
    (feature,) = fixes_geojson([fix], scenario)["features"]
    assert feature["properties"]["horizontal_std_m"] == plain["horizontal_std_m"]
    assert feature["properties"]["vertical_std_m"] == plain["vertical_std_m"]


@pytest.mark.parametrize(("preset", "panels"), [("paper", 1), ("urban", 2)])
def test_maps_in_space_have_an_elevation_and_many_fixes_are_faint(preset, panels):
    from multistatic.report.fix_map import fix_figure

    scenario = load_preset(preset)
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    groups = draw_measurements(network, 100.0, np.random.default_rng(0), 30)
    fixes = localize_many(groups, scenario)
    opacities = []
    for count in (1, 30):
        axes = fix_figure(fixes[:count], groups[:count], scenario).axes
        assert len(axes) == panels
        opacities.append({patch.get_alpha() for patch in axes[0].patches if type(patch).__name__ == "Ellipse"})
    (_, full), (_, faint) = sorted(opacities[0]), sorted(opacities[1])
    assert (full, faint) == (1.0, 0.1)
    if panels == 2:
        points = np.concatenate(
            [np.asarray(one.get_offsets()) for one in axes[1].collections if len(one.get_offsets())]
        )
        for fix in fixes:
            assert np.abs(points - fix.position_m[[0, 2]]).sum(axis=1).min() < 1e-9


def test_an_unobservable_target_is_exit_code_3_with_its_reason(tmp_path, example):
    _, groups, _ = example
    write_measurements(tmp_path / "one.csv", groups[0][:1])
    found = run(str(tmp_path / "one.csv"), "--scenario", str(EXAMPLES / "hall.toml"))
    assert isinstance(found.exception, InfeasibleError)
    assert found.exception.exit_code == 3
    only = groups[0][0].receiver_id
    reason = f"needs delays from at least 2 receivers with synchronised clocks, or a direction of arrival; here {only} "
    assert reason + "alone has one." in str(found.exception)
    assert "unobservable" in found.stdout
    assert "synchronised" not in found.stdout, "the error says it"


def test_receivers_of_another_network_are_named_once(example):
    scenario, groups, _ = example
    strange = [[replace(one, receiver_id=f"p{k:02d}") for k, one in enumerate(group)] for group in groups]
    with pytest.raises(InputError) as error:
        localize_many(strange, scenario)
    (problem,) = error.value.problems
    count = sum(map(len, groups))
    assert problem.received.startswith(f"{count} measurements of 'p00', 'p01', ")
    assert problem.expected == f"receivers of the scenario: {', '.join(scenario.receiver_ids)}"
    assert problem.hint == "are these measurements of another network?"
    known = scenario.receiver_ids[0]
    with pytest.raises(InputError) as error:
        localize([replace(groups[0][0], receiver_id=f"{known}x")], scenario)
    assert error.value.problems[0].hint == f"did you mean {known} for '{known}x'?"


def test_bad_arguments_and_strange_receivers_are_exit_code_2(tmp_path, example):
    scenario, groups, _ = example
    found = run(str(EXAMPLES / "measurements.csv"), "--scenario", "paper", "--false-flag-rate", "2", "--outliers", "-1")
    assert isinstance(found.exception, InputError)
    assert len(found.exception.problems) == 2
    strange = [replace(groups[0][0], receiver_id="nobody"), groups[0][1], groups[0][1]]
    with pytest.raises(InputError) as error:
        localize(strange, scenario)
    assert [problem.received for problem in error.value.problems] == [
        "1 measurement of 'nobody'",
        "a second measurement of this receiver",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"delay_s": np.nan},
        {"covariance": np.zeros((2, 2))},
        {"covariance": np.array([[1.0, 2.0], [2.0, 1.0]])},
        {"direction": np.array([np.nan, 0, 1]), "direction_covariance": np.eye(3)},
    ],
)
def test_numbers_that_are_none_are_refused(change):
    sites = sites_of(place(np.random.default_rng(0), (4,), 2), 2)
    target = np.array([10.0, 20.0, 0.0])
    group = measured(sites, *exact(sites, target, np.zeros(3)))
    group[1] = replace(group[1], **change)
    with pytest.raises(InputError) as error:
        localize(group, sites)
    assert "r1" in error.value.problems[0].path


def test_settings_that_make_no_sense_are_refused():
    for wrong in ({"false_flag_rate": 1.0}, {"most_outliers": -1}, {"odds": 0.5}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            FusionSettings(**wrong)


def test_a_direction_resolves_two_places():
    """Two receivers in the plane see two places; a direction of arrival at one of them decides."""
    sites = sites_of(np.array([[80.0, 10.0, 0.0], [-20.0, 90.0, 0.0]]), 2)
    target, velocity = np.array([-40.0, -50.0, 0.0]), np.array([3.0, 4.0, 0.0])
    delay, doppler = exact(sites, target, velocity)
    assert localize(measured(sites, delay, doppler), sites).position_verdict == "ambiguous"
    back = (target - sites.receivers_m[0]) / np.linalg.norm(target - sites.receivers_m[0])
    fix = localize(measured(sites, delay, doppler, directions={0: (back, 0.05)}), sites)
    assert fix.position_verdict == "unique"
    assert_close(fix.position_m, target, abs=1e-6)
    assert_close(fix.velocity_m_s, velocity, abs=1e-6)


def test_too_few_receivers_show_a_contradiction_without_an_outlier():
    sites = sites_of(np.array([[80.0, 10.0, 0.0], [-20.0, 90.0, 0.0], [30.0, -70.0, 0.0]]), 2)
    delay, doppler = exact(sites, np.array([-40.0, -50.0, 0.0]), np.zeros(3))
    fix = localize(measured(sites, delay + 1e-7 * (np.arange(3) == 0), doppler), sites)
    assert fix.outliers == ()
    assert fix.p_value < 1e-6
    assert fix.position_verdict == "contradictory"
    assert fix.position_m is not None
    assert fix.covariance is None
    assert fix.position_covariance_m2 is None
    assert fix.position_std_m is None
    assert "contradict each other" in fix.message


@pytest.mark.parametrize("offset", [0.0, 1e-6])
def test_an_unknown_shared_clock_is_estimated(offset):
    """Every delay is a microsecond (300 m) too long; five receivers and an unknown transmitter clock find it."""
    from multistatic.bounds.clock import ClockErrors

    clock = ClockErrors(time_s=np.zeros(5), frequency_hz=np.zeros(5), common_time_s=np.inf)
    sites = sites_of(place(np.random.default_rng(3), (5,), 2), 2, clock=clock)
    target = np.array([20.0, -30.0, 0.0])
    delay, doppler = exact(sites, target, np.array([5.0, 1.0, 0.0]))
    fix = localize(measured(sites, delay + offset, doppler), sites)
    assert_close(fix.position_m, target, abs=1e-5)
    assert fix.common_clock_offset[0] == close_to(offset, abs=1e-13)
