"""The APIs of OpenAI-compatible backends: which one is spoken for which client, its address and its key's header."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..errors import ClientFault
from ..target import Target
from .row import PROMPT_APIS, Operation

# Backend dialect → what is appended to a base_url, which holds the version ("…/v1"), as the seed's users write it.
PATHS: Mapping[str, str] = MappingProxyType(
    {
        "openai_chat": "/chat/completions",
        "openai_responses": "/responses",
        "openai_compaction": "/responses/compact",
        "openai_completions": "/completions",
        "openai_embeddings": "/embeddings",
    }
)
_ENDINGS = tuple(sorted(PATHS.values(), key=len, reverse=True))  # "/chat/completions" before "/completions"

Apis = Mapping[str, Mapping[str, str]]  # option `api` ("" = not given) → client dialect → backend dialect

_EMBEDDINGS = {"embeddings": "openai_embeddings"}
_CHAT = dict.fromkeys(PROMPT_APIS, "openai_chat") | _EMBEDDINGS
_RESPONSES = dict.fromkeys(PROMPT_APIS, "openai_responses") | _EMBEDDINGS


API_NAMES = ("chat", "responses")  # what `api` may say of a service with OpenAI's APIs


def list_apis(*, responses: bool, completions: bool, compaction: bool = False) -> Apis:
    """The choices at a service: has it /responses, so that a Responses client is passed through, the old /completions,
    and /responses/compact? What it has not is translated to chat."""
    by_chat = _CHAT | ({"completions": "openai_completions"} if completions else {})
    compacted = {"compaction": "openai_compaction"} if compaction else {}
    as_asked = by_chat | ({"responses": "openai_responses"} if responses else {}) | compacted
    return MappingProxyType({"": as_asked, "chat": by_chat, "responses": _RESPONSES | compacted})


def choose_by_api(apis: Apis, target: Target) -> Mapping[str, str]:
    """The dialects for the target's option `api`.

    Raises ClientFault (500) for an `api` that is not among them: the configuration is at fault, not the request.
    """
    api = target.options.get("api", "")
    if api not in apis:
        known = ", ".join(name for name in apis if name)
        raise ClientFault(f"{target.provider}: api: expected one of {known}", status=500, type="server_error")
    return apis[api]


def join_url(base_url: str, operation: Operation) -> str:
    """The address of an operation under a base_url, which may also be the whole address of any operation.

    "https://h/v1/" → "https://h/v1/chat/completions"; "https://h/v1/chat/completions?x=1" stays as it is.
    """
    address, question, query = base_url.partition("?")
    return strip_ending(address) + PATHS[operation.dialect] + question + query


def strip_ending(address: str) -> str:
    """"https://h/v1/chat/completions/" → "https://h/v1"."""
    address = address.rstrip("/")
    ending = next((ending for ending in _ENDINGS if address.endswith(ending)), "")
    return address.removesuffix(ending)


def bearer_headers(target: Target) -> dict[str, str]:
    """{"authorization": "Bearer <key>"}; nothing for a backend without a key."""
    return {"authorization": f"Bearer {target.credential}"} if target.credential else {}
