"""echo's embeddings: small vectors of length 1, the same for the same text; texts that share words lie close.

They mean nothing beyond that, but show that all else works. Wire form: the request is at once the reply's body.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import Any

from ...embeddings import EmbeddingReply, EmbeddingRequest, pack_vector
from ...errors import BackendFailure, ClientFault
from ...interface import ReplyContext, RequestContext
from ...json_text import read_reply
from ...parts import NativeBody, PartedBackend

_DIMENSIONS = 8
_MAX_NUMBERS = 1_000_000  # of all vectors together: they are made here, while others wait


def write_parts(request: EmbeddingRequest, context: RequestContext) -> list[NativeBody]:
    """[{"vectors": [[…]], "prompt_tokens": 2}]: a word is a token. Raises ClientFault for too many dimensions."""
    if request.purpose:
        context.losses.drop("input_type", "echo's embeddings are the same for every purpose")
    size = request.dimensions or _DIMENSIONS
    if size * len(request.texts) > _MAX_NUMBERS:
        raise ClientFault(f"dimensions: echo makes at most {_MAX_NUMBERS} numbers", param="dimensions")
    tokens = sum(len(text.split()) for text in request.texts)
    return [{"vectors": [_embed(text, size) for text in request.texts], "prompt_tokens": tokens}]


def _embed(text: str, size: int) -> list[float]:
    """Each word adds 1 in the place that its checksum says; the whole is brought to length 1."""
    vector = [0.0] * size
    for word in text.lower().split() or [text]:
        vector[zlib.crc32(word.encode("utf-8", "replace")) % size] += 1.0
    length = math.sqrt(sum(number * number for number in vector))
    return [number / length for number in vector]


def read_part(body: bytes, headers: Mapping[str, str], context: ReplyContext) -> EmbeddingReply:
    reply: dict[str, Any] = read_reply(body)
    return EmbeddingReply(tuple(map(pack_vector, reply["vectors"])), reply["prompt_tokens"], "echo")


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> BackendFailure:
    return BackendFailure("echo failed", status=status)


BACKEND = PartedBackend(write_parts=write_parts, read_part=read_part, read_error=read_error)
