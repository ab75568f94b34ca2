"""The neutral middle of embeddings: what a client asks for, and what one backend's reply brings.

Sources: openai/types/embedding_create_params.py of openai 3.57 (limits of a request), read 2026-11-25.
"""

from __future__ import annotations

import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from .errors import ClientFault

DecodeTokens = Callable[[str, Sequence[int]], str]  # (model that the client asked for, token ids) → text
Purpose = Literal["", "document", "query", "classification", "clustering"]

# OpenAI's own limits: inputs of one request, and tokens of one input that comes as tokens.
MAX_INPUTS = 2048
MAX_TOKENS_OF_INPUT = 8192
# OpenAI takes 300,000 tokens in all; so many characters are more than that in any language.
MAX_CHARACTERS = 6_000_000

# What a client (`input_type`, no field of OpenAI's) or a block of api.yaml may say of its texts: Cohere's words, and
# those that other vendors have for the same.
INPUT_TYPES: Mapping[str, Purpose] = {
    "search_document": "document",
    "search_query": "query",
    "classification": "classification",
    "clustering": "clustering",
    "document": "document",
    "passage": "document",
    "query": "query",
    "retrieval_document": "document",
    "retrieval_query": "query",
}

_NO_DECODER = (
    "this backend embeds texts, and these are token ids, which nothing here can turn back into text: send strings "
    "(LangChain: check_embedding_ctx_length=False), or give the gateway tiktoken and its tables (docs/api-yaml.md)"
)


class _Input(Struct):
    input: msgspec.Raw = msgspec.Raw(b"null")


_decode_input = msgspec.json.Decoder(_Input).decode


class EmbeddingRequest(Struct, frozen=True):
    """EmbeddingRequest(("kelp", "eel"), dimensions=256). `base64`: the form in which the client wants the vectors.
    `purpose`: what they are for, "" where nobody says."""

    texts: tuple[str, ...]
    dimensions: int | None = None
    base64: bool = False
    purpose: Purpose = ""


class EmbeddingReply(Struct, frozen=True):
    """One reply's vectors, in the order of its texts. `prompt_tokens` None: the backend does not tell."""

    vectors: tuple[array[float], ...]
    prompt_tokens: int | None = None
    model: str = ""


def pack_vector(values: Any) -> array[float]:
    """[0.5, -2] → array("d", [0.5, -2.0]): a quarter of a list's memory. TypeError for what is no list of numbers,
    ValueError for a number that no float can hold."""
    if not isinstance(values, list):
        raise TypeError("a vector that is no list")
    try:
        return array("d", values)
    except OverflowError as error:
        raise ValueError(str(error)) from None


def write_base64(vector: array[float]) -> str:
    """OpenAI's form: 32-bit floats, little-endian. [0.5, -2.0, 1.25] → "AAAAPwAAAMAAAKA/"."""
    floats = array("f", vector)
    if sys.byteorder == "big":
        floats.byteswap()
    return b64encode(floats.tobytes()).decode()


def read_base64(text: str) -> list[float]:
    """The way back: "AAAAPwAAAMAAAKA/" → [0.5, -2.0, 1.25]. ValueError for what is no such text."""
    floats = array("f")
    floats.frombytes(b64decode(text, validate=True))
    if sys.byteorder == "big":
        floats.byteswap()
    return floats.tolist()


def split_texts(texts: Sequence[str], most: int, most_bytes: int | None = None) -> Iterator[tuple[str, ...]]:
    """Cut into runs of at most `most` texts and, if more than one, `most_bytes` of UTF-8: ("a", "b", "c"), 2 →
    ("a", "b"), ("c",)."""
    run: list[str] = []
    run_bytes = 0
    for text in texts:
        size = len(text.encode("utf-8", "replace")) if most_bytes is not None else 0
        if run and (len(run) == most or (most_bytes is not None and run_bytes + size > most_bytes)):
            yield tuple(run)
            run, run_bytes = [], 0
        run.append(text)
        run_bytes += size
    if run:
        yield tuple(run)


def count_tokens(value: Any) -> int | None:
    """A backend's own count as an integer (Google's and Cohere's come as floats); None for what is no number."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def holds_tokens(body: bytes) -> bool:
    """Is the `input` of this request's body token ids? b'{"input": [9906]}' and b'{"input": [[9906]]}' → True. By a
    scan that builds no tree; False for what is no request at all."""
    try:
        given = bytes(_decode_input(body).input)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    first = given.lstrip(b"[ \t\r\n")[:1]
    return given.startswith(b"[") and (first.isdigit() or first == b"-")


def are_tokens(value: Any) -> bool:
    """[9906, 11] is one input as token ids; ["Hello"], [] and [[9906]] are not."""
    return isinstance(value, list) and bool(value) and all(type(item) is int for item in value)


def input_fault(what: str) -> ClientFault:
    """The 400 for an input that cannot be embedded; the caller raises it."""
    return ClientFault(f"input: {what}", param="input")


def text_of_tokens(tokens: Sequence[int], model: str, decode: DecodeTokens | None) -> str:
    """The text of one input. Raises ClientFault (400): too long, or nobody here can read token ids."""
    if len(tokens) > MAX_TOKENS_OF_INPUT:
        raise input_fault(f"at most {MAX_TOKENS_OF_INPUT} tokens in one input")
    if decode is None:
        raise input_fault(_NO_DECODER)
    return decode(model, tokens)
