"""The form that the answer must have (response_format): Converse's outputConfig, a forced tool, or words."""

from __future__ import annotations

from typing import Any

from ...json_schema import Schema, close_objects
from ...json_text import encode
from ...losses import Losses
from .draft import Draft

OUTPUT_TOOL = "json_output"
_JSON_ONLY = "Answer with one JSON object and nothing else: no words around it, no code fence."
_BY_SCHEMA = "It must be valid against this JSON schema: "
# Keywords that constrained decoding on Bedrock refuses (structured-output page of the user guide, read 2026-11-25).
_REFUSED = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
)


def write_output(draft: Draft) -> None:
    """Fill body["outputConfig"], or say it in words; the forced tool is written by tools.py."""
    output = draft.prompt.output
    if output is None or draft.output_tool:
        return
    schema = output.schema if output.kind == "json_schema" else None
    if schema is not None and draft.model.json_schema:
        text = encode(close_schema(schema, "output", draft.losses)).decode()
        named = {"name": output.name, "description": output.description}
        definition = {"schema": text} | {key: value for key, value in named.items() if value}
        draft.body.setdefault("outputConfig", {})["textFormat"] = {
            "type": "json_schema",
            "structure": {"jsonSchema": definition},
        }
        return
    draft.losses.approximate("output", "this model is told the form in words; nothing enforces it")
    words = f" {_BY_SCHEMA}{encode(output.described_schema()).decode()}" if schema is not None else ""
    draft.add_instruction(_JSON_ONLY + words)


def needs_output_tool(draft: Draft) -> bool:
    """Is the answer to be the input of a tool that the model must call? Only where nothing better enforces a schema."""
    output, choice = draft.prompt.output, draft.prompt.tool_choice
    return (
        output is not None
        and output.kind == "json_schema"
        and not draft.model.json_schema
        and bool(draft.model.forced)
        and not (choice is not None and choice.mode == "named")
    )


def close_schema(schema: Schema, field: str, losses: Losses) -> dict[str, Any]:
    """The schema as constrained decoding takes it: every object closed, limits that it refuses told in descriptions."""
    closed, told = close_objects(schema, field, _REFUSED)
    if told:
        losses.approximate(field, f"Bedrock does not enforce {', '.join(sorted(told))}: told in the description")
    return closed
