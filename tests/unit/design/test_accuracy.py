"""The figures of merit of a design, each against its own formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from multistatic.bounds.delay_doppler import exact_information
from multistatic.bounds.position import position_bound
from multistatic.bounds.published import published_information
from multistatic.design.accuracy import WEAK_ECHO, accuracy, weak_echoes
from multistatic.design.instance import instance_of
from multistatic.design.result import Verification
from tests.support.close import assert_close, close_to
from tests.support.networks import network

ILLUMINATION_W = 0.375
CHOSEN = np.array([True, False, True, True])


@pytest.fixture(scope="module")
def seen():
    """Few samples, so that delay and Doppler both count in sums of normalised variances."""
    scenario = network(4, antennas=4, height_m=30.0)
    return instance_of(replace(scenario, radio=replace(scenario.radio, samples=4))).network()


def test_deviations_and_snr_of_every_receiver(seen) -> None:
    found = accuracy(seen, CHOSEN, ILLUMINATION_W)
    inverse = np.linalg.inv(exact_information(seen, ILLUMINATION_W))
    slot_s = 1 / (2 * 100e6)
    assert_close(found.delay_std_s, slot_s * np.sqrt(inverse[:, 0, 0]), rel=1e-10)
    assert_close(found.doppler_std_hz, np.sqrt(inverse[:, 1, 1]) / slot_s, rel=1e-10)
    assert_close(found.block_snr, 4 * seen.snr_per_watt * ILLUMINATION_W, rel=1e-12)
    assert found.sensor_ids == ("rx1", "rx2", "rx3", "rx4")


def test_surrogates_and_the_sum_of_bounds_have_a_delay_and_a_doppler_half(seen) -> None:
    found = accuracy(seen, CHOSEN, ILLUMINATION_W)
    exact = exact_information(seen, ILLUMINATION_W)[CHOSEN]
    published = published_information(seen, ILLUMINATION_W)[CHOSEN]
    together, as_printed = np.linalg.inv(exact.sum(axis=0)), np.linalg.inv(published.sum(axis=0))
    assert min(np.diag(together)) > 1e-3 * max(np.diag(together))
    assert found.surrogate == close_to(np.trace(together), rel=1e-10)
    assert found.surrogate_published == close_to(np.trace(as_printed), rel=1e-10)
    assert found.sum_crb == close_to(sum(np.trace(np.linalg.inv(one)) for one in exact), rel=1e-10)


def test_positions_without_and_with_angles(seen) -> None:
    found = accuracy(seen, CHOSEN, ILLUMINATION_W)
    plain = position_bound(seen, CHOSEN, ILLUMINATION_W)
    with_angles = position_bound(seen, CHOSEN, ILLUMINATION_W, angles=True)
    assert found.position.peb_m == plain.peb_m
    assert found.position.veb_m_s == plain.veb_m_s
    assert found.position_with_angles.peb_m == with_angles.peb_m
    assert found.position_with_angles.veb_m_s == with_angles.veb_m_s
    assert with_angles.peb_m < 0.99 * plain.peb_m


def test_echoes_below_thirteen_decibels_of_those_who_listen_are_weak(seen) -> None:
    found = replace(accuracy(seen, CHOSEN, ILLUMINATION_W), block_snr=np.array([19.9, 1.0, 20.1, 0.1]))
    assert WEAK_ECHO == 20.0
    assert weak_echoes(found, CHOSEN) == ("rx1", "rx4")


def test_a_check_without_violations_passes() -> None:
    assert Verification(violations={}).max_violation == 0.0
    assert Verification(violations={"rate": 1e-6}).passed
    assert not Verification(violations={"rate": 1.1e-6}).passed
    assert Verification(violations={"rate": 1e-7, "power": 3e-7}).max_violation == 3e-7
