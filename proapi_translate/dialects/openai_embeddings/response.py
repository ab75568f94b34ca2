"""Neutral replies → a client's embeddings reply."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from msgspec import Raw, Struct

from ...embeddings import EmbeddingReply, EmbeddingRequest, write_base64
from ...errors import BackendFailure
from ...events import Usage
from ...interface import ReplyFacts
from ...json_text import encode


class WrittenPart(Struct, frozen=True):
    """One part's vectors as they go to the client: base64, or the JSON text of the numbers."""

    vectors: tuple[str | Raw, ...]
    prompt_tokens: int | None
    model: str


def write_part(request: EmbeddingRequest, reply: EmbeddingReply) -> WrittenPart:
    """As text at once: as a list, each number would be an object of its own until the whole body is written."""
    write = write_base64 if request.base64 else _write_numbers
    return WrittenPart(tuple(map(write, reply.vectors)), reply.prompt_tokens, reply.model)


def _write_numbers(vector: array[float]) -> Raw:
    return Raw(encode(vector.tolist()))


def write_body(request: EmbeddingRequest, parts: Sequence[WrittenPart], facts: ReplyFacts) -> dict[str, Any]:
    """{"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": …}], "model": …, "usage": …}.

    `usage` is 0 where the backend tells no count: none is made up. Raises BackendFailure where a vector is missing, or
    where it is not clear which belongs to which text.
    """
    vectors = [vector for part in parts for vector in part.vectors]
    wanted = len(request.texts)
    if len(vectors) < wanted or len(vectors) > wanted > 1:
        message = f"The backend gave {len(vectors)} embeddings for {wanted} inputs."
        raise BackendFailure(message, code="bad_upstream_reply")
    data = [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)]
    usage = sum_usage(parts) or Usage()
    counts = {"prompt_tokens": usage.prompt_tokens, "total_tokens": usage.prompt_tokens}
    return {"object": "list", "data": data, "model": facts.asked.model, "usage": counts}


def sum_usage(parts: Sequence[WrittenPart]) -> Usage | None:
    """The tokens of all parts; None if a backend did not tell."""
    counts = [part.prompt_tokens for part in parts]
    told = [count for count in counts if count is not None]
    return Usage(prompt_tokens=sum(told), total_tokens=sum(told)) if told and len(told) == len(counts) else None
