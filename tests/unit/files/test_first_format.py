"""A design that an earlier version wrote in its first format: `tests/data/format_1`, made by commit a62982f."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from multistatic.design import design_network
from multistatic.files.design_files import design_arrays
from multistatic.files.designed_network import read_designed_network
from multistatic.files.stored_design import LATER, SHAPES, read_design
from tests.support.close import assert_close

FOLDER = Path(__file__).parents[2] / "data" / "format_1"


def test_the_first_format_is_read_as_one_target_at_one_point() -> None:
    stored = read_design(FOLDER)
    with np.load(FOLDER / "design.npz", allow_pickle=False) as written:
        first = dict(written)
    assert stored.document["format"] == "multistatic-design/1"
    assert set(SHAPES) - set(stored.arrays) <= LATER
    for name in ("echo_gain", "echo_path_gain", "steering_tx", "steering_rx", "target_position_m"):
        np.testing.assert_array_equal(stored.arrays[name], first[name][None], err_msg=name)
    np.testing.assert_array_equal(stored.arrays["points_m"], first["target_position_m"][None])
    assert (stored.arrays["point_weight"].tolist(), stored.arrays["point_target"].tolist()) == ([1.0], [0])
    assert_close(stored.arrays["illumination_w"], [stored.document["beamforming"]["illumination_w"]], rel=1e-12)


def test_its_network_is_that_of_a_design_of_today() -> None:
    network = read_designed_network(FOLDER)
    today = design_arrays(design_network(network.scenario))
    stored = read_design(FOLDER).arrays
    assert_close(network.channel.direct, today["direct"], rel=1e-12)
    for name in ("echo_gain", "echo_path_gain", "steering_tx", "steering_rx"):
        np.testing.assert_array_equal(getattr(network.channel, name), stored[name], err_msg=name)
        assert_close(stored[name], today[name], rel=1e-12)
    assert stored["selected"].tolist() == today["selected"].tolist()
    assert_close(stored["illumination_w"], today["illumination_w"], rel=1e-6)
