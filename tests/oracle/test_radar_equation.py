"""Signal-to-noise ratios against published solutions of the radar equation.

1. Examples of radareqsnr, radareqpow and radareqrng (MathWorks Radar Toolbox): the SNR of a pulse to 0.01 dB.
2. A textbook example (Mahafza, Radar Systems Analysis and Design Using MATLAB): a range given to three digits.
3. What a design reports, and what its recordings hold, of one bistatic link: E/N0 and k T times the sampling rate.
4. The two names of the symbol rate.

A pulse of the width τ is a block of two slots of τ/2.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from multistatic import design_network
from multistatic.channel.realise import channel_rng, realise
from multistatic.scenario.parse_scenario import parse_scenario
from multistatic.signal.pulses import pulse_of
from multistatic.signal.transmit import SingleCarrier, TransmitSignal
from multistatic.simulation.observation import ObservationSettings, observe
from tests.support.close import assert_close, close_to

BOLTZMANN_J_K = 1.380649e-23


def link(
    *, carrier_hz, power_w, pulse_s, gain_db, ranges_m, rcs_m2=1.0, temperature_k=290.0, loss_db=0.0, noise_db=0.0
):
    """A target at `ranges_m` from the transmitter and from the one receiver."""
    to_transmitter, to_receiver = ranges_m
    # The echo has the product of all gains alone. Half of their dB stand in the power, half in the cross-section:
    # a direct path of a megawatt through two dishes would be refused as beyond double precision.
    half = 10 ** ((sum(gain_db) - loss_db) / 20)
    # Both on a line through the target, the receiver beyond it: distances are exact.
    return parse_scenario(f"""
[radio]
carrier_hz = {carrier_hz!r}
symbol_rate_hz = {2 / pulse_s!r}
samples = 2
pulse = "half_sine"
[transmitter]
position_m = [0, 0]
antennas = 1
power_w = {power_w * half!r}
[[receivers.site]]
id = "a"
position_m = [{to_transmitter + to_receiver!r}, 0]
[target]
position_m = [{to_transmitter!r}, 0]
rcs_m2 = {half * rcs_m2!r}
[channel]
path_loss_exponent = 2
reference_loss_db = "free_space"
echo_law = "product"
direct = "los"
noise_figure_db = {noise_db!r}
noise_temperature_k = {temperature_k!r}
""")


def snr_db(scenario) -> float:
    """Of the block, all power on the target."""
    channel = realise(scenario, channel_rng(scenario.seed))
    snr = scenario.radio.samples * scenario.transmitter.power_w * channel.echo_snr_per_watt()[0]
    return 10 * math.log10(snr[0])


@pytest.mark.parametrize(
    ("published_db", "given"),
    [
        # https://www.mathworks.com/help/radar/ref/radareqsnr.html
        (5.5868, {"carrier_hz": 1e9, "power_w": 1e6, "pulse_s": 0.2e-6, "gain_db": (20, 20), "ranges_m": (50e3, 50e3)}),
        (
            14.3778,
            {
                "carrier_hz": 10e9,
                "power_w": 1e6,
                "pulse_s": 1e-6,
                "gain_db": (40, 40),
                "ranges_m": (100e3, 100e3),
                "rcs_m2": 0.5,
                "temperature_k": 300.0,
                "loss_db": 3.0,
            },
        ),
        (9.0547, {"carrier_hz": 10e9, "power_w": 1e6, "pulse_s": 1e-6, "gain_db": (40, 20), "ranges_m": (50e3, 75e3)}),
        # https://www.mathworks.com/help/radar/ref/radareqpow.html: the power that an SNR of 6 and 10 dB needs
        (6.0, {"carrier_hz": 1e9, "power_w": 2.1996e5, "pulse_s": 1e-6, "gain_db": (20, 20), "ranges_m": (50e3, 50e3)}),
        (
            10.0,
            {
                "carrier_hz": 10e9,
                "power_w": 2.2809e6,
                "pulse_s": 1e-6,
                "gain_db": (30, 30),
                "ranges_m": (50e3, 50e3),
                "rcs_m2": 0.5,
                "temperature_k": 300.0,
                "loss_db": 3.0,
            },
        ),
        # https://www.mathworks.com/help/radar/ref/radareqrng.html: the range up to which the SNR is 6 dB
        (
            6.0,
            {"carrier_hz": 10e9, "power_w": 1e6, "pulse_s": 10e-6, "gain_db": (20, 20), "ranges_m": (41057.0, 41057.0)},
        ),
        (
            6.0,
            {
                "carrier_hz": 10e9,
                "power_w": 1e6,
                "pulse_s": 10e-6,
                "gain_db": (40, 40),
                "ranges_m": (194260.0, 194260.0),
                "rcs_m2": 0.1,
                "loss_db": 3.0,
            },
        ),
    ],
)
def test_published_examples_of_a_radar_toolbox(published_db, given):
    assert snr_db(link(**given)) == close_to(published_db, abs=0.01)


def test_a_textbook_example():
    """The C-band radar of the chapter on the radar equation.

    1.5 MW at a wavelength of 5.4 cm (rounded there), 45 dB, 290 K, F = 3 dB, 0.2 µs; 0.1 m² at 20 dB out to 86.2 km.
    """
    scenario = link(
        carrier_hz=299792458.0 / 0.054,
        power_w=1.5e6,
        pulse_s=0.2e-6,
        gain_db=(45, 45),
        ranges_m=(86.2e3, 86.2e3),
        rcs_m2=0.1,
        noise_db=3.0,
    )
    assert snr_db(scenario) == close_to(20.0, abs=0.01)


BISTATIC = """
[radio]
carrier_hz = 2e9
bandwidth_hz = 1e6
samples = 2000
pulse = "half_sine"
[transmitter]
position_m = [0, 0]
antennas = 1
power_w = 1000
[[receivers.site]]
id = "north"
position_m = [3000, 4000]
[[receivers.site]]
id = "south"
position_m = [3000, -4000]
[target]
position_m = [3000, 0]
rcs_m2 = 2
[channel]
path_loss_exponent = 2
reference_loss_db = "free_space"
echo_law = "product"
direct = "los"
noise_figure_db = 0
[design]
selector = "all"
"""


def test_a_design_reports_the_energy_over_the_noise_density():
    """1 kW for 1 ms, no gain, 2 m² 3 km from the transmitter and 4 km from each receiver."""
    scenario = parse_scenario(BISTATIC)
    wavelength = 299792458.0 / 2e9
    energy_j = 1000 * 1e-3 * wavelength**2 * 2.0 / ((4 * math.pi) ** 3 * 3000.0**2 * 4000.0**2)
    design = design_network(scenario)
    reported = scenario.radio.samples * design.beamforming.illumination_w * design.channel.echo_snr_per_watt()[0]
    assert_close(reported, energy_j / (BOLTZMANN_J_K * 290), rel=1e-09)
    assert 10 * math.log10(reported[0]) == close_to(15.94, abs=0.005)


@pytest.mark.parametrize("oversampling", [1.0, 4.0])
def test_noise_of_a_recording_is_kt_times_its_sampling_rate(oversampling):
    scenario = parse_scenario(BISTATIC)
    channel = realise(scenario, channel_rng(0))
    signal = TransmitSignal(
        beams=design_network(scenario).beamforming.beams,
        symbols=np.ones((3, 2, 2000), complex),
        modulation=SingleCarrier(pulse=pulse_of(scenario.radio.pulse), slot_s=scenario.radio.slot_s, symbols=2000),
    )
    settings = ObservationSettings(oversampling=oversampling, trials=50, echo=False)
    seen = observe(scenario, channel, signal, np.random.default_rng(1), settings)[0].recording
    # 1e5 exponential variables: standard deviation 0.3 %; 1.6 % is five of them, and 3 dB would be a factor of 2
    assert np.mean(np.abs(seen.samples) ** 2) == close_to(BOLTZMANN_J_K * 290 * oversampling * 2e6, rel=0.016)
    assert seen.sample_noise_power_w == close_to(BOLTZMANN_J_K * 290 * oversampling * 2e6, rel=1e-12)


def test_the_reflection_factor_is_the_cross_section_over_four_pi():
    one, other = (parse_scenario(BISTATIC.replace("rcs_m2 = 2", key)) for key in ("rcs_m2 = 2", "reflection = 2"))
    assert snr_db(other) - snr_db(one) == close_to(10 * math.log10(4 * math.pi), abs=1e-9)


def test_the_symbol_rate_is_twice_the_bandwidth_and_one_over_the_slot():
    one = parse_scenario(BISTATIC)
    other = parse_scenario(BISTATIC.replace("bandwidth_hz = 1e6", "symbol_rate_hz = 2e6"))
    assert one.radio == other.radio
    assert one.radio.symbol_rate_hz == 2e6 == 1 / one.radio.slot_s
    assert one.propagation.noise_power_w == other.propagation.noise_power_w
