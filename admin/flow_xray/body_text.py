"""The text that a body is shown as: bounded, however large or odd the body is.

shown = show_body(body_view)
shown.kind, shown.text, shown.is_shortened     # Kind.JSON, '{\n  "model": "m"\n}', False
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any

import msgspec

from proapi_gateway.flow_log.flow_views import BodyView
from proapi_translate import EVENT_STREAM, event_splitter

SHOWN_CHARACTERS = 100_000
_STRING_CHARACTERS = 4_000
_NUMBERS = 16  # of a list of nothing but numbers: a vector
_DUMPED_BYTES = 1024
_DEEPEST = 60
_MOST_VALUES = 8_000  # of one tree: the text of so many is longer than what is shown
_MOST_PARSED_BYTES = 4_000_000
# Controls that would change how what follows is shown (bidirectional ones: Unicode TR 36), and those that are no text.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Kind(StrEnum):
    EMPTY = "empty"
    JSON = "json"
    EVENTS = "events"  # a stream of server-sent events, or of Amazon's frames
    TEXT = "text"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class ShownBody:
    """`is_shortened`: there is more in the log than `text` tells."""

    kind: Kind
    text: str = ""
    is_shortened: bool = False


def media_type(body: BodyView) -> str:
    """media_type(body) == "application/json"; "" where the head does not tell."""
    headers = body.head.get("headers")
    for pair in headers if isinstance(headers, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and str(pair[0]).lower() == "content-type":
            return str(pair[1]).partition(";")[0].strip().lower()
    return ""


def show_body(body: BodyView) -> ShownBody:
    if not body.data:
        return ShownBody(Kind.EMPTY, is_shortened=body.is_cut)
    kind = media_type(body)
    if kind == EVENT_STREAM:
        return _bounded(Kind.EVENTS, "\n".join(_frames(body.data)))
    if body.data.lstrip()[:1] in (b"{", b"[") and (shown := _show_json(body.data)) is not None:
        return shown
    text = _as_text(body.data)
    if text is None:
        dumped = body.data[:_DUMPED_BYTES]
        return ShownBody(Kind.BINARY, hex_dump(dumped), len(body.data) > len(dumped))
    return _bounded(Kind.EVENTS if kind == "text/event-stream" else Kind.TEXT, text)


def printable(text: str) -> str:
    """The text with nothing in it that a page cannot hold or that would mislead: controls become signs, halves of
    surrogate pairs question marks. printable("a\\x00\\u202e") == "a␀�"."""
    return _CONTROLS.sub(_sign_of, text.encode("utf-8", "replace").decode())


def bounded_text(data: bytes, characters: int) -> str:
    """Bytes that are most likely text, for a narrow place."""
    text = printable(data[: characters * 4].decode("utf-8", "replace"))
    return text if len(text) <= characters else f"{text[:characters]}…"


def hex_dump(data: bytes) -> str:
    """hex_dump(b"PNG") == "00000000  50 4e 47                                         PNG" """
    lines = []
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        seen = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        lines.append(f"{start:08x}  {row.hex(' '):<47}  {seen}")
    return "\n".join(lines)


def pretty_json(value: Any) -> str:
    """Indented, with its own characters; long strings and vectors are shortened, and say by how much."""
    return printable(json.dumps(_Shortener().shorten(value), indent=2, ensure_ascii=False))


def _show_json(data: bytes) -> ShownBody | None:
    if len(data) > _MOST_PARSED_BYTES:
        return None
    try:
        value = msgspec.json.decode(data)
        text = pretty_json(value)
    except (ValueError, RecursionError):
        return None
    shown = _bounded(Kind.JSON, text)
    return shown if shown.is_shortened or _MORE not in text else ShownBody(Kind.JSON, text, is_shortened=True)


_MORE = "… +"


class _Shortener:
    """Takes out of a tree what would not fit into the text anyway, before it is written."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def shorten(self, value: Any, depth: int = 0) -> Any:
        self._left -= 1
        if isinstance(value, str):
            if len(value) <= _STRING_CHARACTERS:
                return value
            return f"{value[:_STRING_CHARACTERS]}{_MORE}{len(value) - _STRING_CHARACTERS}"
        if not isinstance(value, dict | list):
            return value
        if depth > _DEEPEST or self._left <= 0:
            return f"{_MORE}{len(value)}"
        return self._shorten_dict(value, depth) if isinstance(value, dict) else self._shorten_list(value, depth)

    def _shorten_dict(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        return {str(key): self.shorten(each, depth + 1) for key, each in islice(value.items(), max(self._left, 0))}

    def _shorten_list(self, value: list[Any], depth: int) -> list[Any]:
        if len(value) > _NUMBERS and all(isinstance(each, int | float) for each in value):
            return [*value[:_NUMBERS], f"{_MORE}{len(value) - _NUMBERS}"]
        shown: list[Any] = []
        for each in value:
            if self._left <= 0:
                return [*shown, f"{_MORE}{len(value) - len(shown)}"]
            shown.append(self.shorten(each, depth + 1))
        return shown


def _frames(data: bytes) -> Iterator[str]:
    splitter = event_splitter(EVENT_STREAM)
    for name, payload in (*splitter.feed(data), *splitter.finish()):
        yield f"{printable(name)}: {bounded_text(payload, _STRING_CHARACTERS)}"


def _as_text(data: bytes) -> str | None:
    """None: it is no text. A character that the limit cut in two, and some broken ones, are forgiven."""
    start = data[:4096]
    if b"\0" in start or start.decode("utf-8", "replace").count("\ufffd") > 2 + len(start) // 20:
        return None
    return printable(data[: SHOWN_CHARACTERS * 4].decode("utf-8", "replace").replace("\r\n", "\n"))


def _bounded(kind: Kind, text: str) -> ShownBody:
    return ShownBody(kind, text[:SHOWN_CHARACTERS], len(text) > SHOWN_CHARACTERS)


def _sign_of(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\ufffd"
