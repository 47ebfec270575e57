"""Every number of a stored fix stands under its own name: all values differ, so no two can be exchanged."""

from __future__ import annotations

import csv
import io

import numpy as np

from multistatic.files.fixes import fixes_document, fixes_geojson, fixes_table
from multistatic.localization.fix import Fix
from tests.support.close import close_to
from tests.support.handmade_design import scenario

COVARIANCE = np.array(
    [[4.0, 0.5, 0.25, 0.125], [0.5, 5.0, 0.75, 0.375], [0.25, 0.75, 9.0, 1.5], [0.125, 0.375, 1.5, 7.0]]
)


def fix(**changes: object) -> Fix:
    """In the plane, of three receivers: one used, one blamed, one that measured nothing."""
    values: dict[str, object] = {
        "time_s": 2.5,
        "position_verdict": "ambiguous",
        "velocity_verdict": "observable",
        "position_m": np.array([11.0, 12.0, 13.0]),
        "velocity_m_s": np.array([1.5, 1.75, 0.25]),
        "covariance": COVARIANCE,
        "position_covariance_m2": COVARIANCE[:2, :2],
        "other_position_m": np.array([21.0, 22.0, 23.0]),
        "other_velocity_m_s": np.array([2.5, 2.75, 0.5]),
        "other_chi_square_rise": 1.125,
        "prior_position_m": np.array([14.0, 15.0, 16.0]),
        "prior_position_covariance_m2": np.array([[30.0, 1.0], [1.0, 31.0]]),
        "prior_distance": 2.125,
        "prior_needed": True,
        "receiver_ids": ("a", "b", "c"),
        "used": ("a",),
        "outliers": ("c",),
        "residuals": np.array([[1e-9, 10.0], [0.0, 0.0], [3e-9, 30.0]]),
        "normalised_residuals": np.array([0.5, 0.0, 5.5]),
        "chi_square": 6.5,
        "degrees_of_freedom": 3,
        "p_value": 0.0875,
        "clock_offsets": np.array([[4e-9, 40.0], [5e-9, 50.0], [6e-9, 60.0]]),
        "common_clock_offset": (7e-9, 70.0),
        "message": "Two places fit.",
    }
    return Fix(**values | changes)  # type: ignore[arg-type]


def test_document() -> None:
    (found,) = fixes_document([fix()], scenario())["fixes"]
    expected = {
        "time_s": 2.5,
        "position_verdict": "ambiguous",
        "velocity_verdict": "observable",
        "position_m": [11.0, 12.0, 13.0],
        "velocity_m_s": [1.5, 1.75, 0.25],
        "covariance": COVARIANCE.tolist(),
        "position_covariance_m2": [[4.0, 0.5], [0.5, 5.0]],
        "position_std_m": close_to(3.0),
        "velocity_std_m_s": close_to(4.0),
        "other_position_m": [21.0, 22.0, 23.0],
        "other_velocity_m_s": [2.5, 2.75, 0.5],
        "other_chi_square_rise": 1.125,
        "prior": {
            "position_m": [14.0, 15.0, 16.0],
            "position_covariance_m2": [[30.0, 1.0], [1.0, 31.0]],
            "distance": 2.125,
            "needed": True,
        },
        "used": ["a"],
        "outliers": ["c"],
        "common_clock_offset_s": 7e-9,
        "common_frequency_offset_hz": 70.0,
        "chi_square": 6.5,
        "degrees_of_freedom": 3,
        "p_value": 0.0875,
        "message": "Two places fit.",
    }
    assert {name: found[name] for name in expected} == expected
    names = (
        "delay_residual_s",
        "doppler_residual_hz",
        "normalised_residual",
        "clock_offset_s",
        "frequency_offset_hz",
    )
    rows = {"a": (1e-9, 10.0, 0.5, 4e-9, 40.0), "c": (3e-9, 30.0, 5.5, 6e-9, 60.0)}
    assert set(found["receivers"]) == set(rows)
    for name, row in rows.items():
        assert tuple(found["receivers"][name][key] for key in names) == row


def row_of(one: Fix) -> dict[str, str]:
    (row,) = csv.DictReader(io.StringIO(fixes_table([one])))
    return row


def test_table() -> None:
    row = row_of(fix())
    expected = {
        "time_s": 2.5,
        "x_m": 11.0,
        "y_m": 12.0,
        "z_m": 13.0,
        "vx_m_s": 1.5,
        "vy_m_s": 1.75,
        "vz_m_s": 0.25,
        "position_std_m": 3.0,
        "velocity_std_m_s": 4.0,
        "cov_x_x": 4.0,
        "cov_x_y": 0.5,
        "cov_x_vx": 0.25,
        "cov_x_vy": 0.125,
        "cov_y_y": 5.0,
        "cov_y_vx": 0.75,
        "cov_y_vy": 0.375,
        "cov_vx_vx": 9.0,
        "cov_vx_vy": 1.5,
        "cov_vy_vy": 7.0,
        "other_x_m": 21.0,
        "other_y_m": 22.0,
        "other_z_m": 23.0,
        "other_chi_square_rise": 1.125,
        "prior_distance": 2.125,
        "chi_square": 6.5,
        "p_value": 0.0875,
        "degrees_of_freedom": 3.0,
    }
    assert {name: float(row[name]) for name in expected} == expected
    words = {"position_verdict": "ambiguous", "velocity_verdict": "observable", "used": "a", "outliers": "c"}
    assert {name: row[name] for name in words} == words
    assert {row[f"cov_{i}_{j}"] for i, j in (("x", "z"), ("z", "z"), ("x", "vz"), ("vz", "vz"))} == {""}


def test_a_position_without_a_velocity_keeps_its_own_covariance() -> None:
    row = row_of(fix(velocity_verdict="unobservable", velocity_m_s=None, covariance=None))
    assert [row[f"cov_{pair}"] for pair in ("x_x", "x_y", "y_y")] == ["4.0", "0.5", "5.0"]
    assert [row[name] for name in ("cov_x_vx", "cov_vx_vx", "vx_m_s", "velocity_std_m_s")] == [""] * 4


def test_features_of_a_map() -> None:
    best, other = fixes_geojson([fix()], scenario())["features"]
    places = ((best, "best", 11.0, 1.5, 1.75, 0.0), (other, "other", 21.0, 2.5, 2.75, 1.125))
    for feature, which, x, vx, vy, rise in places:
        properties = feature["properties"]
        expected = {
            "time_s": 2.5,
            "verdict": "ambiguous",
            "answer": which,
            "x_m": x,
            "y_m": x + 1.0,
            "z_m": x + 2.0,
            "vx_m_s": vx,
            "vy_m_s": vy,
            "position_std_m": close_to(3.0),
            "chi_square_rise": rise,
            "outliers": ["c"],
        }
        assert {name: properties[name] for name in expected} == expected


def test_a_fix_without_a_prior_says_so() -> None:
    none = {"prior_position_m": None, "prior_position_covariance_m2": None, "prior_distance": None}
    alone = fix(**none, other_chi_square_rise=None)
    (found,) = fixes_document([alone], scenario())["fixes"]
    assert found["prior"] is found["other_chi_square_rise"] is None
    assert [row_of(alone)[name] for name in ("prior_distance", "other_chi_square_rise")] == ["", ""]
