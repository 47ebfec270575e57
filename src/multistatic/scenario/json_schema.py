"""JSON Schema of the files that people write, for editors and for other programs."""

from __future__ import annotations

from typing import Any

from multistatic.scenario.schema import ScenarioTable, Table


def scenario_json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the scenario file, for editors and for other programs."""
    return json_schema(ScenarioTable)


def json_schema(table: type[Table]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a file whose top level is `table`."""
    schema = _without_null(table.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _without_null(node: Any) -> Any:
    """The schema without its null branches: TOML has no null, an optional key is simply not there."""
    if isinstance(node, list):
        return [_without_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _without_null(item) for key, item in node.items() if not (key == "default" and item is None)}
    branches = [branch for branch in kept.pop("anyOf", []) if branch != {"type": "null"}]
    return {**(branches[0] if len(branches) == 1 else {"anyOf": branches} if branches else {}), **kept}
