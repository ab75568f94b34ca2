"""The description of a function that a model may call, which chat completions and Responses write alike.

Sources: types/shared/function_definition.py and types/responses/function_tool.py of the `openai` package, read
2026-11-25.
"""

from __future__ import annotations

from .fields import Fields
from .prompt import Tool


def read_function(function: Fields, cache_mark: object = None) -> Tool:
    """{"name": "f", "parameters": {…}, "strict": true} → Tool("f", …). `cache_mark`: Claude's `cache_control`, which
    stands beside the function. Raises ClientFault."""
    return Tool(
        name=function.required_text("name"),
        description=function.text("description"),
        parameters=function.mapping("parameters"),
        strict=function.flag("strict"),
        extra={"anthropic": {"cache_control": cache_mark}} if cache_mark else {},
    )
