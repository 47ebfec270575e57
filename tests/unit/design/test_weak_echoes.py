"""Echoes that no search finds: bounds exist for them too, and mean nothing."""

from __future__ import annotations

import numpy as np
import pytest

from multistatic import design_network, load_preset
from multistatic.design.accuracy import WEAK_ECHO, weak_echoes
from multistatic.files.design_files import design_document
from multistatic.report.summary import design_summary
from multistatic.report.text_table import plain
from multistatic.simulation.block import SimulationSettings, simulate_block
from tests.support.close import assert_close

QUIET = ["requirements.rate_bps_hz=0", "radio.pulse=half_sine", "seed=3", "design.receivers=3"]


def test_the_snr_of_a_block_is_that_of_the_simulation() -> None:
    design = design_network(load_preset("paper", overrides=QUIET))
    assert design.accuracy is not None
    assert design.beamforming is not None
    assert design.beamforming.beams is not None
    block = simulate_block(design.scenario, design.channel, design.beamforming.beams, SimulationSettings(), 1)
    expected = np.array([block.expected_snr[name] for name in design.scenario.receiver_ids])
    assert_close(design.accuracy.block_snr, expected, rel=1e-2)


@pytest.mark.parametrize("scheme", ["multi", "mono"])
def test_weak_echoes_are_named(scheme: str) -> None:
    for power_dbm, weak in ((-60, True), (30, False)):
        scenario = load_preset("paper", overrides=[*QUIET, f"transmitter.power_dbm={power_dbm}"])
        design = design_network(scenario, scheme=scheme)
        assert design.accuracy is not None
        found = weak_echoes(design.accuracy, design.selected)
        assert found == ((design.selected_ids or ("transmitter",)) if weak else ())
        document = design_document(design, timing_s={})
        assert document["bounds"]["weak_echoes"] == list(found)
        listener = document["bounds"]["per_receiver"][(design.selected_ids or ("transmitter",))[0]]
        assert (10 ** (listener["block_snr_db"] / 10) < WEAK_ECHO) == weak
        assert ("weak echoes" in plain(design_summary(design))) == weak


def test_receivers_that_are_not_asked_do_not_count() -> None:
    scenario = load_preset("paper", overrides=[*QUIET, "transmitter.power_dbm=-40"])
    design = design_network(scenario)
    assert design.accuracy is not None
    weak = weak_echoes(design.accuracy, design.selected)
    everyone = weak_echoes(design.accuracy, np.ones(10, bool))
    assert set(weak) <= set(design.selected_ids)
    assert len(everyone) > len(weak)
