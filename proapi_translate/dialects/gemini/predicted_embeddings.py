"""Embeddings by Vertex AI's :predict, which all its text-embedding models have that are no Gemini models.

Sources: models.py of google-genai 3.6, and cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings
(at most 250 texts and 20,000 tokens in one request), read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...embeddings import EmbeddingReply, EmbeddingRequest, count_tokens, pack_vector, split_texts
from ...interface import ReplyContext, RequestContext
from ...json_text import read_reply
from ...parts import NativeBody, PartedBackend
from .embeddings import TASK_TYPES
from .error import read_error

MAX_TEXTS = 250
# So many bytes are hardly more than 20,000 tokens in any script: about 10,000 of English, 13,000 of Chinese.
_MAX_BYTES = 40_000


def write_parts(request: EmbeddingRequest, context: RequestContext) -> list[NativeBody]:
    """[{"instances": [{"content": "kelp", "task_type": …}], "parameters": {"outputDimensionality": 256}}]."""
    purpose = {"task_type": TASK_TYPES[request.purpose]} if request.purpose else {}
    dimensions = request.dimensions
    parameters = {} if dimensions is None else {"parameters": {"outputDimensionality": dimensions}}
    return [
        {"instances": [{"content": text, **purpose} for text in texts], **parameters}
        for texts in split_texts(request.texts, MAX_TEXTS, _MAX_BYTES)
    ]


def read_part(body: bytes, headers: Mapping[str, str], context: ReplyContext) -> EmbeddingReply:
    """{"predictions": [{"embeddings": {"values": [0.5], "statistics": {"token_count": 3}}}]} → EmbeddingReply."""
    reply: dict[str, Any] = read_reply(body)
    embeddings = [prediction["embeddings"] for prediction in reply["predictions"]]
    counts = [count_tokens((item.get("statistics") or {}).get("token_count")) for item in embeddings]
    told = [count for count in counts if count is not None]
    vectors = tuple(pack_vector(item["values"]) for item in embeddings)
    return EmbeddingReply(vectors, sum(told) if told else None)


BACKEND = PartedBackend(write_parts=write_parts, read_part=read_part, read_error=read_error)
