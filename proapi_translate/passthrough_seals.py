"""What we have sealed, thoughts and summaries, kept from a backend that is passed the client's own Responses body.

It is of other vendors' models (a conversation may go on with another backend than it began with), and OpenAI refuses a
whole request for one `encrypted_content` that is not its own. Thoughts are left out, summaries become plain words.
"""

from __future__ import annotations

from typing import Any

from .json_text import parse_object
from .losses import Loss
from .sealed_summaries import unseal_summary
from .sealed_thoughts import MARK

_MARK = MARK.encode()
_LOST = Loss("input.reasoning", "dropped", "these thoughts were signed by another vendor's model")


def take_out_thoughts(body: bytes) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """The top-level fields that must change, and what is lost: ({"input": […]}, (Loss("input.reasoning", …),)); mostly
    ({}, ()), found out without reading the body. Raises ClientFault (400) for what is no JSON object."""
    if _MARK not in body:
        return {}, ()
    items = parse_object(body).get("input")
    if not isinstance(items, list):
        return {}, ()
    opened = [_open_summary(item) for item in items]
    kept = [item for item in opened if not _sealed_by_us(item)]
    return ({"input": kept} if kept != items else {}), ((_LOST,) if kept != opened else ())


def _open_summary(item: Any) -> Any:
    words = unseal_summary(_sealed_by_us(item))
    return item if words is None else {"type": "message", "role": "user", "content": words}


def _sealed_by_us(item: Any) -> str:
    """The text that we have sealed; "" where there is none."""
    sealed = item.get("encrypted_content") if isinstance(item, dict) else None
    return sealed if isinstance(sealed, str) and sealed.startswith(MARK) else ""
