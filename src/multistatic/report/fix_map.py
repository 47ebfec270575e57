"""The map of fixes: where the target was found, how sure that is, how it moves, and what each delay alone allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from multistatic.estimation.measurement import Measurement
from multistatic.localization.fix import Fix
from multistatic.report.design_plan import map_width
from multistatic.report.fix_caption import fix_sentences, fix_title
from multistatic.report.fix_scales import FixScales, fix_scales
from multistatic.report.fix_symbols import (
    draw_plan_labels,
    draw_sites,
    draw_delay_curves,
    draw_places,
    draw_errors,
    draw_velocities,
    name_axes,
)
