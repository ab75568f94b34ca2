"""The key of a reply: a digest of all that decides what a backend answers, and of who may be given the answer.

In it: the token's scope, provider, address and model of the backend, both dialects, and every body that is sent, in
whatever order its fields stand. Not in it: whether the client wants a stream, which changes the form of a reply and not
what it says; the backend's key, and a location that is chosen in turn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

# Dialects of clients whose replies say the same tomorrow. Pictures are not: their addresses are gone within the hour.
CACHEABLE_DIALECTS = frozenset({"chat", "responses", "completions", "embeddings"})
# How a reply comes, not what it says: OpenAI's, Anthropic's, Cohere's and Cloudflare's word, and OpenAI's second.
_FORM_FIELDS = frozenset({"stream", "stream_options"})
# A reply to these may have done something, or says what the web says today: OpenAI's, Bedrock's and OpenRouter's words.
_ACTING_FIELDS = ("tools", "functions", "toolConfig", "web_search_options", "plugins")
# These stand on what only the backend keeps, go on after the reply, or make what can be asked for a while only.
_STATE_FIELDS = ("previous_response_id", "conversation", "background", "audio")

_encode_sorted = msgspec.json.Encoder(order="sorted").encode
_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a reply comes from, as the admin reads it. `model`: the backend's. `token`: the name of who asks."""

    dialect: str
    provider: str
    model: str
    token: str


@dataclass(frozen=True, slots=True)
class Question:
    """A request that is about to be sent. `scope`: whose replies it may get: a token's owner, or "" for everybody's.
    `bodies`: as they would be sent, one or, of a request in parts, several."""

    origin: Origin
    scope: str
    base_url: str
    backend_dialect: str
    client_body: bytes = field(repr=False)
    bodies: tuple[bytes, ...] = field(repr=False)


def key_of(question: Question, *, with_tools: bool) -> str:
    """64 hexadecimal digits; "" for a request whose reply is not to be kept, and for bodies that are no JSON objects.

    `with_tools`: requests that may call tools have keys too.
    """
    if question.origin.dialect not in CACHEABLE_DIALECTS:
        return ""
    try:
        trees = [_tree(body) for body in question.bodies]
        asked = _tree(question.client_body)
    except ValueError:
        return ""
    if any(tree.get(name) for tree in trees for name in _STATE_FIELDS):
        return ""
    if not with_tools and any(tree.get(name) for tree in (*trees, asked) for name in _ACTING_FIELDS):
        return ""
    origin = question.origin
    told = (
        _VERSION, question.scope, origin.dialect, origin.provider, question.base_url, question.backend_dialect,
        origin.model,
    )  # fmt: skip
    kept = [{name: value for name, value in tree.items() if name not in _FORM_FIELDS} for tree in trees]
    return hashlib.sha256(_encode_sorted([told, kept])).hexdigest()


def _tree(body: bytes) -> Mapping[str, Any]:
    tree = msgspec.json.decode(body)
    if not isinstance(tree, dict):
        raise ValueError("no object")
    return tree
