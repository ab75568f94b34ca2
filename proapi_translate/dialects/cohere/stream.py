"""A Cohere v2 chat stream → neutral events.

Cohere numbers content items and tool calls apart, each from 0; a tool_plan (what the model says it will do with the
tools) has no number and is reasoning. Objects, not lists, hold what one event brings: `tool_calls`, `citations`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ...errors import BackendFailure
from ...events import UNKNOWN_FINISH, Event, Finish, LogProbs, PartEnd, PartKind, PartStart, Start, TextDelta
from ...interface import ReplyContext
from ...json_text import read_reply
from ...repair import safe_id
from .citations import read_citation
from .names import FAILURE_STATUSES, FINISH_REASONS
from .usage import read_logprobs, read_usage

Native = dict[str, Any]
_CONTENT_KINDS: dict[str, PartKind] = {"text": "text", "thinking": "thinking"}
_DONE = b"[DONE]"
_FAILED = "Cohere ended the reply with {reason}."


class ChatStreamReader:
    """Reads one stream. `take` gives the events of one native event: whole bodies use it too."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._parts = 0
        self._open: list[int] = []  # parts without their end yet
        self._content: dict[int, tuple[int, str]] = {}  # Cohere's index → part, kind
        self._calls: dict[int, int] = {}  # Cohere's index → part
        self._plan: int | None = None
        self._text: int | None = None  # the text part that citations and probabilities go to
        self._text_starts: dict[int, int] = {}  # text part → characters of text before it
        self._text_chars = 0
        self._tool_calls = 0  # those that are the client's
        self._over = False  # message-end came: what follows it is not looked at
        self._natives: dict[str, Callable[[Native], Iterable[Event]]] = {
            "message-start": self._start,
            "content-start": self._start_content,
            "content-delta": self._continue_content,
            "content-end": self._end_content,
            "tool-plan-delta": self._continue_plan,
            "tool-call-start": self._start_call,
            "tool-call-delta": self._continue_call,
            "tool-call-end": self._end_call,
            "citation-start": self._cite,
            "message-end": self._finish,
        }

    def read(self, name: str, data: bytes) -> Iterable[Event]:
        return () if data == _DONE else self.take(read_reply(data))

    def end(self) -> Iterable[Event]:
        return ()

    def take(self, native: Native) -> Iterable[Event]:
        """One event as parsed JSON. Unknown types (citation-end, debug, and those to come) say nothing."""
        if self._over:
            return ()
        taking = self._natives.get(native.get("type") or "")
        if taking is not None:
            return taking(native)
        if "type" not in native and isinstance(native.get("message"), str):
            raise BackendFailure(native["message"], code=native.get("code"))  # an error's body in a stream's place
        return ()

    def _start(self, native: Native) -> Iterator[Event]:
        yield Start(_text(native.get("id")))

    def _start_part(self, kind: PartKind, call_id: str = "", name: str = "") -> Iterator[Event]:
        """A new part, which is number `self._parts - 1` then. What cannot go on beside it ends."""
        yield from self._end_parts([part for part in (self._plan, self._text) if part is not None])
        self._plan = self._text = None
        self._open.append(self._parts)
        self._parts += 1
        yield PartStart(self._parts - 1, kind, id=call_id, name=name)

    def _end_parts(self, parts: Iterable[int]) -> Iterator[Event]:
        for part in parts:
            if part in self._open:
                self._open.remove(part)
                yield PartEnd(part)

    def _start_content(self, native: Native) -> Iterator[Event]:
        content = native["delta"]["message"]["content"]
        kind = _CONTENT_KINDS.get(content.get("type"))
        if kind is None:
            return
        yield from self._start_part(kind)
        part = self._parts - 1
        self._content[native.get("index") or 0] = part, kind
        if kind == "text":
            self._text = part
            self._text_starts[part] = self._text_chars
        yield from self._add_text(part, kind, content)

    def _continue_content(self, native: Native) -> Iterator[Event]:
        part_and_kind = self._content.get(native.get("index") or 0)
        if part_and_kind is None:
            return
        yield from self._add_text(*part_and_kind, native["delta"]["message"]["content"])
        if native.get("logprobs"):
            yield LogProbs(part_and_kind[0], read_logprobs([native["logprobs"]]))

    def _add_text(self, part: int, kind: str, content: Native) -> Iterator[Event]:
        text = _text(content.get(kind))  # {"text": …} or {"thinking": …}
        if text:
            if kind == "text":
                self._text_chars += len(text)
            yield TextDelta(part, text)

    def _end_content(self, native: Native) -> Iterator[Event]:
        # A text stays open until the next part begins: its citations may still come.
        part, kind = self._content.pop(native.get("index") or 0, (-1, "text"))
        if kind != "text":
            yield from self._end_parts([part])

    def _continue_plan(self, native: Native) -> Iterator[Event]:
        text = _text(native["delta"]["message"]["tool_plan"])
        if not text:
            return
        if self._plan is None:
            yield from self._start_part("thinking")
            self._plan = self._parts - 1
        yield TextDelta(self._plan, text)

    def _start_call(self, native: Native) -> Iterator[Event]:
        call = _one(native["delta"]["message"]["tool_calls"])
        function = call["function"]
        name, arguments = _text(function.get("name")), _text(function.get("arguments"))
        if name and name == self._context.output_tool:
            yield from self._start_part("text")
        else:
            self._tool_calls += 1
            yield from self._start_part("tool_call", _text(call.get("id")) or self._make_id(), name)
        part = self._calls[native.get("index") or 0] = self._parts - 1
        if arguments:
            yield TextDelta(part, arguments)

    def _make_id(self) -> str:
        return safe_id(f"call_{self._context.reply_id.rpartition('-')[2]}_{self._tool_calls - 1}")

    def _continue_call(self, native: Native) -> Iterator[Event]:
        text = _text(_one(native["delta"]["message"]["tool_calls"])["function"].get("arguments"))
        if text:
            yield TextDelta(self._calls[native.get("index") or 0], text)

    def _end_call(self, native: Native) -> Iterator[Event]:
        return self._end_parts([self._calls[native.get("index") or 0]])

    def _cite(self, native: Native) -> Iterator[Event]:
        if self._text is not None:
            citation = _one(native["delta"]["message"]["citations"])
            yield from read_citation(citation, self._text, self._text_starts[self._text])

    def _finish(self, native: Native) -> Iterator[Event]:
        self._over = True
        delta = native["delta"]
        raw = _text(delta.get("finish_reason"))
        usage = read_usage(delta.get("usage"))
        if usage is not None:
            yield usage
        if raw in FAILURE_STATUSES:
            message = _text(delta.get("error")) or _FAILED.format(reason=raw)
            raise BackendFailure(message, FAILURE_STATUSES[raw], code=_text(delta.get("error_type")) or raw)
        yield from self._end_parts(list(self._open))
        reason = FINISH_REASONS.get(raw, UNKNOWN_FINISH) if raw else "stop"
        if reason in ("stop", "tool_calls"):
            # The one call may have been the answer itself, in the form that the client asked for.
            reason = "tool_calls" if self._tool_calls else "stop"
        yield Finish(reason, raw=raw)


def _text(value: Any) -> str:
    """A string, "" for null. Anything else is not Cohere's format, which the caller reports as such."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("expected a string")
    return value


def _one(value: Any) -> Native:
    """What one event brings: an object, or a relay's list of one."""
    item: Native = value[0] if isinstance(value, list) else value
    return item
