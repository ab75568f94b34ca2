"""Cohere's v2 embed.

Sources: v2/raw_client.py of cohere 7.3 (`embed`: at most 96 texts) and docs.cohere.com/v2/reference/embed, read
2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...embeddings import EmbeddingReply, EmbeddingRequest, Purpose, count_tokens, pack_vector, split_texts
from ...interface import ReplyContext, RequestContext
from ...json_text import read_reply
from ...parts import NativeBody, PartedBackend
from .error import read_error

MAX_TEXTS = 96
# Required. Where nobody says what the texts are for they are documents, as for OpenAI, which makes no difference.
INPUT_TYPES: Mapping[Purpose, str] = {
    "": "search_document",
    "document": "search_document",
    "query": "search_query",
    "classification": "classification",
    "clustering": "clustering",
}
# Models of one size only; output_dimension came with embed-v4.
_ONE_SIZE = ("embed-english-", "embed-multilingual-")


def write_parts(request: EmbeddingRequest, context: RequestContext) -> list[NativeBody]:
    """[{"model": …, "input_type": "search_document", "embedding_types": ["float"], "texts": […]}, …]."""
    fields: NativeBody = {
        "model": context.model,
        "input_type": INPUT_TYPES[request.purpose],
        "embedding_types": ["float"],
    }
    if request.dimensions is not None and context.model.startswith(_ONE_SIZE):
        context.losses.drop("dimensions", "this model's embeddings have one size")
    elif request.dimensions is not None:
        fields["output_dimension"] = request.dimensions
    return [{**fields, "texts": list(texts)} for texts in split_texts(request.texts, MAX_TEXTS)]


def read_part(body: bytes, headers: Mapping[str, str], context: ReplyContext) -> EmbeddingReply:
    """{"embeddings": {"float": [[0.5]]}, "meta": {"billed_units": {"input_tokens": 3}}} → EmbeddingReply."""
    reply: dict[str, Any] = read_reply(body)
    by_type = reply["embeddings"]
    vectors = by_type["float"] if isinstance(by_type, dict) else by_type  # v1, which relays still speak: a bare list
    meta = reply.get("meta") or {}
    counts = meta.get("tokens") or meta.get("billed_units") or {}
    return EmbeddingReply(tuple(map(pack_vector, vectors)), count_tokens(counts.get("input_tokens")))


BACKEND = PartedBackend(write_parts=write_parts, read_part=read_part, read_error=read_error)
