"""The output items of one reply: each knows its place, what it has been told so far, and its form on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...events import SignatureDelta
from ...json_text import encode, read_reply
from ...prompt import Thinking
from ...sealed_summaries import seal_summary
from ...sealed_thoughts import seal
from .client_tool_forms import ToolForm
from .names import COMPACTION, CUSTOM, CUSTOM_INPUT, TOOL_SEARCH

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
class SummaryItem:
    """A summary in place of earlier turns: the reply's text, told only when it is whole."""

    id: str
    index: int
    deltas: Deltas

    def value(self, status: str) -> Native:
        sealed = seal_summary(self.deltas.text) if status != "in_progress" else ""
        return {"id": self.id, "type": COMPACTION, "encrypted_content": sealed}


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
    """A tool call. `wrapped`: its free text comes within a function's arguments, and is told only when it is whole."""

    id: str
    index: int
    call_id: str
    form: ToolForm
    wrapped: bool
    deltas: Deltas

    @property
    def custom(self) -> bool:
        """Does it take free text?"""
        return self.form.kind == CUSTOM

    @property
    def search(self) -> bool:
        """Is it the client's own search for tools? Nothing is told of its arguments until they are whole."""
        return self.form.kind == TOOL_SEARCH

    def unwrapped(self) -> str:
        """The free text in the arguments: '{"input": "ls"}' → "ls"; what is no such object is the text itself."""
        inner = self._arguments().get(CUSTOM_INPUT)
        return inner if isinstance(inner, str) else self.deltas.text

    def _arguments(self) -> Native:
        """The arguments as an object; {} for what is none."""
        try:
            value = read_reply(self.deltas.text.encode("utf-8", "surrogatepass"))
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def value(self, status: str) -> Native:
        if self.search:
            searched = {"execution": "client", "call_id": self.call_id, "arguments": self._arguments()}
            return {"id": self.id, "type": "tool_search_call", "status": status, **searched}
        kind, field_name = ("custom_tool_call", "input") if self.custom else ("function_call", "arguments")
        item: Native = {"id": self.id, "type": kind, "status": status, field_name: self.deltas.text}
        item |= {"call_id": self.call_id, "name": self.form.name}
        return item | ({"namespace": self.form.namespace} if self.form.namespace else {})


@dataclass(slots=True)
class SearchItem:
    """A search that the backend's vendor makes itself. `sources` None: the client does not want them."""

    id: str
    index: int
    queries: tuple[str, ...]
    sources: tuple[str, ...] | None = None

    def value(self, status: str) -> Native:
        action: Native = {"type": "search"}  # OpenAI's own comes with the item's end only; the SDK's types demand it
        if self.queries:
            action |= {"query": self.queries[0], "queries": list(self.queries)}
        if self.sources is not None:
            action["sources"] = [{"type": "url", "url": url} for url in self.sources]
        return {"id": self.id, "type": "web_search_call", "status": status, "action": action}


Item = MessageItem | SummaryItem | ThoughtItem | CallItem | SearchItem
