"""The convex relaxation behind the certificate: the least power under constraints (6) of certificate.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.beamforming.normalised_problem import NormalisedProblem
from multistatic.linalg import adjoint
from multistatic.units import C, F

TARGET_NOISE = 1e-10  # 1 - νλ_max(A), of one point 1 - ν‖a‖²: at 0 the noise I - νA is singular
_ALMOST_ONE = 0.99  # κ of the sum of errors
_GROUPS, _GROUPS_LARGE, _LARGE = 5, 3, 64  # nested groups, and from how many transmit directions on there are fewer
_NO_RANK = 1e-14
_OPERATIONS = 8.0  # roundings a term of a complex product, sum or Cholesky factor may take
_SINGULAR = 0.1  # η from which on nothing is said
_DECIMALS = 1e-12  # of sums of K terms
_NEXT_TO_THE_LARGEST = 1e-6  # relative: eigenvalues of A whose directions cost next to nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxation:
    """Least Σ_k c_k tr Σ_k under m constraints Γ_i ≥ F_i of the form (6).

    `channels` [K, r, n], scaled, with `cost` c [K] of their covariances; `noise` I - νA [n, n], A = Σ_i μ_ia_ia_iᴴ, of
    one point I - νaaᴴ; `member` [m, K]: 1 for the group of each constraint, `mix` κ [m] and `demand` F [m].
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
        received = adjoint(self.channels) @ covariances @ self.channels
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
        return (adjoint(half) @ half).reshape(-1, count, r, count, r)

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

        What rounding may do is given away. M and its factor are those of a matrix M + δM. An error ε of each row of a
        channel, of each product and of the factor (Demmel, 1989) is |δM_ij| ≤ ε (max(M_ii, M_jj) tr M)^½, so with
        D = diag M, ‖D^-½ δM D^-½‖ ≤ ε n (tr M / min M_ii)^½, times tr D^½M⁻¹D^½ this is η: ln det M changes by about η
        at most, ⟨M⁻¹, M - M_0⟩ too, and 𝓗M⁻¹𝓗ᴴ by at most η of itself; η is counted twice.
        """
        root = self.roots(covariances)
        grams = self.grams(root)
        slope = np.einsum("i,ikab->kab", price, self.gradient(grams))
        needed = float(np.einsum("kab,kba->", slope, covariances).real - price @ self.left(root))
        error = self._uncertainty(root)
        if not float(error.max()) < _SINGULAR:
            return 0.0
        uncertain = 2.0 * np.concatenate([price, price]) * error
        own = np.einsum("ck,ckaka->k", uncertain[:, None] * self.weights, grams).real
        needed -= 2.0 * float(uncertain.sum()) + _DECIMALS * float(price @ self.demand)
        steepest = float(np.max((np.linalg.eigvalsh(slope)[:, -1] + own) / self.cost)) * (1.0 + _DECIMALS)
        if not needed > 0.0:
            return 0.0
        return needed / steepest if steepest > 0.0 else np.inf

    def _uncertainty(self, root: C) -> F:
        """η of each M [2m] from its Cholesky factor L: ε n (tr M / min_i M_ii)^½ ‖L⁻¹D^½‖² (Frobenius norm)."""
        count, r, n = self.channels.shape
        unit = _OPERATIONS * (n + count * r) * float(np.finfo(float).eps)
        diagonal = np.sum(np.abs(root) ** 2, axis=2)
        scaled = np.linalg.solve(root, np.sqrt(diagonal)[:, :, None] * np.eye(n))
        spread = np.sqrt(diagonal.sum(axis=1) / diagonal.min(axis=1))
        eta: F = unit * n * spread * np.sum(np.abs(scaled) ** 2, axis=(1, 2))
        return eta


def relaxed(reduced: NormalisedProblem, *, target: bool, price: F | None = None) -> Relaxation | None:
    """The relaxation at the largest ν, just below 1/λ_max(A), or at ν = 0, without the target; None if it says nothing.

    `price` μ [M] ≥ 0 of the points, not all 0, by default 1 for each. Groups are the receivers most expensive to serve
    alone, (e^R - 1)/‖H_k‖², in nested sizes. Each comes with κ → 1 and with κ near the error e^-R of a stream, where
    the sum of rates takes over from the sum of errors; without the target also with κ = 0, which is exact for one
    receiver. With it, a constraint that the directions of the target alone can meet is all but free, and left out:
    F ≤ -r ln κ, r the number of eigenvalues of A next to the largest one, 1 for one point.
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
    axes, eigenvalues = _axes(reduced.towards, np.ones(len(reduced.towards)) if price is None else price)
    free = int(np.sum(eigenvalues > 1.0 - _NEXT_TO_THE_LARGEST))
    says = np.exp(-demand) < mix**free * (1.0 - 1e-6) if target else np.ones(len(mix), bool)
    if not says.any():
        return None
    noise = 1.0 - (1.0 - TARGET_NOISE) * eigenvalues if target else np.ones(len(eigenvalues))
    noise[eigenvalues == 1.0] = TARGET_NOISE if target else 1.0
    return Relaxation(
        channels=(singular[:, :r] / strength[:, None])[:, :, None] * (right[:, :r] @ axes),
        cost=strength**-2.0,
        noise=np.diag(noise).astype(complex),
        member=member[says],
        mix=mix[says],
        demand=demand[says],
    )


def _axes(towards: C, price: F) -> tuple[C, F]:
    """Orthonormal eigenvectors [n, n] of A = Σ_i μ_ia_ia_iᴴ, a_i = conj(`towards`_i), and the eigenvalues [n] as shares
    of the largest one, which comes first: in this basis M_0 is diagonal.
    """
    shares = np.zeros(towards.shape[1])
    aimed = towards.conj().T * np.sqrt(price)
    if aimed.shape[1] == 1:
        full, _ = np.linalg.qr(np.column_stack([towards[0].conj(), np.eye(len(shares))]))
        shares[0] = 1.0
        return np.asarray(full, complex), shares
    full, singular, _ = np.linalg.svd(aimed)
    shares[: len(singular)] = (singular / singular[0]) ** 2
    return np.asarray(full, complex), shares
