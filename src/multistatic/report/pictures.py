"""All pictures of a design."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from multistatic.design.result import Design
from multistatic.report.style import SCREEN, PictureStyle, rendered_pictures, require_matplotlib, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def design_pictures(design: Design, style: PictureStyle = SCREEN) -> dict[str, bytes]:
    """`map`, `beam_pattern` and `rates`, each as SVG and PNG, and `captions.txt`, for a design that has beams; nothing
    for one that has none.

    Raises `MissingDependencyError` where matplotlib is not installed.
    """
    if design.beamforming is None or design.beamforming.beams is None:
        return {}
    require_matplotlib()
    with styled():
        return rendered_pictures(_figures(design, style))


def page_pictures(design: Design) -> dict[str, bytes]:
    """The same for a page, which sets titles and captions itself: as SVG alone, without either, and `captions.txt`."""
    if design.beamforming is None or design.beamforming.beams is None:
        return {}
    require_matplotlib()
    with styled():
        return rendered_pictures(_figures(design, PictureStyle("screen", title=False)), kinds=("svg",))


def _figures(design: Design, style: PictureStyle) -> Iterator[tuple[str, Figure]]:
    from multistatic.report.beam_pattern import beam_pattern_figure
    from multistatic.report.map import map_figure
    from multistatic.report.rate_bars import rates_figure

    for name, figure in (("map", map_figure), ("beam_pattern", beam_pattern_figure), ("rates", rates_figure)):
        yield name, figure(design, style)
