"""What is drawn at random in a study, and what is said where nothing is: identical trials are no sample."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multistatic.files.study_file import load_study, run_into
from multistatic.files.study_reader import read_results
from multistatic.report.study_draws import draws_in_words
from multistatic.report.study_plan import plan_table
from multistatic.report.study_plots import study_figure
from multistatic.report.study_table import results_table
from multistatic.report.style import styled
from multistatic.report.text_table import plain
from multistatic.study.cost import Cost
from multistatic.study.random_draws import random_sources, trials_are_identical
from multistatic.study.results import StudyResults
from multistatic.study.workers import ThisProcess
from tests.support.studies import QUICK, invented, quick

LOS = {"scenario": {"channel": {"direct": "los"}, "receivers": {"site": []}}}
CITY = 'scenario = "city"\ntrials = 6\nmetrics = ["peb_m", "feasible"]\n[sweep]\ntransmitter.power_dbm = [30, 40]\n'
SENTENCE = "All trials of a point are identical, for nothing in them is drawn at random; there is no interval."
COST = Cost(seconds=(1.0,), total_s=(12.0, 12.0), memory_bytes=None, store_bytes=(1, 1), trials=())


@pytest.mark.parametrize(
    ("document", "settings", "found"),
    [
        (LOS, {}, ()),
        ({"scenario": {"channel": {}}}, {}, ("fading",)),
        ({"scenario": {"channel": {"direct": "rician"}}}, {"channel.direct": "los"}, ()),
        (LOS, {"channel.direct": "rician"}, ("fading",)),
        (LOS | {"set": {"receivers.random.count": 3}}, {}, ("positions",)),
        (LOS | {"set": {"channel.direct.file": "H.npz"}}, {}, ()),
        (LOS | {"set": {"channel.direct.folder": "drops"}}, {}, ("channel files",)),
        (LOS, {"design.selector": "kmeans"}, ("selector",)),
        (LOS | {"compare": [{"set": {"design.selector": "greedy"}}]}, {"design.selector": "random"}, ()),
        (LOS | {"compare": [{"set": {"design.selector": "of_another_package"}}]}, {}, ("selector",)),
        (LOS | {"compare": [{"set": {"channel.direct": "rician"}}]}, {}, ("fading",)),
        ({}, {}, ("unknown",)),
    ],
)
def test_sources_of_chance(document: dict, settings: dict, found: tuple[str, ...]) -> None:
    assert random_sources(document, settings, 0) == found


def with_equal_trials(folder: Path, text: str) -> StudyResults:
    """Results of a study in which each trial is made to repeat the first one."""
    (folder / "a.toml").write_text(text, encoding="utf-8")
    run_into(folder / "a.sqlite", load_study(folder / "a.toml"), lambda: ThisProcess(invented))
    results = read_results(folder / "a.sqlite")
    return replace(results, values=np.repeat(results.values[:, :, :1], results.values.shape[2], axis=2))


def test_identical_trials_have_no_interval(tmp_path: Path) -> None:
    results = with_equal_trials(tmp_path, CITY)
    for metric in (0, 1):
        found = results.estimate(0, 0, metric)
        assert (found.count, found.low, found.high) == (6, None, None)
        assert found.value == results.values[0, 0, 0, metric]
    shown = plain(results_table(results), width=300)
    assert SENTENCE in shown
    assert "[ ]" not in shown
    assert "too few" not in shown
    assert "random draws" not in shown
    with styled():
        caption = " ".join(text.get_text() for text in study_figure(results, 0).texts).replace("\n", " ")
    assert "The 6 trials at each point are identical, for nothing in them is drawn at random" in caption
    assert "interval is drawn: there" not in caption


def test_a_method_whose_trials_are_identical_is_named(tmp_path: Path) -> None:
    """The clusters of k-means begin at random places, also where the network is the same in all trials."""
    text = CITY + '[[compare]]\nselector = ["greedy", "kmeans"]\n'
    results = with_equal_trials(tmp_path, text)
    assert (results.estimate(0, 0, 0).low, results.estimate(0, 1, 0).low) == (None, results.values[0, 1, 0, 0])
    words = "All trials of a point are identical for greedy: there is no interval."
    shown = plain(results_table(results), width=300)
    assert words in shown
    assert SENTENCE not in shown
    with styled():
        caption = " ".join(text.get_text() for text in study_figure(results, 0).texts).replace("\n", " ")
    assert words in caption
    assert "An interval that is shorter than its mark is hidden behind it." in caption


def test_equal_values_of_random_trials_keep_their_interval(tmp_path: Path) -> None:
    """A budget that is used up in every trial is no sign that nothing is drawn."""
    results = with_equal_trials(tmp_path, CITY.replace('"city"', '"paper"'))
    assert results.estimate(0, 0, 0).low == results.values[0, 0, 0, 0]
    assert SENTENCE not in plain(results_table(results), width=300)


def test_trials_that_differ_keep_their_interval(tmp_path: Path) -> None:
    """Whatever the document says: a plug-in may draw."""
    results = with_equal_trials(tmp_path, CITY)
    values = results.values.copy()
    values[0, 0, 3, 0] = np.nextafter(values[0, 0, 3, 0], np.inf)
    changed = replace(results, values=values)
    assert changed.estimate(0, 0, 0).low is not None
    assert changed.estimate(1, 0, 0).low is None


@pytest.mark.parametrize(
    ("change", "identical"),
    [
        (("", ""), True),
        (('"feasible"', '"filter_sum_mse"'), False),
        (('"feasible"', '"time_s"'), False),
        (('"city"', '"paper"'), False),
    ],
)
def test_a_dry_run_says_that_one_trial_is_enough(tmp_path: Path, change: tuple[str, str], identical: bool) -> None:
    (tmp_path / "a.toml").write_text(CITY.replace(*change) if change[0] else CITY, encoding="utf-8")
    study = load_study(tmp_path / "a.toml")
    assert trials_are_identical(study) == identical
    text = plain(plan_table(study, COST, 99, 2), width=200)
    assert ("trials = 1 is enough" in text) == identical
    assert "Time: about 6 s on 99 workers" in text
    assert "This machine has 2 processor cores: more than 2 workers only need more memory." in text
    assert "processor cores" not in plain(plan_table(study, COST, 2, 2), width=200)
    assert "Time: about 1 s on 99 workers" in plain(plan_table(study, COST, 99), width=200), "12 trials at a time"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("common_drops = false", "common_drops = true", "All points see the same random draws."),
        ("requirements.cooperation_cost_m = [100.0, 1000.0]", "", "Each point has different random draws"),
        ("", "", "Points that differ only in [design] and [requirements] see the same random draws"),
        ("transmitter.power_dbm = [20, 30]", "", "All points see the same random draws."),
    ],
)
def test_whose_draws_a_point_sees(tmp_path: Path, before: str, after: str, words: str) -> None:
    study = quick(tmp_path, text=QUICK.replace(before, after) if before else QUICK)
    run_into(tmp_path / "a.sqlite", study, lambda: ThisProcess(invented))
    results = read_results(tmp_path / "a.sqlite")
    assert draws_in_words(results).startswith(words)
    assert words in plain(results_table(results), width=300)
    with styled():
        caption = " ".join(text.get_text() for text in study_figure(results, 1).texts).replace("\n", " ")
    assert words in caption
