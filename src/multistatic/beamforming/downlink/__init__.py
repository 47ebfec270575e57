"""The exact convex core of beamforming: a downlink with fixed receive vectors, solved through its uplink dual.

`dense` (linear algebra) → `fixed_prices` (beams at given prices) → `optimal_prices` (the prices that spend the budget),
all compiled; `downlink` calls them for arrays; `gram_problem` makes downlinks of channels and receive vectors.
"""
