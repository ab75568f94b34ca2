"""A client's embeddings request → the neutral one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...embeddings import (
    INPUT_TYPES,
    MAX_CHARACTERS,
    MAX_INPUTS,
    EmbeddingRequest,
    Purpose,
    are_tokens,
    text_of_tokens,
)
from ...fields import Fields
from ...interface import RequestContext

_FORMATS = {"": False, "float": False, "base64": True}
_NO_SETTING = "this backend's embeddings have no such setting"


def read_request(body: Mapping[str, Any], context: RequestContext) -> EmbeddingRequest:
    """{"input": ["kelp", "eel"], "encoding_format": "base64"} → EmbeddingRequest(("kelp", "eel"), base64=True).

    Token ids become text again by `context.decode_tokens`, which goes by the name that the client asked for. Raises
    ClientFault (400): no input, an empty one, too many, token ids that cannot be read.
    """
    fields = Fields(body)
    model = fields.text("model")
    texts = _read_texts(fields, lambda tokens: text_of_tokens(tokens, model, context.decode_tokens))
    dimensions = fields.integer("dimensions")
    if dimensions is not None and dimensions < 1:
        raise fields.fault("dimensions", "must be at least 1")
    form = fields.text("encoding_format")
    if form not in _FORMATS:
        raise fields.fault("encoding_format", "expected float or base64")
    purpose = _read_purpose(fields, context.options.get("input_type", ""))
    fields.raw("stream")  # embeddings never stream, whatever a client says
    for name in fields.rest():
        context.losses.drop(name, _NO_SETTING)
    return EmbeddingRequest(texts, dimensions, _FORMATS[form], purpose)


def _read_purpose(fields: Fields, of_the_block: str) -> Purpose:
    """The client's `input_type` (which Cohere's own users know), else the one of the block in api.yaml."""
    told = fields.text("input_type") or of_the_block
    if told and told.lower() not in INPUT_TYPES:
        raise fields.fault("input_type", f"expected one of {', '.join(INPUT_TYPES)}")
    return INPUT_TYPES[told.lower()] if told else ""


def _read_texts(fields: Fields, decode: Callable[[list[int]], str]) -> tuple[str, ...]:
    """A string, strings, token ids, or lists of token ids: one text for each input, in order."""
    value = fields.raw("input")
    if value is None:
        raise fields.fault("input", "is required")
    if isinstance(value, str) or are_tokens(value):
        value = [value]
    if not isinstance(value, list) or not value:
        raise fields.fault("input", "expected a string, token ids, or a list of such that is not empty")
    if len(value) > MAX_INPUTS:
        raise fields.fault("input", f"at most {MAX_INPUTS} inputs, found {len(value)}")
    texts = tuple(_read_text(item, fields, decode) for item in value)
    if sum(map(len, texts)) > MAX_CHARACTERS:
        raise fields.fault("input", f"all inputs together may have at most {MAX_CHARACTERS} characters")
    return texts


def _read_text(item: Any, fields: Fields, decode: Callable[[list[int]], str]) -> str:
    text: Any = decode(item) if are_tokens(item) else item
    if not isinstance(text, str):
        raise fields.fault("input", "each input must be a string or a list of token ids")
    if not text:
        raise fields.fault("input", "an input may not be empty")
    return text
