"""Thoughts that we have sealed, kept from a backend that is passed the client's own Responses body.

They are of other vendors' models (a conversation may go on with another backend than it began with), and OpenAI refuses
a whole request for one `encrypted_content` that is not its own.
"""

from __future__ import annotations

from typing import Any

from .json_text import parse_object
from .losses import Loss
from .sealed_thoughts import MARK

_MARK = MARK.encode()
_LOST = Loss("input.reasoning", "dropped", "these thoughts were signed by another vendor's model")


def take_out_thoughts(body: bytes) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """The top-level fields that must change, and what is lost: ({"input": […]}, (Loss("input.reasoning", …),)); mostly
    ({}, ()), found out without reading the body. Raises ClientFault (400) for what is no JSON object."""
    if _MARK not in body:
        return {}, ()
    items = parse_object(body).get("input")
    kept = [item for item in items if not _is_ours(item)] if isinstance(items, list) else items
    return ({"input": kept}, (_LOST,)) if kept != items else ({}, ())


def _is_ours(item: Any) -> bool:
    sealed = item.get("encrypted_content") if isinstance(item, dict) else None
    return isinstance(sealed, str) and sealed.startswith(MARK)
