"""How well delay, Doppler, position and velocity can be known.

`sensing` is what every bound sees of a network. Fisher information of delay and Doppler, one file an assumption set:
`delay_doppler` (exact, amplitude unknown: the default), `known_amplitude`, `sensing_signal` (only s_0 known),
`realised` (given symbols), `waveform_information` (any known waveform), `published` (as printed in the paper, not a
bound). What follows from it: `surrogate`, `position`, and `criteria`, the figures of merit of selection, each an entry
point of `multistatic.criteria`.
"""
