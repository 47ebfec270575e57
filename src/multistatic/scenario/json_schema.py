"""JSON Schema of the files that people write, for editors and for other programs."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from multistatic.scenario.algorithm_settings import settings_table, with_settings
from multistatic.scenario.array_schema import Table
from multistatic.scenario.schema import ScenarioTable


def scenario_json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the scenario file, for editors and for other programs."""
    schema = json_schema(ScenarioTable)
    tables = {name: _without_null(_inlined(settings_table(kind))) for name, kind in with_settings().items()}
    schema["$defs"]["DesignTable"]["properties"]["options"] = {
        "type": "object",
        "description": "settings of algorithms; a table design.options.NAME for each",
        "properties": tables,
        "additionalProperties": False,
    }
    return schema


def _inlined(table: type[BaseModel]) -> dict[str, Any]:
    """The schema of a table without references: tables inside of it stand where they are used."""
    schema = table.model_json_schema()
    inner = schema.pop("$defs", {})

    def resolved(node: Any) -> Any:
        if isinstance(node, list):
            return [resolved(each) for each in node]
        if not isinstance(node, dict):
            return node
        name = str(node.get("$ref", "")).rpartition("/")[2]
        kept = {key: resolved(value) for key, value in node.items() if key != "$ref"}
        return {**resolved(inner[name]), **kept} if name else kept

    found: dict[str, Any] = resolved(schema)
    return found


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
