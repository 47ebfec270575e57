"""How much a target reflects: a cross-section, its level, a named kind, or the model's own factor.

1. The three twins mean the same number under the radar equation, and nothing under another law.
2. The named kinds of TR 38.901: median, spread and the bistatic term.
3. The resolved scenario keeps every bit.
4. What `check` says of it.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from multistatic import design_network
from multistatic.channel.path_loss import target_reflection
from multistatic.channel.realise import channel_rng, realise
from multistatic.errors import ScenarioError
from multistatic.report.scenario_summary import scenario_summary
from multistatic.scenario.cross_section import CROSS_SECTIONS
from multistatic.scenario.overrides import apply_overrides
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.scenario.preset import preset_text
from multistatic.scenario.schema import ScenarioTable
from multistatic.scenario.target_notes import reflection_notes, target_notes
from multistatic.scenario.values import CrossSectionName
from multistatic.scenario.write import resolved_toml
from tests.support.close import assert_close, close_to
from tests.support.scenario_helpers import MINIMAL, assert_same_bits

RADAR = ["channel.echo_law=product", "channel.reference_loss_db=free_space"]
SCATTERER = "channel.scatterer=[{position_m=[1,2],%s}]"


def scenario(*overrides: str):
    return parse_scenario(MINIMAL, overrides=[*RADAR, *overrides])


@pytest.mark.parametrize("override", ["target.rcs_m2=2", "target.rcs_dbsm=3.010299956639812"])
def test_a_cross_section_is_four_pi_times_the_reflection_factor(override):
    assert scenario(override).target.reflection == close_to(0.15915494309189535, rel=1e-14)
    of_scatterer = scenario(SCATTERER % override.removeprefix("target.")).propagation.scatterers[0]
    assert of_scatterer.reflection == close_to(0.15915494309189535, rel=1e-14)


def test_the_default_is_a_reflection_factor_of_one():
    assert scenario().target.reflection == 1.0
    assert scenario("channel.scatterer=[{position_m=[1,2]}]").propagation.scatterers[0].reflection == 1.0


@pytest.mark.parametrize("echo_law", ["channel.echo_law=sum", "channel.reference_loss_db=43.3"])
@pytest.mark.parametrize(
    ("override", "path"),
    [
        ("target.rcs_m2=2", "target.rcs_m2"),
        ("target.rcs_dbsm=3", "target.rcs_dbsm"),
        ("target.rcs=agv", "target.rcs"),
        (SCATTERER % "rcs_m2=2", "channel.scatterer[0].rcs_m2"),
        (SCATTERER % "rcs_dbsm=2", "channel.scatterer[0].rcs_dbsm"),
    ],
)
def test_a_cross_section_needs_the_radar_equation(echo_law, override, path):
    with pytest.raises(ScenarioError) as error:
        scenario(echo_law, override)
    (problem,) = error.value.problems
    assert problem.path == path
    assert 'echo_law = "product"' in problem.expected
    assert "reflection" in problem.hint


@pytest.mark.parametrize("exponent", [1.7, 2, 3.5])
def test_it_may_have_any_path_loss_exponent(exponent):
    assert scenario(f"channel.path_loss_exponent={exponent}", "target.rcs_m2=1").target.reflection > 0


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        (["target.rcs_m2=1", "target.rcs_dbsm=0"], "target.rcs_dbsm"),
        (["target.rcs_m2=1", "target.rcs=agv"], "target.rcs"),
        (["target.rcs_m2=1", "target.reflection=1"], "target.reflection"),
        (["target.rcs=agv", "target.rcs_std_db=1"], "target.rcs_std_db"),
        (["target.rcs=agv", "target.rcs_bistatic_db=0"], "target.rcs_bistatic_db"),
        (["target.rcs=bird"], "target.rcs"),
        (["target.rcs_m2=0"], "target.rcs_m2"),
        (["target.rcs_dbsm=101"], "target.rcs_dbsm"),
        (["target.rcs_std_db=-1"], "target.rcs_std_db"),
        ([SCATTERER % "rcs_m2=1,reflection=1"], "channel.scatterer[0].reflection"),
        ([SCATTERER % 'rcs="agv"'], "channel.scatterer[0].rcs"),
    ],
)
def test_contradictions_are_named(overrides, path):
    with pytest.raises(ScenarioError) as error:
        scenario(*overrides)
    assert [problem.path for problem in error.value.problems] == [path]


# Median and spread in dB, from the mean of the linear cross-section: mean - 0.1151 σ².
@pytest.mark.parametrize(
    ("name", "median_dbsm", "spread_db"),
    [
        ("uav-small", -14.42, 3.74),
        ("uav-large", -6.57, 2.50),
        ("person", -3.16, 3.94),
        ("vehicle", 9.91, 3.41),
        ("agv", -4.98, 2.51),
    ],
)
def test_named_kinds(name, median_dbsm, spread_db):
    target = scenario(f"target.rcs={name}").target
    assert 10 * np.log10(4 * np.pi * target.reflection) == close_to(median_dbsm, abs=0.006)
    assert (target.rcs_std_db, target.rcs_bistatic_db) == (spread_db, 3.0)


def test_the_mean_of_the_log_normal_is_the_mean_of_the_standard():
    """E[10^(x/10)] of x ~ N(median, σ²) in dB, by quadrature."""
    node, weight = np.polynomial.hermite_e.hermegauss(40)
    for kind in CROSS_SECTIONS.values():
        mean = kind.median_m2 * (weight @ 10 ** (kind.std_db * node / 10)) / np.sqrt(2 * np.pi)
        assert 10 * np.log10(mean) == close_to(kind.mean_dbsm, abs=1e-9)


def test_the_names_of_the_file_are_those_of_the_table():
    assert set(CrossSectionName.__args__) == set(CROSS_SECTIONS)


def test_the_bistatic_term_by_hand():
    """A target seen at a right angle, from behind the transmitter, and from its far side."""
    what = parse_scenario(
        MINIMAL,
        overrides=[*RADAR, "target.position_m=[0,40]", "receivers.site[0].position_m=[30,40]", "target.rcs=person"],
    )
    what = replace(
        what,
        receivers=(
            what.receivers[0],
            replace(what.receivers[1], position_m=np.array([0.0, -5.0, 0.0])),
            replace(what.receivers[1], id="c", position_m=np.array([0.0, 100.0, 0.0])),
        ),
    )
    straight = what.target.reflection
    loss_db = -10 * np.log10(target_reflection(what.target, what.geometry()) / straight)
    assert_close(loss_db, [3.0 * np.sin(np.pi / 4), 0.0, 3.0], abs=1e-06)
    channel = realise(what, channel_rng(0))
    assert_close(channel.echo_gain[0] / channel.echo_path_gain[0], straight * 10 ** (-loss_db / 10), rel=1e-7)


@pytest.mark.parametrize(
    "override",
    [
        "target.rcs_m2=0.05",
        "target.rcs_dbsm=-13.7",
        "target.rcs=uav-small",
        "target.reflection=0.3",
        SCATTERER % "rcs_dbsm=2.3",
    ],
)
def test_the_resolved_scenario_keeps_the_bits(override):
    once = scenario(override, "channel.clutter=signal_dependent")
    text = resolved_toml(once)
    again = parse_scenario(text)
    assert_same_bits(again, once)
    assert resolved_toml(again) == text


def test_the_resolved_scenario_states_the_cross_section_as_it_was_written():
    assert "\nrcs_m2 = 0.05\n" in resolved_toml(scenario("target.rcs_m2=0.05"))
    assert "\nreflection = 0.3\n" in resolved_toml(parse_scenario(MINIMAL, overrides=["target.reflection=0.3"]))


def test_check_states_both_numbers_and_what_is_not_certain():
    summary = scenario_summary(scenario("target.reflection=2"))
    assert summary["target_reflection"] == 2.0
    assert summary["target_rcs_m2"] == close_to(25.1327, rel=1e-5)
    assert scenario_summary(parse_scenario(MINIMAL))["target_rcs_m2"] is None
    assert "cross-section of 12.6 m²" in " ".join(target_notes(scenario()))
    assert "6.2 dB lower, and errors due to noise are at least 2 times" in " ".join(
        target_notes(scenario("target.rcs=uav-small"))
    )
    assert list(target_notes(scenario("target.rcs_m2=2"))) == []


def test_notes_on_the_target_come_with_every_file_that_is_read():
    received: list[str] = []
    parse_scenario(MINIMAL, overrides=[*RADAR, "target.reflection=2"], on_note=received.append)
    assert any(note.startswith("target.reflection = 2 is a cross-section of 25.1 m²") for note in received)


def written_notes(*overrides: str) -> list[str]:
    raw = tomllib.loads(MINIMAL)
    assert not apply_overrides(raw, overrides)
    return list(reflection_notes(ScenarioTable.model_validate(raw)))


def test_a_reflection_factor_in_the_radar_equation_is_named_as_the_cross_section_that_it_is():
    (note,) = written_notes(*RADAR, "target.reflection=2")
    assert note.startswith("target.reflection = 2 is a cross-section of 25.1 m² (14.0 dBsm)")
    (note,) = written_notes(*RADAR, SCATTERER % "reflection=0.5")
    assert note.startswith("channel.scatterer[0].reflection = 0.5 is a cross-section of 6.28 m²")
    for others in ([], [*RADAR, "target.rcs_m2=2"], ["channel.echo_law=sum", "target.reflection=2"]):
        assert written_notes(*others) == []


@pytest.mark.parametrize("scheme", ["multi", "bi", "mono"])
def test_a_design_for_a_named_kind_is_verified(scheme):
    """The bistatic term is in every gain that is recomputed; seen straight back it is nothing."""
    overrides = [*RADAR, "channel.noise_power_dbm=-110", "channel.direct=los"]
    overrides += ["design.receivers=3", 'design.criterion="peb"']
    text = preset_text("published_drop").replace("reflection = 0.6", 'rcs = "agv"')
    given = parse_scenario(text, overrides=overrides)
    design = design_network(given, scheme=scheme)
    assert design.verification.passed
    straight = replace(given, target=replace(given.target, rcs_bistatic_db=0.0))
    ratio = design.channel.echo_gain[0] / design_network(straight, scheme=scheme).channel.echo_gain[0]
    assert (ratio < 0.9).any()
    assert (ratio >= 10**-0.3).all()
