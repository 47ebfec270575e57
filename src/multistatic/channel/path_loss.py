"""Large-scale path gains η (power ratios) of the direct and of the echo path."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from multistatic.scenario.geometry import BistaticGeometry
from multistatic.scenario.model import Propagation, Target
from multistatic.units import F


def direct_gain(propagation: Propagation, distance_m: ArrayLike) -> F:
    """η_bk = g_1m · d_bk^-ε."""
    return propagation.reference_gain * np.asarray(distance_m, float) ** -propagation.path_loss_exponent


def echo_gain(propagation: Propagation, transmitter_target_m: ArrayLike, target_receiver_m: ArrayLike) -> F:
    """η_k of the transmitter - target - receiver path.

    `sum` (as published): (d_b0 + d_0k)^-ε, as if the target only bent the path; it makes the echo as strong as the
    direct path. `product`: (d_b0 · d_0k)^-ε, the bistatic radar equation; with g_1m = (λ/4π)² and ε = 2, β is
    σ_rcs/4π in m².
    """
    first, second = np.asarray(transmitter_target_m, float), np.asarray(target_receiver_m, float)
    length = first + second if propagation.echo_law == "sum" else first * second
    return propagation.reference_gain * length**-propagation.path_loss_exponent


def target_reflection(target: Target, geometry: BistaticGeometry) -> F:
    """β_k [K]: the target's power reflection factor towards every receiver.

    10 lg β_k = 10 lg β - κ sin(θ_k/2), κ = `rcs_bistatic_db`, θ_k the bistatic angle between the directions to the
    transmitter and to the receiver, 0 where these stand side by side (TR 38.901 §7.9.2, forward scattering left out).
    """
    half_angle_sine = 0.5 * np.linalg.norm(geometry.receiver_to_target - geometry.to_target, axis=-1)
    reflection: F = target.reflection * 10.0 ** (-0.1 * target.rcs_bistatic_db * half_angle_sine)
    return reflection
