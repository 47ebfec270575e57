"""Which measurements make one fix."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.cli.localize_command import _by_time
from multistatic.errors import InputError
from multistatic.estimation.measurement import Measurement


def measured(receiver_id: str, time_s: float) -> Measurement:
    return Measurement(
        receiver_id=receiver_id,
        delay_s=1e-7,
        doppler_hz=1.0,
        covariance=np.eye(2),
        amplitude=0j,
        snr=10.0,
        verdict="detected",
        time_s=time_s,
    )


def grouped(times_s: dict[str, float], same_time_s: float) -> list[list[str]]:
    rows = [measured(name, time_s) for name, time_s in times_s.items()]
    return [[one.receiver_id for one in group] for group in _by_time(rows, same_time_s)]


def test_time_counts_from_the_first_of_a_group() -> None:
    """0.6 s after the second, but 1.1 s after the first: the third begins a fix of its own."""
    assert grouped({"a": 0.0, "b": 0.5, "c": 1.1}, 1.0) == [["a", "b"], ["c"]]


def test_order_of_the_table_does_not_matter() -> None:
    assert grouped({"c": 7.0, "a": 0.0, "b": 0.25, "d": 7.5}, 0.5) == [["a", "b"], ["c", "d"]]


def test_the_limit_itself_belongs_to_the_group() -> None:
    assert grouped({"a": 0.0, "b": 0.5}, 0.5) == [["a", "b"]]


def test_a_receiver_that_measured_twice_within_a_fix_is_named() -> None:
    rows = [measured("a", 0.0), measured("b", 0.0), measured("a", 0.25)]
    with pytest.raises(InputError, match=r"'a' at 0 s and 0\.25 s make one fix"):
        _by_time(rows, 0.5)
    assert len(_by_time(rows, 0.125)) == 2
