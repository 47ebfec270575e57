"""From recordings to measurements: delay, Doppler and amplitude of the echo at each receiver (model.md §9).

`measurement` is the value that estimators return and the fusion takes.
"""
