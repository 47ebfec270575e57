"""The files of a comparison: `comparison.csv`, one row a method, and `comparison.json` with what all rows assume."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from multistatic.design.compare import Comparison
from multistatic.scenario.assumptions import assumptions
from multistatic.scenario.tables import csv_text


def comparison_document(rows: Sequence[Comparison], criterion: str, planned: int | None = None) -> dict[str, Any]:
    """The content of `comparison.json`; `planned`: how many methods an interrupted comparison was to have."""
    scenario = next((row.design.scenario for row in rows if row.design is not None), None)
    return {
        "criterion": criterion,
        "assumptions": None if scenario is None else asdict(assumptions(scenario)),
        **({} if planned is None else {"interrupted": True, "finished": len(rows), "planned": planned}),
        "rows": [_plain(row) for row in rows],
    }


def comparison_files(rows: Sequence[Comparison], criterion: str, planned: int | None = None) -> dict[str, bytes]:
    """Table and document by their names; the order is that in which they are written. `planned`: see above."""
    plain = [{**_plain(row), "selected": " ".join(row.design.selected_ids) if row.design else ""} for row in rows]
    document = json.dumps(comparison_document(rows, criterion, planned), indent=2, allow_nan=False)
    return {"comparison.csv": csv_text(plain[0], plain).encode(), "comparison.json": document.encode()}


def _plain(row: Comparison) -> dict[str, Any]:
    return {
        "selector": row.selector,
        "beamformer": row.beamformer,
        "status": row.status,
        "value": row.value,
        "gap": row.gap,
        "time_s": row.time_s,
        "selected": list(row.design.selected_ids) if row.design is not None else [],
        "message": row.message,
    }
