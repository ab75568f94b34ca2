"""Claude's two doors: Anthropic itself, with a key, and Vertex AI, with a project, a location and an access token.

Sources: https://platform.claude.com/docs/en/api/overview, …/build-with-claude/claude-on-vertex-ai, read 2026-11-25.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..target import Target
from .google import VERTEX_KEYS, VERTEXAI_GEMINI, vertex_url
from .row import PROMPT_APIS, Operation, Provider

VERSION = "2023-06-01"
VERTEX_VERSION = "vertex-2023-10-16"
VERTEX_CLAUDE_LOCATION = "us-east5"  # where every Claude model is served, for a target that names no location
_VERTEX_METHODS = {False: "rawPredict", True: "streamRawPredict"}


def _url(target: Target, operation: Operation) -> str:
    """With or without the version in base_url: "https://relay.example/v1" and "https://relay.example" both do."""
    base = target.base_url.rstrip("/").removesuffix("/messages").removesuffix("/v1")
    return f"{base or ANTHROPIC.base_url}/v1/messages"


def _headers(target: Target) -> dict[str, str]:
    return {"x-api-key": target.credential}


ANTHROPIC = Provider(
    name="anthropic",
    dialects=dict.fromkeys(PROMPT_APIS, "anthropic"),
    base_url="https://api.anthropic.com",
    url=_url,
    headers=_headers,
    static_headers={"anthropic-version": VERSION},
)


def _vertex_claude_url(target: Target, operation: Operation) -> str:
    if not target.options.get("location"):
        target = replace(target, options={**target.options, "location": VERTEX_CLAUDE_LOCATION})
    return vertex_url(target, "anthropic", _VERTEX_METHODS[operation.streaming])


def _adjust_for_vertex(body: dict[str, Any], target: Target, operation: Operation) -> None:
    """On Vertex the address names the model, and the version stands in the body."""
    del body["model"]
    body["anthropic_version"] = VERTEX_VERSION


VERTEXAI_CLAUDE = replace(
    VERTEXAI_GEMINI,
    name="vertexai_claude",
    keys=replace(VERTEXAI_GEMINI.keys, optional=VERTEX_KEYS, locations=(VERTEX_CLAUDE_LOCATION,)),
    dialects=ANTHROPIC.dialects,
    url=_vertex_claude_url,
    adjust=_adjust_for_vertex,
    fetches_media=False,  # platform.claude.com/docs/en/build-with-claude/vision: base64 only, on Google Cloud
    dialects_at=None,
)
PROVIDERS = (ANTHROPIC, VERTEXAI_CLAUDE)
