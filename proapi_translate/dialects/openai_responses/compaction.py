"""POST /v1/responses/compact: earlier turns in, a summary in their place out, for apps of backends without that API.

It is a Responses request that ends in the wish for a summary, and its reply in another frame. Source: types/responses
of the `openai` package 3.57 (response_compact_params.py, compacted_response.py), read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ...embeddings import DecodeTokens
from ...errors import BackendFailure
from ...events import Event
from ...interface import ReplyFacts
from . import CLIENT as RESPONSES_CLIENT
from .client_turns import wants_summary
from .input_items import list_input_items
from .names import COMPACTION, COMPACTION_TRIGGER


def ask_for_summary(body: dict[str, Any], decode_tokens: DecodeTokens | None = None) -> dict[str, Any]:
    """{"input": "hi"} → {"input": [{"role": "user", "content": "hi"}, {"type": "compaction_trigger"}]}; a body without
    input stays as it is: who reads it says what is wrong with it."""
    given = body.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) and given else given
    if not isinstance(items, list) or not items or wants_summary(body):
        return body
    return {**body, "input": [*items, {"type": COMPACTION_TRIGGER}]}


def write_body(events: Iterable[Event], facts: ReplyFacts) -> dict[str, Any]:
    """{"object": "response.compaction", "output": [all that the user said, the sealed summary], …}.

    Raises BackendFailure where the model gave no whole summary: what is missing in it would be lost for good.
    """
    response = RESPONSES_CLIENT.write_body(events, facts)
    summaries = [item for item in response["output"] if item["type"] == COMPACTION]
    if response["status"] != "completed" or not summaries:
        raise BackendFailure("The model wrote no whole summary of the conversation.", code="no_summary")
    items = list_input_items(facts.asked.body)
    said = [item for item in items if item["type"] == "message" and item.get("role") == "user"]
    return {
        "id": response["id"],
        "object": "response.compaction",
        "created_at": response["created_at"],
        "output": [*said, *summaries],
        "usage": response["usage"],
    }


CLIENT = replace(RESPONSES_CLIENT, write_body=write_body, spell_out=ask_for_summary, final_object=None)
