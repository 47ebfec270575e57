"""Path loss, fading, noise and clutter of a scenario, in linear units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from multistatic.scenario.checks import Checks
from multistatic.scenario.design_settings import Choice
from multistatic.scenario.given_channel import GivenChannel
from multistatic.units import F

EchoLaw = Literal["sum", "product"]
ClutterKind = Literal["independent", "signal_dependent"]

LEAST_POWER_W = 1e-44  # -410 dBm: a smaller power is zero once it is multiplied by a path gain


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scatterer:
    """A reflector that causes clutter.

    position_m [3]: position in m.
    reflection: power reflection factor β; under the radar equation the cross-section divided by 4π.
    """

    position_m: F
    reflection: float = 1.0

    def __post_init__(self) -> None:
        checks = Checks("scatterer")
        object.__setattr__(self, "position_m", checks.vector("position_m", self.position_m))
        checks.number("reflection", self.reflection, "a power ratio above 0, at most 1e9", least=1e-41, most=1e9)
        checks.done(self)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Propagation:
    """Path loss, fading, noise and clutter.

    path_loss_exponent: exponent ε of the path loss.
    reference_gain: power gain at 1 m (1 as published), a factor of every path once: η_bk = reference_gain·d_bk^-ε.
    echo_law: `sum`: η_k = reference_gain·(d_b0 + d_0k)^-ε; `product`: η_k = reference_gain·(d_b0·d_0k)^-ε.
    direct: model of the direct channels: `los`, `rician` or another registered name, a callable, or the channels
        themselves (`GivenChannel`).
    rician_factor: power ratio of the line-of-sight path to the scattered paths.
    noise_power_w: noise power per antenna in a sample of one slot, in W.
    clutter_power_w: power of signal-independent clutter per antenna in a sample of one slot, in W.
    clutter: `independent` of the transmitted signal, or `signal_dependent`.
    scatterers: reflectors of signal-dependent clutter.
    direct_path_leakage: power ratio of the direct path that remains in signal-dependent clutter: 1 as published, 0 if
        the receiver removes it.
    """

    path_loss_exponent: float
    reference_gain: float = 1.0
    echo_law: EchoLaw = "sum"
    direct: Choice | GivenChannel = "rician"
    rician_factor: float = 0.5
    noise_power_w: float
    clutter_power_w: float = 0.0
    clutter: ClutterKind = "independent"
    scatterers: tuple[Scatterer, ...] = ()
    direct_path_leakage: float = 1.0

    def __post_init__(self) -> None:
        checks = Checks("propagation")
        checks.number(
            "path_loss_exponent", self.path_loss_exponent, "an exponent above 0, at most 10", above=0.0, most=10.0
        )
        checks.number("reference_gain", self.reference_gain, "a power ratio above 0", least=1e-41)
        checks.one_of("echo_law", self.echo_law, get_args(EchoLaw))
        if not isinstance(self.direct, GivenChannel) and not callable(self.direct):
            checks.text("direct", self.direct)
        checks.number("rician_factor", self.rician_factor, "a power ratio, 0 or more", least=0.0, most=1e12)
        checks.number("noise_power_w", self.noise_power_w, "a power in W above 0", least=LEAST_POWER_W)
        checks.number("clutter_power_w", self.clutter_power_w, "a power in W, 0 or more", least=0.0)
        checks.one_of("clutter", self.clutter, get_args(ClutterKind))
        object.__setattr__(self, "scatterers", checks.several("scatterers", self.scatterers, Scatterer))
        checks.number("direct_path_leakage", self.direct_path_leakage, "a power ratio, 0 or more", least=0.0)
        checks.done(self)

    def is_radar_equation(self, wavelength_m: float) -> bool:
        """True where the echo follows the radar equation from isotropic antennas: β is a cross-section over 4π."""
        return self.echo_law == "product" and self.reference_gain == free_space_gain(wavelength_m)


def free_space_gain(wavelength_m: float) -> float:
    """Power gain (λ/4π)² between isotropic antennas 1 m apart (Friis)."""
    return float((wavelength_m / (4 * np.pi)) ** 2)
