"""What keys, metrics and methods are called in pictures. A key without a name here is spelled out from its path."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from multistatic.report.wording import quantity
from multistatic.study.results import unit_of_key, without_unit

KEYS = {
    "transmitter.antennas": "transmit antennas",
    "transmitter.power_dbm": "transmit power",
    "transmitter.power_w": "transmit power",
    "receivers.random.antennas": "receive antennas",
    "receivers.random.count": "receivers",
    "transmitter.receive_antennas": "receive antennas of the transmitter",
    "transmitter.frequency_offset_std_hz": "frequency offset of the transmitter, standard deviation",
    "receivers.antennas": "receive antennas",
    "receivers.exclude": "receivers left out",
    "receivers.frequency_offset_std_hz": "frequency offset, standard deviation",
    "receivers.random.radius_m": "radius of the random receivers",
    "radio.pulse": "pulse",
    "radio.pulse.kind": "pulse",
    "radio.pulse.rolloff": "roll-off factor",
    "radio.samples": "samples in a block",
    "radio.bandwidth_hz": "bandwidth B",
    "radio.symbol_rate_hz": "symbol rate",
    "radio.carrier_hz": "carrier frequency",
    "target.reflection": "reflection factor",
    "target.rcs": "kind of target",
    "target.rcs_m2": "radar cross-section",
    "target.rcs_dbsm": "radar cross-section",
    "target.weight": "weight of the target",
    "target.prior.position_std_m": "standard deviation of the prior position",
    "target.prior.velocity_std_m_s": "standard deviation of the prior velocity",
    "target.area.radius_m": "radius of the area of the target",
    "target.area.size_m": "size of the area of the target",
    "target.area.height_m": "heights of the area of the target",
    "design.over_points": "how the values of the points become one",
    "receivers.clock_offset_std_s": "clock offset, standard deviation",
    "transmitter.clock_offset_std_s": "clock offset of the transmitter, standard deviation",
    "channel.direct": "direct channel",
    "channel.rician_factor": "Rician factor",
    "channel.path_loss_exponent": "path-loss exponent",
    "channel.reference_loss_db": "loss at 1 m",
    "channel.reference_gain": "gain at 1 m",
    "channel.echo_law": "echo law",
    "channel.clutter": "clutter",
    "channel.direct_path_leakage_db": "direct-path leakage",
    "channel.noise_figure_db": "noise figure",
    "channel.noise_power_dbm": "noise power",
    "channel.clutter_power_dbm": "clutter power",
    "requirements.rate_bps_hz": "required rate",
    "requirements.cooperation_cost_m": "cooperation cost limit",
    "requirements.distance_weight": "weight of the distance to the target, ρ",
    "design.criterion": "criterion",
    "design.selector": "selector",
    "design.beamformer": "beamformer",
    "design.receivers": "cooperating receivers",
    "design.alternate": "selection and beams repeated",
    "design.certificate": "certificate",
    "design.dimensions": "unknown coordinates of the position",
    "design.given": "given group",
    "design.velocity_weight_s": "weight of the velocity error",
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
    "feasible": "share of trials with a feasible design",
    "optimal": "share of trials proven optimal",
    "filter_sum_mse": "sum of the filter's errors",
    "filter_delay_ratio": "delay error divided by its bound",
    "filter_doppler_ratio": "Doppler error divided by its bound",
    "filter_position_rmse_m": "position error of the fixes, rms",
    "filter_located": "share of blocks with a fix",
    "points": "points where the targets may be",
    "worst_value": "criterion at the worst point",
    "mean_value": "mean criterion over the points",
    "worst_peb_m": "largest position error bound of all points",
    "mean_peb_m": "mean position error bound over the points",
    "worst_illumination_w": "lowest power towards a point",
    "mean_illumination_w": "mean power towards the points",
    "nominal_worst_value": "criterion at the worst point, design for the middle",
    "nominal_excess": "excess of the design for the middle",
    "one_fails_change": "change if one receiver fails",
    "target_off_10m_change": "change if the target is 10 m off",
    "time_s": "time of a design",
}
_OWNERS = {
    "transmitter": "transmitter",
    "receivers": "receivers",
    "receivers.random": "random receivers",
    "receivers.random.centre": "centre of the random receivers",
    "target": "target",
    "radio": "radio",
    "channel": "channel",
    "requirements": "requirements",
    "design": "design",
}
METHODS = {
    "default": "the [design] of the scenario",
    "all": "all receivers",
    "best_n": "best n receivers",
    "branch_and_bound": "branch and bound",
    "given": "given group",
    "greedy_swap": "greedy with swaps",
    "joint": "joint design",
    "kmeans": "k-means",
    "local_search": "local search",
    "milp": "mixed-integer program",
    "minimax_linkage": "minimax linkage",
    "nearest_n": "nearest n receivers",
    "los_sdp": "line-of-sight SDP",
    "sca": "successive convex approximation",
    "value_function": "value function",
    "peb": "position error bound",
    "veb": "velocity error bound",
    "published": "published surrogate",
    "surrogate": "surrogate U",
    "weighted": "weighted error bound",
}
_COMPONENTS = {
    "position_m": ("position, x", "position, y", "position, z"),
    "centre_m": ("position, x", "position, y", "position, z"),
    "position_llh": ("latitude", "longitude", "height"),
    "centre_llh": ("latitude", "longitude", "height"),
    "velocity_m_s": ("velocity, x", "velocity, y", "velocity, z"),
}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_OPTIONS = "design.options."
_GEODETIC_UNITS = ("°", "°", "m")
_ENTRY = re.compile(r"(.+)\[(\d+)\]")
# Units of which a prefix makes long numbers short.
_PREFIXED = ("Hz", "s", "W")


def key_name(key: str) -> str:
    """Name of a swept key without its unit: `target.position_m[0]` → target position, x."""
    if key in KEYS:
        return KEYS[key]
    entry = _ENTRY.fullmatch(key)
    base, number = (entry[1], int(entry[2])) if entry else (key, None)
    owner, _, last = base.rpartition(".")
    components = _COMPONENTS.get(last)
    if components and number is not None and number < len(components):
        return f"{_owner(owner)} {components[number]}"
    if components:
        return f"{_owner(owner)} {'velocity' if last.startswith('velocity') else 'position'}"
    words = KEYS.get(base) or without_unit(last).replace("_", " ")
    if base not in KEYS and owner:
        words = f"{words} of {_owner(owner) if owner.startswith(_OPTIONS) else f'the {_owner(owner)}'}"
    return words if number is None else f"{words} [{number}]"


def key_unit(key: str) -> str:
    """The unit of a swept key; empty for pure numbers and for latitude, longitude and height together."""
    entry = _ENTRY.fullmatch(key)
    if entry and entry[1].endswith("_llh"):
        return _GEODETIC_UNITS[min(int(entry[2]), 2)]
    return unit_of_key(key)


def key_label(key: str, unit: str | None = None) -> str:
    """Name and unit of a swept key, for its axis: `transmitter.power_dbm` → transmit power (dBm).

    unit: another one than the key's own, such as MHz for a key in Hz.
    """
    name, unit = key_name(key), key_unit(key) if unit is None else unit
    return f"{name} ({unit})" if unit else name


def value_label(key: str, value: Any, *, with_unit: bool = True) -> str:
    """A value of a swept key with its unit: `4 bit/s/Hz`, `(20, 40) m`, `100 MHz`, `half sine`."""
    value, unit = plain_value(value), key_unit(key) if with_unit else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value if key.startswith("design.") else value.replace("_", " ")
    if isinstance(value, list):
        words = ", ".join(value_label("", each) for each in value)
        return f"({words}) {unit}".rstrip()
    if not isinstance(value, int | float):
        return str(value)
    if unit in _PREFIXED and float(f"{value:.3g}") == value:
        return quantity(value, unit)
    number = f"{value:.10g}"
    return f"{power_of_ten(number) if 'e' in number else number.replace('-', '−')} {unit}".rstrip()


def setting_label(key: str, value: Any) -> str:
    """A key with one value, for a title: `required rate 4 bit/s/Hz`."""
    return f"{key_name(key)} {value_label(key, value)}"


def plain_value(value: Any) -> Any:
    """A swept value as the study file has it: stores keep lists and tables as JSON text."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return plain_value(json.loads(value))
        except ValueError:
            return value
    return [plain_value(each) for each in value] if isinstance(value, list | tuple) else value


def metric_label(name: str) -> str:
    """Name of a metric, without its unit."""
    return METRICS.get(name, without_unit(name).replace("_", " "))


def method_label(name: str) -> str:
    """A method as tables and files name it, so that legends and tables agree."""
    return name


def method_words(name: str) -> str:
    """A method in words: `minimax_linkage + sca` → minimax linkage + successive convex approximation."""
    return " + ".join(METHODS.get(part, part.replace("_", " ")) for part in name.split(" + "))


def explained_methods(names: Sequence[str]) -> str:
    """What the names stand for, where words say more: `kmeans: k-means; nearest_n: nearest n receivers.`"""
    found = [f"{name}: {words}" for name in names if (words := method_words(name)) != name.replace("_", " ")]
    return f"{'; '.join(found)}." if found else ""


def power_of_ten(number: str) -> str:
    """A number as Python writes it, with its power of ten as people write it: `2e-09` → 2·10⁻⁹, `1e+06` → 10⁶."""
    mantissa, _, exponent = number.partition("e")
    power = f"10{str(int(exponent)).translate(_RAISED)}"
    return power if float(mantissa) == 1 else f"{float(mantissa):g}·{power}".replace("-", "−")


def _owner(path: str) -> str:
    """Whose key it is: `receivers.site[3]` → receiver site [3]."""
    site = re.fullmatch(r"receivers\.site\[(\d+)\]", path)
    if site:
        return f"receiver site [{site[1]}]"
    last = path.rpartition(".")[2]
    return _OWNERS.get(path) or METHODS.get(last, last.replace("_", " "))
