"""Which ways to make one value of those at all points have a meaning with a prior, and which only with one."""

from __future__ import annotations

from multistatic.errors import Problem


def over_points_problem(over: object, *, with_prior: bool, with_area: bool = False) -> Problem | None:
    """The problem of a way to join the values of points that has no meaning with these targets."""
    if over == "mean_square" and with_prior:
        hint = "over a Gaussian prior the mean of squares is infinite wherever the beam has a null"
        return Problem("design.over_points", "'mean_square' with a prior", "posterior, mean or worst", hint)
    if over == "posterior" and not with_prior:
        hint = (
            "posterior counts a prior's information, and no target has a prior; prior and area exclude each other, so "
            "that --set target.area replaces a prior: also --set design.over_points=worst"
            if with_area
            else "posterior counts a prior's information, and no target has a prior"
        )
        return Problem("design.over_points", "'posterior' without a prior", "worst, mean or mean_square", hint)
    return None
