"""Signed thoughts in a chat message: `reasoning_details`, as OpenRouter documents them, read and written.

Source: openrouter.ai/docs/use-cases/reasoning-tokens, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...prompt import Signature, Thinking

_ENCRYPTED = "reasoning.encrypted"
# Who signed → the `format` of a detail.
_FORMATS = {
    "anthropic": "anthropic-claude-v1",
    "google": "google-gemini-v1",
    "openai": "openai-responses-v1",
    "xai": "xai-responses-v1",
}
_ORIGINS = {form: origin for origin, form in _FORMATS.items()}


def write_detail(thought: Thinking, index: int) -> dict[str, Any]:
    """A signed thought: {"type": "reasoning.text", "text", "signature", "format", "index"}; one whose text is hidden:
    {"type": "reasoning.encrypted", "data", "format", "index"}."""
    assert thought.signature is not None
    form = _FORMATS.get(thought.signature.origin, "unknown")
    value = thought.signature.value
    if thought.redacted:
        return {"type": _ENCRYPTED, "data": value, "format": form, "index": index}
    return {"type": "reasoning.text", "text": thought.text, "signature": value, "format": form, "index": index}


def read_detail(detail: Mapping[str, Any]) -> Thinking | None:
    """The thought, or the piece of one, that a detail tells; None where it tells nothing."""
    origin = _ORIGINS.get(_text(detail, "format"), "")
    if detail.get("type") == _ENCRYPTED:
        data = _text(detail, "data")
        return Thinking("", Signature(data, origin), redacted=True) if data else None
    text, signature = _text(detail, "text") or _text(detail, "summary"), _text(detail, "signature")
    if not text and not signature:
        return None
    return Thinking(text, Signature(signature, origin) if signature else None)


def _text(detail: Mapping[str, Any], name: str) -> str:
    value = detail.get(name)
    return value if isinstance(value, str) else ""
