"""The prior on the map of fixes: its ellipse true to scale, never smaller than the error that it bounds."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import Ellipse
from rich.console import Console

from multistatic import load_preset, localize_many, realise, sensing_network
from multistatic.localization.drawn import draw_measurements
from multistatic.localization.state_prior import StatePrior
from multistatic.report.fix_map import fix_figure
from multistatic.report.fix_scales import fix_scales
from multistatic.report.fix_summary import WITH_PRIOR, fix_summary
from multistatic.report.style import PICTURE_WIDTHS, PictureStyle, styled
from tests.support.close import assert_close
from tests.support.picture_geometry import picture_faults


def case(receivers: int, place_m: float = 4.0, dimensions: int = 2):
    scenario = load_preset("paper", [f"design.dimensions={dimensions}"])
    network = sensing_network(scenario, realise(scenario, np.random.default_rng(1)))
    (group,) = draw_measurements(network, 10.0, np.random.default_rng(0))
    d = dimensions
    mean = np.concatenate([scenario.target.position_m[:d] + 1.0, scenario.target.velocity_m_s[:d]])
    covariance = np.diag([place_m**2, 4.0 * place_m**2, 1.0][:d] + [4.0] * d)
    groups = [group[:receivers]]
    prior = StatePrior(mean=mean, covariance=covariance)
    return list(localize_many(groups, scenario, prior=prior)), groups, scenario


def dashed(figure) -> list[Ellipse]:
    """The outlines of priors."""
    drawn = [patch for ax in figure.axes for patch in ax.patches if isinstance(patch, Ellipse)]
    return [patch for patch in drawn if not isinstance(patch.get_linestyle(), str) and not patch.get_fill()]


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_ellipse_of_the_prior_is_true_to_scale(dimensions: int) -> None:
    with styled():
        figure = fix_figure(*case(1, dimensions=dimensions))
        priors = dashed(figure)
    assert len(priors) == dimensions - 1
    assert_close([priors[0].get_width(), priors[0].get_height()], [16.0, 8.0])
    assert_close(priors[0].get_angle() % 180.0, 90.0)
    assert_close(priors[0].get_center(), [21.0, 41.0])
    if dimensions == 3:
        assert_close(sorted([priors[1].get_width(), priors[1].get_height()]), [2.0, 8.0])
    (labels,) = [legend.get_texts() for legend in figure.legends] or [figure.axes[0].get_legend().get_texts()]
    assert any("prior of the target" in text.get_text() for text in labels)
    assert not dashed(fix_figure([replace(each, prior_position_m=None) for each in case(1)[0]], *case(1)[1:]))


def test_errors_are_not_drawn_larger_than_the_prior() -> None:
    for dimensions in (2, 3):
        scales = fix_scales(*case(1, dimensions=dimensions))
        assert scales.plan_factor == 1.0
        assert scales.side_factor in (None, 1.0)
    exact = fix_scales(*case(10))
    assert exact.plan_factor is not None
    assert exact.plan_factor > 1.0
    fixes = case(10)[0]
    spread = max(fix.position_std_m for fix in fixes)
    assert exact.plan_factor * spread < 10.0


@pytest.mark.parametrize("width", PICTURE_WIDTHS)
def test_the_map_with_a_prior_has_no_faults(width) -> None:
    fixes, groups, scenario = case(2)
    with styled():
        assert picture_faults(fix_figure(fixes, groups, scenario, PictureStyle(width=width))) == []


def test_the_table_says_that_a_prior_was_used() -> None:
    def text(fixes) -> str:
        console = Console(width=200, record=True, file=io.StringIO())
        console.print(fix_summary(fixes, 2))
        return " ".join(console.export_text().split())

    fixes, groups, scenario = case(3)
    assert WITH_PRIOR in text(fixes)
    assert WITH_PRIOR not in text(list(localize_many(groups, scenario)))
