"""Algorithms and channels as values: a name, a callable or a settings object, with the checks of a package's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from annotated_types import Ge
from rich.console import Console

from multistatic import registry
from multistatic.beamforming.los import los_sdp
from multistatic.beamforming.value_function import ValueFunctionSettings, value_function
from multistatic.bounds.sensing import sensing_network
from multistatic.channel.channel import Channel
from multistatic.channel.realise import realise
from multistatic.design import Limits, certify, design_network
from multistatic.design.choices import label_of, with_choices
from multistatic.design.compare import compare_methods
from multistatic.design.instance import criterion_unit
from multistatic.design.joint import JointSettings
from multistatic.design.verify import verify
from multistatic.errors import InputError, PluginError, ScenarioError
from multistatic.files.channel_file import channel_bytes, realised_channel
from multistatic.files.design_files import design_document
from multistatic.files.scenario_file import load_preset
from multistatic.report.summary import comparison_table, design_summary
from multistatic.scenario.model import Scenario
from multistatic.scenario.write import designed_toml, resolved_toml
from multistatic.selection.branch_and_bound import BranchAndBoundSettings, branch_and_bound
from multistatic.selection.greedy import greedy
from multistatic.selection.kmeans import KMeansSettings
from multistatic.selection.selection_problem import NO_LIMITS, SearchLimits, Selection
from multistatic.signal.beams import Beams
from tests.support.close import close_to

PAIR = ("rx2", "rx4")


@pytest.fixture(scope="module")
def small() -> Scenario:
    keys = ["receivers.random.count=4", "requirements.rate_bps_hz=1", "transmitter.antennas=4"]
    return load_preset("paper", [*keys, "requirements.cooperation_cost_m=1000"])


def refusal(scenario: Scenario, **choices: Any) -> str:
    """What a design is refused with: one line, one problem, exit code 2."""
    with pytest.raises(PluginError) as refused:
        design_network(scenario, **choices)
    assert refused.value.exit_code == 2
    (problem,) = refused.value.problems
    assert "\n" not in str(problem)
    return str(problem)


# Selectors


def with_a_selection(problem, rng):
    """A `Selection` that claims a proof."""
    return Selection(status="optimal", method="x", selected=np.isin(problem.receiver_ids, PAIR), value=1.0, cost_m=0.0)


@pytest.mark.parametrize(
    "selector",
    [
        lambda problem, rng: np.isin(problem.receiver_ids, PAIR),
        lambda problem, rng: [False, True, False, True],
        lambda problem, rng: np.array([3, 1]),
        lambda problem, rng: [1, 3],
        lambda problem, rng: ["rx4", "rx2"],
        lambda problem, rng: PAIR,
        with_a_selection,
        partial(lambda problem, rng, ids: ids, ids=PAIR),
    ],
    ids=["mask", "list of truth values", "indices", "list of indices", "ids", "tuple of ids", "Selection", "partial"],
)
def test_a_selector_may_return_a_group_in_any_form(small: Scenario, selector: Callable[..., Any]) -> None:
    design = design_network(small, selector=selector)
    assert design.selected_ids == PAIR
    given = replace(small, design=replace(small.design, selector="given", given=PAIR))
    assert design.selection is not None
    assert design.selection.value == close_to(design_network(given).selection.value, rel=1e-12)
    assert design.selection.method == registry.name_of(selector)
    assert design.status == "feasible"
    assert design.verification.passed


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        (lambda problem, rng: None, "received None from the callable <lambda>"),
        (lambda problem, rng: [], "received the group without receivers from the callable <lambda>"),
        (lambda problem, rng: [True, False], "a group of shape [2]"),
        (lambda problem, rng: [4], "the index 4"),
        (lambda problem, rng: [-1], "the index -1"),
        (lambda problem, rng: ["rx9"], "the id 'rx9'"),
        (lambda problem, rng: [0.5], "an array of shape [1] and type float64"),
        (lambda problem, rng: [[1]], "an array of shape [1, 1]"),
        (lambda problem, rng: 1, "received int"),
        (lambda problem, rng: [[1], [1, 2]], "ValueError"),
        (lambda problem, rng: {}["key"], "KeyError ('key') in test_choices.py line "),
        (lambda problem: [1], "TypeError"),
    ],
)
def test_what_is_wrong_with_a_selector_is_one_line_that_names_it(small: Scenario, selector: Any, said: str) -> None:
    text = refusal(small, selector=selector)
    assert text.startswith("design.selector: received ")
    assert said in text
    assert "from the callable <lambda> (tests.unit.design.test_choices:<lambda>)" in text


def test_a_group_beyond_the_budget_is_refused(small: Scenario) -> None:
    tight = replace(small, requirements=replace(small.requirements, cooperation_cost_m=60.0))
    assert "with a cooperation cost of " in refusal(tight, selector=lambda problem, rng: [0, 1, 2, 3])


def test_what_a_selector_writes_into_its_problem_changes_nothing(small: Scenario) -> None:
    def spoil(problem, rng):
        problem.target_distance_m[:] = 1e-3
        problem.receiver_distance_m[:] = 0.0
        return PAIR

    assert design_network(small, selector=spoil).cost_m == design_network(small, selector=lambda p, r: PAIR).cost_m


def test_a_claim_of_a_callable_is_checked(small: Scenario) -> None:
    design = design_network(small, selector=with_a_selection)
    assert "The plug-in claims that the group is optimal" in design.selection.message
    assert design.selection.bound is None


def test_a_function_of_this_package_is_the_registered_algorithm(small: Scenario) -> None:
    assert with_choices(small, selector=greedy, beamformer=los_sdp).design.selector == "greedy"
    assert with_choices(small, beamformer=value_function).design.beamformer == "value_function"


# Beamformers


def towards_target(problem):
    """All power at the target."""
    weights = np.zeros((1 + len(problem.direct), problem.antennas), complex)
    weights[0] = problem.steering.conj() * np.sqrt(problem.power_limit_w) / np.linalg.norm(problem.steering)
    return weights


@pytest.mark.parametrize(
    "form", [lambda w: w, lambda w: w[..., None], lambda w: Beams(weights=w[..., None])], ids=["2", "3", "Beams"]
)
def test_a_beamformer_may_return_weights(small: Scenario, form: Callable[..., Any]) -> None:
    free = load_preset("paper", ["receivers.random.count=4", "requirements.rate_bps_hz=0"])
    design = design_network(free, beamformer=lambda problem: form(towards_target(problem)))
    limit_w = free.transmitter.power_w * free.transmitter.array.size
    assert design.beamforming.illumination_w == close_to(limit_w, rel=1e-9)
    assert design.beamforming.method == "<lambda>"


@pytest.mark.parametrize(
    ("beamformer", "said"),
    [
        (lambda problem: 2.0 * towards_target(problem), "beams that exceed the power"),
        (lambda problem: np.full((5, 4), np.nan), "beams with NaN or infinity"),
        (lambda problem: np.zeros((5, 3)), "beams of shape [5, 3, 1]"),
        (lambda problem: np.zeros(5), "beams of shape [5]"),
        (lambda problem: "beams", "received str"),
        (lambda problem: None, "received None"),
        (lambda problem: problem.direct.__setitem__(0, 0.0), "read-only"),
    ],
)
def test_what_is_wrong_with_a_beamformer_is_one_line(small: Scenario, beamformer: Any, said: str) -> None:
    text = refusal(small, beamformer=beamformer)
    assert text.startswith("design.beamformer: received ")
    assert said in text
    assert "the callable <lambda>" in text


# Criteria


def cramer_rao(network):
    """The published surrogate, as a function of its own."""
    weights = network.snr_per_watt
    return lambda masks, illumination_w: 1.0 / np.maximum(illumination_w * (masks @ weights), 1e-300)


def test_a_criterion_may_be_a_function_of_groups(small: Scenario) -> None:
    """Proportional to 1/SNR, as the surrogate: the same group, by enumeration."""
    ours = design_network(small, selector="enumeration", criterion="surrogate")
    own = design_network(small, selector="enumeration", criterion=cramer_rao)
    assert own.selected_ids == ours.selected_ids
    assert own.status == "feasible"  # nothing is declared, so nothing is proven
    network = sensing_network(small, realise(small))
    total = own.beamforming.illumination_w * (own.selected @ network.snr_per_watt)
    assert own.selection.value == close_to(1.0 / total, rel=1e-12)
    assert own.verification.passed


@pytest.mark.parametrize(
    ("criterion", "said"),
    [
        (lambda network: lambda masks, light: masks.sum(axis=1) * np.nan, "NaN for "),
        (lambda network: lambda masks, light: -1.0 * np.ones(len(masks)), "the value -1"),
        (lambda network: lambda masks, light: np.ones(len(masks) + 1), "shape ["),
        (lambda network: lambda masks: np.ones(len(masks)), "TypeError"),
        (lambda network: 3, "int without name and unit and values"),
        (lambda network: None, "received None"),
        (lambda: None, "TypeError"),
    ],
)
def test_what_is_wrong_with_a_criterion_is_one_line(small: Scenario, criterion: Any, said: str) -> None:
    text = refusal(small, criterion=criterion, selector="enumeration")
    assert text.startswith("design.criterion: received ")
    assert said in text
    assert "the callable <lambda>" in text


@dataclass(frozen=True, kw_only=True)
class InSeconds:
    """A criterion with a unit."""

    values: Callable[..., Any]
    name: str = "delay"
    unit: str = "s"


def in_seconds(network):
    return InSeconds(values=cramer_rao(network))


def test_tables_print_the_unit_of_a_criterion(small: Scenario) -> None:
    console = Console(width=200)
    with console.capture() as capture:
        design = design_network(small, selector="enumeration", criterion=in_seconds)
        console.print(design_summary(design, None))
        rows = compare_methods(design.scenario, ["greedy"], ["value_function"], clock=lambda: 0.0)
        console.print(comparison_table(rows, "in_seconds"))
    lines = [line.split() for line in capture.get().splitlines()]
    assert [line[3] for line in lines if line[:2] == ["criterion", "minimised"]] == ["="]
    (head,) = (n for n, line in enumerate(lines) if line[:1] == ["selector"])
    assert "in_seconds" in lines[head]
    assert lines[head + 1][1].endswith("s")
    assert lines[head + 1][1] != "s"
    assert criterion_unit(design) == "s"
    assert criterion_unit(design_network(small, criterion="peb")) == "m"


def test_a_name_of_ours_for_another_criterion_is_not_verified_as_ours(small: Scenario) -> None:
    def peb(network):
        return cramer_rao(network)

    design = design_network(small, criterion=peb, selector="enumeration")
    assert design.verification.passed
    assert "reported criterion" not in design.verification.violations


# What a callable writes into


def spoiled_network(network):
    network.snr_per_watt[:] = 1.0
    return cramer_rao(network)


def spoiled_problem(problem):
    problem.rate_required_bps_hz[:] = 0.0
    return towards_target(problem)


def spoiled_scenario(scenario, rng):
    scenario.receivers[0].position_m[:] = 0.0
    return realise(scenario).direct


@pytest.mark.parametrize(
    "choice", [{"criterion": spoiled_network}, {"beamformer": spoiled_problem}, {"channel": spoiled_scenario}]
)
def test_values_that_are_shared_cannot_be_written(small: Scenario, choice: dict) -> None:
    assert "read-only" in refusal(small, **choice)


def test_groups_that_a_criterion_writes_into_are_its_own(small: Scenario) -> None:
    def spoiling(network):
        def values(masks, light):
            found = 1.0 / np.maximum(light * (masks @ network.snr_per_watt), 1e-300)
            masks[:] = True
            return found

        return values

    design = design_network(small, selector="enumeration", criterion=spoiling)
    assert design.selected_ids == design_network(small, selector="enumeration", criterion=cramer_rao).selected_ids


# Channels


def test_a_channel_in_every_form_gives_the_same_design(small: Scenario, tmp_path: Path) -> None:
    channel, usual = realise(small), design_network(small)
    file = tmp_path / "channels.npz"
    file.write_bytes(channel_bytes(realised_channel(small), ".npz"))
    forms = (channel, channel.direct, channel.direct.tolist(), file, str(file), "rician", lambda s, rng: channel.direct)
    for form in forms:
        design = design_network(small, channel=form)
        assert np.array_equal(design.channel.direct, channel.direct)
        assert np.array_equal(design.beamforming.beams.weights, usual.beamforming.beams.weights)
        assert design.selection.value == usual.selection.value


def test_a_channel_that_was_changed_is_what_is_designed_for(small: Scenario) -> None:
    channel = realise(small)
    changed = replace(channel, echo_gain=2.0 * channel.echo_gain)
    value = design_network(small, channel=changed).selection.value
    assert value == close_to(design_network(small).selection.value / 2.0, rel=1e-9)  # the surrogate is one over the SNR


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"noise_power_w": 1.0}, "channel.noise_power_w"),
        ({"clutter_power_w": 1.0}, "channel.clutter_power_w"),
    ],
)
def test_noise_of_a_channel_is_that_of_the_scenario(small: Scenario, change: dict[str, float], path: str) -> None:
    with pytest.raises(InputError, match=path):
        design_network(small, channel=replace(realise(small), **change))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda channel: {"clutter": 3.0 * channel.clutter}, "channel.clutter: received values that differ"),
        (lambda channel: {"clutter": channel.clutter[:, :0]}, "channel.clutter: received values that differ"),
        (
            lambda channel: {"echo_path_gain": 2.0 * channel.echo_path_gain},
            "channel.echo_path_gain: received values that differ",
        ),
        (lambda channel: {"steering_rx": 1j * channel.steering_rx}, "channel.steering_rx: received values that differ"),
    ],
)
def test_what_a_channel_holds_of_the_scenario_is_never_replaced_unsaid(
    small: Scenario, change: Callable[[Channel], dict[str, Any]], path: str
) -> None:
    leaking = replace(
        small, propagation=replace(small.propagation, clutter="signal_dependent", direct_path_leakage=1e-6)
    )
    channel = realise(leaking)
    assert channel.clutter.any()
    with pytest.raises(InputError, match=path):
        design_network(leaking, channel=replace(channel, **change(channel)))


def test_a_channel_need_not_state_the_path_gain_of_the_echo(small: Scenario) -> None:
    channel = realise(small)
    unstated = replace(channel, echo_gain=2.0 * channel.echo_gain, echo_path_gain=np.zeros(0))
    assert np.array_equal(design_network(small, channel=unstated).channel.echo_path_gain, channel.echo_path_gain)


@pytest.mark.parametrize(
    ("channel", "kind", "said"),
    [
        (np.ones((4, 2, 3)), ScenarioError, "3 transmit antennas"),
        (np.ones((3, 2, 4)), ScenarioError, "3 receivers"),
        (np.full((4, 2, 4), np.nan), ScenarioError, "NaN or infinity"),
        (np.array(["x"]), ScenarioError, "values of type"),
        ("ricean", InputError, "did you mean 'rician'?"),
        ("none.npz", InputError, "none.npz"),
        (lambda scenario, rng: np.ones((4, 2)), PluginError, "a channel of shape [4, 2]"),
        (lambda scenario, rng: np.full((4, 2, 4), np.nan), PluginError, "NaN or infinity at 'rx1'"),
        (lambda scenario, rng: None, PluginError, "received None from the callable <lambda>"),
    ],
)
def test_what_is_wrong_with_a_channel_is_named(small: Scenario, channel: Any, kind: type, said: str) -> None:
    with pytest.raises(kind) as refused:
        design_network(small, channel=channel)
    assert said in str(refused.value)


# Settings objects


def test_a_settings_object_stands_for_its_algorithm(small: Scenario) -> None:
    settings = ValueFunctionSettings(random_starts=0, steps=3)
    chosen = with_choices(small, selector=KMeansSettings(restarts=2), beamformer=settings)
    assert (chosen.design.selector, chosen.design.beamformer) == ("kmeans", "value_function")
    assert set(chosen.design.options) == {KMeansSettings(restarts=2), settings}
    assert with_choices(small, selector=JointSettings(max_solves=1)).design.selector == "joint"


def test_settings_reach_the_algorithm(small: Scenario) -> None:
    settings = ValueFunctionSettings(steps=1)
    chosen = with_choices(small, beamformer=settings).design
    assert registry.find("beamformers", chosen.beamformer, chosen.options).settings is settings
    assert design_network(small, selector=JointSettings(max_solves=1)).rounds == 1


def test_later_settings_take_the_place_of_earlier_ones(small: Scenario) -> None:
    once = with_choices(small, selector=KMeansSettings(restarts=2))
    assert with_choices(once, selector=KMeansSettings(restarts=3)).design.options == (KMeansSettings(restarts=3),)


@pytest.mark.parametrize(
    ("choices", "paths"),
    [
        ({"selector": BranchAndBoundSettings(gap=3.0, nodes=0)}, ["selector.gap", "selector.nodes"]),
        ({"selector": KMeansSettings(restarts=1.5), "beamformer": 7}, ["selector.restarts", "beamformer"]),
        ({"selector": ValueFunctionSettings()}, ["selector"]),
        ({"beamformer": greedy}, ["beamformer"]),
        ({"selector": KMeansSettings}, ["selector"]),
        ({"selector": "gredy", "criterion": "pebb"}, ["selector", "criterion"]),
    ],
)
def test_everything_that_cannot_be_is_named_at_once(small: Scenario, choices: dict, paths: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        design_network(small, **choices)
    assert [problem.path for problem in refused.value.problems] == paths


@dataclass(frozen=True, kw_only=True)
class FirstSettings:
    """`count` receivers are chosen."""

    count: Annotated[int, Ge(1)] = 1


@registry.algorithm(settings=FirstSettings)
def first(problem, rng, settings=FirstSettings()):
    """The first receivers."""
    return range(settings.count)


def test_settings_of_a_function_that_nobody_registered(small: Scenario) -> None:
    assert design_network(small, selector=first).selected_ids == ("rx1",)
    assert design_network(small, selector=FirstSettings(count=2)).selected_ids == ("rx1", "rx2")
    with pytest.raises(InputError, match=r"selector\.count: received 0"):
        design_network(small, selector=FirstSettings(count=0))


def test_a_settings_class_is_a_frozen_dataclass_with_defaults() -> None:
    @dataclass
    class Thawed:
        count: int = 1

    @dataclass(frozen=True)
    class Required:
        count: int

    for kind, said in (
        (Thawed, "is not a frozen dataclass"),
        (int, "is not a frozen dataclass"),
        (Required, "no default for count"),
    ):
        with pytest.raises(TypeError, match=said):
            registry.algorithm(settings=kind)


def test_settings_of_a_class_derived_from_the_algorithms_own_count(small: Scenario) -> None:
    @dataclass(frozen=True, kw_only=True)
    class TwoSettings(FirstSettings):
        count: Annotated[int, Ge(1)] = 2

    assert design_network(small, selector=TwoSettings()).selected_ids == ("rx1", "rx2")


def test_the_limits_of_a_search_count_beside_its_settings(small: Scenario) -> None:
    problem = None

    def catch(asked, rng):
        nonlocal problem
        problem = asked
        return [0]

    large = load_preset("paper", ["receivers.random.count=20", "requirements.rate_bps_hz=0.2"])
    design_network(large, selector=catch, limits=Limits(gap=0.5))
    assert problem.limits.gap == 0.5
    rng, settings = np.random.default_rng(0), BranchAndBoundSettings(batch=1)
    exact = branch_and_bound(replace(problem, criterion=surrogate_of(large), limits=NO_LIMITS), rng, settings)
    early = branch_and_bound(replace(problem, criterion=surrogate_of(large)), rng, settings)
    assert exact.status == "optimal"
    assert early.evaluated < exact.evaluated
    stopped = SearchLimits(stop=lambda: True)
    ended = branch_and_bound(replace(problem, criterion=surrogate_of(large), limits=stopped), rng, settings)
    assert ended.evaluated < exact.evaluated


def surrogate_of(scenario: Scenario):
    return registry.load("criteria", "surrogate")(sensing_network(scenario, realise(scenario)))


# Limits


def test_a_limit_in_seconds_stops_the_search(small: Scenario) -> None:
    begun = Limits(time_s=1e-9).begun()
    assert begun.stop()
    assert not Limits(time_s=1e9).begun().stop()
    assert not Limits().begun().stop()
    assert Limits(gap=0.25).begun().gap == 0.25
    assert design_network(small, limits=Limits(time_s=1e-9)).verification.passed


@pytest.mark.parametrize("bad", [{"gap": 1.0}, {"gap": -0.1}, {"gap": "x"}, {"time_s": 0.0}, {"time_s": float("nan")}])
def test_limits_that_are_none(bad: dict) -> None:
    with pytest.raises(InputError, match=r"limits\."):
        Limits(**bad)


# Names, files, later questions


def test_names_of_methods() -> None:
    def mine(problem, rng):
        return [0]

    assert label_of(mine) == "mine"
    assert label_of("greedy") == "greedy"
    assert label_of(KMeansSettings()) == "kmeans"
    assert label_of(KMeansSettings(restarts=7)) == "kmeans(restarts=7)"
    assert label_of(partial(mine, rng=None)) == "mine"
    assert label_of(JointSettings(max_solves=2)) == "joint(max_solves=2)"


def test_files_of_a_design_by_a_callable_say_so(small: Scenario) -> None:
    design = design_network(small, selector=first, beamformer=ValueFunctionSettings(steps=20))
    used = design_document(design, timing_s={})["algorithms"]
    here = "tests.unit.design.test_choices:first"
    assert used["selector"] == {"name": "first", "origin": "a callable of this program", "object": here}
    assert used["beamformer"]["origin"].startswith("multistatic ")
    assert used["options"]["value_function"]["steps"] == 20
    text = resolved_toml(design.scenario)
    assert "a file cannot hold them" in text
    assert f"# selector: the callable first ({here})" in text
    promise = "gives the same design again, bit for bit"
    assert promise not in text
    assert promise not in resolved_toml(small)
    assert promise in designed_toml(small)
    assert promise not in designed_toml(design.scenario)


def test_a_design_by_callables_gets_its_certificate_later(small: Scenario) -> None:
    later = design_network(small, selector=first, criterion=cramer_rao, certificate=False)
    assert certify(later).sensitivity is not None
    assert verify(certify(later)).passed


class NotHashable:
    """A callable object."""

    __hash__ = None

    def __call__(self, problem):
        return towards_target(problem)


def test_callable_objects_are_named_by_their_class(small: Scenario) -> None:
    free = load_preset("paper", ["receivers.random.count=4", "requirements.rate_bps_hz=0"])
    rows = compare_methods(free, [first], [NotHashable(), NotHashable()], clock=lambda: 0.0)
    assert [(row.beamformer, row.status) for row in rows] == [("NotHashable", "feasible")] * 2


def test_methods_of_a_comparison_are_values(small: Scenario) -> None:
    ticks = iter(range(1000))
    selectors = ["greedy", first, KMeansSettings(restarts=2), KMeansSettings(restarts=3), lambda problem, rng: None]
    rows = compare_methods(small, selectors, ["value_function"], clock=lambda: float(next(ticks)))
    names = {row.selector: row.status for row in rows}
    assert set(names) == {"greedy", "first", "kmeans(restarts=2)", "kmeans(restarts=3)", "<lambda>"}
    assert names["<lambda>"] == "not run"
    failed = next(row for row in rows if row.selector == "<lambda>")
    assert "received None from the callable <lambda>" in failed.message
