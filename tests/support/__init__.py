"""Helpers of the tests: networks, problems and designs to try, and comparisons."""
