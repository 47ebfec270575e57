"""measurements.csv: what is written reads back as the same values; every bad cell is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multistatic.errors import InputError
from multistatic.estimation.measurement import Measurement
from multistatic.files.measurements import (
    COLUMNS,
    REQUIRED,
    measurements_text,
    parse_measurements,
    read_measurements,
    write_measurements,
)
from tests.support.close import assert_close

REAL = st.floats(-1e9, 1e9)
SPREAD = st.floats(1e-12, 1e6)


def measurement(**changes: object) -> Measurement:
    values: dict = {
        "receiver_id": "rx01",
        "delay_s": 2.5e-7,
        "doppler_hz": -120.0,
        "covariance": [[4e-22, 1e-11], [1e-11, 9.0]],
        "amplitude": 0j,
        "snr": 100.0,
        "verdict": "detected",
    }
    return Measurement(**values | changes)


@given(st.floats(-10.0, 10.0), REAL, SPREAD, SPREAD, st.floats(-0.999, 0.999), SPREAD, st.text(max_size=20))
def test_written_and_read_back(
    delay: float, doppler: float, delay_std: float, doppler_std: float, correlation: float, snr: float, message: str
) -> None:
    cross = correlation * delay_std * doppler_std
    covariance = np.array([[delay_std**2, cross], [cross, doppler_std**2]])
    message = message.replace("\r", " ").strip().replace("\0", " ").strip()
    written = measurement(delay_s=delay, doppler_hz=doppler, covariance=covariance, snr=snr, message=message)
    (read,) = parse_measurements(measurements_text([written]))
    assert (read.delay_s, read.doppler_hz, read.message) == (delay, doppler, message)
    assert_close(read.covariance, covariance, rel=1e-14, abs=1e-14 * delay_std * doppler_std)
    assert_close(read.snr, snr, rel=1e-13)


def test_direction_and_its_covariance_are_kept() -> None:
    direction = np.array([0.6, 0.0, 0.8])
    across = np.array([0.8, 0.0, -0.6])
    written = measurement(direction=direction, direction_covariance=1e-4 * np.outer(across, across), time_s=3.0)
    (read,) = parse_measurements(measurements_text([written]))
    assert_close(read.direction, direction, rel=1e-15)
    np.testing.assert_array_equal(read.direction_covariance, written.direction_covariance)
    assert read.time_s == 3.0


@pytest.mark.parametrize("kind", ["whole", "components"])
def test_what_is_known_of_a_direction_is_kept(kind: str) -> None:
    along = 1e-4 * np.outer([0.0, 1.0, 0.0], [0.0, 1.0, 0.0])
    written = measurement(direction=[0.6, 0.8, 0.0], direction_covariance=along, direction_kind=kind)
    (read,) = parse_measurements(measurements_text([written]))
    assert read.direction_kind == kind


def test_a_direction_is_whole_unless_it_says_otherwise() -> None:
    header = (*REQUIRED, "direction_x", "direction_y", "direction_z")
    row = "rx1,3e-7,1e-10,40,12,0,1,0"
    (read,) = parse_measurements(",".join(header) + f"\n{row}\n")
    assert read.direction_kind == "whole"
    with pytest.raises(InputError, match="did you mean components") as caught:
        parse_measurements(",".join((*header, "direction_kind")) + f"\n{row},component\n")
    assert [problem.path for problem in caught.value.problems] == ["line 2, direction_kind"]


@pytest.mark.parametrize("amplitude", [0j, 3.2e-7 - 1.7e-8j, -4e-9 + 0j])
def test_amplitude_is_kept(amplitude: complex) -> None:
    (read,) = parse_measurements(measurements_text([measurement(amplitude=amplitude)]))
    assert read.amplitude == amplitude


def test_half_an_amplitude_is_named() -> None:
    text = ",".join((*REQUIRED, "amplitude_re", "amplitude_im")) + "\nrx1,3e-7,1e-10,40,12,1e-7,\n"
    with pytest.raises(InputError) as caught:
        parse_measurements(text)
    assert [problem.path for problem in caught.value.problems] == ["line 2, amplitude_im"]


def test_what_was_not_detected_has_no_spread() -> None:
    missed = measurement(
        covariance=np.diag([np.inf, np.inf]), snr=0.0, verdict="not_detected", message="nothing, heard"
    )
    text = measurements_text([missed])
    assert "inf" not in text
    assert "nan" not in text
    (read,) = parse_measurements(text)
    np.testing.assert_array_equal(read.covariance, missed.covariance)
    assert (read.verdict, read.snr, read.message) == ("not_detected", 0.0, "nothing, heard")


def test_columns_in_any_order_and_only_the_required_ones() -> None:
    text = "note,doppler_std_hz,delay_s,receiver_id,doppler_hz,delay_std_s\nx,3,1e-7,a,-5,2e-9\n"
    (read,) = parse_measurements(text)
    assert (read.receiver_id, read.delay_s, read.doppler_hz, read.verdict) == ("a", 1e-7, -5.0, "detected")
    assert_close(read.covariance, np.diag([4e-18, 9.0]), rel=1e-9)
    assert set(REQUIRED) <= set(COLUMNS)


def test_every_bad_cell_is_named() -> None:
    text = (
        "receiver_id,delay_s,delay_std_s,doppler_hz,doppler_std_hz,verdict,direction_x,direction_y,direction_z\n"
        "a,x,1e-9,0,1,detected,,,\n"
        ",1e-7,-1e-9,nan,1,seen,1,1,\n"
        "c,,,0,1,detected,1,1,0\n"
        "d,,,,,not_detected,,,\n"
    )
    with pytest.raises(InputError) as caught:
        parse_measurements(text, source="m.csv")
    assert [problem.path for problem in caught.value.problems] == [
        "line 2, delay_s",
        "line 3, verdict",
        "line 3, doppler_hz",
        "line 3, delay_std_s",
        "line 3, direction_z",
        "line 3, receiver_id",
        "line 4, delay_s",
        "line 4, delay_std_s",
        "line 4, direction_x … direction_z",
    ]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("delay_s", "300"),  # ns, most likely
        ("delay_std_s", "0"),
        ("delay_std_s", "1e300"),
        ("doppler_std_hz", "0"),
        ("doppler_hz", "1e300"),
        ("delay_doppler_correlation", "1"),
        ("delay_doppler_correlation", "-1"),
    ],
)
def test_numbers_that_no_covariance_or_network_has_are_named_by_line_and_column(column: str, cell: str) -> None:
    row = dict.fromkeys(REQUIRED, "1") | {"delay_doppler_correlation": "0.5", column: cell}
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    with pytest.raises(InputError, match=f"line 2, {column}: received '{cell}', expected a finite number from"):
        parse_measurements(text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        pytest.param("", "received nothing, expected column names separated", id="empty"),
        pytest.param(
            ";".join(REQUIRED) + "\na;1;1;1;1\n",
            "received semicolons between the columns, expected commas",
            id="semicolons",
        ),
        pytest.param("receiver_id,delay_s\na,1\n", "no column delay_std_s", id="columns missing"),
        pytest.param(",".join(REQUIRED) + "\n", "no measurements", id="header only"),
        pytest.param(",".join(REQUIRED) + "\na,1,1\n", "3 cells", id="ragged"),
        pytest.param(",".join(REQUIRED) + ",delay_s\n", "twice", id="column twice"),
        pytest.param(",".join(REQUIRED) + ",verdit\na,1,1,1,1,x\n", "did you mean verdict?", id="misspelt"),
        pytest.param(",".join(REQUIRED) + '\n"a', "unexpected end of data", id="open quote"),
    ],
)
def test_a_table_that_is_none(text: str, part: str) -> None:
    with pytest.raises(InputError, match=part.replace("?", r"\?")):
        parse_measurements(text)


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "measurements.csv"
    write_measurements(path, [measurement(), measurement(receiver_id="rx02")])
    assert [one.receiver_id for one in read_measurements(path)] == ["rx01", "rx02"]
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="UTF-8"):
        read_measurements(path)
    with pytest.raises(InputError, match="no file or folder of this name"):
        read_measurements(tmp_path / "nothing.csv")
