"""Which beams are sent: the problem, and three methods, each an entry point of `multistatic.beamformers`.

`problem` states it; `evaluate` makes every result, recomputed from its beams.

- `value_function` (a folder): the default, fast; exact for rank-one channels
- `sca` (a folder): the paper's method made correct, the reference; `rank` is the way from covariances back to beams
- `los`: rank-one channels, one convex problem with its dual in `miso`
- `over_points` (a folder): several points at once, which `value_function` and `los` hand over

`certificate` bounds what any beams can reach, `stationarity` says how far given beams are from a stationary point.
`reduced` and `power` serve the last two: noise and power 1 in the smallest dimension, and exact power allocation.
"""
