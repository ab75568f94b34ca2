"""A page of a response's input items, as GET /v1/responses/{id}/input_items gives it.

Source: https://platform.openai.com/docs/api-reference/responses/input-items, read 2026-11-25 (`before` was in earlier
versions of it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proapi_translate import ClientFault

from .response_store import Item

_DEFAULT_LIMIT, _HIGHEST_LIMIT = 20, 100
_ORDERS = ("desc", "asc")


def page_of_items(items: Sequence[Item], query: Mapping[str, str]) -> dict[str, Any]:
    """`items`: oldest first. {"order": "asc", "limit": "1"} → {"object": "list", "data": [the oldest], "first_id": …,
    "last_id": …, "has_more": True}. `after` and `before` are ids. Raises ClientFault (400)."""
    order = query.get("order", _ORDERS[0])
    if order not in _ORDERS:
        raise ClientFault(f"order must be one of {', '.join(_ORDERS)}.", param="order")
    listed = list(items) if order == "asc" else list(items)[::-1]
    ids = [str(item.get("id")) for item in listed]
    start = _place(ids, query, "after") + 1 if query.get("after") else 0
    end = _place(ids, query, "before") if query.get("before") else len(listed)
    window = listed[start:end]
    data = window[: _limit(query)]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0].get("id") if data else None,
        "last_id": data[-1].get("id") if data else None,
        "has_more": len(data) < len(window),
    }


def _place(ids: Sequence[str], query: Mapping[str, str], name: str) -> int:
    if query[name] not in ids:
        raise ClientFault(f"{name}: there is no such item.", param=name)
    return ids.index(query[name])


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(_DEFAULT_LIMIT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _HIGHEST_LIMIT):
        raise ClientFault(f"limit must be between 1 and {_HIGHEST_LIMIT}.", param="limit")
    return int(text)
