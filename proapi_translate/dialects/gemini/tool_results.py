"""What tools gave → functionResponse parts. `response` is a protobuf Struct: always an object.

Source: https://ai.google.dev/api/caching#FunctionResponse; pictures inside one:
https://ai.google.dev/gemini-api/docs/function-calling#multimodal, both read 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...json_text import read_reply
from ...losses import Losses
from ...prompt import Text, ToolResult
from .media_parts import write_media
from .models import ModelFacts
from .tools import ToolNames

_IN_RESULT = re.compile(r"image/(png|jpeg|webp)|application/pdf|text/plain")


def write_results(
    results: Sequence[ToolResult], called: Mapping[str, str], names: ToolNames, facts: ModelFacts, losses: Losses
) -> list[dict[str, Any]]:
    """The results of one turn, in the order of their calls (`called`: call id → tool name), then the pictures that
    cannot stand inside them.

    Raises ClientFault for a result that answers no call: Gemini pairs the two by count and name.
    """
    order = {call_id: index for index, call_id in enumerate(called)}
    written: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    for result in sorted(results, key=lambda result: order.get(result.call_id, 0)):
        name = called.get(result.call_id) or result.name
        if not name:
            raise losses.refuse("messages", f"the tool result {result.call_id!r} answers no tool call before it")
        response: dict[str, Any] = {"name": names.sent(name), "response": _write_response(result)}
        if facts.call_ids:
            response["id"] = result.call_id
        for media in (write_media(part, losses) for part in result.parts if not isinstance(part, Text)):
            inside = facts.result_media and _IN_RESULT.fullmatch(media.get("inlineData", {}).get("mimeType", ""))
            (response.setdefault("parts", []) if inside else pictures).append(media)
        written.append({"functionResponse": response})
    return written + pictures


def _write_response(result: ToolResult) -> dict[str, Any]:
    """"17 C" → {"result": "17 C"}; "[3,1]" → {"result": [3, 1]}; '{"ok": true}' → {"ok": true}."""
    text = "\n".join(part.text for part in result.parts if isinstance(part, Text))
    value: Any = text
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = read_reply(text.encode())
        except ValueError:
            value = text
    if result.is_error:
        return {"error": value}
    return value if isinstance(value, dict) else {"result": value}
