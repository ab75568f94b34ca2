"""The JSON object that an event, or a whole body, of an OpenAI-compatible backend holds."""

from __future__ import annotations

from typing import Any

from ..json_text import read_reply
from .in_band_error import raise_for_error

_END_MARKS = frozenset({b"[DONE]", b'"[DONE]"'})


def is_end_mark(data: bytes) -> bool:
    """Is it OpenAI's [DONE]? Some backends send it as a JSON string."""
    return data[:1] != b"{" and data.strip() in _END_MARKS


def read_event(name: str, data: bytes) -> dict[str, Any] | None:
    """An event's object, None for a blank event. `name` is the event's own.

    Raises BackendFailure for an error in a list, ValueError for what is no object.
    """
    if data[:1] == b"{":
        value = read_reply(data)
    elif not data.strip():
        return None
    else:
        value = read_reply(data)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            raise_for_error(name, value[0])
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def read_object(body: bytes) -> dict[str, Any]:
    """A whole body's object; errors come in a list of one too. Raises ValueError for what is no object."""
    value = read_reply(body)
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value
