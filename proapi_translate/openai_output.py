"""The form of the answer that a client asks for, which chat completions and Responses write alike.

Sources: response_format_json_schema.py (types/shared_params) and response_format_text_json_schema_config.py
(types/responses) of the `openai` package, read 2026-11-25.
"""

from __future__ import annotations

from .fields import Fields
from .prompt import OutputFormat

_KINDS = ("text", "json_object", "json_schema")


def read_output(form: Fields, inner: str = "") -> OutputFormat | None:
    """{"type": "json_schema", "name": "n", "schema": {…}} → OutputFormat("json_schema", {…}, "n"); None for text.

    `inner`: the field of chat that holds the schema with its name, and may go without the former. Raises ClientFault.
    """
    kind = form.required_text("type")
    if kind not in _KINDS:
        raise form.fault("type", f"expected one of {', '.join(_KINDS)}")
    if kind != "json_schema":
        return OutputFormat("json_object") if kind == "json_object" else None
    told = form.object(inner) if inner else form
    if told is None:
        raise form.fault(inner, "is required")
    schema = told.mapping("schema") or ({"type": "object"} if inner else None)
    if schema is None:
        raise told.fault("schema", "is required")
    return OutputFormat("json_schema", schema, told.text("name"), told.text("description"), told.flag("strict"))
