"""A stored design is read back as the network that was designed: every array under its own name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multistatic.errors import InputError
from multistatic.files.design_files import write_design
from multistatic.files.designed_network import read_designed_network
from tests.support.handmade_design import channel, design, scenario

GAINS = (1.5, 2.5, 3.5)


def test_everything_that_later_stages_need(tmp_path: Path) -> None:
    what = scenario(count=3)
    rng = np.random.default_rng(1)
    seen = replace(
        channel(what),
        echo_gain=np.array(GAINS),
        echo_path_gain=2.0 * np.array(GAINS),
        steering_rx=rng.standard_normal((3, 2)) + 1j,
        noise_power_w=2.5e-9,
        clutter_power_w=1.5e-9,
        clutter=rng.standard_normal((3, 1, 2, 10)) + 0.5j,
    )
    made = replace(design(what, group=(0, 2)), channel=seen)
    write_design(tmp_path, made, timing_s={})
    found = read_designed_network(tmp_path)
    for name in ("direct", "steering_tx", "steering_rx", "echo_gain", "echo_path_gain", "clutter"):
        np.testing.assert_array_equal(getattr(found.channel, name), getattr(seen, name), err_msg=name)
    assert (found.channel.noise_power_w, found.channel.clutter_power_w) == (2.5e-9, 1.5e-9)
    assert found.selected_ids == ("r1", "r3")
    assert made.beamforming is not None
    assert made.beamforming.beams is not None
    np.testing.assert_array_equal(found.beams.weights, made.beamforming.beams.weights)
    np.testing.assert_array_equal(found.scenario.receiver_positions_m, what.receiver_positions_m)
    np.testing.assert_array_equal(found.scenario.target.velocity_m_s, what.target.velocity_m_s)


def test_channels_of_another_design_are_refused(tmp_path: Path) -> None:
    what = scenario(count=3)
    made = design(what, group=(0, 2))
    write_design(tmp_path, made, timing_s={})
    read_designed_network(tmp_path)
    other = replace(made, channel=replace(made.channel, direct=2.0 * made.channel.direct))
    write_design(tmp_path / "other", other, timing_s={})
    (tmp_path / "channel.npz").write_bytes((tmp_path / "other" / "channel.npz").read_bytes())
    with pytest.raises(InputError, match="other channels than those of the design"):
        read_designed_network(tmp_path)
