"""Successive convex approximation, the paper's method: start at `method`. `program` is one convex program, `start` a
feasible start from `combiners` (a local search) or `balance` (largest common rate).
"""

from multistatic.beamforming.sca.approximation import METHOD, PAPER, ScaSettings, sca

__all__ = ["METHOD", "PAPER", "ScaSettings", "sca"]
