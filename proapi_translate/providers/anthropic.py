"""Anthropic itself. (Claude on Vertex is a row of google.py's family: same dialect, other address.)

Source: https://platform.claude.com/docs/en/api/overview, read 2026-11-25.
"""

from __future__ import annotations

from ..target import Target
from .row import Operation, Provider

VERSION = "2023-06-01"


def _url(target: Target, operation: Operation) -> str:
    """With or without the version in base_url: "https://relay.example/v1" and "https://relay.example" both do."""
    base = target.base_url.rstrip("/").removesuffix("/messages").removesuffix("/v1")
    return f"{base or ANTHROPIC.base_url}/v1/messages"


def _headers(target: Target) -> dict[str, str]:
    return {"x-api-key": target.credential}


ANTHROPIC = Provider(
    name="anthropic",
    dialects={"chat": "anthropic"},
    base_url="https://api.anthropic.com",
    url=_url,
    headers=_headers,
    static_headers={"anthropic-version": VERSION},
)
PROVIDERS = (ANTHROPIC,)
