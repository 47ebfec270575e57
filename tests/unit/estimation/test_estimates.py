"""From the arrays of an estimator to one measurement, and what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from multistatic.estimation.estimates import Estimates

FOUND = Estimates(
    receiver_id="rx1",
    delay_s=np.array([1e-7, 2e-7, 3e-7]),
    doppler_hz=np.array([10.0, 20.0, 30.0]),
    covariance=np.array([np.diag([1e-18, 4.0]), np.diag([4e-18, 9.0]), np.full((2, 2), np.inf)]),
    amplitude=np.array([1 + 2j, 3 - 4j, 0]),
    snr=np.array([100.0, 40.0, 0.0]),
    statistic=np.array([101.0, 41.0, 5.0]),
    threshold=20.0,
    wrong_order=np.array([0.001, 0.25, 0.5]),
    verdict=np.array(["detected", "ambiguous", "not_detected"]),
    false_alarm_rate=1e-4,
    direction=np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]]),
    direction_covariance=np.array([1e-4 * np.eye(3), np.full((3, 3), np.inf), np.eye(3)]),
    direction_kind="components",
    direction_note="The antennas form a line.",
    shared_std=np.array([[1e-9, 0.0], [0.0, 2.0], [3e-9, 4.0]]),
)


def test_every_field_of_a_trial() -> None:
    for trial in range(2):
        one = FOUND.measurement(trial)
        assert (one.receiver_id, one.verdict) == ("rx1", FOUND.verdict[trial])
        assert (one.delay_s, one.doppler_hz) == (FOUND.delay_s[trial], FOUND.doppler_hz[trial])
        assert (one.amplitude, one.snr) == (FOUND.amplitude[trial], FOUND.snr[trial])
        assert one.shared_std == tuple(FOUND.shared_std[trial])  # type: ignore[index]
        np.testing.assert_array_equal(one.covariance, FOUND.covariance[trial])
    assert len(FOUND) == 3


def test_a_direction_is_given_where_one_is_known() -> None:
    known, doubtful, nothing = (FOUND.measurement(trial) for trial in range(3))
    np.testing.assert_array_equal(known.direction, [1.0, 0, 0])
    np.testing.assert_array_equal(known.direction_covariance, 1e-4 * np.eye(3))
    assert known.direction_kind == "components"
    assert doubtful.direction is doubtful.direction_covariance is None
    assert nothing.direction is nothing.direction_covariance is None


def test_what_a_person_should_know() -> None:
    known, doubtful, nothing = (FOUND.measurement(trial).message for trial in range(3))
    assert "Unknown data streams disturb the delay at all receivers" in known
    assert known.endswith("The antennas form a line.")
    assert "with a probability of 25 %" in doubtful
    assert "disturb the Doppler shift at" in doubtful
    assert "a second, very different direction" in doubtful
    assert "6.0 dB below the threshold" in nothing
    assert "a false-alarm rate of 0.0001" in nothing
    plain = replace(FOUND, shared_std=None, direction=None, direction_covariance=None, direction_note="")
    assert plain.measurement(0).message == ""
    assert plain.measurement(0).shared_std == (0.0, 0.0)
