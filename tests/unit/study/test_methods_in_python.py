"""Studies and batches whose methods are callables and settings objects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from multistatic import design_many, load_study, run_study, study_method
from multistatic.channel.direct import line_of_sight
from multistatic.design import design_network
from multistatic.errors import InputError
from multistatic.files.scenario_file import load_preset
from multistatic.selection.kmeans import KMeansSettings
from multistatic.study.portable import identity_of
from multistatic.study.timed_comparison import compare

TEXT = """
scenario = "paper"
trials = 2
metrics = ["surrogate", "value"]
[set]
receivers.random.count = 4
transmitter.antennas = 4
requirements.rate_bps_hz = 1
requirements.cooperation_cost_m = 1000
"""
SMALL = [
    "receivers.random.count=4",
    "requirements.rate_bps_hz=1",
    "transmitter.antennas=4",
    "requirements.cooperation_cost_m=1000",
]


def two_nearest(problem, rng):
    """The two nearest to the target."""
    return problem.target_distance_m.argsort()[:2]


def inverse(network):
    """One over the SNR of the group."""
    return lambda masks, light: 1.0 / np.maximum(light * (masks @ network.snr_per_watt), 1e-300)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "study.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_methods_of_a_study_are_values(file: Path) -> None:
    methods = [
        study_method(selector="greedy"),
        study_method(selector=two_nearest),
        study_method("own", selector="enumeration", criterion=inverse),
        study_method(selector=KMeansSettings(restarts=2)),
    ]
    study = load_study(file, methods=methods)
    results = run_study(study, file.with_suffix(".sqlite"), workers=1)
    assert results.methods == ("greedy", "two_nearest", "own", "kmeans(restarts=2)")
    assert not results.failures
    for trial in range(2):
        drawn = study.points[0].templates[0].drawn(int(results.seeds[0, trial]))
        design = design_network(drawn, selector=two_nearest)
        assert results.values[0, 1, trial, 0] == design.accuracy.surrogate
    assert [metric.unit for metric in results.metrics] == ["1", ""]  # of two criteria, and one without a stated unit


def test_methods_stand_beside_those_of_the_file(file: Path) -> None:
    file.write_text(TEXT + '[[compare]]\nselector = "greedy"\n', encoding="utf-8")
    study = load_study(file, methods=[study_method(selector=two_nearest)])
    assert [method.name for method in study.methods] == ["greedy", "two_nearest"]
    with pytest.raises(InputError, match="a name that no other method of the study has"):
        load_study(file, methods=[study_method("greedy", selector=two_nearest)])


def test_a_store_goes_on_with_the_same_callable_only(file: Path) -> None:
    store = file.with_suffix(".sqlite")

    def study(selector):
        return load_study(file, methods=[study_method("mine", selector=selector)])

    first = run_study(study(lambda problem, rng: [0, 1]), store, workers=1)
    again = run_study(study(lambda problem, rng: [0, 1]), store, workers=1)
    assert again.digest() == first.digest()
    for other in (lambda problem, rng: [0, 2], two_nearest):
        with pytest.raises(InputError, match=r"compare\[0\]\.set\.design\.selector"):
            run_study(study(other), store, workers=1)


def test_a_store_keeps_the_qualified_name(file: Path) -> None:
    (method,) = load_study(file, methods=[study_method(selector=two_nearest)]).methods
    assert method.recorded == {"design.selector": "tests.unit.study.test_methods_in_python:two_nearest"}


def test_identities() -> None:
    def with_count(count):
        return lambda problem, rng: list(range(count))

    assert identity_of("greedy") == "greedy"
    assert identity_of(with_count(1)) == identity_of(with_count(1))
    assert identity_of(with_count(1)) != identity_of(with_count(2))
    assert identity_of(KMeansSettings()) != identity_of(KMeansSettings(restarts=2))
    ones = np.ones((2, 1, 3))
    assert identity_of(ones) == identity_of(ones.copy())
    assert len({identity_of(each) for each in (ones, 2.0 * ones, ones.astype(complex), ones.reshape(1, 2, 3))}) == 4


@pytest.mark.slow
def test_functions_of_a_module_go_to_processes(file: Path) -> None:
    study = load_study(file, methods=[study_method(selector=two_nearest, criterion="peb")])
    alone = run_study(study, file.with_suffix(".1.sqlite"), workers=1)
    assert run_study(study, file.with_suffix(".2.sqlite"), workers=2).digest() == alone.digest()
    scenarios = [load_preset("paper", [*SMALL, f"seed={seed}"]) for seed in range(2)]
    many = design_many(scenarios, selector=two_nearest, workers=2)
    assert [design.selected_ids for design in many] == [
        design_network(each, selector=two_nearest).selected_ids for each in scenarios
    ]


def test_a_lambda_runs_in_this_process_alone(file: Path) -> None:
    scenario = load_preset("paper", SMALL)
    lonely = lambda problem, rng: [0, 1]  # noqa: E731 - it is the subject of the test
    (design,) = design_many([scenario], selector=lonely, workers=1)
    assert design.selected_ids == ("rx1", "rx2")
    with pytest.raises(InputError, match=r"selector: .* the callable .*lambda.*workers=1 runs it"):
        design_many([scenario], selector=lonely, workers=2)
    with pytest.raises(InputError, match="workers=1"):
        run_study(load_study(file, methods=[study_method(selector=lonely)]), file.with_suffix(".sqlite"))


def test_a_method_that_cannot_be_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="selector: received 3"):
        study_method(selector=3)
    with pytest.raises(InputError, match=r"selector\.restarts"):
        study_method(selector=KMeansSettings(restarts=0))


def test_a_failing_callable_is_a_failure_of_its_trials(file: Path) -> None:
    def broken(problem, rng):
        raise KeyError("no")

    study = load_study(file, methods=[study_method(selector=broken)])
    results = run_study(study, file.with_suffix(".sqlite"), workers=1, retries=0)
    assert (results.status == "failed").all()
    assert "from the callable broken" in results.failures[0].error


def test_a_setting_can_be_swept(file: Path) -> None:
    file.write_text(
        TEXT + 'design.selector = "kmeans"\n[sweep]\ndesign.options.kmeans.restarts = [1, 3]\n', encoding="utf-8"
    )
    study = load_study(file)
    assert [point.templates[0].drawn(1).design.options for point in study.points] == [
        (KMeansSettings(restarts=1),),
        (KMeansSettings(restarts=3),),
    ]
    assert {point.stream for point in study.points} == {0}  # the same draws: only the design differs
    file.write_text(file.read_text(encoding="utf-8").replace("[1, 3]", "[1, 0]"), encoding="utf-8")
    with pytest.raises(InputError, match=r"sweep\.design\.options\.kmeans\.restarts\[1\]: received 0"):
        load_study(file)


def test_a_channel_may_be_a_method_of_its_own(file: Path) -> None:
    """Of a function and of an array: two methods on the same receivers."""

    def unit(scenario, rng):
        return 1e-3 * np.ones((4, 2, 4), complex) * np.exp(1j * np.arange(4))[:, None, None] + line_of_sight(
            scenario, rng
        )

    array = unit(load_preset("paper", SMALL), np.random.default_rng(0))
    methods = [study_method("function", channel=unit), study_method("array", channel=array)]
    results = run_study(load_study(file, methods=methods), file.with_suffix(".sqlite"), workers=1)
    assert (results.status != "failed").all()


def test_a_comparison_under_another_criterion() -> None:
    rows = compare(load_preset("paper", SMALL), ["enumeration", two_nearest], criterion=inverse)
    assert rows[0].selector == "enumeration"
    assert rows[0].design.scenario.design.criterion is inverse
