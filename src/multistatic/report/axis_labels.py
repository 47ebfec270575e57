"""What keys and metrics are called in pictures; one that has no name here goes by its own."""

from __future__ import annotations

from typing import Any

from multistatic.study.results import unit_of_key, without_unit

KEYS = {
    "transmitter.antennas": "transmit antennas",
    "transmitter.power_dbm": "transmit power",
    "transmitter.power_w": "transmit power",
    "receivers.random.antennas": "receive antennas",
    "receivers.random.count": "receivers",
    "radio.pulse": "pulse",
    "radio.samples": "samples in a block",
    "radio.bandwidth_hz": "bandwidth B",
    "radio.symbol_rate_hz": "symbol rate",
    "radio.carrier_hz": "carrier frequency",
    "target.reflection": "reflection factor",
    "target.rcs": "kind of target",
    "target.rcs_m2": "radar cross-section",
    "target.rcs_dbsm": "radar cross-section",
    "receivers.clock_offset_std_s": "clock offset, standard deviation",
    "transmitter.clock_offset_std_s": "clock offset of the transmitter, standard deviation",
    "channel.direct": "direct channel",
    "channel.rician_factor": "Rician factor",
    "channel.path_loss_exponent": "path-loss exponent",
    "channel.noise_power_dbm": "noise power",
    "channel.clutter_power_dbm": "clutter power",
    "requirements.rate_bps_hz": "required rate",
    "requirements.cooperation_cost_m": "cooperation cost limit",
    "requirements.distance_weight": "weight of the distance to the target, ρ",
    "design.criterion": "criterion",
    "design.selector": "selector",
    "design.beamformer": "beamformer",
    "design.receivers": "cooperating receivers",
    "design.streams": "streams to a receiver",
}
METRICS = {
    "value": "criterion",
    "surrogate": "surrogate U, exact",
    "surrogate_published": "surrogate U, as published",
    "sum_crb": "sum of the receivers' bounds",
    "peb_m": "position error bound",
    "veb_m_s": "velocity error bound",
    "peb_with_angles_m": "position error bound with angles",
    "veb_with_angles_m_s": "velocity error bound with angles",
    "illumination_w": "power towards the target",
    "beam_gap": "gap of the beams to their bound",
    "power_w": "transmit power",
    "rate_sum_bps_hz": "sum of all rates",
    "rate_min_bps_hz": "smallest rate",
    "rate_mean_bps_hz": "mean rate",
    "cost_m": "cooperation cost",
    "receivers": "cooperating receivers",
    "gap": "gap to the proven bound",
    "rounds": "rounds of group and beams",
    "feasible": "share with a design",
    "optimal": "share proven optimal",
    "filter_sum_mse": "sum of the filter's errors",
    "filter_delay_ratio": "delay error over its bound",
    "filter_doppler_ratio": "Doppler error over its bound",
    "filter_position_rmse_m": "position error of the fixes, rms",
    "filter_located": "share of blocks with a fix",
    "time_s": "time of a design",
}


def key_label(key: str) -> str:
    """Name and unit of a swept key, for its axis: `transmitter.power_dbm` → transmit power (dBm)."""
    name, unit = KEYS.get(key, key), unit_of_key(key)
    return f"{name} ({unit})" if unit else name


def setting_label(key: str, value: Any) -> str:
    """A key with one value, for a title: `required rate 4 bit/s/Hz`."""
    words = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{KEYS.get(key, key)} {words.replace('_', ' ')} {unit_of_key(key)}".rstrip()


def metric_label(name: str) -> str:
    """Name of a metric, without its unit."""
    return METRICS.get(name, without_unit(name))
