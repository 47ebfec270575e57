"""What a criterion declares so that its best group can be proven: its values as a power of a gain of the group.

    value(b, p) = c (p φ(b))^(-e)

with the illumination p in W, the group b in {0, 1}^K, any constant c > 0 and an exponent e > 0. The gain φ is one of
two functions, both concave, homogeneous of degree one and never lower when a receiver joins. A criterion declares it in
its attribute `gain`; nothing else of a criterion is ever taken for a declaration. What is declared is compared with the
criterion's values before anything is proven with it (`selection.declared_gain.exact_gain`).

Information that is there without any receiver, such as that of a tracker, is a constant C beside p J(b). The value is
then no power of the illumination, but at each illumination it is that of a group with a further receiver, which is
always selected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from multistatic.units import F, read_only

# Rounding leaves eigenvalues of about 1e-16 in place of the zeros of a matrix with a unit diagonal.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearGain:
    """The declaration that a criterion is a power of a sum over the receivers: φ(b) = Σ_k b_k w_k.

    weights [K]: part w_k that each receiver adds, in any unit; finite and at least 0.
    exponent: e of value = c (p φ)^(-e); 1 for a variance (the surrogates), 1/2 for a standard deviation.

    Raises `ValueError` for anything else.

    >>> gain = LinearGain(weights=[1.0, 3.0])
    >>> gain.exponent
    1.0
    """

    weights: F
    exponent: float = 1.0

    def __post_init__(self) -> None:
        weights = _real("weights", self.weights, dimensions=1)
        if np.any(weights < 0.0):
            raise ValueError(f"weights of a LinearGain must be at least 0, received {weights.min():g}")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "exponent", _exponent(self.exponent))

    @property
    def size(self) -> int:
        """K."""
        return len(self.weights)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatrixGain:
    """The declaration that a criterion is a power of φ(b) = 1/tr[A J⁻¹] with J = Σ_k b_k J_k.

    tr[A J⁻¹] is a weighted sum of the variances of jointly estimated parameters. Where A weighs a parameter about which
    J has no information, φ is 0.

    information [K, n, n]: J_k of each receiver at any one illumination; symmetric and positive semidefinite.
    weighting [n, n]: A, symmetric, positive semidefinite and not zero; 1 for the parameters that count and 0 for
      nuisance parameters.
    exponent: e of value = c (p φ)^(-e); 1/2 for a standard deviation such as the PEB, 1 for a variance.
    constant [n, n]: C, information that is there without any receiver, symmetric and positive semidefinite; the value
      at illumination p is then c tr[A (C + p J)⁻¹]^e, with `information` at 1 W. None: there is none.

    Raises `ValueError` for anything else.

    >>> import numpy as np
    >>> gain = MatrixGain(information=[np.eye(2), np.eye(2)], weighting=np.eye(2))
    >>> gain.size
    2
    """

    information: F
    weighting: F
    exponent: float = 0.5
    constant: F | None = None

    def __post_init__(self) -> None:
        information = _real("information", self.information, dimensions=3)
        weighting = _real("weighting", self.weighting, dimensions=2)
        if information.shape[1:] != weighting.shape or weighting.shape[0] != weighting.shape[1]:
            raise ValueError(
                "a MatrixGain needs information [K, n, n] and weighting [n, n], "
                f"received {list(information.shape)} and {list(weighting.shape)}"
            )
        named = [("information", information), ("weighting", weighting[None])]
        if self.constant is not None:
            constant = _real("constant", self.constant, dimensions=2)
            if constant.shape != weighting.shape:
                raise ValueError(
                    f"constant of a MatrixGain must be as large as its weighting {list(weighting.shape)}, "
                    f"received {list(constant.shape)}"
                )
            named.append(("constant", constant[None]))
            object.__setattr__(self, "constant", constant if constant.any() else None)
        for name, matrices in named:
            if not _semidefinite(matrices):
                raise ValueError(f"{name} of a MatrixGain must be symmetric and positive semidefinite")
        if not weighting.any():
            raise ValueError("weighting of a MatrixGain must not be zero")
        object.__setattr__(self, "information", information)
        object.__setattr__(self, "weighting", weighting)
        object.__setattr__(self, "exponent", _exponent(self.exponent))

    @property
    def size(self) -> int:
        """K."""
        return len(self.information)


def _real(name: str, values: F, *, dimensions: int) -> F:
    array = np.asarray(values)
    if array.ndim != dimensions or not array.size or array.dtype.kind not in "fiu":
        shape, kind = list(array.shape), array.dtype
        raise ValueError(f"{name} must be real numbers in {dimensions} dimension(s), received {shape} of {kind}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
    return read_only(array)


def _exponent(value: float) -> float:
    if not (np.isfinite(value) and value > 0.0):
        raise ValueError(f"the exponent of a gain must be above 0, received {value}")
    return float(value)


def _semidefinite(matrices: F) -> bool:
    """True where each of `matrices` [K, n, n] is positive semidefinite to rounding, whatever the units of its rows."""
    diagonal = np.einsum("kii->ki", matrices)
    if np.any(diagonal < 0.0):
        return False
    largest = np.max(np.abs(matrices), axis=(1, 2))[:, None]
    scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, np.where(largest > 0.0, largest, 1.0)))
    scaled = matrices * scale[:, :, None] * scale[:, None, :]
    symmetric = np.allclose(scaled, np.swapaxes(scaled, 1, 2), rtol=0.0, atol=_TOLERANCE)
    return bool(symmetric and np.linalg.eigvalsh(scaled)[:, 0].min() >= -_TOLERANCE * scaled.shape[1])
