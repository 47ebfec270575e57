"""Errors that all receivers of a block share: an offset of delay and Doppler shift like that of the sender's clock.

A measurement states the covariance of its whole error and the standard deviations of the part that all receivers have
alike (`Measurement.shared_std`). The rest is its own; the shared part is α_0, β_0 of `bounds.clock`, which the fusion
knows how to estimate and to allow for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from multistatic.estimation.measurement import Measurement
from multistatic.localization.known_sites import KnownSites
from multistatic.units import F


def with_shared_errors(
    groups: Sequence[Sequence[Measurement]], sites: KnownSites
) -> tuple[Sequence[Sequence[Measurement]], KnownSites]:
    """Measurements with the covariance of their own errors, and sites whose common clock has the shared ones too.

    One prior serves all fixes: the root mean square over their measurements.
    """
    shared = np.array([one.shared_std for group in groups for one in group if one.verdict == "detected"])
    if not shared.any():
        return groups, sites
    own = [[replace(one, covariance=_own(one)) for one in group] for group in groups]
    clock = sites.clock_or_perfect
    time_s, frequency_hz = np.sqrt(clock.common**2 + np.mean(shared**2, axis=0))
    common = replace(clock, common_time_s=float(time_s), common_frequency_hz=float(frequency_hz))
    return own, replace(sites, clock=common)


def _own(measurement: Measurement) -> F:
    """The covariance without the shared part, correlated as before; 0 on an axis where nothing else is stated."""
    covariance = measurement.covariance
    if not any(measurement.shared_std) or not (np.isfinite(covariance).all() and np.all(np.diagonal(covariance) > 0.0)):
        return covariance
    whole = np.diagonal(covariance)
    root = np.sqrt(np.maximum(whole - np.square(measurement.shared_std), 0.0) / whole)
    own: F = covariance * np.outer(root, root)
    return own
