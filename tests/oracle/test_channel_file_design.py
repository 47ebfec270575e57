"""From a channel file of random matrices to a design: everything that its channels decide, recomputed from the file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from typer.testing import CliRunner

from multistatic.cli.app import app
from multistatic.files.channel_file import NAMES
from tests.support.close import assert_close, close_to

RECEIVERS = ("a", "b", "c", "d")
ANTENNAS = (2, 1, 2, 3)
SCENARIO = """
name = "random matrices"
[radio]
carrier_hz = 3.5e9
symbol_rate_hz = 20e6
samples = 256
[transmitter]
position_m = [0.0, 0.0]
antennas = 5
power_dbm = 30.0
[[receivers.site]]
id = "a"
position_m = [60.0, 10.0]
antennas = 2
[[receivers.site]]
id = "b"
position_m = [-40.0, 50.0]
antennas = 1
[[receivers.site]]
id = "c"
position_m = [-30.0, -60.0]
antennas = 2
[[receivers.site]]
id = "d"
position_m = [70.0, -40.0]
antennas = 3
[target]
position_m = [20.0, 40.0]
velocity_m_s = [15.0, 0.0]
[channel]
path_loss_exponent = 2.7
direct = { file = "H.npz" }
noise_power_dbm = -60.0
[requirements]
rate_bps_hz = { default = 1.0, b = 0.5 }
[design]
streams = 3
"""


def random_file(folder: Path) -> dict[str, np.ndarray]:
    """Receivers in another order, one that the scenario has not, an echo and a steering vector of their own."""
    rng = np.random.default_rng(11)
    ids = ["d", "x", "b", "a", "c"]
    size = dict(zip(RECEIVERS, ANTENNAS, strict=True)) | {"x": 3}
    direct = 1e-3 * (rng.standard_normal((5, 3, 5)) + 1j * rng.standard_normal((5, 3, 5)))
    for matrix, name in zip(direct, ids, strict=True):
        matrix[size[name] :] = 0.0
    arrays = {
        "direct": direct,
        "receiver_ids": np.array(ids),
        "carrier_hz": np.array(3.5e9),
        "echo_gain": rng.uniform(1e-6, 4e-6, 5),
        "steering_tx": rng.standard_normal(5) + 1j * rng.standard_normal(5),
    }
    np.savez(folder / "H.npz", **arrays)
    (folder / "net.toml").write_text(SCENARIO)
    return arrays


def command(*arguments: object) -> None:
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output


def rates_bps_hz(direct: np.ndarray, beams: np.ndarray, selected: np.ndarray, noise_w: float) -> list[float]:
    """log2 det(C + H W_k W_kᴴ Hᴴ) - log2 det C, from covariances receiver by receiver; a selected one knows s_0."""
    rates = []
    for k, channel in enumerate(direct):
        own = channel @ beams[1 + k]
        others = [channel @ beams[j] for j in range(len(beams)) if j != 1 + k and not (j == 0 and selected[k])]
        disturbance = noise_w * np.eye(len(channel)) + sum(each @ each.conj().T for each in others)
        together = disturbance + own @ own.conj().T
        rates.append(float(np.linalg.slogdet(together)[1] - np.linalg.slogdet(disturbance)[1]) / np.log(2.0))
    return rates


def test_rates_light_and_echoes_are_those_of_the_file_alone(tmp_path: Path) -> None:
    given = random_file(tmp_path)
    command("design", tmp_path / "net.toml", "--out", tmp_path / "out", "--quiet", "--no-pictures", "--matlab")
    document = json.loads((tmp_path / "out" / "design.json").read_text())
    with np.load(tmp_path / "out" / "design.npz", allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    order = [given["receiver_ids"].tolist().index(name) for name in RECEIVERS]
    np.testing.assert_array_equal(arrays["direct"], given["direct"][order])
    np.testing.assert_array_equal(np.ravel(arrays["echo_gain"]), given["echo_gain"][order])
    beams, selected, steering = arrays["beams"], arrays["selected"], given["steering_tx"]
    rates = rates_bps_hz(given["direct"][order], beams, selected, 1e-9)
    assert list(document["rates_bps_hz"].values()) == [close_to(rate, rel=1e-9) for rate in rates]
    assert all(rate > required - 1e-6 for rate, required in zip(rates, (1.0, 0.5, 1.0, 1.0), strict=True))
    light_w = float(np.sum(np.abs(np.einsum("t,jtl->jl", steering, beams)) ** 2))
    assert document["beamforming"]["illumination_w"] == close_to(light_w, rel=1e-9)
    assert np.sum(np.abs(beams) ** 2) <= 1.0 + 1e-9
    # Mρ_k: the echo of the file, all antennas of the receiver, over noise.
    expected = 10 * np.log10(256 * given["echo_gain"][order] * np.array(ANTENNAS) * light_w / 1e-9)
    found = [each["block_snr_db"] for each in document["bounds"]["per_receiver"].values()]
    assert_close(found, expected, abs=1e-9)


def test_the_design_is_the_same_bits_again_and_goes_back_to_matlab(tmp_path: Path) -> None:
    random_file(tmp_path)
    options = ("--quiet", "--no-pictures", "--matlab")
    command("design", tmp_path / "net.toml", "--out", tmp_path / "one", *options)
    command("design", tmp_path / "one" / "scenario.toml", "--out", tmp_path / "two", *options)
    for name in ("scenario.toml", "channel.npz", "design.npz", "design.mat"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    assert 'direct = { file = "channel.npz" }' in (tmp_path / "one" / "scenario.toml").read_text()
    with np.load(tmp_path / "one" / "channel.npz", allow_pickle=False) as held:
        assert set(held.files) == set(NAMES)
        assert held["receiver_ids"].tolist() == list(RECEIVERS)
    matlab = scipy.io.loadmat(tmp_path / "one" / "design.mat")
    with np.load(tmp_path / "one" / "design.npz", allow_pickle=False) as stored:
        assert set(stored.files) <= set(matlab)
        for name in stored.files:
            assert len(name) < 64
            if stored[name].dtype.kind != "U":
                np.testing.assert_array_equal(np.ravel(matlab[name]), np.ravel(stored[name]), err_msg=name)
        np.testing.assert_array_equal(matlab["direct"], stored["direct"])
    assert [cell[0] for cell in matlab["receiver_ids"][:, 0]] == list(RECEIVERS)
    assert matlab["transmitter_position_m"].shape == (1, 3)
    covariance_w = sum(beam @ beam.conj().T for beam in matlab["beams"])  # as docs/channels.md does it in MATLAB
    steering = matlab["steering_tx"]
    illumination_w = (steering @ covariance_w @ steering.conj().T).real
    assert illumination_w.item() == close_to(matlab["illumination_w"].item(), rel=1e-12)
    assert matlab["units"]["receiver_positions_m"][0, 0][0] == "m"


@pytest.mark.parametrize("suffix", ["npz", "mat", "h5", "nc"])
def test_init_begins_both_files_and_they_work_at_once(tmp_path: Path, suffix: str) -> None:
    place = tmp_path / f"H.{suffix}"
    command("init", "paper", "--out", tmp_path / "mine.toml", "--channel-file", place)
    result = CliRunner().invoke(app, ["check", str(tmp_path / "mine.toml"), "--json"])
    channel = json.loads(result.stdout)["channel"]
    assert channel["source"] == place.name
    assert channel["receiver_ids"] == [f"rx{k:02}" for k in range(1, 11)]
    assert (channel["carrier_hz"], channel["shape"]) == (3.5e9, [10, 2, 10])
    assert channel["given"] == ["direct"]
    text = (tmp_path / "mine.toml").read_text()
    assert f'direct = {{ file = "{place.name}" }}' in text
    assert "# sigma_z^2, also the noise of the communication" in text  # every comment is kept


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "H.npz").write_text("mine")
    for more in (("--out", tmp_path / "mine.toml"), ()):
        result = CliRunner().invoke(app, ["init", "paper", "--channel-file", str(tmp_path / "H.npz"), *map(str, more)])
        assert result.exception is not None
    assert (tmp_path / "H.npz").read_text() == "mine"
    assert not (tmp_path / "mine.toml").exists()
