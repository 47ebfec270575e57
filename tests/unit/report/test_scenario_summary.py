"""Every number of `multistatic check` for a scenario that is worked out by hand."""

from __future__ import annotations

import io
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from multistatic import registry
from multistatic.report.scenario_summary import _channel_line, model_notes, scenario_summary, scenario_table
from multistatic.scenario.arrays import linear_array
from multistatic.scenario.given_channel import GivenChannel
from multistatic.scenario.model import Propagation, PulseSpec, Radio, Receiver, Scenario, Target, Transmitter
from multistatic.scenario.occupied_band import occupied_band_hz
from multistatic.signal.pulses import pulse_of
from tests.support.close import close_to

LIGHT_M_S = 299_792_458.0
WAVELENGTH_M = LIGHT_M_S / 3e9


def by_hand() -> Scenario:
    """Transmitter at 0; target at (30, 40), 50 m away, at 10 m/s along x; receivers at (30, 0) and (60, 0)."""
    return Scenario(
        name="by hand",
        seed=3,
        radio=Radio(carrier_hz=3e9, bandwidth_hz=1e8, samples=256),
        transmitter=Transmitter(position_m=np.zeros(3), array=linear_array(4, WAVELENGTH_M / 2), power_w=0.1),
        receivers=(
            Receiver(
                id="a",
                position_m=np.array([30.0, 0.0, 0.0]),
                array=linear_array(2, WAVELENGTH_M / 2),
                rate_required_bps_hz=1.5,
            ),
            Receiver(
                id="b",
                position_m=np.array([60.0, 0.0, 0.0]),
                array=linear_array(3, WAVELENGTH_M / 2),
                rate_required_bps_hz=2.5,
            ),
        ),
        target=Target(position_m=np.array([30.0, 40.0, 0.0]), velocity_m_s=np.array([10.0, 0.0, 0.0]), reflection=0.5),
        propagation=Propagation(path_loss_exponent=2.0, noise_power_w=1e-12, clutter_power_w=3e-12),
    )


def decibels(ratio: float) -> float:
    return 10 * math.log10(ratio)


def test_numbers_of_the_network() -> None:
    found = scenario_summary(by_hand())
    expected = {
        "name": "by hand",
        "seed": 3,
        "dimensions": 2,
        "wavelength_m": WAVELENGTH_M,
        "slot_s": 5e-9,
        "block_s": 256 * 5e-9,
        "transmit_antennas": 4,
        "power_dbm": 20.0,
        "noise_power_dbm": -90.0,
        "transmitter_target_m": 50.0,
        "speed_m_s": 10.0,
    }
    for name, value in expected.items():
        assert found[name] == (value if isinstance(value, str) else close_to(value, rel=1e-12)), name
    assert found["notes"] == []


def test_numbers_of_every_receiver() -> None:
    """The unit vectors to the target are (0.6, 0.8) from the transmitter, (0, 1) from a and (-0.6, 0.8) from b."""
    a, b = scenario_summary(by_hand())["receivers"]
    expected_a = {
        "position_m": [30.0, 0.0, 0.0],
        "antennas": 2,
        "rate_required_bps_hz": 1.5,
        "transmitter_m": 30.0,
        "target_m": 40.0,
        "delay_s": 90.0 / LIGHT_M_S,
        "doppler_hz": -10.0 * 0.6 / WAVELENGTH_M,
        "direct_snr_db": decibels(30.0**-2 * 0.1 / 1e-12),
        "echo_snr_db": decibels(90.0**-2 * 0.5 * 2 * 4 * 0.1 / 4e-12),
    }
    expected_b = {
        "position_m": [60.0, 0.0, 0.0],
        "antennas": 3,
        "rate_required_bps_hz": 2.5,
        "transmitter_m": 60.0,
        "target_m": 50.0,
        "delay_s": 100.0 / LIGHT_M_S,
        "direct_snr_db": decibels(60.0**-2 * 0.1 / 1e-12),
        "echo_snr_db": decibels(100.0**-2 * 0.5 * 3 * 4 * 0.1 / 4e-12),
    }
    for row, expected in ((a, expected_a), (b, expected_b)):
        for name, value in expected.items():
            assert row[name] == close_to(value, rel=1e-9), name
    assert b["doppler_hz"] == close_to(0.0, abs=1e-9)
    assert (a["id"], b["id"]) == ("a", "b")


def test_clutter_that_depends_on_the_signal_is_not_in_the_echo_snr() -> None:
    what = by_hand()
    dependent = replace(what, propagation=replace(what.propagation, clutter="signal_dependent"))
    a, _ = scenario_summary(dependent)["receivers"]
    assert a["echo_snr_db"] == close_to(decibels(90.0**-2 * 0.5 * 2 * 4 * 0.1 / 1e-12), rel=1e-9)


def shown(what: Scenario) -> str:
    stream = io.StringIO()
    Console(file=stream, width=160, color_system=None).print(scenario_table(scenario_summary(what), "Clocks: perfect."))
    return stream.getvalue()


def test_a_given_steering_vector_is_in_the_echo_snr() -> None:
    """‖a_b‖² = 16 takes the place of the four antennas: 6.02 dB more."""
    what = by_hand()
    direct = np.full((2, 3, 4), 1e-4 + 0j)
    direct[0, 2] = 0.0
    plain, given = GivenChannel(direct=direct), GivenChannel(direct=direct, steering_tx=np.full((1, 4), 2.0))
    before, after = (
        scenario_summary(replace(what, propagation=replace(what.propagation, direct=each)))["receivers"]
        for each in (plain, given)
    )
    for old, new in zip(before, after, strict=True):
        assert new["echo_snr_db"] - old["echo_snr_db"] == close_to(20 * math.log10(2), abs=1e-9)


def test_the_table() -> None:
    text = shown(by_hand())
    for words in ("2 receivers, 4 transmit antennas", "transmit power 20.0 dBm, noise power -90.0 dBm", "9.99 cm"):
        assert words in text
    for words in ("50.0 m from the transmitter, speed 10.0 m/s", "2 unknown coordinates", "block: 1.28 µs"):
        assert words in text
    lines = {line.split()[0]: line.split() for line in text.splitlines() if line.split()}
    assert lines["a"] == ["a", "2", "1.5", "30.0", "40.0", "300.2", "-60.0", "80.5", "70.9"]
    assert lines["b"][:6] == ["b", "3", "2.5", "60.0", "50.0", "333.6"]
    heads = next(line for line in text.splitlines() if "receiver" in line and "Doppler" in line)
    assert re.split("  +", heads.strip())[:4] == ["receiver", "antennas", "required rate", "to transmitter"]
    assert "assumptions: Clocks: perfect." in text


def with_pulse(kind: str, rolloff: float = 0.25) -> Scenario:
    what = by_hand()
    return replace(what, radio=replace(what.radio, pulse=PulseSpec(kind=kind, rolloff=rolloff)))


def test_each_of_several_targets_has_numbers_of_its_own() -> None:
    """Those of each are the numbers of the same network with this target alone: the middle is nowhere."""
    first = by_hand().targets[0]
    far = Target(id="far", position_m=[40.0, -30.0, 0.0], velocity_m_s=[0.0, 3.0, 0.0], reflection=2.0, weight=3.0)
    both = replace(by_hand(), targets=(first, far))
    found = scenario_summary(both)
    for target, stated in zip(both.targets, found["targets"], strict=True):
        alone = scenario_summary(replace(by_hand(), targets=(target,)))
        for key in ("target_reflection", "target_rcs_m2", "speed_m_s", "transmitter_target_m"):
            assert stated[key] == alone[key]
        for row, expected in zip(stated["receivers"], alone["receivers"], strict=True):
            assert row == {key: expected[key] for key in row}
    text = in_long_lines(found)
    levels = sorted(row["echo_snr_db"] for row in found["targets"][1]["receivers"])
    assert f"echo SNR {levels[0]:.1f} to {levels[1]:.1f} dB" in text
    assert "far: reflection factor 2, 50.0 m from the transmitter, speed 3.0 m/s;" in text
    assert "weight" not in text  # the worst target decides, whatever the weights
    assert "Doppler" not in text.partition("receiver  ")[2].partition("direct SNR:")[0]
    averaged = replace(both, design=replace(both.design, over_points="mean"))
    assert "speed 3.0 m/s, weight 3;" in in_long_lines(scenario_summary(averaged))


def in_long_lines(summary: dict) -> str:
    """The summary as the terminal shows it, with its lines joined."""
    console = Console(file=io.StringIO(), width=400)
    console.print(scenario_table(summary, "stated"))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["raised_cosine", "root_raised_cosine"])
def test_the_occupied_band_of_a_pulse_with_a_limited_spectrum(kind: str) -> None:
    """200 million symbols per second with roll-off 0.3 fill 260 MHz, with roll-off 0 just 200 MHz."""
    for rolloff, band_hz in ((0.3, 2.6e8), (0.0, 2e8)):
        what = with_pulse(kind, rolloff)
        assert scenario_summary(what)["occupied_band_hz"] == close_to(band_hz, rel=1e-12)
        assert f"with roll-off {rolloff:g}; the signal occupies {band_hz / 1e6:g} MHz" in shown(what)


@pytest.mark.parametrize("kind", ["cosine", "half_sine", "sinc"])
def test_a_pulse_of_one_slot_has_no_finite_bandwidth(kind: str) -> None:
    what = with_pulse(kind)
    assert scenario_summary(what)["occupied_band_hz"] is None
    assert f"pulse: {kind.replace('_', ' ')}" in shown(what)
    assert "no finite bandwidth: the pulse lasts one slot" in shown(what)


def test_the_bandwidth_of_a_pulse_of_another_package_is_not_known() -> None:
    found = scenario_summary(with_pulse("triangle"))
    assert found["occupied_band_hz"] is None
    assert found["occupied_band"].startswith("triangle; its bandwidth is not known")


def test_every_pulse_of_the_package_states_its_band() -> None:
    """The spectrum itself decides: a pulse of one slot is cut off within it, the others last many slots."""
    for kind in registry.names("pulses"):
        band_hz = occupied_band_hz(with_pulse(kind).radio)
        assert band_hz is not None, kind
        assert math.isinf(band_hz) == (pulse_of(PulseSpec(kind=kind)).support == (0.0, 1.0)), kind


def test_an_array_whose_far_field_begins_beyond_the_nearest_node() -> None:
    """33 elements are 16 wavelengths long: 2 D²/λ = 512 λ = 51.2 m, beyond 30 m and 50 m; 24 elements: 26.4 m."""
    what = by_hand()
    long, short = (
        replace(what, transmitter=replace(what.transmitter, array=linear_array(n, WAVELENGTH_M / 2))) for n in (33, 24)
    )
    (note,) = model_notes(long)
    assert note.startswith("transmitter: ")
    assert f"begins at {512 * WAVELENGTH_M:.3g} m" in note
    assert "nearest node is 30 m away" in note
    assert model_notes(short) == []


def test_a_receiver_is_compared_with_the_nearer_of_target_and_transmitter() -> None:
    what = by_hand()
    wide = replace(what.receivers[1], array=linear_array(34, WAVELENGTH_M / 2))
    (note,) = model_notes(replace(what, receivers=(what.receivers[0], wide)))
    assert note.startswith("b: ")
    assert "nearest node is 50 m away" in note


def test_a_band_of_more_than_a_tenth_of_the_carrier() -> None:
    what = by_hand()
    wide, narrow = (replace(what, radio=replace(what.radio, bandwidth_hz=each)) for each in (1.55e8, 1.45e8))
    assert model_notes(wide) == ["the symbol rate is 10% of the carrier; the model is narrowband"]
    assert model_notes(narrow) == []


def test_an_echo_that_outlasts_the_block() -> None:
    """100 m are 333.6 ns or 66.7 slots."""
    what = by_hand()
    short, enough = (replace(what, radio=replace(what.radio, samples=each)) for each in (66, 67))
    assert model_notes(short) == ["the longest echo takes 67 slots, more than the block of 66 samples"]
    assert model_notes(enough) == []


def test_nodes_less_than_a_metre_apart() -> None:
    what = by_hand()
    beside = replace(what.receivers[0], position_m=np.array([0.9, 0.0, 0.0]))
    assert "two nodes are 0.9 m apart" in model_notes(replace(what, receivers=(beside, what.receivers[1])))[0]


def test_what_a_channel_file_gives_is_said_in_words() -> None:
    channel = {
        "source": "street.npz",
        "shape": [5, 2, 8],
        "receiver_ids": None,
        "carrier_hz": 3.5e9,
        "median_gain_db": -73.94,
        "given": ["direct", "echo_gain"],
        "by_geometry": ["steering_tx", "steering_rx"],
    }
    assert _channel_line(channel) == (
        "channels: street.npz gives the direct channels and the gains of the echoes for 5 receivers in the scenario's "
        "order, 2 receive and 8 transmit antennas, carrier 3.5 GHz, median gain between two antennas -73.9 dB; the "
        "steering vectors of the transmitter and the steering vectors of the receivers are computed from the geometry "
        "of the scenario"
    )
