"""Contrast of pages, computed from their style sheet, on light and dark screens and on paper."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from multistatic.report.page_style import DARK, LIGHT, STYLE

TEXT, LINES = 4.5, 3.0
SCHEMES = [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    bright, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def rules() -> list[tuple[str, dict[str, str]]]:
    """Selector and declarations of each rule, inside media queries or not."""
    found = re.findall(r"([^{}]+)\{([^{}]*)\}", STYLE)
    return [
        (" ".join(selector.split()), dict(re.findall(r"(?<![\w-])([a-z-]+):\s*([^;]+);", body)))
        for selector, body in found
    ]


def variable(value: str) -> str:
    """The colour that a declaration names."""
    (found,) = re.findall(r"var\(--([\w-]+)\)", value)
    return str(found)


def test_contrast_is_computed_as_defined() -> None:
    assert round(contrast("#000000", "#ffffff"), 9) == 21.0
    assert round(contrast("#7b8794", "#ffffff"), 2) == 3.66
    assert round(contrast("#e69f00", "#ffffff"), 2) == 2.25


@pytest.mark.parametrize("colours", SCHEMES)
def test_text_is_legible_on_whatever_is_behind_it(colours: Mapping[str, str]) -> None:
    written = [(selector, each) for selector, each in rules() if each.get("color", "inherit") != "inherit"]
    assert len(written) > 10
    for selector, each in written:
        behind = [variable(each["background"])] if "background" in each else []
        for ground in behind or ["ground", "panel"]:
            assert contrast(colours[variable(each["color"])], colours[ground]) >= TEXT, (selector, ground)


@pytest.mark.parametrize("colours", SCHEMES)
def test_lines_that_carry_meaning_are_seen(colours: Mapping[str, str]) -> None:
    assert min(contrast(colours["edge"], colours[ground]) for ground in ("ground", "panel")) >= LINES
    assert min(contrast(colours[name], colours[f"{name}-ground"]) for name in ("good", "bad")) >= LINES
    focus = [each["outline"] for selector, each in rules() if "focus-visible" in selector]
    assert focus
    assert {variable(each) for each in focus} == {"edge"}


def test_the_style_sheet_has_these_colours_and_no_others() -> None:
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))
        for body in re.findall(r":root (\{[^}]*--[^}]*\})", STYLE)
    )
    assert light == LIGHT
    assert dark == DARK
    assert LIGHT.keys() == DARK.keys()
    used = set(re.findall(r"var\(--([\w-]+)\)", STYLE))
    assert used == LIGHT.keys()
    rest = re.sub(r"--[\w-]+: #[0-9a-f]{6};", "", STYLE)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rest) == ["#ffffff"], "the ground of pictures alone"
    assert not re.search(r"rgb|hsl|opacity", rest)


def test_dark_colours_are_for_dark_screens_alone() -> None:
    """On paper the colours are those of light screens, and what is folded on the screen is there."""
    before, _, after = STYLE.partition("@media screen and (prefers-color-scheme: dark) {")
    assert DARK["ground"] not in before
    assert DARK["ground"] in after.partition("}")[0]
    on_paper = STYLE.partition("@media print {")[2]
    for words in ("break-inside: avoid", "details-content { content-visibility: visible", "overflow: visible"):
        assert words in on_paper
    assert "var(--" not in on_paper


def test_nothing_is_fetched_by_the_style_sheet() -> None:
    assert not re.search(r"url\(|@import|://", STYLE)
