"""Study files: what they spell, and every problem of one at once, named where the file caused it."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multistatic.errors import InputError, Problem
from multistatic.files.study_file import load_study
from multistatic.scenario.resolve import Site
from multistatic.scenario.schema import SiteTable
from multistatic.scenario.write import resolved_toml
from multistatic.study.axes import axis_values, flattened
from multistatic.study.combinations import _drawn_with
from multistatic.study.metrics import METRICS
from multistatic.study.plan import trial_seed
from multistatic.study.study_schema import RangeTable, study_json_schema
from multistatic.study.trial import TrialScenarios
from tests.support.studies import QUICK, quick

WRONG = """
schema = 1
nme = "x"
scenario = "paper"
combine = "grd"
metrics = ["surogate", "peb_m", "peb_m"]

[set]
requirements.rate_bps_hz = "much"

[trials]
minimum = 20
maximum = 10
metric = "feasible"
relative_half_width = -0.1

[sweep]
transmitter.antenas = [8, 9]
radio.samples = { start = 10, stop = 5, step = 1 }
channel.rician_factor = [0.5, -1, "x"]
radio.bandwidth_hz = { start = 1e6, stop = 1e8, cont = 4 }
seed = [1, 2]

[[compare]]
selector = ["joint", "gredy"]

[[compare]]
sheme = "bi"

[[compare]]
name = "joint"
set = { design.streams = 0 }
"""


def problems(folder: Path, text: str, *overrides: str) -> dict[str, Problem]:
    """Problems of a study file by their paths."""
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_study(file, overrides)
    found = {problem.path: problem for problem in caught.value.problems}
    assert len(found) == len(caught.value.problems), "a place is named twice"
    return found


def test_every_problem_at_once_where_the_file_caused_it(tmp_path: Path) -> None:
    found = problems(tmp_path, WRONG)
    expected = {
        "nme": "did you mean name?",
        "combine": "",
        "metrics[0]": "did you mean surrogate?",
        "metrics[2]": "",
        "set.requirements.rate_bps_hz": "",
        "trials.maximum": "",
        "trials.metric": "",
        "trials.relative_half_width": "",
        "sweep.transmitter.antenas": "did you mean antennas?",
        "sweep.radio.samples": "",
        "sweep.channel.rician_factor[1]": "",
        "sweep.channel.rician_factor[2]": "",
        "sweep.radio.bandwidth_hz.cont": "did you mean count?",
        "sweep.seed": "",
        "compare[0].selector": "did you mean greedy?",
        "compare[1].sheme": "did you mean scheme?",
        "compare[2].name": "the name of compare[0] too",
        "compare[2].set.design.streams": "",
    }
    assert {path: problem.hint for path, problem in found.items()} == expected
    assert found["sweep.channel.rician_factor[1]"].received == "-1"
    assert found["set.requirements.rate_bps_hz"].received == "'much'"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (("trials = 5", "trials = 0"), "trials"),
        (("trials = 5", ""), "trials"),
        (('scenario = "paper"', ""), "scenario"),
        (('scenario = "paper"', 'scenario = "papr"'), "scenario"),
        (("[20, 30]", "[20, 20]"), "sweep.transmitter.power_dbm[1]"),
        (("[20, 30]", "{ start = 20, stop = 30 }"), "sweep.transmitter.power_dbm"),
        (("[20, 30]", "{ start = -1, stop = 30, count = 3, scale = 'log' }"), "sweep.transmitter.power_dbm"),
        (("[20, 30]", "{ start = 20, stop = 30, step = 1e-9 }"), "sweep.transmitter.power_dbm"),
        (("[20, 30]", "{ start = 20, stop = 30, step = 0 }"), "sweep.transmitter.power_dbm.step"),
        (("[20, 30]", "[20, true]"), "sweep.transmitter.power_dbm[1]"),
        (("[20, 30]", "30"), "sweep.transmitter.power_dbm"),
        (("[20, 30]", "[]"), "sweep.transmitter.power_dbm"),
        (("common_drops", 'combine = "zip"\ncommon_drops'), None),
        (("[20, 30]", '[20, 30, 40]\n"channel.rician_factor[0]" = [1]'), "sweep.channel.rician_factor[0]"),
        (('scheme = "bi"', 'scheme = "tri"'), "compare[1].scheme"),
    ],
)
def test_one_problem(tmp_path: Path, change: tuple[str, str], path: str | None) -> None:
    text = QUICK.replace(*change)
    if path is None:
        quick(tmp_path, text=text)
        return
    assert path in problems(tmp_path, text)


def test_a_key_that_is_none_is_named_once(tmp_path: Path) -> None:
    """It is not applied, so that nothing else is said to be wrong because of it."""
    text = 'scenario = "paper"\ntrials = 2\n[set]\n"radio..x" = 1\n[[compare]]\nset = { "bad key" = 2 }\n'
    assert {path: each.received for path, each in problems(tmp_path, text).items()} == {
        "set": "'radio..x'",
        "compare[0].set": "'bad key'",
    }


@pytest.mark.parametrize("name", ["status", "seed", "my metric", "2nd"])
def test_a_metric_whose_name_an_export_needs(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, name, METRICS["peb_m"])
    found = problems(tmp_path, f'scenario = "paper"\ntrials = 2\nmetrics = ["peb_m", "{name}"]\n')
    assert list(found) == ["metrics[1]"]
    assert "none of algorithm" in found["metrics[1]"].expected


def test_a_zip_may_repeat_a_value_but_no_point(tmp_path: Path) -> None:
    text = QUICK.replace("common_drops", 'combine = "zip"\ncommon_drops')
    text = text.replace("[20, 30]", "[20, 20, 30]").replace("[100.0, 1000.0]", "[100.0, 1000.0, 100.0]")
    points = [tuple(point.settings.values()) for point in quick(tmp_path, text=text).points]
    assert points == [(20, 100.0), (20, 1000.0), (30, 100.0)]
    same = text.replace("[100.0, 1000.0, 100.0]", "[100.0, 100.0, 100.0]")
    with pytest.raises(InputError, match="a value that is not listed before"):
        quick(tmp_path, text=same)


def test_a_zip_needs_as_many_values_of_each_key(tmp_path: Path) -> None:
    text = QUICK.replace("[20, 30]", "[20, 25, 30]").replace("common_drops", 'combine = "zip"\ncommon_drops')
    assert "3 of transmitter.power_dbm, 2 of" in problems(tmp_path, text)["sweep"].received


def test_caps(tmp_path: Path) -> None:
    assert "(file)" in problems(tmp_path, "#" * (1 << 20) + "\n")
    assert "line 1" in problems(tmp_path, "x = " + "[" * 40 + "]" * 40)
    many = ", ".join(map(str, range(1, 1001)))
    text = QUICK.replace("[20, 30]", f"[{many}]").replace("[100.0, 1000.0]", f"[{many}]")
    assert "1000000 points" in problems(tmp_path, text)["sweep"].received


def test_points_in_order_the_last_key_fastest(tmp_path: Path) -> None:
    study = quick(tmp_path)
    values = list(product([20, 30], [100.0, 1000.0]))
    assert [tuple(point.settings.values()) for point in study.points] == values
    assert study.shape == (2, 2)
    assert [point.index for point in study.points] == [0, 1, 2, 3]
    zipped = quick(tmp_path, "combine=zip")
    assert [tuple(point.settings.values()) for point in zipped.points] == [(20, 100.0), (30, 1000.0)]


def test_methods_are_spelled_out(tmp_path: Path) -> None:
    text = QUICK + '\n[[compare]]\nname = "pairs"\nselector = ["greedy", "joint"]\nbeamformer = ["value_function"]\n'
    methods = {method.name: method for method in quick(tmp_path, text=text).methods}
    assert list(methods) == [
        "greedy",
        "all",
        "one receiver",
        "pairs: greedy + value_function",
        "pairs: joint + value_function",
    ]
    assert methods["one receiver"].scheme == "bi"
    assert methods["pairs: joint + value_function"].settings == {
        "design.selector": "joint",
        "design.beamformer": "value_function",
    }
    plain = quick(tmp_path, text='scenario = "paper"\ntrials = 1\n')
    assert [(method.name, method.settings) for method in plain.methods] == [("default", {})]
    assert len(plain.points) == 1
    assert plain.shape == ()


def test_methods_that_differ_in_design_alone_are_drawn_once(tmp_path: Path) -> None:
    text = QUICK + '\n[[compare]]\nname = "louder"\nset = { transmitter.power_dbm = 40 }\n'
    assert {point.drawn_with for point in quick(tmp_path, text=text).points} == {(0, 0, 0, 3)}


def test_a_method_has_the_scenario_that_its_own_keys_say(tmp_path: Path) -> None:
    """Whatever table a method sets a key of: drawing once for several methods must change none of their scenarios."""
    keys = (
        'design.beamformer = "sca"',
        "requirements.rate_bps_hz = 0.25",
        "requirements.cooperation_cost_m = 50.0",
        "radio.samples = 64",
        "transmitter.power_dbm = 40",
        "receivers.random.antennas = 3",
        "target.reflection = 0.2",
        "channel.path_loss_exponent = 2.0",
    )
    text = QUICK + "".join(f'\n[[compare]]\nname = "{number}"\nset = {{ {key} }}\n' for number, key in enumerate(keys))
    (first, *_) = quick(tmp_path, text=text).points
    assert first.drawn_with == (0, 0, 0, 0, *range(4, len(keys) + 3))
    drawn = TrialScenarios(point=first, seed=77, channels={})
    for number, template in enumerate(first.templates):
        assert resolved_toml(drawn.of_method(number)) == resolved_toml(template.drawn(77))


def test_other_receivers_in_the_site_list_are_other_scenarios(tmp_path: Path) -> None:
    """The list's rows are no part of the table that names it."""
    template = quick(tmp_path).points[0].templates[0]
    site = Site(path="sites.csv: row 1", table=SiteTable(id="a", position_m=[10.0, 20.0]))
    listed = replace(template, sites=(site,))
    moved = replace(template, sites=(Site(path=site.path, table=SiteTable(id="a", position_m=[10.0, 21.0])),))
    same = replace(template, sites=(Site(path=site.path, table=site.table.model_copy()),))
    assert [_drawn_with((template, listed, moved, same), number) for number in range(4)] == [0, 1, 2, 1]


def test_quoted_and_bare_keys_are_the_same(tmp_path: Path) -> None:
    quoted = QUICK.replace("transmitter.power_dbm =", '"transmitter.power_dbm" =')
    assert quick(tmp_path, text=quoted).fingerprint == quick(tmp_path).fingerprint


@pytest.mark.parametrize(
    ("override", "same"),
    [
        ("trials=500", True),
        ("name=other", True),
        ("seed=6", False),
        ("set.transmitter.antennas=5", False),
        ("common_drops=true", False),
        ('metrics=["surrogate"]', False),
        ("combine=zip", False),
    ],
)
def test_fingerprint_is_about_results(tmp_path: Path, override: str, same: bool) -> None:
    assert (quick(tmp_path, override).fingerprint == quick(tmp_path).fingerprint) is same


def test_scenario_and_site_list_beside_the_study_are_part_of_it(tmp_path: Path) -> None:
    sites = "id,x_m,y_m\na,10,20\nb,-30,5\n"
    (tmp_path / "sites.csv").write_text(sites, encoding="utf-8")
    from multistatic.scenario.preset import preset_text

    scenario = preset_text("paper").replace("\n[receivers]\n", "\n[receivers]\nfile = 'sites.csv'\n")
    scenario = scenario.replace(scenario[scenario.index("[receivers.random]") : scenario.index("[target]")], "")
    (tmp_path / "mine.toml").write_text(scenario, encoding="utf-8")
    text = 'scenario = "mine.toml"\ntrials = 1\nset = { requirements.rate_bps_hz = 0 }\n'
    study = quick(tmp_path, text=text)
    assert study.points[0].templates[0].drawn(1).receiver_ids == ("a", "b")
    (tmp_path / "sites.csv").write_text(sites.replace("-30", "-31"), encoding="utf-8")
    assert quick(tmp_path, text=text).fingerprint != study.fingerprint


def test_a_scenario_in_the_study_itself(tmp_path: Path) -> None:
    import tomllib

    from multistatic.scenario.preset import preset_text

    body = preset_text("paper")
    tables = tomllib.loads(body)
    lines = [f"scenario.{key} = {json.dumps(tables[key])}" for key in ("name", "seed")]
    inline = body[body.index("[radio]") :].replace("\n[", "\n[scenario.").replace("[radio]", "[scenario.radio]")
    study = quick(tmp_path, text="trials = 2\n" + "\n".join(lines) + "\n" + inline)
    assert study.points[0].templates[0].drawn(3).seed == 3


def test_seeds_are_those_of_the_seed_sequence() -> None:
    """Frozen: these numbers make every stored study."""
    assert trial_seed(0, 0, 0) == 1317536309490288386
    state = np.random.SeedSequence(11, spawn_key=(4, 9)).generate_state(1, np.uint64)
    assert trial_seed(11, 4, 9) == int(state[0]) // 2
    assert len({trial_seed(1, stream, trial) for stream, trial in product(range(30), range(30))}) == 900
    assert all(0 <= trial_seed(7, 0, trial) < 2**63 for trial in range(100))


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ({"start": 10, "stop": 20, "step": 2}, (10, 12, 14, 16, 18, 20)),
        ({"start": 10, "stop": 15, "step": 2}, (10, 12, 14)),
        ({"start": 0.1, "stop": 0.5, "step": 0.1}, (0.1, 0.2, 0.3, 0.4, 0.5)),
        ({"start": 0, "stop": 1, "count": 3}, (0.0, 0.5, 1.0)),
        ({"start": 0, "stop": 4, "count": 3}, (0, 2, 4)),
        ({"start": 0.0, "stop": 4, "count": 3}, (0.0, 2.0, 4.0)),
        ({"start": 1e-3, "stop": 10.0, "count": 5, "scale": "log"}, (1e-3, 1e-2, 0.1, 1.0, 10.0)),
    ],
)
def test_ranges(table: dict[str, object], values: tuple[float, ...]) -> None:
    found = axis_values(RangeTable.model_validate(table))
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


keys = st.text("abc", min_size=1, max_size=3)


tables = st.recursive(st.integers(), lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=3), max_leaves=9)


@given(st.dictionaries(keys, tables, min_size=1, max_size=3))
def test_flattened_keys_lead_to_the_same_values(tree: dict[str, object]) -> None:
    leaves = str(tree).count(":") - str(tree).count("{") + 1  # every key but those that hold a table
    assert len(flattened(tree)) == leaves
    for key, value in flattened(tree).items():
        place: object = tree
        for step in key.split("."):
            assert isinstance(place, dict)
            place = place[step]
        assert place == value


def test_json_schema_takes_the_example_and_refuses_a_wrong_one() -> None:
    import tomllib

    validator = jsonschema.Draft202012Validator(study_json_schema())
    validator.check_schema(validator.schema)
    good = tomllib.loads(QUICK)
    quoted = {**good, "sweep": flattened(good["sweep"], ranges=True)}
    ranged = {**good, "sweep": {"radio": {"samples": {"start": 1, "stop": 9, "step": 2}}}}
    for document in (good, quoted, ranged):
        assert list(validator.iter_errors(document)) == []
    ranged["sweep"]["radio"]["samples"]["setp"] = 3
    assert list(validator.iter_errors(ranged))
    assert list(validator.iter_errors({**good, "trials": 0}))
    assert list(validator.iter_errors({**good, "scenarios": "paper"}))


def test_a_swept_position_replaces_the_one_of_the_scenario_in_degrees(tmp_path: Path) -> None:
    """`position_m` swept over a scenario that has `position_llh`, and the other way round for one method."""
    text = """
scenario = "city"
trials = 1
metrics = ["peb_m"]

[sweep]
target.position_m = [[10.0, 20.0, 30.0], [30.0, 20.0, 40.0]]

[[compare]]
name = "metres"

[[compare]]
name = "watts"
set.transmitter.power_w = 2.5
"""
    study = quick(tmp_path, text=text)
    scenarios = [[template.drawn(1) for template in point.templates] for point in study.points]
    assert [[one.target.position_m.tolist() for one in row] for row in scenarios] == [
        [[10.0, 20.0, 30.0]] * 2,
        [[30.0, 20.0, 40.0]] * 2,
    ]
    assert scenarios[0][1].transmitter.power_w == 2.5
    degrees = text.replace("[[10.0, 20.0, 30.0], [30.0, 20.0, 40.0]]", "[[10.0, 20.0, 30.0]]").replace(
        "set.transmitter.power_w = 2.5", "set.target.position_llh = [52.522, 13.414, 100.0]"
    )
    metres, other = quick(tmp_path, text=degrees).points[0].templates
    assert metres.drawn(1).target.position_m.tolist() == [10.0, 20.0, 30.0]
    assert other.table.target.position_llh == [52.522, 13.414, 100.0]


def test_quotes_that_the_shell_took_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"write --set 'metrics=\[\"peb\"\]'"):
        quick(tmp_path, "metrics=[peb]")
