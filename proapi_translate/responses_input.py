"""The input items of a Responses request, for who keeps conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def responses_input_items(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A request's `input` as GET /v1/responses/{id}/input_items lists it, but in the request's own order.

    {"input": "hi"} → [{"id": "msg_…", "type": "message", "role": "user", "status": "completed", "content":
    [{"type": "input_text", "text": "hi"}]}]. Equal bodies get equal ids. Never raises.
    """
    from .dialects.openai_responses.input_items import list_input_items  # a dialect is imported when it is first used

    return list_input_items(body)
