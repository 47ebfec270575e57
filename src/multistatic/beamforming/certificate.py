"""An upper bound on the illumination of any beams, whatever the number of receive antennas.

With several receive antennas the beamforming problem is not convex. This relaxation is. It is solved to a few per cent
by Newton's method on a barrier; the bound itself is one tangent plane, valid wherever that method stops (derivation:
docs/algorithms.md §1.8). In short: in the dual uplink the error covariance E of all streams has the diagonal e^{-r_s},
so Σ_s ln(c + e^{-r_s}) ≥ ln det(cI + E) for every c ≥ 0, by Jensen's inequality. With κ = c/(1+c) and the uplink
covariances Σ_k this is

    ln det M_1 - ln det M_κ ≥ Σ_k -ln(κ + (1-κ)e^{-R_k}),     M_κ = I - νaaᴴ + κ Σ_k H_kᴴΣ_kH_k,               (6)

free of streams and convex. κ = 0 is the sum rate of dirty-paper coding; κ → 1 is the sum of mean square errors, which
knows that the streams of a linear transmitter disturb each other. (6) holds for every group of receivers. The least
Σ_k tr Σ_k under any number of these constraints is at most φ(ν), and p ≤ (P - φ(ν))/ν for 0 < ν ≤ 1/‖a‖².
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from multistatic.beamforming.evaluate import OPTIMALITY_GAP
from multistatic.beamforming.normalised_problem import NormalisedProblem, normalise
from multistatic.beamforming.problem import BeamformingProblem, BeamformingResult
from multistatic.units import C, F

_ROUNDING = 1e-8  # of each right-hand side: given away, for matrices with condition numbers up to 1e10
_TARGET_NOISE = 1e-10  # 1 - ν‖a‖²: at 0 the noise I - νaaᴴ is singular
_ALMOST_ONE = 0.99  # κ of the sum of errors
_GROUPS, _GROUPS_LARGE, _LARGE = 5, 3, 64  # nested groups, and from how many transmit directions on there are fewer
_GAPS = (0.1, 0.02)  # of the relaxation's optimum: what each level of the barrier method leaves
_STEPS = 40
_CENTRED = 0.02  # promised decrease of the barrier function
_SHARE = 0.01  # of the bound: constraints with less are dropped after the first level
_NO_RANK = 1e-14
_DOUBLINGS = 30
_REACHED = "No beams put more power on the target: they reach the upper bound that holds for any channels."


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperBound:
    """`value_w` ≥ p_t of any beams that meet the rates within the power; `proof`: what it follows from.

    `power`: all of it on the target, N_t P_T. `errors`: the constraints (6).
    """

    value_w: float
    proof: Literal["power", "errors"]


def upper_bound(problem: BeamformingProblem) -> UpperBound:
    """The better of two bounds for any channels, rates, group and number of streams.

    It takes no notice of who is selected: it is a bound for everyone selected, which no other group exceeds. Where no
    beams meet the rates it says nothing (see `proves_infeasible`).
    """
    limit_w = problem.illumination_limit_w
    reduced = normalise(problem)
    relaxation = relaxed(reduced, target=True) if _audible(reduced) and limit_w > 0.0 else None
    if relaxation is None:
        return UpperBound(value_w=limit_w, proof="power")
    # P = 1: ‖a‖² - (1 - φ)/ν with 1/ν = ‖a‖²/(1 - target noise), as a share of ‖a‖².
    lost = (least_power(relaxation) - _TARGET_NOISE) / (1.0 - _TARGET_NOISE)
    if not lost > 0.0:
        return UpperBound(value_w=limit_w, proof="power")
    return UpperBound(value_w=limit_w * max(0.0, 1.0 - lost), proof="errors")


def certified(problem: BeamformingProblem, result: BeamformingResult) -> BeamformingResult:
    """The result with the bound above where it is better than its own; `optimal` where that closes the gap."""
    if result.illumination_w is None or result.status == "optimal":
        return result
    return bounded(result, upper_bound(problem).value_w)


def bounded(result: BeamformingResult, upper_bound_w: float) -> BeamformingResult:
    """The result with a proven bound, if it is better than its own; `optimal` where that closes the gap, and then the
    message says so in place of what a method that knows no bound said of its beams.
    """
    lit = result.illumination_w
    # Beams that exceed a bound by more than they may break a constraint disprove it.
    if lit is None or upper_bound_w >= result.upper_bound_w or upper_bound_w < lit * (1.0 - 2.0 * OPTIMALITY_GAP):
        return result
    bound = max(upper_bound_w, lit)
    if result.status == "optimal" or lit < bound * (1.0 - OPTIMALITY_GAP):
        return replace(result, upper_bound_w=bound)
    return replace(result, upper_bound_w=bound, status="optimal", message=_REACHED)


def proves_infeasible(problem: BeamformingProblem) -> bool:
    """True where even the relaxation needs more than all of the power: no linear beams meet the rates.

    φ(0) is the least power of any beams, with the target out of the picture. False proves nothing.
    """
    reduced = normalise(problem)
    if not _audible(reduced):
        return reduced.size > 0
    relaxation = relaxed(reduced, target=False)
    return relaxation is not None and least_power(relaxation) > 1.0


def _audible(reduced: NormalisedProblem) -> bool:
    """There are receivers with a requirement, and each of them has a channel."""
    return reduced.size > 0 and bool(np.all(np.any(reduced.channels, axis=(1, 2))))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxation:
    """Least Σ_k c_k tr Σ_k under m constraints Γ_i ≥ F_i of the form (6).

    `channels` [K, r, n], scaled, with `cost` c [K] of their covariances; `noise` I - νaaᴴ [n, n]; `member` [m, K]: 1
    for the group of each constraint, `mix` κ [m] and `demand` F [m].
    """

    channels: C
    cost: F
    noise: C
    member: F
    mix: F
    demand: F

    def roots(self, covariances: C) -> C:
        """Cholesky factors [2m, n, n] of M_1 of each constraint, then of its M_κ; `LinAlgError` if one is singular."""
        count, _, n = self.channels.shape
        received = self.channels.conj().transpose(0, 2, 1) @ covariances @ self.channels
        total: C = self.noise + (self.weights @ received.reshape(count, -1)).reshape(-1, n, n)
        return np.asarray(np.linalg.cholesky(total))

    def left(self, root: C) -> F:
        """Γ - F [m] from the Cholesky factors of M."""
        logs = 2.0 * np.log(np.diagonal(root, axis1=1, axis2=2).real).sum(axis=1)
        slack: F = logs[: len(self.mix)] - logs[len(self.mix) :] - self.demand
        return slack

    def grams(self, root: C) -> C:
        """𝓗M⁻¹𝓗ᴴ [2m, K, r, K, r] from the Cholesky factors of M."""
        count, r, n = self.channels.shape
        half = np.linalg.solve(root, self.channels.reshape(-1, n).conj().T)
        return (half.conj().transpose(0, 2, 1) @ half).reshape(-1, count, r, count, r)

    @property
    def weights(self) -> F:
        """What each Σ_k counts in the matrices of `at` [2m, K]."""
        return np.concatenate([self.member, self.member * self.mix[:, None]])

    def gradient(self, grams: C) -> C:
        """∂Γ_i/∂Σ_k [m, K, r, r]."""
        own = np.einsum("ckikj->ckij", grams) * self.weights[:, :, None, None]
        return own[: len(self.mix)] - own[len(self.mix) :]

    def power(self, covariances: C) -> float:
        """Σ_k c_k tr Σ_k."""
        return float(self.cost @ np.einsum("kii->k", covariances).real)

    def bound(self, covariances: C, price: F) -> float:
        """A lower bound on the least power from any `covariances` Σ̄ and `price` y [m] ≥ 0: weak duality.

        Γ is concave, so every feasible Σ has Σ_i y_i(Γ_i(Σ̄) + ⟨∇Γ_i(Σ̄), Σ - Σ̄⟩) ≥ Σ_i y_iF_i. With
        D = Σ_i y_i∇Γ_i(Σ̄) and D_k ⪯ s c_k I for all k, the power Σ c_k tr Σ_k is at least ⟨D, Σ⟩/s.
        """
        root = self.roots(covariances)
        slope = np.einsum("i,ikab->kab", price, self.gradient(self.grams(root)))
        steepest = float(np.max(np.linalg.eigvalsh(slope)[:, -1] / self.cost))
        needed = float(np.einsum("kab,kba->", slope, covariances).real - price @ self.left(root))
        needed -= _ROUNDING * float(price @ self.demand)
        if not needed > 0.0:
            return 0.0
        return needed / steepest if steepest > 0.0 else np.inf


def relaxed(reduced: NormalisedProblem, *, target: bool) -> Relaxation | None:
    """The relaxation at the largest ν, just below 1/‖a‖², or at ν = 0, without the target; None if it says nothing.

    Groups are the receivers dearest to serve alone, (e^R - 1)/‖H_k‖², in nested sizes. Each comes with κ → 1 and with κ
    near the error e^-R of a stream, where the sum of rates takes over from the sum of errors; without the target also
    with κ = 0, which is exact for one receiver. With it, a constraint that the direction of the target alone can meet
    (F ≤ -ln κ) is all but free, and left out.
    """
    _, singular, right = np.linalg.svd(reduced.channels, full_matrices=False)
    r = max(1, int(np.max(np.sum(singular > _NO_RANK * singular[:, :1], axis=1))))
    strength, rate = singular[:, 0], reduced.rate_nats
    place = np.argsort(np.argsort(2.0 * np.log(strength) - rate - np.log(-np.expm1(-rate))))
    groups = _GROUPS if reduced.channels.shape[2] < _LARGE else _GROUPS_LARGE
    sizes = np.unique(np.ceil(np.linspace(1.0, len(rate), groups)).astype(int))
    nested = (place < sizes[:, None]).astype(float)
    near_error = 0.5 * np.exp(-(nested @ rate) / sizes)
    kinds = [near_error, np.full(len(sizes), _ALMOST_ONE)] + ([] if target else [np.zeros(len(sizes))])
    member, mix = np.tile(nested, (len(kinds), 1)), np.concatenate(kinds)
    demand = -np.sum(member * np.log(mix[:, None] + (1.0 - mix[:, None]) * np.exp(-rate)), axis=1)
    says = np.exp(-demand) < mix * (1.0 - 1e-6) if target else np.ones(len(mix), bool)
    if not says.any():
        return None
    steering = reduced.steering.conj()
    price = (1.0 - _TARGET_NOISE) / np.vdot(steering, steering).real if target else 0.0
    return Relaxation(
        channels=(singular[:, :r] / strength[:, None])[:, :, None] * right[:, :r],
        cost=strength**-2.0,
        noise=np.eye(len(steering), dtype=complex) - price * np.outer(steering, steering.conj()),
        member=member[says],
        mix=mix[says],
        demand=demand[says],
    )


def least_power(relaxation: Relaxation) -> float:
    """A lower bound on the least power, within a few per cent of it.

    Newton's method on t·power - Σ ln(Γ_i - F_i) - Σ ln det Σ_k, t growing. Where not even very strong covariances meet
    the constraints, the bound that these prove.
    """
    best, directions = 0.0, relaxation.channels.shape[2]
    if np.any(np.exp(-relaxation.demand / directions) < relaxation.mix * (1.0 - _ROUNDING)):
        return np.inf  # Γ < -n ln κ however strong the covariances
    try:
        covariances, missed = _inside(relaxation)
        if missed is not None:
            return relaxation.bound(covariances, missed)
        barriers = len(relaxation.mix) + covariances.shape[0] * covariances.shape[1]
        for gap in _GAPS:
            covariances = _centre(relaxation, covariances, barriers / (gap * relaxation.power(covariances)))
            price = 1.0 / relaxation.left(relaxation.roots(covariances))
            best = max(best, relaxation.bound(covariances, price))
            relaxation = _without_idle(relaxation, covariances, price)
    except np.linalg.LinAlgError:  # singular to rounding; what was proven stays proven
        pass
    return best


def _inside(relaxation: Relaxation) -> tuple[C, F | None]:
    """White covariances that meet all constraints with room to spare, or very strong ones and who still misses [m]."""
    count, r, _ = relaxation.channels.shape
    covariances: C = np.broadcast_to(0.05 * np.eye(r, dtype=complex), (count, r, r)).astype(np.complex128)
    missed = np.ones(len(relaxation.mix))
    for _ in range(_DOUBLINGS):
        missed = (relaxation.left(relaxation.roots(covariances)) <= 0.0).astype(float)
        if not missed.any():
            covariances *= 1.5
            return covariances, None
        covariances *= 2.0
    return covariances, missed


def _without_idle(relaxation: Relaxation, covariances: C, price: F) -> Relaxation:
    """Only the constraints with a share in the bound: others are far from tight."""
    slope = relaxation.gradient(relaxation.grams(relaxation.roots(covariances)))
    share = price * np.einsum("ikab,kba->i", slope, covariances).real
    keep = share > _SHARE * share.sum()
    return replace(relaxation, member=relaxation.member[keep], mix=relaxation.mix[keep], demand=relaxation.demand[keep])


def _centre(relaxation: Relaxation, covariances: C, sharpness: float) -> C:
    """The minimum of the barrier function, nearly."""
    basis = _hermitian_basis(covariances.shape[1])
    value = _barrier(relaxation, covariances, sharpness)
    for _ in range(_STEPS):
        gradient, hessian = _derivatives(relaxation, covariances, sharpness, basis)
        try:
            step = -np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            break
        direction = np.tensordot(step.reshape(len(covariances), -1), basis, 1)
        promised, length = float(-gradient @ step), min(1.0, 0.9 * _to_boundary(covariances, direction))
        while not (trial := _barrier(relaxation, covariances + length * direction, sharpness)) <= (
            value - 0.1 * length * promised
        ):
            length *= 0.5
            if length < 1e-6:
                return covariances
        covariances, value = covariances + length * direction, trial
        if promised < _CENTRED:
            break
    return covariances


def _to_boundary(covariances: C, direction: C) -> float:
    """The largest step for which the covariances stay positive semidefinite; inf where any does."""
    root = np.linalg.cholesky(covariances)
    relative = np.linalg.solve(root, np.linalg.solve(root, direction).conj().transpose(0, 2, 1))
    steepest = float(-np.min(np.linalg.eigvalsh(relative)[:, 0]))
    return 1.0 / steepest if steepest > 0.0 else np.inf


def _barrier(relaxation: Relaxation, covariances: C, sharpness: float) -> float:
    """The barrier function; inf outside its domain."""
    try:
        root = np.linalg.cholesky(covariances)
        left = relaxation.left(relaxation.roots(covariances))
    except np.linalg.LinAlgError:
        return np.inf
    if not np.all(left > 0.0):
        return np.inf
    volume = 2.0 * np.log(np.diagonal(root, axis1=1, axis2=2).real).sum()
    return float(sharpness * relaxation.power(covariances) - np.log(left).sum() - volume)


def _hermitian_basis(size: int) -> C:
    """Orthonormal Hermitian matrices [size², size, size]."""
    basis = np.zeros((size, size, size, size), complex)
    for i in range(size):
        basis[i, i, i, i] = 1.0
        for j in range(i):
            basis[i, j, i, j] = basis[i, j, j, i] = np.sqrt(0.5)
            basis[j, i, i, j], basis[j, i, j, i] = 1j * np.sqrt(0.5), -1j * np.sqrt(0.5)
    return basis.reshape(size * size, size, size)


def _derivatives(relaxation: Relaxation, covariances: C, sharpness: float, basis: C) -> tuple[F, F]:
    """Gradient and Hessian of the barrier function in the coordinates of `basis`, receiver by receiver."""
    count, r, _ = relaxation.channels.shape
    m, size = len(relaxation.mix), count * r * r
    root = relaxation.roots(covariances)
    grams, price = relaxation.grams(root), 1.0 / relaxation.left(root)
    flat = basis.reshape(len(basis), -1)

    def coordinates(blocks: Any) -> F:  # Re tr(E_a X_k)
        numbers: F = (blocks.reshape(*blocks.shape[:-2], -1) @ flat.conj().T).real
        return numbers

    slopes = coordinates(relaxation.gradient(grams)).reshape(m, size)
    white = np.linalg.solve(covariances, np.broadcast_to(np.eye(r), covariances.shape))
    gradient = sharpness * coordinates(relaxation.cost[:, None, None] * np.eye(r)).ravel()
    gradient -= price @ slopes + coordinates(white).ravel()
    # -∂²ln det M/∂Σ_k∂Σ_l = tr(E_a P_kl E_b P_lk), P = 𝓗M⁻¹𝓗ᴴ, summed over all M: for each pair k ≤ l one product of
    # matrices with rows (q, s), columns (p, t) and the sum inside, then brought to the rows (p, q) of E_a.
    weight = relaxation.weights
    scaled = grams * (np.concatenate([price, -price])[:, None] * weight)[:, :, None, None, None]
    partner = grams.conj() * weight[:, None, None, :, None]
    first, second = np.triu_indices(count)
    rows = scaled[:, first, :, second].transpose(0, 2, 3, 1).reshape(len(first), r * r, -1)
    columns = partner[:, first, :, second].reshape(len(first), -1, r * r)
    curved = (rows @ columns).reshape(-1, r, r, r, r).transpose(0, 3, 1, 2, 4).reshape(-1, r * r, r * r)
    curved[first == second] += np.einsum("kqs,kpt->kpqst", white, white.conj()).reshape(count, r * r, r * r)
    hessian = np.empty((count, r * r, count, r * r))
    hessian[first, :, second] = (flat @ curved @ flat.T).real
    hessian[second, :, first] = hessian[first, :, second].transpose(0, 2, 1)
    return gradient, hessian.reshape(size, size) + (slopes * price[:, None] ** 2).T @ slopes
