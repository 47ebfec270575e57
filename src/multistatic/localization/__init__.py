"""From the measurements of several receivers to one position and velocity, with covariance (model.md §9)."""
