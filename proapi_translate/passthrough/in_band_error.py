"""Errors that come with a status of 200: in a chunk, in an `event: error`, or as the whole body."""

from __future__ import annotations

from typing import Any

from ..error_bodies import failure_from

# The fields by which a value without a reply in it is told from one that is merely odd.
_TELLING = ("message", "detail", "msg", "error_msg")


def raise_for_error(name: str, value: dict[str, Any]) -> None:
    """Raise the BackendFailure that an event tells of; return if it tells of none. `name` is the event's own.

    {"error": {"code": 502, "message": "busy"}, "choices": […]} raises; {"error": null, "choices": […]} does not.
    """
    if value.get("error") or name == "error" or value.get("object") == "error":
        raise failure_from(value)
    if "choices" not in value and any(isinstance(value.get(field), str) for field in _TELLING):
        raise failure_from(value)
