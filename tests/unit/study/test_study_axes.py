"""Swept values, and the points that they make: spelled out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from multistatic.errors import InputError
from multistatic.study.axes import axis_values, flattened, range_problem
from multistatic.study.study_schema import MAX_VALUES, RangeTable
from tests.support.studies import quick


def values(**keys: object) -> tuple[object, ...]:
    return axis_values(RangeTable(**keys))  # type: ignore[arg-type]


def test_steps_are_added_in_decimal_and_include_the_last_value() -> None:
    assert values(start=0.1, stop=0.5, step=0.1) == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert values(start=0.0, stop=1.0, step=0.4) == (0.0, 0.4, 0.8)
    assert values(start=-2, stop=4, step=3) == (-2, 1, 4)


def test_counts_divide_distances_or_ratios() -> None:
    assert values(start=0.0, stop=1.0, count=5) == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert values(start=1.0, stop=1000.0, count=4, scale="log") == (1.0, 10.0, 100.0, 1000.0)


@pytest.mark.parametrize(
    ("keys", "whole"),
    [
        ({"start": 10, "stop": 30, "step": 10}, True),
        ({"start": 10, "stop": 30, "count": 3}, True),
        ({"start": 10, "stop": 30, "count": 4}, False),
        ({"start": 10.0, "stop": 30, "step": 10}, False),
        ({"start": 10, "stop": 30, "step": 10.0}, False),
    ],
)
def test_values_are_whole_where_all_that_was_written_is(keys: dict, whole: bool) -> None:
    assert all(isinstance(value, int) is whole for value in values(**keys))


@pytest.mark.parametrize(
    ("keys", "received"),
    [
        ({"start": 1, "stop": 2, "step": 0}, "0"),
        ({"start": 1, "stop": 2, "step": -1}, "-1"),
        ({"start": 1, "stop": 2}, "neither step nor count"),
        ({"start": 1, "stop": 2, "step": 1, "count": 2}, "both"),
        ({"start": 1, "stop": 2, "step": 1, "scale": "log"}, "scale = 'log' with a step"),
        ({"start": 0, "stop": 2, "count": 2, "scale": "log"}, "start = 0, stop = 2"),
        ({"start": -2, "stop": -1, "count": 2, "scale": "log"}, "start = -2, stop = -1"),
        ({"start": 2, "stop": 2, "count": 2}, "start = 2, stop = 2"),
        ({"start": 0, "stop": MAX_VALUES, "step": 1}, f"{MAX_VALUES:.3g} values"),
        ({"start": 0, "stop": MAX_VALUES - 1, "step": 1}, None),
        ({"start": 1, "stop": 2, "count": 2, "scale": "log"}, None),
        ({"start": -1, "stop": 2, "count": 2}, None),
    ],
)
def test_what_the_keys_of_a_range_must_agree_on(keys: dict, received: str | None) -> None:
    problem = range_problem("sweep.x", RangeTable(**keys))
    assert (None if problem is None else problem.received) == received


def test_nested_tables_are_dotted_keys_but_a_range_is_a_value() -> None:
    table = {"radio": {"samples": 64, "pulse": {"kind": "sinc"}}, "transmitter": {"power_dbm": {"start": 1, "stop": 2}}}
    assert flattened(table) == {
        "radio.samples": 64,
        "radio.pulse.kind": "sinc",
        "transmitter.power_dbm.start": 1,
        "transmitter.power_dbm.stop": 2,
    }
    assert flattened(table, ranges=True)["transmitter.power_dbm"] == {"start": 1, "stop": 2}


def problems(folder: Path, *overrides: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        quick(folder, *overrides)
    return [problem.path for problem in caught.value.problems]


def test_a_value_may_come_again_in_pairs_but_not_in_a_grid(tmp_path: Path) -> None:
    again = "sweep={transmitter={power_dbm=[20,20]},requirements={cooperation_cost_m=[100.0,1000.0]}}"
    assert problems(tmp_path, again) == ["sweep.transmitter.power_dbm[1]"]
    paired = quick(tmp_path, again, 'combine="zip"')
    assert [tuple(point.settings.values()) for point in paired.points] == [(20, 100.0), (20, 1000.0)]
    twice = "sweep={transmitter={power_dbm=[20,20]},requirements={cooperation_cost_m=[100.0,100.0]}}"
    assert problems(tmp_path, twice, 'combine="zip"') == ["sweep, point [1]"]


def test_pairs_are_of_lists_of_one_length(tmp_path: Path) -> None:
    uneven = "sweep={transmitter={power_dbm=[20,30,40]},requirements={cooperation_cost_m=[100.0,1000.0]}}"
    assert problems(tmp_path, uneven, 'combine="zip"') == ["sweep"]


def test_a_bad_value_is_named_once_and_where_it_was_set(tmp_path: Path) -> None:
    """Tried alone: not again for every combination that it is part of."""
    bad = "sweep={transmitter={power_dbm=[20,30]},requirements={cooperation_cost_m=[100.0,-1.0]}}"
    assert problems(tmp_path, bad) == ["sweep.requirements.cooperation_cost_m[1]"]
    assert problems(tmp_path, "set.receivers.random.count=0") == ["set.receivers.random.count"]


def test_the_points_of_a_grid_are_a_product_and_have_a_limit(tmp_path: Path) -> None:
    grid = (
        "sweep={{transmitter={{power_dbm={{start=0.0,stop=30.0,count={}}}}},"
        "channel={{rician_factor={{start=1.0,stop=2.0,count={}}}}}}}"
    )
    assert len(quick(tmp_path, grid.format(2, 3)).points) == 6
    assert problems(tmp_path, grid.format(500, 500)) == ["sweep"]
