"""Embeddings by batchEmbedContents: the Gemini API, and Vertex AI for the Gemini models, which wraps the settings.

Sources: models.py of google-genai 3.6 (_EmbedContentParametersPrivate_to_mldev and …_to_vertex: which address each
model has), https://ai.google.dev/api/embeddings (at most 100 requests in one batch), read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...embeddings import EmbeddingReply, EmbeddingRequest, Purpose, count_tokens, pack_vector, split_texts
from ...interface import ReplyContext, RequestContext
from ...json_text import read_reply
from ...parts import NativeBody, PartedBackend
from .error import read_error

MAX_TEXTS = 100
TASK_TYPES: Mapping[Purpose, str] = {
    "document": "RETRIEVAL_DOCUMENT",
    "query": "RETRIEVAL_QUERY",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
}


def _write_parts(
    write_settings: Callable[[EmbeddingRequest, RequestContext], NativeBody],
    request: EmbeddingRequest,
    context: RequestContext,
) -> list[NativeBody]:
    """[{"requests": [{"content": {"role": "user", "parts": [{"text": "kelp"}]}, …}, …]}, …], 100 texts in each."""
    settings = write_settings(request, context)
    return [
        {"requests": [{"content": {"role": "user", "parts": [{"text": text}]}, **settings} for text in texts]}
        for texts in split_texts(request.texts, MAX_TEXTS)
    ]


def write_settings(request: EmbeddingRequest) -> NativeBody:
    """{"taskType": "RETRIEVAL_QUERY", "outputDimensionality": 256}, of which only what was asked for."""
    settings: NativeBody = {}
    if request.purpose:
        settings["taskType"] = TASK_TYPES[request.purpose]
    if request.dimensions is not None:
        settings["outputDimensionality"] = request.dimensions
    return settings


def _of_gemini(request: EmbeddingRequest, context: RequestContext) -> NativeBody:
    """Each request of a batch repeats the model."""
    model = context.model if "/" in context.model else f"models/{context.model}"
    return {"model": model, **write_settings(request)}


def _of_vertex(request: EmbeddingRequest, context: RequestContext) -> NativeBody:
    settings = write_settings(request)
    return {"embedContentConfig": settings} if settings else {}


def read_part(body: bytes, headers: Mapping[str, str], context: ReplyContext) -> EmbeddingReply:
    """{"embeddings": [{"values": [0.5]}], "usageMetadata": {"promptTokenCount": 3}} → EmbeddingReply."""
    reply: dict[str, Any] = read_reply(body)
    vectors = tuple(pack_vector(item["values"]) for item in reply["embeddings"])
    return EmbeddingReply(vectors, count_tokens((reply.get("usageMetadata") or {}).get("promptTokenCount")))


GEMINI = PartedBackend(
    write_parts=lambda request, context: _write_parts(_of_gemini, request, context),
    read_part=read_part,
    read_error=read_error,
)
VERTEX = PartedBackend(
    write_parts=lambda request, context: _write_parts(_of_vertex, request, context),
    read_part=read_part,
    read_error=read_error,
)
