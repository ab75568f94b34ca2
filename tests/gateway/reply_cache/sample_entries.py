"""Entries of the cache: only what a case is about is named."""

from __future__ import annotations

from typing import Any

from proapi_gateway.reply_cache.entries import Entry, EntryView, ReplyPart, pack_reply
from proapi_gateway.reply_cache.key import Origin, Question

STORED_MS = 1_764_000_000_000
PARTS = (ReplyPart({}, b'{"id": "up-1"}'),)


def entry(key: str = "k", data: bytes | None = None, **changes: Any) -> Entry:
    told: dict[str, Any] = {
        "key": key, "stored_ms": STORED_MS, "dialect": "chat", "provider": "openai", "model": "gpt-4o",
        "token": "team-a", "words": "what is up", "stored_bytes": 100,
    }  # fmt: skip
    return Entry(EntryView(**{**told, **changes}), pack_reply(PARTS) if data is None else data)


def question(body: bytes = b'{"model": "gpt-4o", "messages": [{"content": "what is up"}]}', **changes: Any) -> Question:
    told: dict[str, Any] = {
        "origin": Origin("chat", "openai", "gpt-4o", "team-a"), "scope": "owner", "base_url": "",
        "backend_dialect": "openai_chat", "client_body": body, "bodies": (body,),
    }  # fmt: skip
    return Question(**{**told, **changes})
