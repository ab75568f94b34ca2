"""The words by which a flow can be found: what was said last, and what was answered, bounded.

Read from the client's own two bodies in any of its dialects: the strings under the keys where all of them keep text.
Between Chinese, Japanese and Korean characters blanks are put, for an index of words would take a whole sentence for
one; a search does the same with what it looks for.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

LIMIT_CHARACTERS = 2000  # of each of the two
_REQUEST_KEYS = frozenset(("input", "prompt", "messages", "content", "parts", "text", "contents"))
_REPLY_KEYS = frozenset((
    "choices", "message", "delta", "output", "content", "parts", "text", "candidates", "reasoning_content", "refusal",
    "tool_calls", "function", "arguments",
))  # fmt: skip
# Events of the Responses API that say once more what their deltas said.
_REPEATING = (".done", ".completed", ".incomplete", ".added", ".created", ".in_progress")
_DATA_URL = re.compile(r"data:[\w/+.-]*;base64,")
_CJK_CHARACTER = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]"
_CJK = re.compile(f"({_CJK_CHARACTER})")
_BETWEEN_CJK = re.compile(f"(?<={_CJK_CHARACTER}) (?={_CJK_CHARACTER})")
_DECODER = msgspec.json.Decoder()
_BLANKS = re.compile(r"\s+")


def search_text(client_request: bytes, client_reply: bytes) -> str:
    """search_text(b'{"messages": [{"content": "Hi there"}]}', b'data: {"choices": [{"delta": {"content": "Yo"}}]}')
    == "Hi there\\nYo". What cannot be parsed (a body cut by the limit) is taken as it stands."""
    return spread(f"{_asked(client_request)}\n{_answered(client_reply)}".strip())


def spread(text: str) -> str:
    """spread("说 hello 你好") == "说 hello 你 好": each such character a word of its own."""
    return _BLANKS.sub(" ", _CJK.sub(r" \1 ", text)).strip()


def gather(text: str) -> str:
    """What `spread` gave, as people read it: gather("说 hello 你 好") == "说 hello 你好"."""
    return _BETWEEN_CJK.sub("", text)


def _asked(body: bytes) -> str:
    tree = _parse(body)
    if tree is None:
        return body[: LIMIT_CHARACTERS * 4].decode("utf-8", "replace")[:LIMIT_CHARACTERS]
    # the last thing said first: earlier turns were the last thing of earlier flows
    words = _Words(_REQUEST_KEYS, latest_first=True)
    words.gather(tree)
    return "\n".join(words.found)


def _answered(body: bytes) -> str:
    words = _Words(_REPLY_KEYS)
    tree = _parse(body)
    if tree is not None:
        words.gather(tree)
        return "".join(words.found)
    for line in body.split(b"\n"):
        if words.left <= 0:
            break
        if line.startswith(b"data:"):
            event = _parse(line[5:])
            if isinstance(event, dict) and not str(event.get("type", "")).endswith(_REPEATING):
                words.gather(event)
    return "".join(words.found)


class _Words:
    """The strings of trees, as many as the limit allows; of what is beyond it nothing is read."""

    def __init__(self, keys: frozenset[str], *, latest_first: bool = False) -> None:
        self.found: list[str] = []
        self.left = LIMIT_CHARACTERS
        self._keys = keys
        self._latest_first = latest_first

    def gather(self, tree: Any) -> None:
        """Without recursion: nobody bounds how deep a client nests, and of a stream this runs for every event."""
        todo, keys = [tree], self._keys
        while todo and self.left > 0:
            value = todo.pop()
            kind = type(value)
            if kind is dict:
                for key in reversed(value):
                    if key in keys:
                        todo.append(value[key])
            elif kind is list:
                todo += value if self._latest_first else value[::-1]
            elif kind is str and not (value.startswith("data:") and _DATA_URL.match(value)):
                self.found.append(value[: self.left])
                self.left -= len(value)


def _parse(body: bytes) -> Any:
    try:
        return _DECODER.decode(body)
    except (ValueError, RecursionError):
        return None
