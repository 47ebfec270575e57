"""Beams for several points: start at `method`; derivation in docs/algorithms.md, "Several points"."""
