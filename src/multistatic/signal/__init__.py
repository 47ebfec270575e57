"""What is sent: `beams` (W, its covariance and power), `pulse` and `pulses` (the pulse and its kinds, each an entry
point of `multistatic.pulses`), `moments` (all that the bounds need to know of a pulse); `symbols`, and `transmit`,
which puts them on beams.

A `waveform` is what is known of x(t) at one place: a pulse train (summed in `pulse_sum`), `ofdm`, or a recorded
reference (`sampled`).
"""
