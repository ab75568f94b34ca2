"""Embeddings by Bedrock's InvokeModel, whose body is each model family's own.

Sources: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html, …-titan-embed-mm.html,
…-embed-v3.html and …-embed-v4.html (Cohere), docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html, read
2026-11-25.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...embeddings import EmbeddingReply, EmbeddingRequest, Purpose, count_tokens, pack_vector, split_texts
from ...errors import ClientFault
from ...interface import ReplyContext, RequestContext
from ...json_text import read_reply
from ...parts import NativeBody, PartedBackend
from .error import read_error

_MAX_COHERE_TEXTS = 96
# Both are required. Where nobody says what the texts are for, they are documents.
_COHERE_TYPES: Mapping[Purpose, str] = {
    "": "search_document",
    "document": "search_document",
    "query": "search_query",
    "classification": "classification",
    "clustering": "clustering",
}
_NOVA_PURPOSES: Mapping[Purpose, str] = {
    "": "GENERIC_INDEX",
    "document": "GENERIC_INDEX",
    "query": "TEXT_RETRIEVAL",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
}
_TOKENS_HEADER = "x-amzn-bedrock-input-token-count"
_ONE_SIZE = "this model's embeddings have one size"


@dataclass(frozen=True, slots=True)
class _Family:
    """`write(texts, request)` → a body; `most`: texts of one body; `sizes`: do its models take `dimensions`?
    `purposes`: do they take what the texts are for?"""

    write: Callable[[tuple[str, ...], EmbeddingRequest], NativeBody]
    most: int = 1
    sizes: bool = True
    purposes: bool = False


def _write_titan(texts: tuple[str, ...], request: EmbeddingRequest) -> NativeBody:
    sized = {} if request.dimensions is None else {"dimensions": request.dimensions}
    return {"inputText": texts[0], **sized}


def _write_titan_first(texts: tuple[str, ...], request: EmbeddingRequest) -> NativeBody:
    return {"inputText": texts[0]}


def _write_titan_image(texts: tuple[str, ...], request: EmbeddingRequest) -> NativeBody:
    size = request.dimensions
    sized = {} if size is None else {"embeddingConfig": {"outputEmbeddingLength": size}}
    return {"inputText": texts[0], **sized}


def _write_cohere(texts: tuple[str, ...], request: EmbeddingRequest) -> NativeBody:
    return {"texts": list(texts), "input_type": _COHERE_TYPES[request.purpose], "embedding_types": ["float"]}


def _write_cohere_v4(texts: tuple[str, ...], request: EmbeddingRequest) -> NativeBody:
    sized = {} if request.dimensions is None else {"output_dimension": request.dimensions}
    return _write_cohere(texts, request) | sized


def _write_nova(texts: tuple[str, ...], request: EmbeddingRequest) -> NativeBody:
    parameters: NativeBody = {"embeddingPurpose": _NOVA_PURPOSES[request.purpose]}
    if request.dimensions is not None:
        parameters["embeddingDimension"] = request.dimensions
    # A text that is too long is an error, as with OpenAI: never a vector of a part of it.
    parameters["text"] = {"truncationMode": "NONE", "value": texts[0]}
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": parameters}


# By a part of the model's id (which may have a region before it, or be an ARN); the first that fits counts.
_FAMILIES: tuple[tuple[str, _Family], ...] = (
    ("titan-embed-text-v2", _Family(_write_titan)),
    ("titan-embed-image", _Family(_write_titan_image)),
    ("titan-embed", _Family(_write_titan_first, sizes=False)),
    ("titan-e1t", _Family(_write_titan_first, sizes=False)),
    ("cohere.embed-v4", _Family(_write_cohere_v4, _MAX_COHERE_TEXTS, purposes=True)),
    ("cohere.embed", _Family(_write_cohere, _MAX_COHERE_TEXTS, sizes=False, purposes=True)),
    ("nova", _Family(_write_nova, purposes=True)),
)


def write_parts(request: EmbeddingRequest, context: RequestContext) -> list[NativeBody]:
    """One body a text for Titan ({"inputText": "kelp"}) and Nova, one for 96 texts for Cohere.

    Raises ClientFault (400) for a model whose family is not known: there is no body that all would take.
    """
    family = next((family for part, family in _FAMILIES if part in context.model), None)
    if family is None:
        known = "amazon.titan-embed-…, amazon.nova-…-embeddings-…, cohere.embed-…"
        raise ClientFault(f"bedrock makes embeddings by {known}: not by {context.model}", param="model")
    if request.dimensions is not None and not family.sizes:
        context.losses.drop("dimensions", _ONE_SIZE)
    if request.purpose and not family.purposes:
        context.losses.drop("input_type", "this model's embeddings are the same for every purpose")
    return [family.write(texts, request) for texts in split_texts(request.texts, family.most)]


def read_part(body: bytes, headers: Mapping[str, str], context: ReplyContext) -> EmbeddingReply:
    """Any family's reply: {"embedding": […], "inputTextTokenCount": 3} (Titan), {"embeddings": [[…]]} or
    {"embeddings": {"float": [[…]]}} (Cohere), {"embeddings": [{"embeddingType": "TEXT", "embedding": […]}]} (Nova)."""
    reply: dict[str, Any] = read_reply(body)
    told = reply.get("inputTextTokenCount", headers.get(_TOKENS_HEADER, "").strip())
    tokens = int(told) if isinstance(told, str) and told.isdecimal() else count_tokens(told)
    found = [reply["embedding"]] if "embedding" in reply else reply["embeddings"]
    found = found["float"] if isinstance(found, dict) else found
    vectors = [item["embedding"] if isinstance(item, dict) else item for item in found]
    return EmbeddingReply(tuple(map(pack_vector, vectors)), tokens)


BACKEND = PartedBackend(write_parts=write_parts, read_part=read_part, read_error=read_error)
