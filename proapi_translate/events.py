"""The neutral reply: one vocabulary for streams and for whole bodies.

A backend dialect reads its stream, or its whole body, into these; a client dialect writes its own from them. Legal
order, per choice: Start, then parts (PartStart, deltas, PartEnd; parts of one choice may overlap), then Finish; Usage
anywhere after Start (the last one counts); Failure ends it all. `event_order.py` holds readers to it.

`part` numbers the parts of one reply from 0 in order of appearance, unique over all choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from .errors import BackendFailure
from .json_text import read_reply
from .prompt import Signature

PartKind = Literal["text", "thinking", "refusal", "tool_call", "audio"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]
# For a backend's word that no table has: never "stop", what may be cut must not look complete.
UNKNOWN_FINISH: FinishReason = "length"


class Start(Struct, frozen=True, gc=False):
    """The backend has begun. `id` and `model` are its own."""

    id: str = ""
    model: str = ""
    service_tier: str = ""
    system_fingerprint: str = ""


class PartStart(Struct, frozen=True, gc=False):
    """A part begins. `id` and `name`: of a tool call. `signature` may come here, or later by SignatureDelta."""

    part: int
    kind: PartKind
    choice: int = 0
    id: str = ""
    name: str = ""
    custom: bool = False  # a tool call with free text, not JSON, for its input


class TextDelta(Struct, frozen=True, gc=False):
    """More of the part: of its text, thought, refusal, or of a tool call's arguments (JSON text)."""

    part: int
    text: str


class SignatureDelta(Struct, frozen=True, gc=False):
    """The proof of a thinking or tool-call part. `redacted`: the thought's text is hidden in the signature."""

    part: int
    signature: Signature
    redacted: bool = False


class Annotation(Struct, frozen=True, gc=False):
    """A citation. `body` in OpenAI's form: {"type": "url_citation", "url_citation": {"url", "title", "start_index",
    "end_index"}}; what has no address keeps its vendor's form under its own type."""

    part: int
    body: Mapping[str, Any]


class LogProbs(Struct, frozen=True, gc=False):
    """Token probabilities of a text part, in OpenAI's form: [{"token", "logprob", "bytes", "top_logprobs"}]."""

    part: int
    content: tuple[Mapping[str, Any], ...]


class SearchStart(Struct, frozen=True, gc=False):
    """The backend's vendor searches the web, for `queries` where they are known. No part: it may come between them.
    `id`: any, but unique in the reply."""

    id: str
    queries: tuple[str, ...] = ()


def read_queries(given: Any) -> tuple[str, ...]:
    """A search's `queries`, by the input of the vendor's tool, an object or its JSON text: {"query": "ruby releases"} →
    ("ruby releases",); () where it came garbled."""
    if isinstance(given, str):
        try:
            given = read_reply(given.encode("utf-8", "surrogatepass"))
        except ValueError:
            return ()
    query = given.get("query") if isinstance(given, dict) else None
    return (query,) if isinstance(query, str) and query else ()


class SearchEnd(Struct, frozen=True, gc=False):
    """That search is over. `sources`: the addresses that it found."""

    id: str
    sources: tuple[str, ...] = ()
    failed: bool = False


class PartEnd(Struct, frozen=True, gc=False):
    part: int


class Usage(Struct, frozen=True, gc=False):
    """Tokens by OpenAI's rules: `prompt_tokens` includes cached and tool-use prompts, `completion_tokens` includes
    reasoning. `cache_write_tokens` is part of `prompt_tokens` too."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    audio_prompt_tokens: int = 0
    audio_completion_tokens: int = 0
    total_tokens: int = 0  # 0: prompt + completion


class Finish(Struct, frozen=True, gc=False):
    """One choice is complete. `raw`: the backend's own word, for the log."""

    reason: FinishReason
    choice: int = 0
    raw: str = ""


class KeepAlive(Struct, frozen=True, gc=False):
    """Nothing new, but the backend is still at work: its comment or ping. May come anywhere; a stream passes it on."""


class Failure(Struct, frozen=True):
    """The backend failed after it had begun; nothing follows."""

    failure: BackendFailure


Event = (
    Start
    | PartStart
    | TextDelta
    | SignatureDelta
    | Annotation
    | LogProbs
    | SearchStart
    | SearchEnd
    | PartEnd
    | Usage
    | Finish
    | KeepAlive
    | Failure
)
