"""Every number of a measurement stands in its own column, when written and when read."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from multistatic.errors import InputError
from multistatic.estimation.measurement import Measurement
from multistatic.files.measurements import measurement_document, measurements_text, parse_measurements
from tests.support.close import assert_close, close_to

# A row in which no two numbers are alike.
ROW = {
    "receiver_id": "rx1",
    "time_s": 2.5,
    "delay_s": 3e-7,
    "delay_std_s": 4e-9,
    "doppler_hz": 120.0,
    "doppler_std_hz": 5.0,
    "delay_doppler_correlation": 0.25,
    "shared_delay_std_s": 1e-9,
    "shared_doppler_std_hz": 2.0,
    "snr_db": 20.0,
    "amplitude_re": 1.5e-5,
    "amplitude_im": -2.5e-5,
    "verdict": "ambiguous",
    "direction_x": 0.6,
    "direction_y": 0.0,
    "direction_z": 0.8,
    "direction_xx": 1e-2,
    "direction_xy": 1e-5,
    "direction_xz": -48e-4,
    "direction_yy": 3e-4,
    "direction_yz": -2e-5,
    "direction_zz": 5e-3,
    "direction_kind": "components",
    "message": "Two peaks.",
}


def read() -> Measurement:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, ROW)
    writer.writeheader()
    writer.writerow(ROW)
    (found,) = parse_measurements(buffer.getvalue())
    return found


def test_every_column_is_read_into_its_field() -> None:
    one = read()
    assert (one.receiver_id, one.verdict, one.direction_kind, one.message) == (
        "rx1",
        "ambiguous",
        "components",
        "Two peaks.",
    )
    assert (one.time_s, one.delay_s, one.doppler_hz) == (2.5, 3e-7, 120.0)
    assert_close(one.covariance, [[1.6e-17, 5e-09], [5e-09, 25.0]], rel=1e-14)
    assert one.shared_std == (1e-9, 2.0)
    assert one.snr == close_to(100.0, rel=1e-12)
    assert one.amplitude == 1.5e-5 - 2.5e-5j
    assert one.direction is not None
    assert one.direction_covariance is not None
    assert_close(one.direction, [0.6, 0.0, 0.8], rel=1e-15)
    expected = [[1e-2, 1e-5, -48e-4], [1e-5, 3e-4, -2e-5], [-48e-4, -2e-5, 5e-3]]
    np.testing.assert_array_equal(one.direction_covariance, expected)


def test_every_field_is_written_into_its_column() -> None:
    document = measurement_document(read())
    cells = next(csv.DictReader(io.StringIO(measurements_text([read()]))))
    for name, value in ROW.items():
        if isinstance(value, str):
            assert (document[name], cells[name]) == (value, value)
        else:
            assert document[name] == close_to(value, rel=1e-12, abs=0.0), name
            assert float(cells[name]) == close_to(value, rel=1e-12, abs=0.0), name


def test_standard_deviations_are_roots_of_the_covariance() -> None:
    one = read()
    assert one.delay_std_s == close_to(4e-9, rel=1e-12)
    assert one.doppler_std_hz == close_to(5.0, rel=1e-12)


@pytest.mark.parametrize(
    ("column", "value", "refused"),
    [
        ("direction_x", 0.602, True),
        ("direction_x", 0.6005, False),
        ("direction_yy", -1e-5, True),
        ("delay_doppler_correlation", 1.0, True),
        ("delay_doppler_correlation", 0.9999, False),
        ("shared_delay_std_s", 4.1e-9, True),
        ("shared_doppler_std_hz", 5.1, True),
        ("delay_s", -11.0, True),
        ("delay_std_s", 0.0, True),
    ],
)
def test_what_cannot_be_is_refused(column: str, value: float, refused: bool) -> None:
    row = ROW | {column: value}
    text = ",".join(row) + "\n" + ",".join(str(cell) for cell in row.values()) + "\n"
    if refused:
        with pytest.raises(InputError):
            parse_measurements(text)
    else:
        assert parse_measurements(text)


@pytest.mark.parametrize("shared", [(1e-9, 0.0), (0.0, 2.0), (0.0, 0.0)])
def test_an_error_that_is_shared_on_one_axis_alone_is_kept(shared: tuple[float, float]) -> None:
    (again,) = parse_measurements(measurements_text([replace(read(), shared_std=shared)]))
    assert again.shared_std == shared
