"""Position and velocity error bounds (model.md §4.3).

Unknown: the target's position p and velocity v, d coordinates each, and a complex amplitude per receiver. Known: the
places of transmitter and receivers, and time, unless the network states priors of clock offsets (`clock`). The paper
adds Fisher matrices of different parameters; the chain rule turns each receiver's delay-Doppler information into
information about the same (p, v), which does add: J(p, v) = Σ_k b_k T_kᵀ J_k T_k, and J₀ with prior information.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from multistatic.bounds.sensing import TRANSMITTER_ID, SensingNetwork
from multistatic.bounds.square_root import (
    QUANTITIES,
    Quantity,
    both_covariances,
    covariances,
    squared_errors,
    whitened_rows,
)
from multistatic.linalg import least_informative, marginal_variance
from multistatic.units import SPEED_OF_LIGHT_M_S, B, F, read_only

# No measurement distinguishes directions closer than this; used to name the reason, not to reach the verdict.
_DIRECTION_TOLERANCE = 1e-6
# A bound that grows by more than this factor has been one of luck.
_LOST = 1e3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PositionBound:
    """Position error bound (PEB) and velocity error bound (VEB) of a group of receivers.

    The PEB is the root of the trace of the Cramér-Rao bound of the position, the VEB that of the velocity. A bound that
    does not exist is None, and `reason` says why.

    position: verdict on the position, `observable` or `unobservable`.
    velocity: verdict on the velocity, likewise.
    peb_m: position error bound, in m.
    veb_m_s: velocity error bound, in m/s.
    reason: why a quantity is unobservable and what would help; empty where both are observable.
    covariance_m2 [d, d]: Cramér-Rao bound of the position, east, north and in 3-D up, in m²; its trace is PEB².
    note: why an existing bound is of no use to an estimator; empty where there is no such reason.
    """

    position: Literal["observable", "unobservable"]
    velocity: Literal["observable", "unobservable"]
    peb_m: float | None
    veb_m_s: float | None
    reason: str = ""
    covariance_m2: F | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.covariance_m2 is not None:
            object.__setattr__(self, "covariance_m2", read_only(self.covariance_m2))

    @property
    def peb_horizontal_m(self) -> float | None:
        """Root of the variances along x and y together, in m; the PEB itself in 2-D."""
        return None if self.covariance_m2 is None else float(np.sqrt(np.trace(self.covariance_m2[:2, :2])))

    @property
    def peb_vertical_m(self) -> float | None:
        """Root of the variance along z, in m; None in 2-D."""
        if self.covariance_m2 is None or len(self.covariance_m2) < 3:
            return None
        return float(np.sqrt(self.covariance_m2[2, 2]))


def position_information(network: SensingNetwork, illumination_w: float, *, angles: bool = False) -> F:
    """T_kᵀ J_k T_k [K, 2d, 2d] about (p in m, v in m/s) from each receiver, at illumination p_t in W.

    `angles` adds the information of the receive array about the direction of arrival. The steering vector turns by
    ∂a_n/∂p = j(2π/λ) (P_k/r_k) e_n a_n. Taking out the part along the signal itself (the amplitude is unknown) centres
    the elements, so the rest is orthogonal to every change of delay and Doppler and adds
    2Mρ_k (2π/λ)² (P_k/r_k) cov(e) (P_k/r_k), cov(e) as the noise over the antennas weighs them (`apertures_m2`). Exact
    for noise that is white in time, whatever its covariance over the antennas.
    """
    target = whitened_rows(replace(network, clock=None), illumination_w, angles=angles).target.hi
    information: F = np.swapaxes(target, 1, 2) @ target
    return information


def squared_error_bound(information: F, quantity: Quantity) -> F:
    """PEB² in m² or VEB² in m²/s² [...] from J(p, v) [..., 2d, 2d]; infinity where it is unobservable.

    PEB² = tr[(J_pp - J_pv J_vv⁺ J_vp)⁻¹], and VEB² with p and v exchanged. For sums of `position_information`; what
    clocks leave is not to be had from a sum (`square_root`).
    """
    d = information.shape[-1] // 2
    return marginal_variance(information, part_of(quantity, d))


def part_of(quantity: Quantity, dimensions: int) -> slice:
    """Where a quantity stands among (p, v)."""
    return slice(0, dimensions) if quantity == "position" else slice(dimensions, 2 * dimensions)


def position_bound(
    network: SensingNetwork, selected: B, illumination_w: float, *, angles: bool = False
) -> PositionBound:
    """Position and velocity error bound of a group of receivers (docs/model.md, §4.3).

    network: the receivers, with the priors of their clocks.
    selected [K]: True for the receivers of the group.
    illumination_w: power sent towards the target p_t, in W.
    angles: True adds the direction of arrival at each receive array to delays and Doppler shifts.

    >>> from multistatic import load_preset, realise, sensing_network
    >>> scenario = load_preset("paper")
    >>> network = sensing_network(scenario, realise(scenario))
    >>> import numpy as np
    >>> position_bound(network, np.ones(10, bool), illumination_w=10.0).position
    'observable'
    """
    plain, with_angles = position_bounds(network, selected, illumination_w)
    return with_angles if angles else plain


def position_bounds(network: SensingNetwork, selected: B, illumination_w: float) -> tuple[PositionBound, PositionBound]:
    """`position_bound` without and with angles, which share most of their work."""
    rows, chosen = whitened_rows(network, illumination_w, angles=True), np.asarray(selected, bool)
    plain, with_angles = both_covariances(rows, chosen)
    return (
        _bound_of(plain, network, chosen, illumination_w, angles=False),
        _bound_of(with_angles, network, chosen, illumination_w, angles=True),
    )


def _bound_of(
    found: tuple[F, F], network: SensingNetwork, chosen: B, illumination_w: float, angles: bool
) -> PositionBound:
    """The bound whose covariances of position and velocity are `found`."""
    position, velocity = found
    peb, veb = _root(position), _root(velocity)
    missing = [quantity for quantity, bound in zip(QUANTITIES, (peb, veb), strict=True) if bound is None]
    return PositionBound(
        position="unobservable" if peb is None else "observable",
        velocity="unobservable" if veb is None else "observable",
        peb_m=peb,
        veb_m_s=veb,
        reason=_reason(network, chosen, illumination_w, angles, missing) if missing else "",
        covariance_m2=None if peb is None else position,
        note=" ".join(_notes(network, chosen, illumination_w, angles, peb, veb)),
    )


def _root(covariance: F) -> float | None:
    total = float(np.trace(covariance))
    return float(np.sqrt(total)) if np.isfinite(total) else None


def _notes(
    network: SensingNetwork, chosen: B, illumination_w: float, angles: bool, peb: float | None, veb: float | None
) -> Iterator[str]:
    """What makes a bound that exists one of no use."""
    geometry = network.geometry
    if peb is not None:
        longest = float(geometry.transmitter_target_m + geometry.target_receiver_m[chosen].max(initial=0.0))
        if peb > longest and chosen.any():
            yield (
                f"The position error bound of {peb:.3g} m is of no use: it exceeds the longest bistatic range of the "
                f"group, {longest:.4g} m, so it says no more about the position than the detection itself."
            )
        if veb is None and _needs_the_velocity(network, chosen, illumination_w, angles, peb):
            yield (
                f"The position error bound of {peb:.3g} m holds for exactly this velocity, and exactly on this line "
                "or in this plane of transmitter and receivers; other velocities that give the same measurements leave "
                "the position unobservable, so no estimator reaches it. Select receivers outside of that line or plane."
            )
    if veb is not None and veb > SPEED_OF_LIGHT_M_S:
        yield f"The velocity error bound of {veb:.3g} m/s is of no use: it exceeds the speed of light."


def _needs_the_velocity(network: SensingNetwork, chosen: B, illumination_w: float, angles: bool, peb: float) -> bool:
    """Whether the position is observable only because the velocity, which is not, is what it is: as for `localize`,
    it is of interest at the least favourable of all velocities that the measurements do not distinguish.
    """
    d = network.dimensions

    def rows(velocity_m_s: F) -> F:
        found = whitened_rows(replace(network, velocity_m_s=velocity_m_s), illumination_w, angles=angles)
        target = found.target.hi[chosen].reshape(-1, 2 * d)
        offsets = found.shared.shape[2]
        shared = found.shared[chosen].reshape(len(target), offsets)
        return np.block([[target, shared], [found.prior[:, offsets:], found.prior[:, :offsets]]])

    here = rows(network.velocity_m_s)
    _, values, axes = np.linalg.svd(here[:, d : 2 * d])
    untold = np.pad(values, (0, d - len(values))) <= _DIRECTION_TOLERANCE * values.max(initial=0.0)
    if not untold.any():
        return False
    steps = np.pad(axes[untold], ((0, 0), (0, 3 - d)))
    changes = np.stack([(rows(network.velocity_m_s + step) - here)[:, :d] for step in steps], axis=-1)
    size = least_informative(here[None, :, :d], changes[None], here[None, :, d:])[0]
    least = whitened_rows(
        replace(network, velocity_m_s=network.velocity_m_s + size @ steps), illumination_w, angles=angles
    )
    return not np.sqrt(squared_errors(least, chosen, "position")[0]) < _LOST * peb


def _reason(
    network: SensingNetwork, chosen: B, illumination_w: float, angles: bool, missing: Sequence[Quantity]
) -> str:
    """Why the quantities `missing` are unobservable, and what would help."""
    d = network.dimensions
    receiving = chosen & (network.snr_per_watt * illumination_w > 0)
    wanted = "position and velocity" if "position" in missing or not network.prior_information.size else "the velocity"
    if not chosen.any():
        return "No receiver is selected."
    if not receiving.any():
        return "No echo reaches the selected receivers: the illumination or the reflection is zero."
    with_what = "delays, Dopplers and angles" if angles else "delays and Dopplers"
    if receiving.sum() < d:
        who = "Only 1 receiver receives" if receiving.sum() == 1 else f"Only {receiving.sum()} receivers receive"
        if network.receiver_ids == (TRANSMITTER_ID,):
            who = "Only the transmitter receives"
        return (
            f"{who} the echo; {wanted} in {d}-D {'need' if 'and' in wanted else 'needs'} at "
            f"least {d} receivers with {with_what}{' (the position alone may need fewer)' if angles else ''}."
        )
    if network.clock is not None:
        synchronised = whitened_rows(replace(network, clock=None), illumination_w, angles=angles)
        if all(np.isfinite(covariances(synchronised, chosen, quantity)).all() for quantity in missing):
            return (
                f"The clock offsets are too uncertain: with synchronised clocks these receivers would determine "
                f"{' and '.join(f'the {each}' for each in missing)}. A delay or a Doppler shift contributes only where "
                "the clock offset of its receiver is known, and an unknown offset that all receivers share is an "
                "additional unknown. Synchronise more receivers, or select more of them."
            )
    slope = (network.geometry.to_target + network.geometry.receiver_to_target)[:, :d]
    on_baseline = [
        name
        for name, kept, length in zip(network.receiver_ids, receiving, np.linalg.norm(slope, axis=1), strict=True)
        if kept and length < _DIRECTION_TOLERANCE
    ]
    if on_baseline:
        return (
            f"The target lies between the transmitter and {', '.join(on_baseline)}: on that line the delay does "
            "not change with its position, nor the Doppler shift with its velocity. Select receivers that lie to the "
            "side of that line."
        )
    return (
        f"The selected receivers see the target along directions that span fewer than {d} dimensions "
        "(they lie in one line or plane with it). Select receivers outside of that line or plane."
    )
