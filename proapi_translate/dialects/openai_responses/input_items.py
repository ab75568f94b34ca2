"""The input of a request as the list of items that GET /v1/responses/{id}/input_items gives.

Source: types/responses/response_item.py of the `openai` package, read 2026-11-25.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ...json_text import encode

_ID_HEX_CHARS = 48  # as long as OpenAI's own
# How the ids of items begin; all others are plain items.
_ID_PREFIXES: Mapping[str, str] = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "tool_search_call": "tsc",
    "tool_search_output": "tso",
    "additional_tools": "at",
    "compaction": "cmp",
}
_WITHOUT_STATUS = frozenset({"reasoning", "item_reference", "additional_tools", "compaction", "compaction_trigger"})
_TEXT_TYPES = {"assistant": "output_text"}  # all other roles: input_text


def list_input_items(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """{"input": "hi"} → [{"id": "msg_…", "type": "message", "role": "user", "status": "completed", "content":
    [{"type": "input_text", "text": "hi"}]}]: in the order of the request, each with an id.

    An item's own id stays; a new one is made from the item and its place, so that equal bodies get equal ids. Never
    raises: what is no item is left out (`translate_request` has refused such a body before).
    """
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    if not isinstance(items, list):
        return []
    return [_complete(item, place) for place, item in enumerate(items) if isinstance(item, dict)]


def _complete(item: dict[str, Any], place: int) -> dict[str, Any]:
    kind = str(item.get("type") or ("message" if "role" in item else "item_reference"))
    item_id = item.get("id") or _make_id(kind, item, place)
    complete: dict[str, Any] = {**item, "id": item_id, "type": kind}
    if kind not in _WITHOUT_STATUS:
        complete.setdefault("status", "completed")
    if kind == "message":
        complete["content"] = _content_list(str(item.get("role")), item.get("content"))
    return complete


def _content_list(role: str, content: Any) -> Any:
    if not isinstance(content, str):
        return content
    kind = _TEXT_TYPES.get(role, "input_text")
    part: dict[str, Any] = {"type": kind, "text": content}
    return [part | {"annotations": []} if role in _TEXT_TYPES else part]


def _make_id(kind: str, item: dict[str, Any], place: int) -> str:
    digest = hashlib.sha256(b"%d %s" % (place, encode(item))).hexdigest()
    return f"{_ID_PREFIXES.get(kind, 'item')}_{digest[:_ID_HEX_CHARS]}"
