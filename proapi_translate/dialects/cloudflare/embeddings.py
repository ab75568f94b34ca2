"""Embeddings by ai/run.

Source: developers.cloudflare.com/workers-ai/models/bge-base-en-v1.5 (at most 100 texts), read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...embeddings import EmbeddingReply, EmbeddingRequest, count_tokens, pack_vector, split_texts
from ...interface import ReplyContext, RequestContext
from ...json_text import read_reply
from ...parts import NativeBody, PartedBackend
from .error import failure_from, read_error

MAX_TEXTS = 100


def write_parts(request: EmbeddingRequest, context: RequestContext) -> list[NativeBody]:
    """[{"text": ["kelp", "eel"]}, …]; the model is in the address."""
    if request.dimensions is not None:
        context.losses.drop("dimensions", "Workers AI's embeddings have one size a model")
    if request.purpose:
        context.losses.drop("input_type", "Workers AI's embeddings are the same for every purpose")
    return [{"text": list(texts)} for texts in split_texts(request.texts, MAX_TEXTS)]


def read_part(body: bytes, headers: Mapping[str, str], context: ReplyContext) -> EmbeddingReply:
    """{"result": {"shape": [1, 2], "data": [[0.5, -2]]}, "success": true} → EmbeddingReply.

    Raises BackendFailure for `success: false`.
    """
    reply: dict[str, Any] = read_reply(body)
    if reply.get("success") is False or reply.get("errors"):
        raise failure_from(reply)
    result = reply.get("result", reply)
    vectors = tuple(map(pack_vector, result["data"]))
    return EmbeddingReply(vectors, count_tokens((result.get("usage") or {}).get("prompt_tokens")))


BACKEND = PartedBackend(write_parts=write_parts, read_part=read_part, read_error=read_error)
