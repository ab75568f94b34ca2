"""The words by which a flow can be found: what was said last, and what was answered, bounded.

Read from the client's own two bodies in any of its dialects: the strings under the keys where all of them keep text.
Between Chinese, Japanese and Korean characters blanks are put, for an index of words would take a whole sentence for
one; a search does the same with what it looks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

LIMIT_CHARACTERS = 2000  # of each of the two
_MOST_LEVELS = 50  # no API nests its text so deep; the parser takes more levels than Python can walk
_REQUEST_KEYS = ("input", "prompt", "messages", "content", "parts", "text", "contents")
_REPLY_KEYS = (
    "choices", "message", "delta", "output", "content", "parts", "text", "candidates", "reasoning_content", "refusal",
    "tool_calls", "function", "arguments",
)  # fmt: skip
# Events of the Responses API that say once more what their deltas said.
_REPEATING = re.compile(r"\.(?:done|completed|incomplete|added|created|in_progress)$")
_DATA_URL = re.compile(r"data:[\w/+.-]*;base64,")
_CJK = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff])")
_BLANKS = re.compile(r"\s+")


def search_text(client_request: bytes, client_reply: bytes) -> str:
    """search_text(b'{"messages": [{"content": "Hi there"}]}', b'data: {"choices": [{"delta": {"content": "Yo"}}]}')
    == "Hi there\\nYo". What cannot be parsed (a body cut by the limit) is taken as it stands."""
    asked = _bounded(_asked(client_request))
    answered = _bounded(_answered(client_reply))
    return spread(f"{asked}\n{answered}".strip())


def spread(text: str) -> str:
    """spread("说 hello 你好") == "说 hello 你 好": each such character a word of its own."""
    return _BLANKS.sub(" ", _CJK.sub(r" \1 ", text)).strip()


def _asked(body: bytes) -> Iterator[str]:
    tree = _parse(body)
    if tree is None:
        yield body[: LIMIT_CHARACTERS * 4].decode("utf-8", "replace")
    else:
        # the last thing said first: earlier turns were the last thing of earlier flows
        yield from _strings(tree, _REQUEST_KEYS, latest_first=True)


def _answered(body: bytes) -> Iterator[str]:
    tree = _parse(body)
    if tree is not None:
        yield from _strings(tree, _REPLY_KEYS)
        return
    for line in body.split(b"\n"):
        if line.startswith(b"data:"):
            event = _parse(line[5:].strip())
            if isinstance(event, dict) and not _REPEATING.search(str(event.get("type", ""))):
                yield from _strings(event, _REPLY_KEYS)


def _bounded(strings: Iterator[str]) -> str:
    """As much as the limit allows, and no more is read."""
    pieces, length = [], 0
    for text in strings:
        pieces.append(text[: LIMIT_CHARACTERS - length])
        length += len(text)
        if length >= LIMIT_CHARACTERS:
            break
    return "".join(pieces)


def _strings(
    value: Any, keys: tuple[str, ...], *, latest_first: bool = False, levels: int = _MOST_LEVELS
) -> Iterator[str]:
    if isinstance(value, str):
        if not _DATA_URL.match(value):
            yield f"{value}\n" if latest_first else value
        return
    inner: Iterable[Any] = ()
    if isinstance(value, list):
        inner = reversed(value) if latest_first else value
    elif isinstance(value, dict):
        inner = (value[key] for key in keys if key in value)
    if levels:
        for item in inner:
            yield from _strings(item, keys, latest_first=latest_first, levels=levels - 1)


def _parse(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
