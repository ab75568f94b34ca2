"""Neutral events → a Responses stream.

The order that OpenAI's clients rely on: response.created, response.in_progress, then items one after the other
(output_item.added, what is in them, output_item.done), then one of response.completed, .incomplete and .failed. Each
event is numbered. There is no end mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...errors import ProapiError
from ...events import Event, Failure, Finish, FinishReason, SignatureDelta, Start, Usage
from ...interface import ReplyFacts
from ...json_text import encode
from ...openai_error import error_object
from ...sse import write_event
from .client_items import Native
from .client_searches import SearchingWriter
from .client_summary import SummaryWriter
from .client_turns import wants_summary
from .names import INCOMPLETE_REASONS
from .response_object import ResponseFrame, failed_error


def write_error_event(fault: ProapiError) -> bytes:
    """The last words of a stream that is given up from outside, where nothing of its state is known any more."""
    error = error_object(fault)
    code = error["code"] or error["type"]
    told = {"type": "error", "sequence_number": 0, "code": code, "message": error["message"], "param": error["param"]}
    return write_event(encode(told), "error")


def write_body(events: Iterable[Event], facts: ReplyFacts) -> Native:
    """A whole reply: the object that its stream would have ended with."""
    writer = ResponseStreamWriter(facts)
    for event in events:
        writer.write(event)
    writer.end()
    assert writer.response_object is not None
    return writer.response_object


class ResponseStreamWriter:
    """Writes one reply's events. `response_object`: what the last of them told; None before it."""

    def __init__(self, facts: ReplyFacts) -> None:
        self.response_object: Native | None = None
        self._frame = ResponseFrame(facts)
        self._output = SummaryWriter(facts) if wants_summary(facts.asked.body) else SearchingWriter(facts)
        self._start: Start | None = None
        self._usage: Usage | None = None
        self._finish: FinishReason | None = None
        self._writes: Mapping[type, Callable[[Any], bytes]] = {
            Start: self._write_start,
            Usage: self._keep_usage,
            Finish: self._write_finish,
            Failure: self._write_failure,
            **self._output.writes,
        }

    def write(self, event: Event) -> bytes:
        if self._output.holds and type(event) is not SignatureDelta:
            return self._output.open_held() + self._writes[type(event)](event)
        return self._writes[type(event)](event)

    def end(self) -> bytes:
        if self._finish is None or self.response_object is not None:
            return b""
        incomplete = INCOMPLETE_REASONS.get(self._finish, "")
        status = "incomplete" if incomplete else "completed"
        return self._write_last(status, usage=self._usage, incomplete=incomplete)

    def _write_start(self, event: Start) -> bytes:
        self._start = event
        response = self._frame.fill("in_progress", service_tier=event.service_tier)
        created = self._output.event("response.created", response=response)
        return created + self._output.event("response.in_progress", response=response)

    def _write_last(self, status: str, **told: Any) -> bytes:
        tier = self._start.service_tier if self._start is not None else ""
        self.response_object = self._frame.fill(status, self._output.items, service_tier=tier, **told)
        return self._output.event(f"response.{status}", response=self.response_object)

    def _keep_usage(self, event: Usage) -> bytes:
        self._usage = event
        return b""

    def _write_finish(self, event: Finish) -> bytes:
        if event.choice:
            return b""
        self._finish = event.reason
        return self._output.finish(event.reason)

    def _write_failure(self, event: Failure) -> bytes:
        begun = self._write_start(Start()) if self._start is None else b""
        self._output.break_off()
        return begun + self._write_last("failed", error=failed_error(event.failure))
