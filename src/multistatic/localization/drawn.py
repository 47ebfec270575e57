"""Random measurements without signals: the true values with errors of the Cramér-Rao bound.

For studies of the fusion alone, thousands of fixes a second; the errors of real estimators are those of `estimation`.
"""

from __future__ import annotations

import numpy as np

from multistatic.bounds.delay_doppler import exact_information
from multistatic.bounds.sensing import SensingNetwork
from multistatic.estimation.measurement import Measurement
from multistatic.units import B, F


def draw_measurements(
    network: SensingNetwork, illumination_w: float, rng: np.random.Generator, count: int = 1, *, time_s: float = 0.0
) -> list[list[Measurement]]:
    """Draw random measurements of all K receivers without simulating signals.

    network: receivers, geometry and signal (`SensingNetwork`).
    illumination_w: power p_t towards the target, in W.
    rng: random generator.
    count: number of groups of measurements.
    time_s: time of the measurements in s.

    Delay and Doppler shift are Gaussian around their true values with the covariance J_k⁻¹ of the Cramér-Rao bound
    (`exact_information`), which the measurements state. Clock offsets are drawn from their priors for each group, 0
    where a prior is infinite. A receiver without echo has the verdict `not_detected`. Source: model.md §9.

    >>> from multistatic import load_preset, realise, sensing_network
    >>> scenario = load_preset("paper")
    >>> network = sensing_network(scenario, realise(scenario))
    >>> import numpy as np
    >>> groups = draw_measurements(network, 10.0, np.random.default_rng(0), count=3)
    >>> len(groups), len(groups[0])
    (3, 10)
    """
    slot_s = 0.5 / network.bandwidth_hz
    unit = np.array([slot_s, 1.0 / slot_s])
    information = exact_information(network, illumination_w)
    detected = (network.snr_per_watt * illumination_w > 0) & (np.linalg.det(information) > 0)
    regular = np.where(detected[:, None, None], information, np.eye(2))
    covariance = np.asarray(np.linalg.solve(regular, np.eye(2)), float) * np.outer(unit, unit)
    covariance = 0.5 * (covariance + np.swapaxes(covariance, 1, 2))
    truth: F = np.stack(
        [network.geometry.delay_s, network.geometry.doppler_hz(network.velocity_m_s, network.carrier_hz)], axis=1
    )
    root = np.linalg.cholesky(covariance)
    errors: F = (root @ rng.standard_normal((count, len(truth), 2, 1)))[..., 0] + _offsets(network, rng, count)
    snr = network.snr_per_watt * illumination_w * network.samples
    return [_set(network, truth + error, covariance, snr, detected, time_s) for error in errors]


def _offsets(network: SensingNetwork, rng: np.random.Generator, count: int) -> F | float:
    """Offsets of the clocks [count, K, 2] in s and Hz."""
    if network.clock is None:
        return 0.0
    own = np.stack([network.clock.time_s, network.clock.frequency_hz], axis=1)
    spread, common = (np.where(np.isfinite(std), std, 0.0) for std in (own, network.clock.common))
    offsets: F = spread * rng.standard_normal((count, *own.shape)) + common * rng.standard_normal((count, 1, 2))
    return offsets


def _set(network: SensingNetwork, values: F, covariance: F, snr: F, detected: B, time_s: float) -> list[Measurement]:
    return [
        Measurement(
            receiver_id=name,
            delay_s=float(values[k, 0]) if detected[k] else 0.0,
            doppler_hz=float(values[k, 1]) if detected[k] else 0.0,
            covariance=covariance[k] if detected[k] else np.diag([np.inf, np.inf]),
            amplitude=0j,
            snr=float(snr[k]) if detected[k] else 0.0,
            verdict="detected" if detected[k] else "not_detected",
            time_s=time_s,
        )
        for k, name in enumerate(network.receiver_ids)
    ]
