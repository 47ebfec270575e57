"""Criteria of another package that mislead: what they keep, what they declare and what they return.

The text is installed as a package of its own, so nothing here is known to the product.
"""

from __future__ import annotations

SOURCE = '''
import numpy as np
from multistatic import LinearGain, MatrixGain, exact_information


class Base:
    """sqrt of the mean square of something: each subclass says what its values are and what it declares."""

    unit = "m"

    def __init__(self, network):
        self.w = np.asarray(network.snr_per_watt) / np.max(network.snr_per_watt)
        self.name = type(self).__name__

    def sums(self, masks):
        return np.asarray(masks, float) @ self.w

    def values(self, masks, illumination_w):
        masks = np.asarray(masks)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.of(masks, illumination_w)
        return np.where(masks.any(axis=1), found, np.inf)


class KeepsWeights(Base):
    """Mean of the members: falls when a poor receiver leaves. The array has a tempting name."""

    def __init__(self, network):
        super().__init__(network)
        self.weights = self.w

    def of(self, masks, p):
        return masks @ (1 / np.sqrt(self.w)) / masks.sum(axis=1) / p


class KeepsMatrices(Base):
    """The worst member. The arrays have tempting names."""

    def __init__(self, network):
        super().__init__(network)
        self.information = exact_information(network, 1.0)
        self.weighting = np.eye(2)

    def of(self, masks, p):
        return np.where(masks, 1 / np.sqrt(self.w * p), 0.0).max(axis=1)


class RisesWithLight(Base):
    def of(self, masks, p):
        return (1.0 + p) / self.sums(masks)


class Saturates(Base):
    def of(self, masks, p):
        return 1 / np.sqrt(self.sums(masks) * p) + 0.3 / self.w[np.argmax(masks, axis=1)]


class FewAreBest(Base):
    """A cost for each member, as the energy of its backhaul."""

    monotone = True
    exact = True

    def of(self, masks, p):
        return 1 / (self.sums(masks) * p) + 0.4 * masks.sum(axis=1) ** 2


class Whole(Base):
    """Integers."""

    def values(self, masks, p):
        return 1000 - np.asarray(masks).sum(axis=1) * 7 - np.asarray(masks)[:, 0] * 50


class WrongWeights(Base):
    def __init__(self, network):
        super().__init__(network)
        self.gain = LinearGain(weights=self.w)

    def of(self, masks, p):
        return 1 / (masks @ np.sort(self.w) * p)


class WrongExponent(Base):
    def __init__(self, network):
        super().__init__(network)
        self.gain = LinearGain(weights=self.w, exponent=0.5)

    def of(self, masks, p):
        return 1 / (self.sums(masks) * p)


class WrongLaw(Base):
    """Right in the group at every illumination; no power of the illumination."""

    def __init__(self, network):
        super().__init__(network)
        self.gain = LinearGain(weights=self.w)

    def of(self, masks, p):
        return (1 + 1 / p) / self.sums(masks)


class LargeGroupsOnly(Base):
    """The gain is right for groups of four and more, and for all but one of any of them."""

    def __init__(self, network):
        super().__init__(network)
        self.gain = LinearGain(weights=self.w)

    def of(self, masks, p):
        return np.where(masks.sum(axis=1) < 4, 0.2, 1.0) / (self.sums(masks) * p)


class OneExcepted(Base):
    """The gain is right but for one pair, which is the best of all."""

    def __init__(self, network):
        super().__init__(network)
        self.gain = LinearGain(weights=self.w)

    def of(self, masks, p):
        pair = masks[:, 1] & masks[:, 2] & (masks.sum(axis=1) == 2)
        return np.where(pair, 0.01, 1.0) / (self.sums(masks) * p)


class NotEveryone(Base):
    """The gain is right, but all receivers together are unobservable."""

    def __init__(self, network):
        super().__init__(network)
        self.gain = LinearGain(weights=self.w)

    def of(self, masks, p):
        return np.where(masks.all(axis=1), np.inf, 1 / (self.sums(masks) * p))


class NearlyRight(Base):
    """The gain is right to a thousandth of a per cent."""

    def __init__(self, network):
        super().__init__(network)
        self.gain = LinearGain(weights=self.w)

    def of(self, masks, p):
        return (1 + 1e-5 * masks[:, 0]) / (self.sums(masks) * p)


class WrongLawOfSmallGroups(Base):
    """The gain is right at 1 W."""

    def __init__(self, network):
        super().__init__(network)
        self.gain = LinearGain(weights=self.w)

    def of(self, masks, p):
        return 1 / (self.sums(masks) * np.where(masks.sum(axis=1) < 3, p**0.5, p))


class Dwarfed(Base):
    """One receiver has a weight beside which all others vanish; for those the gain is wrong."""

    def __init__(self, network):
        super().__init__(network)
        self.w = self.w.copy()
        self.w[np.argmin(network.snr_per_watt)] = 1e12
        self.gain = LinearGain(weights=self.w)

    def of(self, masks, p):
        giant = masks @ (self.w > 1e6)
        return np.where(giant, 1 / (self.sums(masks) * p), masks.sum(axis=1) ** 2 / (self.sums(masks) * p))


class Negative(Base):
    def of(self, masks, p):
        return -10 * np.log10(self.sums(masks) * p) - 200.0


class Zero(Base):
    def of(self, masks, p):
        return np.where(masks.sum(axis=1) > 2, 0.0, 1.0)


class Honest(Base):
    """A standard deviation that follows from weights."""

    def __init__(self, network):
        super().__init__(network)
        self.gain = LinearGain(weights=self.w, exponent=0.5)

    def of(self, masks, p):
        return 3.0 / np.sqrt(self.sums(masks) * p)


class HonestMatrix(Base):
    """Variance of the delay, with the Doppler shift unknown, from the sum of the information."""

    def __init__(self, network):
        super().__init__(network)
        turned = np.array([[1.0, 0.4], [0.0, 1.0]])
        plain = np.stack([np.diag([2.0, 1 + k]) for k in range(len(self.w))])
        self.j = self.w[:, None, None] * (turned.T @ plain @ turned)
        self.gain = MatrixGain(information=self.j, weighting=np.diag([1.0, 0.0]), exponent=1.0)

    def of(self, masks, p):
        out = np.full(len(masks), np.inf)
        for i, m in enumerate(masks):
            if m.any():
                out[i] = np.linalg.solve(p * self.j[m].sum(axis=0), np.eye(2))[0, 0]
        return out
'''

# What the product may say of each: that nothing is known of it, that it is refused, or what it proves.
UNDECLARED = ("KeepsWeights", "KeepsMatrices", "RisesWithLight", "Saturates", "FewAreBest", "Whole")
REFUSED = (
    "WrongWeights",
    "WrongExponent",
    "WrongLaw",
    "LargeGroupsOnly",
    "OneExcepted",
    "NotEveryone",
    "NearlyRight",
    "WrongLawOfSmallGroups",
    "Dwarfed",
    "Negative",
    "Zero",
)
HONEST = ("Honest", "HonestMatrix")
NAMES = (*UNDECLARED, *REFUSED, *HONEST)
