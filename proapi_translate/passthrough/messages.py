"""What a message and a delta have in common: content that is a list, and where reasoning rides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..json_text import encode

# Where reasoning rides beside `reasoning_content`: `reasoning` with OpenRouter, Groq, Ollama, vLLM and Cerebras,
# `reasoning_text` with GitHub Copilot (recordings of each).
_REASONING_FIELDS = ("reasoning", "reasoning_text")


def flatten_content(message: dict[str, Any]) -> None:
    """Turn Mistral's list content into a string, in place; its thoughts ride in `reasoning_content`.

    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "4"}]}
    → {"content": "4", "reasoning_content": "hm"}. Parts of another kind (references) are kept in `content_parts`.
    """
    texts: list[str] = []
    thoughts: list[str] = []
    others: list[Any] = []
    for part in message["content"]:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("text", "output_text") and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind == "thinking":
            thoughts.append(_thought(part.get("thinking")))
        elif isinstance(part, str):
            texts.append(part)
        else:
            others.append(part)
    message["content"] = "".join(texts) if texts or not thoughts else None
    if thoughts and not message.get("reasoning_content"):
        message["reasoning_content"] = "".join(thoughts)
    if others:
        message["content_parts"] = others


def copy_reasoning(message: dict[str, Any]) -> bool:
    """Give `reasoning_content`, if it has no text, the one that rides elsewhere. True if it was given.

    {"reasoning": "hm"} → {"reasoning": "hm", "reasoning_content": "hm"}: apps of either habit find it.
    """
    if message.get("reasoning_content"):
        return False
    for name in _REASONING_FIELDS:
        text = message.get(name)
        if text and isinstance(text, str):
            message["reasoning_content"] = text
            return True
    return False


def arguments_text(arguments: Any) -> str:
    """Tool arguments as JSON text: {"a": 1} → '{"a":1}', null → ""; text stays what it is."""
    if isinstance(arguments, str):
        return arguments
    return "" if arguments is None else encode(arguments).decode()


def calls_function(message: Mapping[str, Any]) -> bool:
    """Does a message call a function in OpenAI's first form? Snowflake has an empty call in every message."""
    call = message.get("function_call")
    return isinstance(call, dict) and bool(call.get("name"))


def has_payload(delta: Mapping[str, Any]) -> bool:
    """Does a delta say anything beside its role? {"role": "assistant", "content": ""} does not."""
    return any(value and name != "role" for name, value in delta.items())


def _thought(thinking: Any) -> str:
    if isinstance(thinking, str):
        return thinking
    if not isinstance(thinking, list):
        return ""
    return "".join(part["text"] for part in thinking if isinstance(part, dict) and isinstance(part.get("text"), str))
