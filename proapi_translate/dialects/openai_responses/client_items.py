"""The output items of one reply: each knows its place, what it has been told so far, and its form on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...events import SignatureDelta
from ...json_text import encode, read_reply
from ...prompt import Thinking
from ...sealed_thoughts import seal
from .names import CUSTOM_INPUT

Native = dict[str, Any]


class Deltas:
    """What takes text piece by piece: the text so far, and the bytes around each piece of it on the wire.

    A delta is the event that comes a thousand times: its JSON is put together by hand around the encoded text.
    """

    __slots__ = ("after", "before", "middle", "pieces")

    def __init__(self, kind: str, place: Native, last: bytes = b"") -> None:
        """`kind`: the event's type; `place`: where the text goes; `last`: what stands behind the text."""
        self.pieces: list[str] = []
        head = encode({"type": kind})[:-1]
        self.before = b'event: %s\ndata: %s,"sequence_number":' % (kind.encode(), head)
        self.middle = b',%s,"delta":' % encode(place)[1:-1]
        self.after = last + b"}\n\n"

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class ContentPart(Deltas):
    """A part of a message: text with its citations, or a refusal. `base`: characters of the reply's text before it."""

    __slots__ = ("annotations", "base", "kind", "logprobs", "place")

    def __init__(self, kind: str, place: Native, base: int) -> None:
        self.kind = kind
        self.place = place
        self.base = base
        self.annotations: list[Native] = []
        self.logprobs: list[Any] = []
        if kind == "text":
            super().__init__("response.output_text.delta", place, b',"logprobs":[]')
        else:
            super().__init__("response.refusal.delta", place)

    def value(self) -> Native:
        if self.kind == "refusal":
            return {"type": "refusal", "refusal": self.text}
        return {
            "type": "output_text", "annotations": list(self.annotations), "logprobs": self.logprobs, "text": self.text,
        }  # fmt: skip


@dataclass(slots=True)
class MessageItem:
    id: str
    index: int
    content: list[ContentPart] = field(default_factory=list)

    def value(self, status: str) -> Native:
        content = [part.value() for part in self.content]
        return {"id": self.id, "type": "message", "status": status, "content": content, "role": "assistant"}


@dataclass(slots=True)
class ThoughtItem:
    """A thought. `index` is -1 while nothing of it has been told. `sealed`: does the client want to carry its proof?
    `call_id`: the proof is a tool call's own."""

    sealed: bool
    id: str = ""
    index: int = -1
    deltas: Deltas | None = None
    signature: SignatureDelta | None = None
    call_id: str = ""

    def value(self, status: str = "") -> Native:
        text = self.deltas.text if self.deltas is not None else ""
        summary = [{"type": "summary_text", "text": text}] if self.deltas is not None else []
        item: Native = {"id": self.id, "type": "reasoning", "summary": summary}
        if self.sealed:
            item["encrypted_content"] = self._seal(text)
        return item

    def _seal(self, text: str) -> str | None:
        if self.signature is None:
            return None
        return seal(Thinking(text, self.signature.signature, self.signature.redacted), self.call_id)


@dataclass(slots=True)
class CallItem:
    """A tool call. `custom`: it takes free text. `wrapped`: the text comes inside a function's arguments, and so is
    told only when it is whole."""

    id: str
    index: int
    call_id: str
    name: str
    namespace: str
    custom: bool
    wrapped: bool
    deltas: Deltas

    def unwrapped(self) -> str:
        """The free text in the arguments: '{"input": "ls"}' → "ls"; what is no such object is the text itself."""
        text = self.deltas.text
        try:
            value = read_reply(text.encode("utf-8", "surrogatepass"))
        except ValueError:
            return text
        inner = value.get(CUSTOM_INPUT) if isinstance(value, dict) else None
        return inner if isinstance(inner, str) else text

    def value(self, status: str) -> Native:
        kind, field_name = ("custom_tool_call", "input") if self.custom else ("function_call", "arguments")
        item: Native = {"id": self.id, "type": kind, "status": status, field_name: self.deltas.text}
        item |= {"call_id": self.call_id, "name": self.name}
        return item | ({"namespace": self.namespace} if self.namespace else {})


Item = MessageItem | ThoughtItem | CallItem
