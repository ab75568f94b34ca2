"""An ai/run stream → neutral events. Two shapes are met, by model, and a chunk tells its own.

Native: {"response": "he", "p": "…"}, tool calls flat and whole or by index, usage last, the end told by [DONE] alone.
OpenAI's: {"choices": [{"delta": {"content": "he"}, "finish_reason": null}]} (newer models). Checked against
github.com/cloudflare/ai, packages/workers-ai-provider/src/streaming.ts, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...errors import BackendFailure
from ...events import UNKNOWN_FINISH, Event, Finish, PartEnd, PartKind, PartStart, Start, TextDelta, Usage
from ...interface import ReplyContext
from ...json_text import encode, read_reply
from ...repair import safe_id
from .error import failure_from
from .names import FAILED_FINISH, FINISH_REASONS
from .splitter import DONE

Native = dict[str, Any]
# Where a delta or a message holds which kind of text.
_TEXT_KEYS: tuple[tuple[str, PartKind], ...] = (
    ("reasoning_content", "thinking"), ("reasoning", "thinking"), ("content", "text"),
)  # fmt: skip
_ENDED_BADLY = "Workers AI ended the reply with an error."


class RunReader:
    """Reads one stream. `take` gives the events of one chunk: whole bodies use it too."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context
        self._started = False
        self._finished = False
        self._parts = 0
        self._said: tuple[int, PartKind] | None = None  # the text or thinking part that goes on
        self._calls: dict[int, int] = {}  # index of a tool call → part
        self._usage: Usage | None = None
        self._finish: str | None = None

    def read(self, name: str, data: bytes) -> Iterable[Event]:
        return self.finish() if name == DONE else self.take(read_reply(data))

    def end(self) -> Iterable[Event]:
        # Without [DONE] only a finish reason proves that the answer is whole.
        return self.finish() if self._finish is not None else ()

    def take(self, chunk: Native) -> Iterator[Event]:
        if self._finished:
            return  # nothing counts behind [DONE]
        if chunk.get("success") is False or chunk.get("errors") or chunk.get("error"):
            raise failure_from(chunk)
        chunk = chunk.get("result") or chunk  # some models put each chunk into the envelope
        if not self._started:
            self._started = True
            yield Start(_text(chunk.get("id")), _text(chunk.get("model")))
        if chunk.get("usage"):
            self._usage = _read_usage(chunk["usage"])
        if "choices" in chunk:
            yield from self._take_choices(chunk["choices"])
        else:
            yield from self._say("text", _text(chunk.get("response")))
            yield from self._take_calls(chunk.get("tool_calls"))
            self._finish = chunk.get("finish_reason") or self._finish

    def finish(self) -> Iterator[Event]:
        """The answer is whole."""
        if self._finished:
            return
        self._finished = True
        if self._finish == FAILED_FINISH:
            raise BackendFailure(_ENDED_BADLY, code=FAILED_FINISH)
        yield from self._stop_saying()
        for part in self._calls.values():
            yield PartEnd(part)
        if self._usage is not None:
            yield self._usage
        raw = _text(self._finish)
        reason = FINISH_REASONS.get(raw, UNKNOWN_FINISH)
        if reason == "stop" and self._calls:
            reason = "tool_calls"
        yield Finish(reason, raw=raw)

    def _take_choices(self, choices: list[Native]) -> Iterator[Event]:
        for choice in choices[:1]:  # one answer a request: more are never asked for
            delta = choice.get("delta") or choice.get("message") or {}
            for key, kind in _TEXT_KEYS:
                yield from self._say(kind, _text(delta.get(key)))
            yield from self._take_calls(delta.get("tool_calls"))
            self._finish = choice.get("finish_reason") or self._finish

    def _say(self, kind: PartKind, text: str) -> Iterator[Event]:
        if not text:
            return
        if self._said is None or self._said[1] != kind:
            yield from self._stop_saying()
            self._said = self._parts, kind
            self._parts += 1
            yield PartStart(self._said[0], kind)
        yield TextDelta(self._said[0], text)

    def _stop_saying(self) -> Iterator[Event]:
        if self._said is not None:
            yield PartEnd(self._said[0])
            self._said = None

    def _take_calls(self, calls: list[Native] | None) -> Iterator[Event]:
        for place, call in enumerate(calls or ()):
            function = call.get("function") or call  # flat: {"name", "arguments"}
            name, text = _text(function.get("name")), _text(function.get("arguments"))
            index = call.get("index")
            if index is None:
                # A call without a number is a whole one, unless it goes on with what has no name of its own.
                index = len(self._calls) if name else max(len(self._calls) - 1, place)
            if index not in self._calls:
                if not name:
                    continue  # the empty call that some models end with
                yield from self._start_call(index, _text(call.get("id")), name)
            if text:
                yield TextDelta(self._calls[index], text)

    def _start_call(self, index: int, call_id: str, name: str) -> Iterator[Event]:
        yield from self._stop_saying()
        tail = self._context.reply_id.rpartition("-")[2]
        call_id = call_id or safe_id(f"call_{tail}_{len(self._calls)}")
        part = self._calls[index] = self._parts
        self._parts += 1
        yield PartStart(part, "tool_call", id=call_id, name=name)


def _text(value: Any) -> str:
    """Texts as they are; what JSON mode and tool calls give as values, as JSON text; nothing for null and {}."""
    if isinstance(value, str):
        return value
    return "" if value is None or value == {} else encode(value).decode()


def _read_usage(usage: Native) -> Usage:
    prompt_details = usage.get("prompt_tokens_details") or {}
    completion_details = usage.get("completion_tokens_details") or {}
    return Usage(
        prompt_tokens=int(usage.get("prompt_tokens") or 0),
        completion_tokens=int(usage.get("completion_tokens") or 0),
        cached_tokens=int(prompt_details.get("cached_tokens") or 0),
        reasoning_tokens=int(completion_details.get("reasoning_tokens") or 0),
        total_tokens=int(usage.get("total_tokens") or 0),
    )
