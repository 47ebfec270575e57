"""What receivers record of a block: from beams and a channel to samples.

`paths` are the terms of which equation (3) is the sum; `observation` samples that sum as a `recording`; `block` is one
block from beams to samples, with symbols, noise and clocks drawn.
"""
