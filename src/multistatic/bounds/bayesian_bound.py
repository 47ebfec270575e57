"""The Bayesian bound on position and velocity over several points, for comparison with the expected posterior bound."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from multistatic.bounds.position import part_of, position_information
from multistatic.bounds.sensing import SensingNetwork
from multistatic.bounds.square_root import Quantity
from multistatic.linalg import marginal_variance
from multistatic.units import B, F


def van_trees_bound(
    networks: Sequence[SensingNetwork], weight: F, selected: B, illumination_w: F, quantity: Quantity = "position"
) -> float:
    """The root of tr[Eᵀ(J₀ + Σ_i π_i p_i J_i)⁻¹E], in m or m/s: the bound of van Trees on the root mean square error.

    Assumes that the target is at one of the points with probability π_i, moved by the deviation of which J₀ is the
    information. It is below every estimator's error. The expected posterior bound, the root of the mean over the points
    of tr[Eᵀ(J₀ + p_i J_i)⁻¹E], is never below it, since a mean of inverses is never below the inverse of the mean; that
    one is what a design minimises, because this one is content with some of the points.

    networks [M]: the network as seen from each point, with the prior information of the target.
    weight [M]: probability π_i of each point, scaled here to the sum 1.
    selected [K]: True for the receivers of the group.
    illumination_w [M]: power p_i sent towards each point, in W.
    quantity: `position` or `velocity`.

    Infinity where the quantity is unobservable. Raises `ValueError` for clocks that are not synchronised, whose offsets
    are no function of the point. Source: docs/model.md §4.6.

    >>> from multistatic import load_preset, realise, sensing_network
    >>> scenario = load_preset("paper")
    >>> network = sensing_network(scenario, realise(scenario))
    >>> van_trees_bound([network], np.ones(1), np.ones(10, bool), np.array([10.0])) < 1e-3
    True
    """
    if any(network.clock is not None for network in networks):
        raise ValueError("the bound of van Trees is for synchronised clocks")
    share, chosen = np.asarray(weight, float) / np.sum(weight), np.asarray(selected, bool)
    size = 2 * networks[0].dimensions
    mean = np.zeros((size, size))
    for network, part, power in zip(networks, share, illumination_w, strict=True):
        known = network.prior_information if network.prior_information.size else np.zeros((size, size))
        mean += part * (known + position_information(network, float(power))[chosen].sum(axis=0))
    return float(np.sqrt(marginal_variance(mean, part_of(quantity, size // 2))))
