"""What goes wrong in an algorithm of another package: one line that names the package, exit code 2, never a traceback.

And what such an algorithm claims: checked, or printed as its claim.
"""

from __future__ import annotations

import json

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from multistatic import registry
from multistatic.beamforming.value_function import value_function
from multistatic.channel.realise import realise
from multistatic.cli.app import app, main
from multistatic.design import design_network
from multistatic.design.algorithms import beamformer_of, selector_of
from multistatic.design.instance import instance_of
from multistatic.errors import InputError, PluginError
from multistatic.estimation.registered import estimator_of
from multistatic.estimation.search_window import Search
from multistatic.files.scenario_file import load_preset
from multistatic.report.summary import design_summary
from multistatic.scenario.model import PulseSpec
from multistatic.signal.pulses import pulse_of
from multistatic.signal.waveform import PulseTrain
from multistatic.simulation.recording import Recording
from multistatic.study.metrics import metric
from multistatic.study.outcome import Outcome
from tests.support.close import close_to
from tests.support.networks import network
from tests.support.packages import Packages
from tests.support.selection_problems import selection_problem

SMALL = ["receivers.random.count=4", "requirements.rate_bps_hz=1", "transmitter.antennas=4"]


def refusal(*overrides: str) -> str:
    """What a design is refused with; one problem, and the exit code 2."""
    with pytest.raises(PluginError) as refused:
        design_network(load_preset("paper", [*SMALL, *overrides]))
    assert refused.value.exit_code == 2
    assert len(refused.value.problems) == 1
    text = str(refused.value.problems[0])
    assert "\n" not in text
    assert "other-package 1.2" in text
    return text


def shown(design) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(design_summary(design))
    return capture.get()


# Channel models

CHANNELS = """
    import numpy as np
    from multistatic.channel.direct import line_of_sight

    def flat(scenario, rng):
        return np.ones((len(scenario.receivers), 2), complex)

    def swapped(scenario, rng):
        return line_of_sight(scenario, rng).swapaxes(1, 2)

    def not_numbers(scenario, rng):
        channel = line_of_sight(scenario, rng).copy()
        channel[1, 0, 0] = np.nan
        return channel

    def nothing(scenario, rng):
        pass

    def words(scenario, rng):
        return "a channel"

    def raises(scenario, rng):
        return {}["key"]

    def ragged(scenario, rng):
        return [[1.0], [1.0, 2.0]]

    def leaves(scenario, rng):
        raise SystemExit(3)

    def beyond_numbers(scenario, rng):
        return line_of_sight(scenario, rng) * 1e200

    not_a_function = 7
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flat", "a channel of shape [4, 2] and type complex128"),
        ("swapped", "a channel of shape [4, 4, 2]"),
        ("not_numbers", "NaN or infinity at 'rx2'"),
        ("nothing", "received None"),
        ("words", "a channel of shape []"),
        ("raises", "KeyError ('key') in other_package"),
        ("ragged", "ValueError"),
        ("leaves", "SystemExit (3)"),
        ("beyond_numbers", "an amplitude gain of "),
        ("not_a_function", "an object of type int"),
        ("missing", "AttributeError"),
    ],
)
def test_channel_models(packages: Packages, name: str, said: str) -> None:
    packages.install("channel_models", CHANNELS, name)
    text = refusal(f"channel.direct={name}")
    assert text.startswith("channel.direct: received ")
    assert said in text


def test_antennas_that_a_receiver_does_not_have_receive_nothing(packages: Packages) -> None:
    source = """
        import numpy as np

        def everywhere(scenario, rng):
            return np.full((len(scenario.receivers), 3, scenario.transmitter.array.size), 1e-3)
    """
    packages.install("channel_models", source, "everywhere")
    scenario = network(3, antennas=(3, 2, 3), direct="everywhere")
    with pytest.raises(PluginError, match="rows of zeros beyond its 2"):
        realise(scenario, np.random.default_rng(0))
    same = network(3, antennas=3, direct="everywhere")
    assert realise(same, np.random.default_rng(0)).direct.shape == (3, 3, 4)


@pytest.mark.parametrize(
    "source", ["import no_such_module_anywhere", "def broken(:", "raise RuntimeError('no licence')"]
)
def test_an_entry_point_that_does_not_import(packages: Packages, source: str) -> None:
    packages.install("channel_models", source, "broken")
    text = refusal("channel.direct=broken")
    assert "on import" in text
    expected = {"i": "ModuleNotFoundError", "d": "SyntaxError", "r": "RuntimeError (no licence)"}[source[0]]
    assert expected in text


def test_what_a_package_says_is_cut_to_one_printable_line(packages: Packages) -> None:
    source = """
        def talks(scenario, rng):
            raise ValueError("a\\n\\tb\\x1b[31m" + "c" * 5000)
    """
    packages.install("channel_models", source, "talks")
    text = refusal("channel.direct=talks")
    assert "(a b\N{REPLACEMENT CHARACTER}[31mcc" in text
    assert len(text) < 500


def test_an_input_that_a_package_refuses_is_its_own_message(packages: Packages) -> None:
    source = """
        from multistatic import InputError
        from multistatic.errors import Problem

        def refuses(scenario, rng):
            raise InputError([Problem("channel.file", "nothing", "a file")])
    """
    packages.install("channel_models", source, "refuses")
    with pytest.raises(InputError, match=r"channel\.file: received nothing") as refused:
        design_network(load_preset("paper", ["channel.direct=refuses"]))
    assert not isinstance(refused.value, PluginError)


@pytest.mark.parametrize("name", ["flat", "raises"])
def test_the_command_line_prints_no_traceback(
    packages: Packages, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packages.install("channel_models", CHANNELS, name)
    monkeypatch.setattr("sys.argv", ["multistatic", "design", "paper", "--set", f"channel.direct={name}", "--quiet"])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr().err
    assert ended.value.code == 2
    assert "Traceback" not in printed
    assert printed.startswith("error: channel.direct: 1 problem")
    assert "other-package 1.2" in printed


# Pulses

PULSES = """
    import numpy as np
    from multistatic import Pulse, pulse_from_callable

    def not_numbers(spec):
        return Pulse(shape=lambda u: u + np.nan, slope=lambda u: u, support=(0.0, 1.0))

    def scalar(spec):
        return Pulse(shape=lambda u: 1.0, slope=lambda u: 0.0 * u, support=(0.0, 1.0))

    def words(spec):
        return "pulse"

    def raises(spec):
        return Pulse(shape=lambda u: 1 // 0, slope=lambda u: u, support=(0.0, 1.0))

    def no_support(spec):
        return Pulse(shape=lambda u: u, slope=lambda u: u, support=None)

    def one_time_only(spec):
        return Pulse(shape=lambda u: float(u), slope=lambda u: float(u), support=(0.0, 1.0))

    def flat(spec):
        return Pulse(shape=lambda u: u.ravel(), slope=lambda u: u, support=(0.0, 1.0))

    def good(spec):
        return pulse_from_callable(lambda u: 1 - np.abs(2 * u - 1), lambda u: -2 * np.sign(2 * u - 1))
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("not_numbers", "a pulse with NaN or infinity"),
        ("scalar", "a pulse of shape []"),
        ("words", "received str"),
        ("raises", "ZeroDivisionError"),
        ("no_support", "TypeError"),
        ("one_time_only", "TypeError"),
        ("flat", "a pulse of shape [100]"),
    ],
)
def test_pulses(packages: Packages, name: str, said: str) -> None:
    packages.install("pulses", PULSES, name)
    assert said in refusal(f"radio.pulse={name}")


@pytest.mark.parametrize("name", ["rectangle", "turning"])
def test_a_pulse_without_bandwidth_is_refused(packages: Packages, name: str) -> None:
    source = """
        import numpy as np
        from multistatic import pulse_from_callable

        def rectangle(spec):
            return pulse_from_callable(lambda u: 1.0 + 0.0 * u)

        def turning(spec):
            return pulse_from_callable(lambda u: np.exp(1j * u), lambda u: 1j * np.exp(1j * u))
    """
    packages.install("pulses", source, name)
    assert "of constant amplitude" in refusal(f"radio.pulse={name}")


def test_a_good_pulse_is_taken(packages: Packages) -> None:
    packages.install("pulses", PULSES, "good")
    assert pulse_of(PulseSpec(kind="good")).moments.mean_square_bandwidth == close_to(12.0, rel=1e-9)


# Criteria

CRITERIA = """
    import numpy as np
    from multistatic import LinearGain

    class Criterion:
        name, unit = "criterion", ""

        def __init__(self, values, **more):
            self.values = values
            self.__dict__.update(more)

    good = lambda masks, p: np.where(masks.any(axis=1), 1.0 / np.maximum(masks.sum(axis=1), 1) / p, np.inf)

    def short(network):
        return Criterion(lambda masks, p: np.ones(1))

    def number(network):
        return Criterion(lambda masks, p: 1.0)

    def not_numbers(network):
        return Criterion(lambda masks, p: np.full(len(masks), np.nan))

    def negative(network):
        return Criterion(lambda masks, p: -good(masks, p))

    def complex_(network):
        return Criterion(lambda masks, p: good(masks, p) + 1j)

    def none(network):
        return Criterion(lambda masks, p: None)

    def raises(network):
        return Criterion(lambda masks, p: masks.no_such_thing)

    def bare(network):
        return object()

    def nothing(network):
        return None

    def no_call(network):
        return Criterion(np.ones(4))

    def cannot_be_made(network):
        return network.no_such_thing

    def gain_of_words(network):
        return Criterion(good, gain="linear")

    def gain_of_others(network):
        return Criterion(good, gain=LinearGain(weights=[1.0, 1.0]))

    class BadGain(Criterion):
        @property
        def gain(self):
            return LinearGain(weights=[-1.0])

    def bad_gain(network):
        return BadGain(good)
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("short", "values of type ndarray, shape [1]"),
        ("number", "values of type float, shape []"),
        ("not_numbers", "NaN for"),
        ("negative", "the value -"),
        ("complex_", "complex128"),
        ("none", "values of type NoneType"),
        ("raises", "AttributeError"),
        ("bare", "object without name and unit and values"),
        ("nothing", "received None"),
        ("no_call", "values that cannot be called"),
        ("cannot_be_made", "AttributeError"),
        ("gain_of_words", "a gain of type str"),
        ("gain_of_others", "a gain of 2 receivers"),
        ("bad_gain", "weights of a LinearGain must be at least 0"),
    ],
)
def test_criteria(packages: Packages, name: str, said: str) -> None:
    packages.install("criteria", CRITERIA, name)
    text = refusal(f"design.criterion={name}")
    assert text.startswith("design.criterion: received ")
    assert said in text


# Selectors

SELECTORS = """
    import numpy as np
    from multistatic import Selection

    def answer(problem, group, **more):
        values = dict(status="optimal", method="joint", selected=group, value=1e-30, bound=1e-30, cost_m=0.0,
                      evaluated=1, message="Proven optimal.")
        return Selection(**{**values, **more})

    def rogue(problem, rng):
        group = np.zeros(problem.size, bool)
        group[np.argmax(problem.target_distance_m)] = True
        return answer(problem, group | problem.forced)

    def bounded(problem, rng):
        group = np.arange(problem.size) == 0
        return answer(problem, group | problem.forced, status="feasible", bound=1e30)

    def everyone(problem, rng):
        return answer(problem, np.ones(problem.size, bool))

    def short(problem, rng):
        return answer(problem, [True])

    def empty(problem, rng):
        return answer(problem, np.zeros(problem.size, bool))

    def status(problem, rng):
        return answer(problem, np.ones(problem.size, bool), status="best")

    def words(problem, rng):
        return "rx01"

    def nothing(problem, rng):
        return None

    def raises(problem, rng):
        raise ValueError

    def gives_up(problem, rng):
        return answer(problem, np.zeros(problem.size, bool), status="infeasible", message="No group is any good.")
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("everyone", "with a cooperation cost of"),
        ("short", "a group of shape [1]"),
        ("empty", "the group without receivers"),
        ("status", "the status 'best'"),
        ("words", "received str"),
        ("nothing", "received None"),
        ("raises", "ValueError"),
    ],
)
def test_selectors(packages: Packages, name: str, said: str) -> None:
    packages.install("selectors", SELECTORS, name)
    text = refusal(f"design.selector={name}", "requirements.cooperation_cost_m=100", "requirements.rate_bps_hz=0")
    assert text.startswith("design.selector: received ")
    assert said in text


@pytest.mark.parametrize("name", ["rogue", "bounded"])
def test_a_selectors_claim_is_not_a_proof(packages: Packages, name: str) -> None:
    packages.install("selectors", SELECTORS, name)
    design = design_network(
        load_preset("paper", [f"design.selector={name}", "requirements.rate_bps_hz=0", "channel.direct=los"])
    )
    assert design.status == "feasible"
    assert design.selection.status == "feasible"
    assert design.selection.bound is None
    assert design.selection.method == name
    assert design.message.startswith('other-package 1.2 says: "Proven optimal."')
    row = next(line for line in shown(design).splitlines() if line.startswith("  group selected by"))
    assert row.split() == ["group", "selected", "by", name]
    assert design.verification.passed


def test_a_selectors_claim_is_checked_where_there_are_few_groups(packages: Packages) -> None:
    packages.install("selectors", SELECTORS, "rogue", "everyone")
    problem = selection_problem(8, cost_limit_m=1e6)
    rng = np.random.default_rng(0)
    wrong, right = (selector_of(name)(problem, rng) for name in ("rogue", "everyone"))
    assert wrong.status == "feasible"
    assert wrong.bound is None
    assert wrong.value == problem.values(wrong.selected[None])[0]
    assert wrong.cost_m == problem.costs_m(wrong.selected[None])[0]
    assert wrong.message.startswith(
        'other-package 1.2 says: "Proven optimal." (The plug-in claims that the group is optimal; this'
    )
    assert right.status == "optimal"
    assert right.bound == right.value
    many = selection_problem(14, cost_limit_m=1e6)
    unchecked = selector_of("everyone")(many, rng)
    assert unchecked.status == "feasible"
    assert unchecked.bound is None
    assert "this was not checked" in unchecked.message


def test_what_a_selector_writes_into_its_problem_is_written_into_a_copy(packages: Packages) -> None:
    source = """
        import numpy as np
        from multistatic import Selection

        def rewrites(problem, rng):
            for array in (problem.forced, problem.target_distance_m, problem.receiver_distance_m):
                array[...] = 0
            object.__setattr__(problem, "cost_limit_m", 1e9)
            everyone = np.ones(problem.size, bool)
            return Selection(status="feasible", method="rewrites", selected=everyone, value=1.0, bound=None,
                             cost_m=0.0, evaluated=1, message="All.")
    """
    packages.install("selectors", source, "rewrites")
    assert "with a cooperation cost of" in refusal("design.selector=rewrites", "requirements.cooperation_cost_m=100")


def test_a_verdict_of_infeasible_is_theirs(packages: Packages) -> None:
    packages.install("selectors", SELECTORS, "gives_up")
    design = design_network(load_preset("paper", ["design.selector=gives_up"]))
    assert design.status == "infeasible"
    assert design.message == 'other-package 1.2 says: "No group is any good."'


# Beamformers

BEAMFORMERS = """
    from dataclasses import replace
    import numpy as np
    from multistatic import Beams, BeamformingResult
    from multistatic.beamforming.value_function import value_function

    def changed(problem, **changes):
        return replace(value_function(problem), method="value_function", **changes)

    def rogue(problem):
        found = value_function(replace(problem, rate_required_bps_hz=problem.rate_required_bps_hz * 1.5))
        return replace(found, status="optimal", upper_bound_w=found.illumination_w, illumination_w=1e9,
                       message="Proven optimal.")

    def honest(problem):
        return changed(problem, status="optimal")

    def dark(problem):
        found = value_function(problem)
        return replace(found, beams=Beams(weights=2.0 * np.asarray(found.beams.weights)))

    def slow(problem):
        found = value_function(problem)
        return replace(found, beams=Beams(weights=0.1 * np.asarray(found.beams.weights)))

    def short(problem):
        found = value_function(problem)
        return replace(found, beams=Beams(weights=np.asarray(found.beams.weights)[:2]))

    def raw(problem):
        found = value_function(problem)
        return replace(found, beams=np.asarray(found.beams.weights))

    def not_numbers(problem):
        found = value_function(problem)
        return replace(found, beams=Beams(weights=np.asarray(found.beams.weights) * np.nan))

    def nothing(problem):
        return None

    def words(problem):
        return 3.0

    def raises(problem):
        return problem.nope

    def gives_up(problem):
        return replace(value_function(problem), beams=None, message="Too hard.")
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dark", "beams that exceed the power by 3e+02 %"),
        ("slow", "miss a required rate by"),
        ("short", "beams of shape [2, 4, 2]"),
        ("raw", "beams of type ndarray"),
        ("not_numbers", "ValueError"),
        ("nothing", "received None"),
        ("words", "received float"),
        ("raises", "AttributeError"),
    ],
)
def test_beamformers(packages: Packages, name: str, said: str) -> None:
    packages.install("beamformers", BEAMFORMERS, name)
    for scheme in ("multi", "bi", "mono"):
        with pytest.raises(PluginError) as refused:
            design_network(load_preset("paper", [*SMALL, f"design.beamformer={name}"]), scheme=scheme)
        assert said in str(refused.value)
        assert "design.beamformer: received" in str(refused.value)


def test_a_beamformers_claim_is_not_a_proof(packages: Packages) -> None:
    packages.install("beamformers", BEAMFORMERS, "rogue")
    for scheme in ("multi", "bi", "mono"):
        design = design_network(
            load_preset("paper", ["requirements.rate_bps_hz=4", "design.beamformer=rogue"]), scheme=scheme
        )
        assert design.status == "feasible"
        assert design.beamforming.status == "feasible"
        assert design.beamforming.illumination_w < design.beamforming.upper_bound_w
        assert (
            'other-package 1.2 says: "Proven optimal." (The plug-in claims optimal beams; '
            "this could not be proven here.)" in design.message
        )
        best = design_network(load_preset("paper", ["requirements.rate_bps_hz=4"]), scheme=scheme)
        assert design.beamforming.upper_bound_w >= best.beamforming.illumination_w
        if scheme == "multi" and design.selection.bound is not None:
            assert design.selection.bound <= best.selection.value * (1 + 1e-9)


def test_right_beams_are_confirmed_by_our_own_certificate(packages: Packages) -> None:
    packages.install("beamformers", BEAMFORMERS, "honest")
    instance = instance_of(load_preset("paper", [*SMALL, "requirements.rate_bps_hz=0.01"]))
    problem = instance.beamforming_problem(np.ones(4, bool))
    found, ours = beamformer_of("honest")(problem), value_function(problem)
    assert found.method == "honest"
    assert found.illumination_w == close_to(ours.illumination_w, rel=1e-12)
    assert found.status == "optimal"
    assert found.upper_bound_w >= ours.illumination_w


def test_beams_that_a_package_did_not_find_are_its_verdict(packages: Packages) -> None:
    packages.install("beamformers", BEAMFORMERS, "gives_up")
    design = design_network(load_preset("paper", [*SMALL, "design.beamformer=gives_up"]))
    assert design.status == "infeasible"
    assert design.message == ('No beams that meet the required rates were found. other-package 1.2 says: "Too hard."')


def test_a_comparison_of_which_nothing_ran_is_bad_input(packages: Packages) -> None:
    packages.install("criteria", CRITERIA, "not_numbers")
    overrides = [word for override in [*SMALL, "design.criterion=not_numbers"] for word in ("--set", override)]
    for more in ([], ["--json"]):
        result = CliRunner().invoke(app, ["compare", "paper", "--selector", "greedy,joint", *overrides, *more])
        assert result.exit_code == 2
        assert "other-package" in result.stdout
        assert "not run" in result.stdout


def test_a_comparison_has_a_row_that_names_the_package(packages: Packages) -> None:
    packages.install("selectors", SELECTORS, "raises", "rogue")
    packages.install("selectors", "import no_such_module_anywhere", "broken", package="broken-package")
    overrides = [word for override in SMALL for word in ("--set", override)]
    arguments = ["compare", "paper", "--selector", "raises,rogue,greedy,broken", *overrides, "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    rows = {row["selector"]: row for row in json.loads(result.stdout)["rows"]}
    assert rows["raises"]["status"] == "not run"
    assert "other-package 1.2" in rows["raises"]["message"]
    assert "on import" in rows["broken"]["message"]
    assert rows["rogue"]["status"] == "feasible"


# Estimators

ESTIMATORS = """
    from dataclasses import replace
    import numpy as np
    from multistatic.estimation.grid import grid

    def words(recording, waveform, search):
        return "10 ns"

    def not_numbers(recording, waveform, search):
        found = grid(recording, waveform, search)
        return replace(found, delay_s=found.delay_s * np.nan)

    def twice(recording, waveform, search):
        found = grid(recording, waveform, search)
        return replace(found, delay_s=np.concatenate([found.delay_s, found.delay_s]))

    def unsure(recording, waveform, search):
        found = grid(recording, waveform, search)
        return replace(found, verdict=np.full(len(found), "perhaps"))

    def raises(recording, waveform, search):
        return 1 / 0

    def good(recording, waveform, search):
        return grid(recording, waveform, search)
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("words", "received str"),
        ("not_numbers", "delay_s with NaN"),
        ("twice", "delay_s of shape [2]"),
        ("unsure", "the verdict 'perhaps'"),
        ("raises", "ZeroDivisionError"),
        ("good", ""),
    ],
)
def test_estimators(packages: Packages, name: str, said: str) -> None:
    packages.install("estimators", ESTIMATORS, name)
    rng = np.random.default_rng(1)
    train = PulseTrain(symbols=rng.choice([-1.0, 1.0], 64), pulse=pulse_of(PulseSpec(kind="half_sine")), slot_s=5e-9)
    samples = train.values(np.arange(400) / 800e6 - 5e-8) + 0.1 * rng.standard_normal((1, 400))
    recording = Recording(receiver_id="rx1", samples=samples, sample_rate_hz=800e6, slot_s=5e-9, noise_power_w=0.01)
    search = Search(delay_s=(0.0, 2e-7), doppler_hz=(-1e3, 1e3), steering=np.ones(1))
    if not said:
        assert estimator_of(name)(recording, train, search).verdict[0] == "detected"
        return
    with pytest.raises(PluginError, match=r"other-package 1\.2") as refused:
        estimator_of(name)(recording, train, search)
    assert said in str(refused.value)


# Metrics

METRICS = """
    from multistatic.study.metrics import Metric

    good = Metric(unit="m", description="", value=lambda outcome: 3)
    absent = Metric(unit="m", description="", value=lambda outcome: None)
    not_numbers = Metric(unit="m", description="", value=lambda outcome: float("nan"))
    words = Metric(unit="m", description="", value=lambda outcome: "3 m")
    raises = Metric(unit="m", description="", value=lambda outcome: outcome.nope)

    def function(outcome):
        return 3.0
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("not_numbers", "received nan"),
        ("words", "received '3 m'"),
        ("raises", "AttributeError"),
        ("function", "function"),
    ],
)
def test_metrics(packages: Packages, name: str, said: str) -> None:
    packages.install("metrics", METRICS, name)
    with pytest.raises(PluginError, match=r"other-package 1\.2") as refused:
        metric(name).value(Outcome(design=None, time_s=0.0, rng=np.random.default_rng(0)))
    assert said in str(refused.value)
    assert str(refused.value.problems[0]).startswith("metrics: received ")


def test_good_metrics_are_numbers_or_none(packages: Packages) -> None:
    packages.install("metrics", METRICS, "good", "absent")
    outcome = Outcome(design=None, time_s=0.0, rng=np.random.default_rng(0))
    assert metric("good").value(outcome) == 3.0
    assert metric("absent").value(outcome) is None


def test_our_own_objects_are_not_wrapped() -> None:
    assert registry.load("beamformers", "value_function") is value_function
    assert registry.plugin("beamformers", "value_function") is None
