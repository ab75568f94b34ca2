"""JSON text in and out: the one place that knows the JSON library.

Requests are read strictly (a fault is the client's), replies leniently (a backend's oddity must not cost the reply).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from .errors import ClientFault

_BAD_JSON = "could not parse the JSON body of your request: "
_BOM = b"\xef\xbb\xbf"
_NULL = msgspec.Raw(b"null")
_STREAMS = {"compaction": False, "embeddings": False, "images": False}  # all others do
# What lax clients send for a boolean: the spellings that the seed system's validation took.
_BOOLEANS: dict[object, bool] = {
    **dict.fromkeys((None, False, 0, "false", "0", "off", "no", "f", "n"), False),
    **dict.fromkeys((True, 1, "true", "1", "on", "yes", "t", "y"), True),
}


class _Peek(msgspec.Struct):
    model: msgspec.Raw = _NULL
    stream: msgspec.Raw = _NULL
    stream_options: msgspec.Raw = _NULL


_decode_tree = msgspec.json.Decoder().decode
_decode_peek = msgspec.json.Decoder(_Peek).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode_tree = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class PeekedRequest:
    """What a request is routed by: PeekedRequest(model="gpt-4o", stream=True). `include_usage`: does the client want
    the usage in its stream (`stream_options.include_usage`)?"""

    model: str
    stream: bool
    include_usage: bool = False


def parse_object(body: bytes) -> dict[str, Any]:
    """A request's body as a tree: b'{"model": "m"}' → {"model": "m"}.

    Raises ClientFault (400) for anything that is no JSON object, for NaN, for half a surrogate pair, and for nesting
    that is deeper than Python can walk.
    """
    try:
        value = _decode_tree(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad_json(error, body) from None
    if not isinstance(value, dict):
        raise ClientFault(f"{_BAD_JSON}expected an object, got {_json_kind(value)}")
    return value


def peek_request(dialect: str, body: bytes) -> PeekedRequest:
    """Model and stream of a request's body, by one scan that builds no tree.

    b'{"model": "gpt-4o", "messages": […], "stream": true}' → PeekedRequest("gpt-4o", True). Raises ClientFault (400)
    for bad JSON, for a model that is missing, empty or no string, and for a stream that is no boolean.
    """
    try:
        peeked = _decode_peek(body)
        model = _decode_tree(peeked.model)
        stream = _decode_tree(peeked.stream)
        options = _decode_tree(peeked.stream_options)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad_json(error, body) from None
    if not isinstance(model, str) or not model.strip():
        raise ClientFault("you must provide a model parameter", param="model")
    include_usage = isinstance(options, dict) and options.get("include_usage") is True
    return PeekedRequest(model, _read_boolean(stream, "stream") and _STREAMS.get(dialect, True), include_usage)


def read_reply(data: bytes) -> Any:
    """A backend's JSON text as a tree. Raises ValueError for what is no JSON.

    What strict JSON refuses and backends send all the same is taken: a byte-order mark, bytes that are no UTF-8, NaN
    and Infinity (as null), one half of a surrogate pair (a character that a backend cut between two chunks).
    """
    try:
        return _decode_tree(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = data.removeprefix(_BOM).decode("utf-8", "replace")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    try:
        return json.loads(text, parse_constant=lambda name: None, parse_float=_read_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def encode(value: Any) -> bytes:
    """JSON text, compact, in one line: encode({"a": "é"}) == b'{"a":"\xc3\xa9"}'. Key order is kept."""
    try:
        return _encode_tree(value)
    except UnicodeEncodeError:
        # Half a surrogate pair has no UTF-8 form; as an escape it passes on as it came.
        return json.dumps(value, separators=(",", ":")).encode()


def replace_top_level(body: bytes, changes: Mapping[str, Any]) -> bytes:
    """The same object with the named top-level fields changed or added; every other field keeps its own bytes.

    replace_top_level(b'{"model": "a", "x": 1.50}', {"model": "b"}) == b'{"model":"b","x":1.50}'. Without a change the
    very same `body` comes back. Raises ClientFault (400) for what is no JSON object.
    """
    if not changes:
        return body
    try:
        fields = _decode_fields(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _bad_json(error, body) from None
    changed = {
        name: msgspec.Raw(text)
        for name, text in ((name, encode(value)) for name, value in changes.items())
        if name not in fields or bytes(fields[name]) != text
    }
    if not changed:
        return body
    fields.update(changed)
    return _encode_tree(fields)


def _read_finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _read_boolean(value: object, param: str) -> bool:
    key = value.lower() if isinstance(value, str) else value
    try:
        return _BOOLEANS[key]
    except (KeyError, TypeError):  # TypeError: a list or an object
        raise ClientFault(f"{param}: expected a boolean, got {_json_kind(value)}", param=param) from None


def _json_kind(value: object) -> str:
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")


def _bad_json(error: Exception, body: bytes) -> ClientFault:
    if not body.strip():
        return ClientFault(_BAD_JSON + "it is empty")
    detail = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return ClientFault(_BAD_JSON + detail)
