"""From the measurements of several receivers to one position and velocity, with covariance (model.md §9).

Closed forms, each with a verdict for every case (`closed_forms`): `ray` (a direction and a range), `two_dopplers` (the
paper's route, corrected), `ellipses` (ranges alone). `fusion` takes every receiver and returns a `fix`: `known_sites`
and `observations` are its whitened input, `residuals` the model, `starting_points` where the search of
`levenberg_marquardt` begins, `fit` judges its end, `outliers` finds receivers that contradict the others, `reasons` has
the messages. `drawn` makes measurements at the bound, without signals.
"""
