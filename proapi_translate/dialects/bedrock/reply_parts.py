"""The parts of one reply, numbered and closed in order; the stream and the whole body are both read through it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import BackendFailure
from ...events import (
    UNKNOWN_FINISH,
    Annotation,
    Event,
    Finish,
    PartEnd,
    PartKind,
    PartStart,
    SearchEnd,
    SearchStart,
    SignatureDelta,
    TextDelta,
    Usage,
    read_queries,
)
from ...interface import ReplyContext
from ...prompt import Signature
from .models import find_model
from .names import FAILED_STOPS, FINISH_REASONS
from .parts import redacted_value

_NONE = -1
# Of the tools that Bedrock runs itself, the one whose work a client is told.
SERVER_TOOL = "server_tool_use"
SEARCH_TOOL = "nova_grounding"
SEARCH_RESULT = "nova_grounding_result"


class ReplyParts:
    """Turns a reply's contents into events.

    Text that follows text is one part, though Converse cuts it into blocks where its citations change; thoughts and
    tool calls are one part a block. `close` is due at a block's end; an open text waits for what comes next.
    """

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._origin = find_model(context.model).origin
        self._next = 0
        self._open = _NONE
        self._kind: PartKind | None = None
        self._calls = 0
        self._citations: list[tuple[Mapping[str, Any], int]] = []
        self._text_length = 0  # characters of the open text part

    def text(self, text: str) -> Iterator[Event]:
        if _said(text):
            yield from self._enter("text")
            self._text_length += len(text)
            yield TextDelta(self._open, text)

    def thinking(self, text: str) -> Iterator[Event]:
        if _said(text):
            yield from self._enter("thinking")
            yield TextDelta(self._open, text)

    def signature(self, value: str) -> Iterator[Event]:
        if _said(value):
            yield from self._enter("thinking")
            yield SignatureDelta(self._open, Signature(value, self._origin))

    def redacted(self, blob: str) -> Iterator[Event]:
        yield from self._enter("thinking")
        yield SignatureDelta(self._open, Signature(redacted_value(blob), self._origin), redacted=True)

    def call(self, call_id: str, name: str) -> Iterator[Event]:
        """A tool call begins. The tool that stands for the answer's form is no call: its input is the answer."""
        yield from self.close_all()
        if _said(name) and name == self._context.output_tool:
            yield from self._enter("text")
            return
        call_id = call_id if _said(call_id) else self._made_up_id()
        yield from self._enter("tool_call", call_id, self._context.tool_names.get(name, name))
        self._calls += 1

    def call_input(self, text: str) -> Iterator[Event]:
        """More of the open call's JSON text."""
        if _said(text) and self._open != _NONE:
            yield TextDelta(self._open, text)

    def search(self, call_id: Any, given: Any) -> Iterator[Event]:
        """A search that the vendor makes itself. `given`: its tool's input, an object or JSON text."""
        yield from self.close_all()
        yield SearchStart(str(call_id), read_queries(given))

    def search_result(self, call_id: Any, status: Any) -> Iterator[Event]:
        """What was found comes as citations of the text that follows."""
        yield from self.close_all()
        yield SearchEnd(str(call_id), failed=status not in (None, "success"))

    def cite(self, citation: Mapping[str, Any]) -> None:
        """A citation of the block that is being read: written at the block's end, when its text is known."""
        self._citations.append((citation, self._text_length if self._kind == "text" else 0))

    def end_block(self) -> Iterator[Event]:
        if self._citations:
            yield from self._enter("text")
            for citation, start in self._citations:
                yield Annotation(self._open, write_annotation(citation, start, self._text_length))
            self._citations.clear()
        if self._kind != "text":
            yield from self.close_all()

    def close_all(self) -> Iterator[Event]:
        if self._open != _NONE:
            yield PartEnd(self._open)
        self._open, self._kind = _NONE, None

    def finish(self, stop_reason: str) -> Iterator[Event]:
        """The last word. Raises BackendFailure where it says that the answer cannot be used."""
        yield from self.close_all()
        if _said(stop_reason) and stop_reason in FAILED_STOPS:
            raise BackendFailure(f"the model's output cannot be used: {stop_reason}", 502, code=stop_reason)
        reason = FINISH_REASONS.get(stop_reason, UNKNOWN_FINISH)
        if reason in ("stop", "tool_calls"):
            reason = "tool_calls" if self._calls else "stop"
        yield Finish(reason, raw=stop_reason)

    def _enter(self, kind: PartKind, call_id: str = "", name: str = "") -> Iterator[Event]:
        if self._kind == kind and kind != "tool_call":
            return
        yield from self.close_all()
        self._open, self._kind = self._next, kind
        self._next += 1
        self._text_length = 0
        yield PartStart(self._open, kind, id=call_id, name=name)

    def _made_up_id(self) -> str:
        tail = "".join(char for char in self._context.reply_id if char.isalnum())[-24:]
        return f"call_{tail}_{self._calls}"


def _said(text: str) -> bool:
    """Is there any text? Raises TypeError for what is none: a wrong type must end here, not in the client's writer."""
    if not isinstance(text, str):
        raise TypeError(f"expected text, found {type(text).__name__}")
    return bool(text)


def write_annotation(citation: Mapping[str, Any], start: int, end: int) -> dict[str, Any]:
    """A citation in OpenAI's form: a web address as url_citation; a place in a document in Converse's own words.

    `start` and `end`: the characters of the text part that it speaks for.
    """
    web = (citation.get("location") or {}).get("web")
    if isinstance(web, dict) and isinstance(web.get("url"), str):
        cited = {"url": web["url"], "title": citation.get("title") or web.get("domain") or ""}
        return {"type": "url_citation", "url_citation": cited | {"start_index": start, "end_index": end}}
    return {"type": "document_citation", "document_citation": dict(citation) | {"start_index": start, "end_index": end}}


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """Converse counts cached tokens beside inputTokens; OpenAI counts them in.

    {"inputTokens": 10, "outputTokens": 4, "cacheReadInputTokens": 90} → Usage(100, 4, cached_tokens=90).
    """
    counts = {name: count for name, count in usage.items() if isinstance(count, int)}
    read, written = counts.get("cacheReadInputTokens", 0), counts.get("cacheWriteInputTokens", 0)
    return Usage(
        prompt_tokens=counts.get("inputTokens", 0) + read + written,
        completion_tokens=counts.get("outputTokens", 0),
        cached_tokens=read,
        cache_write_tokens=written,
        total_tokens=counts.get("totalTokens", 0),
    )
