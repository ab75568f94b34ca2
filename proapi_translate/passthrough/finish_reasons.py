"""Finish reasons of OpenAI-compatible backends, in OpenAI's closed list.

Sources: platform.openai.com/docs/api-reference/chat/object, api-docs.deepseek.com/api/create-chat-completion,
docs.mistral.ai/api, docs.together.ai/reference, openrouter.ai/docs/api-reference/overview, docs.bigmodel.cn (GLM), all
read 2026-11-25.
"""

from __future__ import annotations

from ..errors import BackendFailure
from ..events import UNKNOWN_FINISH

_OPENAI_WORDS = {
    "stop": ("stop", "eos", "eos_token", "end_turn", "stop_sequence", "stop_token", "end", "complete", "completed"),
    "length": ("length", "max_tokens", "max_length", "model_length", "max_output_tokens"),
    "tool_calls": ("tool_calls", "tool_call", "tool_use"),
    "function_call": ("function_call",),
    "content_filter": ("content_filter", "content_filtered", "sensitive", "safety", "recitation", "refusal", "blocked"),
}
_REASONS = {word: reason for reason, words in _OPENAI_WORDS.items() for word in words}
_FAILURES = frozenset({"error", "network_error", "insufficient_system_resource", "timeout"})


def read_finish_reason(raw: object) -> str:
    """OpenAI's word for a backend's: "eos" → "stop", "model_length" → "length", "frobnicated" → "length".

    "" for a reason that is not one yet (null, ""). Raises BackendFailure for the reasons that mean a failed reply.
    """
    if not raw:
        return ""
    word = str(raw)
    reason = _REASONS.get(word) or _REASONS.get(word.lower())
    if reason is not None:
        return reason
    if word.lower() in _FAILURES:
        raise BackendFailure(f"the backend ended its reply with finish_reason {word!r}", code="backend_error")
    return UNKNOWN_FINISH


def with_tool_calls(reason: str, *, calls: bool, function: bool) -> str:
    """A choice with calls that "stops" was stopped by them; other reasons win. `function`: the old functions form."""
    if reason != "stop":
        return reason
    return "tool_calls" if calls else "function_call" if function else reason
