"""Cohere: where its v2 API is, also for configurations that still name v1.

Source: docs.cohere.com/v2/reference/chat, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..target import Target
from .openai_apis import bearer_headers
from .row import PROMPT_APIS, Operation, Provider, ProviderKeys

_BASE_URL = "https://api.cohere.com"
_PATHS: Mapping[str, str] = MappingProxyType({"cohere": "/v2/chat", "cohere_embed": "/v2/embed"})
# What old and new base_urls end in, outermost first: the seed's v1 SDK was given …/v1 or …/v1/chat. v1 itself takes
# another body altogether, so all of them mean v2.
_ENDINGS = (("/chat", "/embed"), ("/v1", "/v2"), ("/compatibility",))


def _url(target: Target, operation: Operation) -> str:
    """"https://api.cohere.ai/v1/chat" → "https://api.cohere.ai/v2/chat"."""
    address = (target.base_url or _BASE_URL).rstrip("/")
    for endings in _ENDINGS:
        ending = next((ending for ending in endings if address.endswith(ending)), "")
        address = address.removesuffix(ending)
    return address + _PATHS[operation.dialect]


PROVIDERS = (
    Provider(
        name="cohere",
        dialects=dict.fromkeys(PROMPT_APIS, "cohere")
        | {"embeddings": "cohere_embed"},
        base_url=_BASE_URL,
        url=_url,
        headers=bearer_headers,
        keys=ProviderKeys(optional=("input_type",)),
    ),
)
