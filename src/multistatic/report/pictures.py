"""All pictures of a design."""

from __future__ import annotations

from multistatic.design.result import Design
from multistatic.report.style import SCREEN, PictureStyle, rendered_pictures, require_matplotlib, styled


def design_pictures(design: Design, style: PictureStyle = SCREEN) -> dict[str, bytes]:
    """`map`, `beam_pattern` and `rates`, each as SVG and PNG, and `captions.txt`, for a design that has beams; nothing
    for one that has none.

    Raises `MissingDependencyError` where matplotlib is not installed.
    """
    if design.beamforming is None or design.beamforming.beams is None:
        return {}
    require_matplotlib()
    from multistatic.report.beam_pattern import beam_pattern_figure
    from multistatic.report.map import map_figure
    from multistatic.report.rate_bars import rates_figure

    figures = (("map", map_figure), ("beam_pattern", beam_pattern_figure), ("rates", rates_figure))
    with styled():
        return rendered_pictures((name, figure(design, style)) for name, figure in figures)
