"""The value that a design over several points minimises stands first: in table, page, map and notebook."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from multistatic.design.points_accuracy import PointsAccuracy
from multistatic.design.result import Design
from multistatic.report.design_facts import ACCURACY, design_facts
from multistatic.report.design_page import design_page
from multistatic.report.map import map_figure
from multistatic.report.points_in_words import minimised_in_words
from multistatic.report.style import styled
from tests.support.handmade_design import design
from tests.support.uncertain_designs import disc, prior, several


def first_of_accuracy(made: Design) -> tuple[str, str]:
    fact = next(each for each in design_facts(made) if each.group == ACCURACY)
    return fact.name, fact.value


def over_of(made: Design) -> PointsAccuracy:
    assert made.over_points is not None
    return made.over_points


def of_velocity(made: Design) -> Design:
    what = replace(made.scenario, design=replace(made.scenario.design, criterion="veb"))
    return replace(made, scenario=what, over_points=replace(over_of(made), value_reduced=7.25))


@pytest.mark.parametrize(("mode", "words"), [("mean", "mean over"), ("mean_square", "root mean square over")])
def test_the_minimised_value_comes_first_with_the_worst_point_after_it(mode: Any, words: str) -> None:
    made = several(mode=mode)
    made = replace(made, over_points=replace(over_of(made), value_reduced=1.25))
    name, value = first_of_accuracy(made)
    worst = f"{over_of(made).peb_m.max():.3g} m, at the worst point"
    assert name == "position error bound"
    assert value.startswith(f"1.25 m, {words} the 7 points; {worst}")
    assert " = " not in {fact.name: fact.value for fact in design_facts(made)}["criterion minimised"]


def test_of_another_criterion_its_own_row_comes_first() -> None:
    made = of_velocity(several(mode="mean"))
    name, value = first_of_accuracy(made)
    assert (name, value.partition(";")[0]) == ("velocity error bound", "7.25 m/s, mean over the 7 points")
    page = design_page(made, None, {}).decode()
    figures = page[page.index("Key figures") :]
    assert figures.index("7.25") < figures.index("310")


def test_a_prior_is_named_with_the_value() -> None:
    made = prior()
    words = "root mean square over the 27 points, prior included".replace("27", str(made.points.count))
    assert minimised_in_words(made).endswith(words)
    with styled():
        shown = " ".join(text.get_text() for text in map_figure(made).findobj(Text))
    assert minimised_in_words(made) in " ".join(shown.split())


def test_the_worst_value_and_one_point_stay_as_they_are() -> None:
    assert minimised_in_words(disc()) == minimised_in_words(design()) == ""
    assert first_of_accuracy(disc())[1].startswith("1.2 m, at the worst point")


def test_the_view_of_a_notebook_says_of_which_points_each_number_is() -> None:
    facts = dict(several(mode="mean").overview().facts)
    over = over_of(several(mode="mean"))
    assert facts["points"] == "7"
    assert facts["position error bound, mean over the points"] == f"{over.value_reduced:.4g} m"
    assert facts["position error bound, at the worst point"] == f"{over.peb_m.max():.4g} m"
    assert "illumination, on average" in facts
    facts = dict(disc().overview().facts)
    assert "illumination, lowest of all points" in facts
    assert "position error bound" not in facts
    facts = dict(design().overview().facts)
    assert {"position error bound", "illumination"} < set(facts)
    lost = several(mode="mean")
    lost = replace(lost, over_points=replace(over_of(lost), value_reduced=np.inf))
    assert dict(lost.overview().facts)["position error bound, mean over the points"] == "unobservable at some point"
