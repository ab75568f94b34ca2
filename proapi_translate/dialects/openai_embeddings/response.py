"""Neutral replies → a client's embeddings reply."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import msgspec

from ...embeddings import EmbeddingReply, EmbeddingRequest, write_base64
from ...errors import BackendFailure
from ...events import Usage
from ...interface import ReplyFacts
from ...json_text import encode


def write_body(request: EmbeddingRequest, replies: Sequence[EmbeddingReply], facts: ReplyFacts) -> dict[str, Any]:
    """{"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": …}], "model": …, "usage": …}.

    `usage` is 0 where the backend tells no count: none is made up. Raises BackendFailure where a vector is missing, or
    where it is not clear which belongs to which text.
    """
    vectors = [vector for reply in replies for vector in reply.vectors]
    wanted = len(request.texts)
    if len(vectors) < wanted or len(vectors) > wanted > 1:
        message = f"The backend gave {len(vectors)} embeddings for {wanted} inputs."
        raise BackendFailure(message, code="bad_upstream_reply")
    write = write_base64 if request.base64 else _write_floats
    data = [{"object": "embedding", "index": n, "embedding": write(vector)} for n, vector in enumerate(vectors)]
    usage = sum_usage(replies) or Usage()
    counts = {"prompt_tokens": usage.prompt_tokens, "total_tokens": usage.prompt_tokens}
    return {"object": "list", "data": data, "model": facts.asked.model, "usage": counts}


def sum_usage(replies: Sequence[EmbeddingReply]) -> Usage | None:
    """The tokens of all parts; None if a backend did not tell."""
    counts = [reply.prompt_tokens for reply in replies]
    told = [count for count in counts if count is not None]
    return Usage(prompt_tokens=sum(told), total_tokens=sum(told)) if told and len(told) == len(counts) else None


def _write_floats(vector: array[float]) -> msgspec.Raw:
    # As text at once: as a list, each number would be an object of its own until the whole body is written.
    return msgspec.Raw(encode(vector.tolist()))
