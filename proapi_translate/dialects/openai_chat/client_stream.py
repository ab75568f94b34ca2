"""Neutral events → a chat stream, chunk by chunk.

Every chunk shares id, object, created and model; the first delta of a choice has the role; each choice has one
finish_reason; usage, if asked for, comes in one last chunk with no choices; then [DONE].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...events import (
    Annotation,
    Event,
    Failure,
    Finish,
    LogProbs,
    PartEnd,
    PartStart,
    SearchEnd,
    SearchStart,
    SignatureDelta,
    Start,
    TextDelta,
    Usage,
)
from ...interface import ReplyFacts
from ...json_text import encode
from ...openai_error import DONE, write_error_event
from ...openai_usage import usage_object
from .client_body import is_url_citation, reasoning_detail, uses_old_functions
from .names import GOOGLE

_NULL = b"null"

# A text delta is the chunk that comes a thousand times: its JSON is put together by hand around the encoded text.
_TEXT_KEYS = {"text": b"content", "thinking": b"reasoning_content", "refusal": b"refusal"}


@dataclass(slots=True)
class _Part:
    kind: str
    choice: int
    index: int = 0  # of a tool call, or of a signed thought
    custom: bool = False
    empty: bool = True
    thought: list[str] = field(default_factory=list)
    before: bytes = b""  # what stands before and after the text in this part's deltas
    after: bytes = b""


class ChatStreamWriter:
    """Writes one reply's chunks."""

    def __init__(self, facts: ReplyFacts) -> None:
        self._facts = facts
        self._old_functions = uses_old_functions(facts.asked.body)
        self._parts: dict[int, _Part] = {}
        self._calls: dict[int, int] = {}  # choice → tool calls so far
        self._thoughts: dict[int, int] = {}  # choice → signed thoughts so far
        self._citations: dict[tuple[int, str], int] = {}  # (choice, field) → citations so far
        self._greeted: set[int] = set()  # choices whose role has been said
        self._usage: Usage | None = None
        self._tail = b',"usage":null}\n\n' if facts.asked.include_usage else b"}\n\n"
        self._head = b""  # of every chunk; Start, which comes first, tells it

    def write(self, event: Event) -> bytes:
        return self._WRITES[type(event)](self, event)

    def end(self) -> bytes:
        if self._facts.asked.include_usage and self._usage is not None:
            last = b'%s,"choices":[],"usage":%s}\n\n' % (self._head, encode(usage_object(self._usage)))
            return last + DONE
        return DONE

    def _chunk_head(self, start: Start) -> bytes:
        head: dict[str, Any] = {
            "id": self._facts.reply_id,
            "object": "chat.completion.chunk",
            "created": self._facts.created,
            "model": self._facts.asked.model,
        }
        if start.service_tier:
            head["service_tier"] = start.service_tier
        head["system_fingerprint"] = start.system_fingerprint or None
        return b"data: " + encode(head)[:-1]

    def _chunk(self, choice: int, delta: bytes, finish: bytes = _NULL, logprobs: bytes = _NULL) -> bytes:
        return b'%s,"choices":[{"index":%d,"delta":%s,"logprobs":%s,"finish_reason":%s}]%s' % (
            self._head, choice, delta, logprobs, finish, self._tail,
        )  # fmt: skip

    def _greet(self, choice: int) -> bytes:
        if choice in self._greeted:
            return b""
        self._greeted.add(choice)
        return self._chunk(choice, b'{"role":"assistant","content":"","refusal":null}')

    def _write_start(self, event: Start) -> bytes:
        self._head = self._chunk_head(event)
        return self._greet(0)

    def _write_part_start(self, event: PartStart) -> bytes:
        part = self._parts[event.part] = _Part(event.kind, event.choice, custom=event.custom)
        greeting = self._greet(event.choice)
        if event.kind == "tool_call":
            return greeting + self._write_call_start(event, part)
        part.before = b'%s,"choices":[{"index":%d,"delta":{"%s":' % (
            self._head, event.choice, _TEXT_KEYS.get(event.kind, b"content"),
        )  # fmt: skip
        part.after = b'},"logprobs":null,"finish_reason":null}]' + self._tail
        return greeting

    def _write_call_start(self, event: PartStart, part: _Part) -> bytes:
        part.index = self._calls.get(event.choice, 0)
        self._calls[event.choice] = part.index + 1
        head = b'%s,"choices":[{"index":%d,"delta":' % (self._head, event.choice)
        end = b',"logprobs":null,"finish_reason":null}]' + self._tail
        if self._old_functions:
            part.before, part.after = head + b'{"function_call":{"arguments":', b"}}" + end
            return self._chunk(event.choice, encode({"function_call": {"name": event.name, "arguments": ""}}))
        key = "custom" if event.custom else "function"
        text_key = b"input" if event.custom else b"arguments"
        part.before = b'%s{"tool_calls":[{"index":%d,"%s":{"%s":' % (head, part.index, key.encode(), text_key)
        part.after = b"}}]}" + end
        inner = {"name": event.name, text_key.decode(): ""}
        call = {"index": part.index, "id": event.id, "type": key, key: inner}
        return self._chunk(event.choice, encode({"tool_calls": [call]}))

    def _write_text(self, event: TextDelta) -> bytes:
        part = self._parts[event.part]
        if not event.text:
            return b""
        part.empty = False
        if part.kind == "thinking":
            part.thought.append(event.text)
        return b"%s%s%s" % (part.before, encode(event.text), part.after)

    def _write_signature(self, event: SignatureDelta) -> bytes:
        part = self._parts[event.part]
        if part.kind == "tool_call":
            if event.signature.origin != GOOGLE or self._old_functions:
                return b""
            extra = {GOOGLE: {"thought_signature": event.signature.value}}
            # An empty piece of arguments, for clients that take `function` to be there in every delta.
            call = {"index": part.index, "function": {"arguments": ""}, "extra_content": extra}
            return self._chunk(part.choice, encode({"tool_calls": [call]}))
        index = self._thoughts.get(part.choice, 0)
        self._thoughts[part.choice] = index + 1
        detail = reasoning_detail(event, "".join(part.thought), index)
        return self._chunk(part.choice, encode({"reasoning_details": [detail]}))

    def _write_annotation(self, event: Annotation) -> bytes:
        field = "annotations" if is_url_citation(event.body) else "citations"
        choice = self._parts[event.part].choice
        place = self._citations.get((choice, field), 0)
        self._citations[choice, field] = place + 1
        # The SDKs put lists of deltas together by `index` and fail without one.
        return self._chunk(choice, encode({field: [{"index": place, **event.body}]}))

    def _write_logprobs(self, event: LogProbs) -> bytes:
        logprobs = encode({"content": event.content, "refusal": None})
        return self._chunk(self._parts[event.part].choice, b"{}", logprobs=logprobs)

    def _write_part_end(self, event: PartEnd) -> bytes:
        part = self._parts.pop(event.part)
        if part.kind == "tool_call" and part.empty and not part.custom:
            return b'%s"{}"%s' % (part.before, part.after)  # a call without arguments is the JSON object {}
        return b""

    def _keep_usage(self, event: Usage) -> bytes:
        self._usage = event
        return b""

    def _write_finish(self, event: Finish) -> bytes:
        reason = event.reason.encode()
        if self._old_functions and event.reason == "tool_calls":
            reason = b"function_call"
        return self._greet(event.choice) + self._chunk(event.choice, b"{}", finish=b'"%s"' % reason)

    def _write_failure(self, event: Failure) -> bytes:
        self._usage = None  # a cut answer has no usage to report
        return write_error_event(event.failure)

    def _write_nothing(self, event: SearchStart | SearchEnd) -> bytes:
        """Chat has no word for the vendor's own work: its citations tell what was found."""
        return b""

    # One table for all replies: it is asked at each event.
    _WRITES: ClassVar[Mapping[type, Callable[[ChatStreamWriter, Any], bytes]]] = {
        Start: _write_start,
        PartStart: _write_part_start,
        TextDelta: _write_text,
        SignatureDelta: _write_signature,
        Annotation: _write_annotation,
        LogProbs: _write_logprobs,
        PartEnd: _write_part_end,
        SearchStart: _write_nothing,
        SearchEnd: _write_nothing,
        Usage: _keep_usage,
        Finish: _write_finish,
        Failure: _write_failure,
    }
