"""Levels and ratios: values that everybody knows."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic.units import (
    BOLTZMANN_J_K,
    SPEED_OF_LIGHT_M_S,
    db_to_ratio,
    dbm_to_watt,
    ratio_to_db,
    read_only,
    watt_to_dbm,
)
from tests.support.close import close_to


@pytest.mark.parametrize(("level_db", "ratio"), [(0.0, 1.0), (10.0, 10.0), (-30.0, 1e-3), (3.0102999566398120, 2.0)])
def test_decibels_are_ten_times_the_logarithm_of_a_power_ratio(level_db: float, ratio: float) -> None:
    assert db_to_ratio(level_db) == close_to(ratio, rel=1e-12)
    assert ratio_to_db(ratio) == close_to(level_db, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("level_dbm", "power_w"), [(30.0, 1.0), (0.0, 1e-3), (-90.0, 1e-12), (46.0205999132796, 40.0)])
def test_levels_in_dbm_count_from_a_milliwatt(level_dbm: float, power_w: float) -> None:
    assert dbm_to_watt(level_dbm) == close_to(power_w, rel=1e-12)
    assert watt_to_dbm(power_w) == close_to(level_dbm, rel=1e-12, abs=1e-12)


def test_constants_are_those_of_the_international_system() -> None:
    assert SPEED_OF_LIGHT_M_S == 299_792_458.0
    assert BOLTZMANN_J_K == 1.380649e-23


def test_frozen_arrays_are_copies_that_cannot_be_written_to() -> None:
    source = np.arange(6.0).reshape(2, 3).T
    kept = read_only(source)
    source[0, 0] = 9.0
    assert kept[0, 0] == 0.0
    assert kept.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        kept[0, 0] = 1.0
