"""Neutral events → a stream of text completions.

Every chunk shares id, object, created and model; each choice has one finish_reason; usage, if asked for, comes in one
last chunk with no choices; then [DONE].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...events import Event, Failure, Finish, PartStart, Start, TextDelta, Usage
from ...interface import ReplyFacts
from ...json_text import encode
from ...openai_error import DONE, write_error_event
from ...openai_usage import usage_object
from .prompt_text import echoed_text
from .response import FINISH_REASONS, OBJECT, SPOKEN

_NULL = b"null"


class CompletionStreamWriter:
    """Writes one reply's chunks."""

    def __init__(self, facts: ReplyFacts) -> None:
        self._facts = facts
        self._echoed = echoed_text(facts.asked.body)
        self._begun: set[int] = set()  # choices whose echo has been said
        self._spoken: dict[int, int] = {}  # part → choice
        self._usage: Usage | None = None
        self._tail = b',"usage":null}\n\n' if facts.asked.include_usage else b"}\n\n"
        self._head = self._chunk_head(Start())
        self._writes: Mapping[type, Callable[[Any], bytes]] = {
            Start: self._keep_start,
            PartStart: self._write_part_start,
            TextDelta: self._write_text,
            Usage: self._keep_usage,
            Finish: self._write_finish,
            Failure: self._write_failure,
        }

    def write(self, event: Event) -> bytes:
        writing = self._writes.get(type(event))
        return writing(event) if writing is not None else b""

    def end(self) -> bytes:
        if self._facts.asked.include_usage and self._usage is not None:
            return b'%s,"choices":[],"usage":%s}\n\n' % (self._head, encode(usage_object(self._usage))) + DONE
        return DONE

    def _chunk_head(self, start: Start) -> bytes:
        head = {
            "id": self._facts.reply_id,
            "object": OBJECT,
            "created": self._facts.created,
            "model": self._facts.asked.model,
            "system_fingerprint": start.system_fingerprint or None,
        }
        return b"data: " + encode(head)[:-1]

    def _chunk(self, choice: int, text: str, finish: bytes = _NULL) -> bytes:
        return b'%s,"choices":[{"text":%s,"index":%d,"logprobs":null,"finish_reason":%s}]%s' % (
            self._head, encode(text), choice, finish, self._tail,
        )  # fmt: skip

    def _begin(self, choice: int) -> bytes:
        """The prompt, where the client wants it back, is what a choice begins with."""
        if choice in self._begun:
            return b""
        self._begun.add(choice)
        return self._chunk(choice, self._echoed) if self._echoed else b""

    def _keep_start(self, event: Start) -> bytes:
        self._head = self._chunk_head(event)
        return b""

    def _write_part_start(self, event: PartStart) -> bytes:
        if event.kind not in SPOKEN:
            return b""
        self._spoken[event.part] = event.choice
        return self._begin(event.choice)

    def _write_text(self, event: TextDelta) -> bytes:
        choice = self._spoken.get(event.part)
        return b"" if choice is None or not event.text else self._chunk(choice, event.text)

    def _write_finish(self, event: Finish) -> bytes:
        reason = b'"%s"' % FINISH_REASONS[event.reason].encode()
        return self._begin(event.choice) + self._chunk(event.choice, "", reason)

    def _keep_usage(self, event: Usage) -> bytes:
        self._usage = event
        return b""

    def _write_failure(self, event: Failure) -> bytes:
        self._usage = None  # a cut answer has no usage to report
        return write_error_event(event.failure)
