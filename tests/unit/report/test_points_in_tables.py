"""What the table of a design over points says: the worst point, each target, the design for the middle, and losses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from multistatic.design.result import Design
from multistatic.design.robustness import ReceiverFailure, Robustness, TargetOffset
from multistatic.design.sensitivity import Sensitivity
from multistatic.files.points_document import losses_document, targets_document
from multistatic.report import points_facts
from multistatic.report.assumption_meanings import assumption_meanings
from multistatic.report.design_facts import design_facts
from multistatic.report.design_page import design_page
from multistatic.report.points_in_words import compared_over, middle_reaches, place_in_words, times_as_large
from multistatic.report.receiver_table import receiver_table
from multistatic.report.target_in_words import target_in_words
from multistatic.scenario.design_settings import OverPoints
from tests.support.close import assert_close
from tests.support.handmade_design import design
from tests.support.uncertain_designs import UNCERTAIN, box, disc, far_targets, polygon, prior, several


def facts_of(made: Design) -> dict[str, str]:
    return {fact.name.replace("\u00a0", " "): fact.value.replace("\u00a0", " ") for fact in design_facts(made)}


def with_losses(made: Design, found: Robustness) -> Design:
    made = replace(made)
    object.__setattr__(made, "_robustness", found)
    return made


def in_mm(words: str) -> float:
    """The first length in words, in mm."""
    number, unit = re.search(r"([\d.]+) (µm|mm|m)\b", words).groups()  # type: ignore[union-attr]
    return float(number) * {"µm": 1e-3, "mm": 1.0, "m": 1e3}[unit]


# Accuracy over points


def test_the_worst_point_and_its_power_are_named() -> None:
    made = disc()
    over, facts = made.over_points, facts_of(made)
    assert over is not None
    x, y = made.points.position_m[over.worst][:2]
    power_dbm = 10 * np.log10(made.beamforming.beams.illumination_w(made.channel.steering_tx)[over.worst]) + 30  # type: ignore[union-attr]
    assert facts["worst point"] == f"({x:.1f}, {y:.1f}) m, {power_dbm:.2f} dBm EIRP"
    assert facts["power towards points"].startswith(f"{power_dbm:.2f} dBm EIRP at least, ")
    assert facts["criterion minimised"].startswith("position error bound (at the worst point)")
    assert facts["position error bound"].startswith("1.2 m, at the worst point")


def test_the_targets_that_need_the_power_are_named_the_most_demanding_first() -> None:
    made = several()
    known = Sensitivity(
        rate_per_bps_hz=None, power_per_db=None, budget=None, target_share=np.array([0.25, 0.749, 1e-3])
    )
    facts = facts_of(replace(made, sensitivity=known))
    first, second = facts["power is needed for"].split(", ")[:2]
    assert first.endswith("75 %")
    assert second == "car 25 %"
    assert "without the other the result would be nearly the same" in facts["power is needed for"]
    assert "person" not in facts["power is needed for"]
    documents = losses_document(replace(made, sensitivity=known))["targets"]
    assert [each["id"] for each in documents] == [target.id for target in made.scenario.targets]
    assert [each["share"] for each in documents] == [0.25, 0.749, 1e-3]


def test_one_target_and_unknown_shares_have_no_row() -> None:
    assert "power is needed for" not in facts_of(disc())
    assert losses_document(disc())["targets"] is None


def test_several_sequences_of_the_sensing_beam_are_to_be_known() -> None:
    assert facts_of(disc())["sensing sequences"] == "2; every cooperating receiver must know all of them"
    assert "sensing sequences" not in facts_of(design())


def test_errors_of_all_points_are_a_range_with_their_weighted_mean() -> None:
    made = prior()
    over, words = made.over_points, facts_of(made)["position error, all points"]
    assert over is not None
    low, high, mean = (part.strip() for part in re.split(" to |,", words))
    assert_close(in_mm(low), over.peb_m.min() * 1e3, rel=5e-3)
    assert_close(in_mm(high), over.peb_m.max() * 1e3, rel=5e-3)
    assert_close(in_mm(mean), float(made.points.weight @ over.peb_m) * 1e3, rel=5e-3)


def test_the_worst_velocity_error_of_all_points_is_said_and_written() -> None:
    made = prior()
    over = made.over_points
    assert over is not None
    veb_m_s = np.linspace(9.0, 1.0, made.points.count)  # the largest is not at the worst point
    assert over.worst != 0
    made = replace(made, over_points=replace(over, veb_m_s=veb_m_s))
    mean = float(made.points.weight @ veb_m_s)
    assert facts_of(made)["velocity error, all points"] == f"1 m/s to 9 m/s, {mean:.3g} m/s on average"
    (row,) = targets_document(made)
    assert (row["worst_veb_m_s"], row["worst_peb_m"]) == (9.0, over.peb_m.max())
    assert_close([row["mean_veb_m_s"], row["mean_peb_m"]], [mean, float(made.points.weight @ over.peb_m)], rel=1e-12)


def test_every_target_has_a_row_of_its_own() -> None:
    facts = facts_of(several())
    assert facts["target car"].startswith("position error bound 549 mm, ")
    assert facts["target quadcopter…ding-ramp"].startswith("position error bound 2.64 m at the worst of 5 points, ")
    assert facts["worst point"].startswith("(-54.0, 30.0) m of quadcopter-over-the-loading-ramp, ")
    assert "target person" in facts
    assert not [name for name in facts_of(disc()) if name.startswith("target ")]


def test_more_targets_than_a_table_holds_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points_facts, "_LISTED_TARGETS", 5)
    facts = facts_of(far_targets())
    assert facts["other targets"] == "2 more, in design.json"
    assert "target vehicle-5" in facts
    assert "target vehicle-6" not in facts


def test_an_unobservable_point_is_said_and_counted() -> None:
    facts = facts_of(box())
    assert facts["position error bound"].startswith("310 mm with angles of arrival, at the worst point; unobservable")
    assert facts["position error, all points"] == "324 mm to 2.36 m; unobservable at 1 of 105 points"
    assert facts["design for the middle alone"] == "the target is unobservable at 1 of 105 points"


# The design for the middle


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("worst", "10.3 m at the worst point, 3.9 times as large as here"),
        ("mean", "mean over the points, 3.9 times as large as here"),
        ("mean_square", "root mean square over the points, 3.9 times as large as here"),
    ],
)
def test_the_design_for_the_middle_is_compared_by_the_figure_that_is_minimised(mode: OverPoints, words: str) -> None:
    assert middle_reaches(several(mode=mode)).endswith(words)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.0, "the same as here"),
        (1.00005, "the same as here"),
        (1.0734, "7.3 % larger than here"),
        (0.97, "3 % smaller than here"),
        (3.9, "3.9 times as large as here"),
        (1234.0, "1.23e+03 times as large as here"),
    ],
)
def test_ratios_in_words(ratio: float, words: str) -> None:
    assert times_as_large(ratio) == words


def test_without_a_design_for_the_middle_nothing_is_said_of_it() -> None:
    made = disc()
    assert made.over_points is not None
    without = replace(made, over_points=replace(made.over_points, middle_value=None, middle_values=np.zeros(0)))
    assert "design for the middle alone" not in facts_of(without)


# Losses: one receiver fails, the target is off


def losses(change: float | None) -> Robustness:
    steps = zip((1.0, 3.0, 10.0, 30.0), (0.003, 0.03, 1.5, None), strict=True)
    return Robustness(
        one_fails=ReceiverFailure(receiver="r3", change=change, unobservable=change is None),
        target_off=tuple(TargetOffset(distance_m=far, worst_change=worse) for far, worse in steps),
    )


def test_losses_are_rows_of_every_design() -> None:
    facts = facts_of(with_losses(design(), losses(0.351)))
    assert facts["if one receiver fails"] == ("surrogate U +35 % in the worst case, that of r3; beams unchanged")
    assert facts["if the target is off"].endswith(
        "in the worst direction from where it is expected: +0.3 % at 1 m, +3 % at 3 m, 2.5 times as large at 10 m, "
        "unobservable at 30 m"
    )


def test_losses_over_points_say_so() -> None:
    facts = facts_of(with_losses(disc(), losses(None)))
    assert facts["if one receiver fails"] == (
        "target unobservable at one of the points at least in the worst case, that of r3; beams unchanged"
    )
    assert "from any of the points, out of the area as well:" in facts["if the target is off"]


def test_the_mono_static_scheme_has_no_receiver_that_fails() -> None:
    found = Robustness(one_fails=None, target_off=losses(0.1).target_off)
    facts = facts_of(with_losses(design(), found))
    assert "if one receiver fails" not in facts
    assert "if the target is off" in facts


# Receivers, assumptions, the page


def test_distances_of_the_receivers_are_those_to_the_worst_point() -> None:
    made = disc()
    table, over = receiver_table(made), made.over_points
    assert table is not None
    assert over is not None
    column = [head.name for head in table.columns].index("to worst point")
    away = np.linalg.norm(made.scenario.receiver_positions_m - made.points.position_m[over.worst], axis=1)
    assert_close([float(row.cells[column]) for row in table.rows], away, rel=2e-3)
    assert table.notes[-1] == "Distances, block SNR and bounds are those of the worst point."


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (design, "designed for exactly this position and velocity."),
        (disc, "anywhere in a disc of 20 m radius; designed for the worst of these places."),
        (box, "anywhere in a box of 120 m × 80 m × 90 m; designed for the worst of these places."),
        (polygon, "anywhere in a polygon, 140 m × 80 m, 30 m to 90 m high; designed for the worst of these places."),
        (
            prior,
            "position known to ± 3 m to 8 m before the measurement; designed for the expected error of its estimate "
            "together with the prior.",
        ),
        (
            several,
            "3 targets (car, quadcopter-over-the-loading-ramp, person), 1 with an area; designed for the worst of "
            "these places.",
        ),
        (far_targets, "7 targets; designed for the worst of these places."),
        (
            lambda: several(mode="mean"),
            "3 targets (car, quadcopter-over-the-loading-ramp, person), 1 with an area; designed for the mean over "
            "these places.",
        ),
    ],
)
def test_what_is_known_of_the_target_is_an_assumption(make: Callable[[], Any], words: str) -> None:
    scenario = make().scenario
    assert target_in_words(scenario) == f"Target: {words}"
    assert assumption_meanings(scenario)["target"].endswith(".")


@pytest.mark.parametrize("name", UNCERTAIN)
def test_the_page_has_the_facts_of_the_table(name: str) -> None:
    made = UNCERTAIN[name]()
    text = design_page(made, None, {}).decode()
    for words in ("worst point", "power towards points", "design for the middle alone"):
        assert words in text
    whom = "targets" if len(made.scenario.targets) > 1 else "target"
    assert f"locate the {whom}" in text or "at every point" in text


def test_places_in_words() -> None:
    assert place_in_words(np.array([-12.34, 5.0, 60.0]), 2) == "(-12.3, 5.0) m"
    assert place_in_words(np.array([512345.6, 5.0, 60.0]), 3) == "(512346, 5, 60) m"


def test_a_comparison_says_over_which_points_it_compares() -> None:
    assert compared_over("worst", 2).startswith("at the worst point; these are the 2 points that the scenario lays")
    assert compared_over("mean", 19).startswith("mean over the points; these are the 19 points")
