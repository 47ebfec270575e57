"""Errors that receivers share: written, read, and allowed for by the fusion."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chi2
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.errors import InputError
from multistatic.estimation.measurement import Measurement
from multistatic.files.measurements import measurements_text, parse_measurements, read_measurements
from multistatic.files.recordings import recording_files
from multistatic.files.references import sampled_reference_files
from multistatic.files.scenario_file import load_preset
from multistatic.localization.fusion import localize_many
from multistatic.localization.known_sites import known_sites
from multistatic.localization.shared_errors import with_shared_errors
from multistatic.scenario.model import Scenario
from tests.support.close import assert_close, close_to
from tests.support.echoes import SLOT_S, echoes, train

FIXES = 400
OWN_HZ, SHARED_HZ, DELAY_S = 12.0, 140.0, 1e-11


def measured(scenario: Scenario, rng: np.random.Generator) -> list[list[Measurement]]:
    geometry = scenario.geometry()
    whole = np.diag([DELAY_S**2, OWN_HZ**2 + SHARED_HZ**2])
    whole[0, 1] = whole[1, 0] = 0.2 * np.sqrt(whole[0, 0] * whole[1, 1])
    groups = []
    for fix in range(FIXES):
        common = SHARED_HZ * rng.standard_normal()
        own = np.diag([DELAY_S, OWN_HZ]) @ np.array([[1.0, 0.0], [0.2, np.sqrt(1 - 0.04)]])
        errors = rng.standard_normal((len(scenario.receivers), 2)) @ own.T
        groups.append(
            [
                Measurement(
                    receiver_id=name,
                    delay_s=geometry.delay_s[k] + errors[k, 0],
                    doppler_hz=geometry.doppler_hz(scenario.target.velocity_m_s, scenario.radio.carrier_hz)[k]
                    + errors[k, 1]
                    + common,
                    covariance=whole,
                    amplitude=0j,
                    snr=1e5,
                    verdict="detected",
                    shared_std=(0.0, SHARED_HZ),
                    time_s=float(fix),
                )
                for k, name in enumerate(scenario.receiver_ids[:5])
            ]
        )
    return groups


def test_the_fusion_allows_for_errors_that_all_receivers_have() -> None:
    """NEES of 400 fixes within the 99.99 % interval of χ²_4; independent errors as large would leave it far above."""
    scenario = load_preset("paper")
    groups = measured(scenario, np.random.default_rng(1))
    fixes = localize_many(groups, scenario)
    truth = np.concatenate([scenario.target.position_m[:2], scenario.target.velocity_m_s[:2]])

    def nees(found: list) -> float:
        total = 0.0
        for fix in found:
            error = np.concatenate([fix.position_m[:2], fix.velocity_m_s[:2]]) - truth
            total += error @ np.linalg.solve(fix.covariance, error)
        return total / len(found)

    low, high = chi2.ppf([5e-5, 1 - 5e-5], 4 * FIXES) / FIXES
    assert low < nees(list(fixes)) < high
    assert sum(bool(fix.outliers) for fix in fixes) <= 4  # of 400, at a rate of 1e-3
    apart = [[replace(one, shared_std=(0.0, 0.0)) for one in group] for group in groups]
    assert not low < nees(list(localize_many(apart, scenario))) < high


def test_the_shared_part_is_taken_from_each_and_given_to_the_common_clock() -> None:
    sites = known_sites(load_preset("paper"))
    groups = measured(load_preset("paper"), np.random.default_rng(2))[:2]
    own, known = with_shared_errors(groups, sites)
    assert known.clock_or_perfect.common == close_to([0.0, SHARED_HZ])
    covariance = own[0][0].covariance
    assert_close(np.sqrt(np.diagonal(covariance)), [DELAY_S, OWN_HZ], rel=1e-9)
    assert covariance[0, 1] == close_to(0.2 * DELAY_S * OWN_HZ)
    alone = [[replace(one, shared_std=(0.0, 0.0)) for one in group] for group in groups]
    assert with_shared_errors(alone, sites) == (alone, sites)


def test_the_command_says_what_is_shared(tmp_path: Path) -> None:
    """One known and one unknown stream, recorded at two receivers; then the fusion reads what was written."""
    known, other = train("half_sine", 256, 1), train("half_sine", 256, 2)
    both = replace(known, symbols=known.symbols + other.symbols)
    for name in ("rx1", "rx2"):
        recording = replace(echoes(both, snr=1e6, oversampling=4.0).recording, receiver_id=name)
        files = recording_files(f"recording_{name}", recording, carrier_hz=3.5e9)
        files |= sampled_reference_files("reference", both, 4 / SLOT_S, carrier_hz=3.5e9)
        files |= sampled_reference_files("sensing_reference", known, 4 / SLOT_S, carrier_hz=3.5e9)
        for file, data in files.items():
            (tmp_path / file).write_bytes(data)
    arguments = ["estimate", str(tmp_path), "--known", "s0", "--out", str(tmp_path / "out"), "--no-pictures"]
    printed = CliRunner().invoke(app, arguments, catch_exceptions=False).output
    assert "Unknown data streams disturb the" in " ".join(printed.split())
    one, two = read_measurements(tmp_path / "out" / "measurements.csv")
    assert one.shared_std[1] == close_to(one.doppler_std_hz, rel=0.1)
    assert one.snr == close_to(256, rel=0.5)
    assert two.shared_std[1] > 0


def test_written_and_read() -> None:
    groups = measured(load_preset("paper"), np.random.default_rng(3))
    read = parse_measurements(measurements_text(groups[0]))
    assert [one.shared_std for one in read] == [(0.0, SHARED_HZ)] * 5
    assert parse_measurements(measurements_text([replace(groups[0][0], shared_std=(0.0, 0.0))]))[0].shared_std == (0, 0)
    text = measurements_text(groups[0]).replace(repr(SHARED_HZ), "1e9")
    with pytest.raises(InputError, match="shared_doppler_std_hz"):
        parse_measurements(text)
