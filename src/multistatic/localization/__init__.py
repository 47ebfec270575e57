"""From the measurements of several receivers to one position and velocity, with covariance (model.md §9).

Closed forms, each with a verdict for every case (`candidates`): `ray` (a direction and a range), `two_dopplers` (the
paper's route, corrected), `ellipses` (ranges alone). `fusion` takes every receiver and returns a `fix`: `sites` and
`observations` are what it knows and hears, `model` the residuals, `start` where the search of `levenberg_marquardt`
begins, `fit` what can be said of its end, `outliers` who contradicts the others, `reasons` all that in words. `drawn`
makes measurements at the bound, without signals.
"""
