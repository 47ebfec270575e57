"""Where the parts of a checkout are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
FORMATS_PAGE = ROOT / "docs" / "formats.md"
