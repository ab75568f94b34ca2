"""What a translated request is: the values that the two halves of the translator hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .embeddings import DecodeTokens
from .interface import Asked, ReplyContext
from .losses import Loss
from .media import FetchedMedia
from .prompt import Recall
from .target import Target

JSON_TYPE = "application/json"
SSE_TYPE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Context:
    """What the pure library must be told. `now`: Unix seconds, for signatures. `recall(call_id)`: thoughts that went
    before a tool call in an earlier reply (`ReplyTranslator.thoughts_by_call`). `decode_tokens(model, tokens)`: the
    text of token ids that a client made for the model that it asks for; ClientFault if it cannot; None: nobody can.
    `media`: what the addresses hold that a MediaNeeded named."""

    now: float = 0.0
    recall: Recall = lambda call_id: ()
    decode_tokens: DecodeTokens | None = None
    media: Mapping[str, FetchedMedia] = field(default_factory=dict, repr=False)


NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What is sent. The headers are complete: none of the client's own goes on."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Translation:
    """A translated request. `asked` and `target` are what its reply's translator is made from.

    `later_bodies`: a request that goes in parts (parts.py) has more of them after `upstream`; `upstream_part` makes
    the request of each when its turn comes. `request`: its neutral form.
    """

    upstream: UpstreamRequest
    losses: tuple[Loss, ...]
    streaming: bool
    asked: Asked
    target: Target
    backend: str  # the backend's dialect
    reply_context: ReplyContext
    later_bodies: tuple[bytes, ...] = field(default=(), repr=False)
    request: Any = field(default=None, repr=False)


def is_passthrough(dialect: str, backend: str) -> bool:
    """Do client and backend speak the same format?"""
    return backend == f"openai_{dialect}"
