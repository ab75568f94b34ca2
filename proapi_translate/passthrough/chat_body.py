"""A whole chat completion of an OpenAI-compatible backend, mended where it breaks OpenAI's contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BackendFailure
from ..interface import ReplyFacts
from .finish_reasons import read_finish_reason, with_tool_calls
from .in_band_error import raise_for_error
from .messages import arguments_text, calls_function, copy_reasoning, flatten_content
from .usage import complete_usage

OBJECT = "chat.completion"
_NO_CHOICES = "The backend's reply holds no choices."


def read_choices(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The body's choices. Raises BackendFailure for an error inside a 200, and for a reply without any choices: it must
    not pass for an empty answer."""
    raise_for_error("", body)
    choices = body.get("choices")
    if not isinstance(choices, list) or not choices or not all(isinstance(choice, dict) for choice in choices):
        raise BackendFailure(_NO_CHOICES, code="bad_upstream_reply")
    return choices


def mend_completion(body: dict[str, Any], facts: ReplyFacts) -> set[str]:
    """Mend a body in place; gives the names of the top-level fields that changed.

    {"id": "", "choices": [{"message": {"content": "hi"}, "finish_reason": "eos"}], …} → the reply's own id, `object`,
    `created`, the model name that was asked for, role, index, finish_reason "stop". Raises BackendFailure for a body
    without choices or with a finish reason that means a failed reply.
    """
    choices = read_choices(body)
    changed = _mend_envelope(body, facts)
    for position, choice in enumerate(choices):
        if _mend_choice(choice, position, _id_prefix(facts, position)):
            changed.add("choices")
    usage = body.get("usage")
    if isinstance(usage, dict) and complete_usage(usage):
        changed.add("usage")
    return changed


def _mend_envelope(body: dict[str, Any], facts: ReplyFacts) -> set[str]:
    reply_id, created = told_identity(body, facts)
    mended = {
        "id": reply_id,
        "object": OBJECT,
        "created": created,
        "model": facts.asked.model,
    }
    changed = {name for name, value in mended.items() if body.get(name) != value}
    body.update(mended)
    return changed


def told_identity(value: Mapping[str, Any], facts: ReplyFacts) -> tuple[str, int]:
    """(id, Unix seconds) of a body or a chunk; ours stand in for what it lacks, and for those of an earlier reply."""
    told_id, told = ("", 0) if facts.is_replay else (value.get("id"), value.get("created"))
    reply_id = told_id if told_id and isinstance(told_id, str) else facts.reply_id
    return reply_id, int(told) if isinstance(told, int | float) and told > 0 else facts.created


def _mend_choice(choice: dict[str, Any], position: int, id_prefix: str) -> bool:
    message = choice.get("message")
    if not isinstance(message, dict):
        message = choice.pop("delta", None)
    if not isinstance(message, dict):
        message = {}
    calls = message.get("tool_calls")
    reason = with_tool_calls(
        read_finish_reason(choice.get("finish_reason")) or "stop",
        calls=bool(calls),
        function=calls_function(message),
    )
    mended = {
        "index": choice["index"] if isinstance(choice.get("index"), int) else position,
        "message": message,
        "finish_reason": reason,
    }
    changed = any(choice.get(name) != value for name, value in mended.items())
    choice.update(mended)
    return _mend_message(message, id_prefix) or changed


def _mend_message(message: dict[str, Any], id_prefix: str) -> bool:
    changed = copy_reasoning(message)
    if isinstance(message.get("content"), list):
        flatten_content(message)
        changed = True
    for name, value in (("role", "assistant"), ("content", message.get("content"))):
        if name not in message or message[name] != value:
            message[name] = value
            changed = True
    for index, call in enumerate(message.get("tool_calls") or ()):
        if isinstance(call, dict) and _mend_call(call, f"call_{id_prefix}_{index}"):
            changed = True
    if calls_function(message) and _mend_arguments(message["function_call"]):
        changed = True
    return changed


def _mend_call(call: dict[str, Any], own_id: str) -> bool:
    changed = False
    if not call.get("id"):
        call["id"] = own_id
        changed = True
    if not call.get("type"):
        call["type"] = "custom" if "custom" in call else "function"
        changed = True
    function = call.get("function")
    return (isinstance(function, dict) and _mend_arguments(function)) or changed


def _mend_arguments(function: dict[str, Any]) -> bool:
    """Arguments are the text of a JSON object: {} as "{}", and a call without any as "{}" too."""
    text = arguments_text(function.get("arguments"))
    mended = text if text.strip() else "{}"
    changed = mended != function.get("arguments")
    function["arguments"] = mended
    return changed


def _id_prefix(facts: ReplyFacts, choice: int) -> str:
    tail = facts.reply_id.rpartition("-")[2]
    return f"{tail}_{choice}" if choice else tail
