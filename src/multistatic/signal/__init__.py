"""What is sent: `beams` (W, its covariance and power), `pulse` and `pulses` (the pulse and its kinds, each an entry
point of `multistatic.pulses`), `moments` (all that the bounds need to know of a pulse).
"""
