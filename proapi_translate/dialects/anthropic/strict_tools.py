"""Which tools are checked strictly, and their schemas as constrained decoding takes them.

The limits count all strict schemas of a request together, the answer's own (`output_config.format`) among them; a tool
beyond them is still offered, unchecked: the API would answer 400 to the whole request.
Source: platform.claude.com/docs/en/agents-and-tools/tool-use/strict-tool-use and …/build-with-claude/structured-outputs
(schema complexity limits), read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...json_schema import Schema, SchemaBudget, close_objects, inline_refs, map_children
from ...losses import Losses
from ...prompt import Tool
from .names import MAX_OPTIONAL, MAX_STRICT_TOOLS, MAX_UNIONS, REFUSED_KEYWORDS, ModelTraits

_FIELD = "tools.strict"


def strict_schemas(
    tools: Iterable[Tool], output_schema: Schema | None, traits: ModelTraits, losses: Losses
) -> dict[str, dict[str, Any]]:
    """Tool name → its closed schema, for the tools that go as strict: {"add": {"type": "object", …,
    "additionalProperties": False}}. The client's other strict tools are reported."""
    closed: dict[str, dict[str, Any]] = {}
    optional, unions = _weigh(output_schema) if output_schema is not None and traits.native_schema else (0, 0)
    for tool in tools:
        if not tool.strict:
            continue
        schema = {"type": "object", "properties": {}} | dict(tool.parameters or {})
        why = _why_not(schema, traits)
        if not why:
            more_optional, more_unions = _weigh(schema)
            sums = (len(closed) + 1, optional + more_optional, unions + more_unions)
            if all(map(int.__le__, sums, (MAX_STRICT_TOOLS, MAX_OPTIONAL, MAX_UNIONS))):
                _, optional, unions = sums
                closed[tool.name] = _close(schema, losses)
                continue
            why = "Claude checks only so many tools, optional properties and properties of several types per request"
        losses.drop(_FIELD, why)
    return closed


def _why_not(schema: Schema, traits: ModelTraits) -> str:
    if not traits.native_schema:
        return "this model does not hold its calls to a schema"
    if inline_refs(schema, "tools").recursive:
        return "Claude does not check schemas that contain themselves"
    return ""


def _close(schema: Schema, losses: Losses) -> dict[str, Any]:
    closed, told = close_objects(schema, "tools", REFUSED_KEYWORDS)
    if told:
        losses.approximate(_FIELD, f"Claude does not enforce {', '.join(sorted(told))}: told in the description")
    return closed


def _weigh(schema: Schema) -> tuple[int, int]:
    """(optional properties, nodes of several types) at any depth."""
    optional = unions = 0
    budget = SchemaBudget("tools")

    def count(node: Schema) -> Schema:
        nonlocal optional, unions
        properties, required = node.get("properties"), node.get("required")
        if isinstance(properties, Mapping):
            needed = required if isinstance(required, list) else ()
            optional += sum(1 for name in properties if name not in needed)
        unions += isinstance(node.get("type"), list) or "anyOf" in node
        with budget:
            map_children(node, count)
        return node

    count(schema)
    return optional, unions
