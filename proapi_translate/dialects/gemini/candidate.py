"""One candidate's parts → events. A stream's events and a whole body's candidate are read alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count

import msgspec

from ...errors import BackendFailure
from ...events import (
    UNKNOWN_FINISH,
    Annotation,
    Event,
    Finish,
    FinishReason,
    LogProbs,
    PartEnd,
    PartKind,
    PartStart,
    SignatureDelta,
    TextDelta,
)
from ...interface import ReplyContext
from ...prompt import Signature
from .citations import read_citations
from .logprobs import read_logprobs
from .names import FAILED_TURNS, FINISH_REASONS, ORIGIN
from .partial_args import PartialArguments
from .searches import Searches
from .wire import Candidate, FunctionCall, GroundingMetadata, InlineData, Part

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_IN_ID = re.compile(r".*[-_]|[^A-Za-z0-9]")  # also the prefix: chatcmpl-, resp_
_ID_TAIL_CHARS = 40


class Numbers:
    """What all candidates of one reply share: the numbers of parts, and the ids of calls."""

    def __init__(self, context: ReplyContext) -> None:
        self.tool_names = context.tool_names
        self.next_part: Callable[[], int] = count().__next__
        self._reply_id = context.reply_id
        self._next_call: Callable[[], int] = count().__next__
        self._ids: set[str] = set()

    def call_id(self, told: str | None) -> str:
        """The backend's own id where it is one that OpenAI's clients take; else call_<reply>_<n>."""
        number = self._next_call()
        own = told if told and _ID.fullmatch(told) and told not in self._ids else ""
        call_id = own or f"call_{_NOT_IN_ID.sub('', self._reply_id)[-_ID_TAIL_CHARS:]}_{number}"
        self._ids.add(call_id)
        return call_id


class CandidateReader:
    """Reads one candidate (OpenAI: choice). `reason`: the last finish reason; it is final only at the end, since some
    models repeat it on every event."""

    def __init__(self, choice: int, numbers: Numbers) -> None:
        self.reason = ""
        self._choice = choice
        self._numbers = numbers
        self._kind: PartKind | None = None  # of the open text or thought
        self._part = -1  # its number
        self._empty = True  # has it no text yet?
        self._text: list[str] = []  # the visible text so far, for the places of citations
        self._text_bytes = 0
        self._offsets: dict[int, int] = {}  # Google's part number → where it begins in the visible text
        self._cited: set[tuple[str, int, int]] = set()
        self._searches = Searches()
        self._called = False
        self._call_part = -1
        self._arguments: PartialArguments | None = None  # of a call that goes on in the next event

    def read(self, candidate: Candidate) -> list[Event]:
        """The events of this piece. Raises BackendFailure for a turn that failed before it gave a whole call."""
        events: list[Event] = []
        if candidate.grounding_metadata is not None:
            self._searches.note(candidate.grounding_metadata)
            if self._part < 0:  # a whole body: the search goes before the answer that came of it
                events += self._searches.tell()
        content = candidate.content
        for number, part in enumerate((content.parts if content is not None else None) or ()):
            if part.text is not None:
                self._read_text(part.text, part, number, events)
            elif part.function_call is not None:
                self._read_call(part.function_call, part, events)
            elif part.inline_data is not None and not part.thought:
                self._read_inline(part.inline_data, number, events)
        if candidate.logprobs_result is not None and self._kind == "text":
            events.extend(LogProbs(self._part, content) for content in read_logprobs(candidate.logprobs_result))
        if candidate.grounding_metadata is not None and self._kind == "text":
            events.extend(self._cite(candidate.grounding_metadata))
        if candidate.finish_reason:
            self._take_reason(candidate.finish_reason, candidate.finish_message)
        return events

    def refuse(self, reason: str, message: str) -> list[Event]:
        """The prompt was blocked: there is no candidate, the choice says why."""
        self.reason = reason
        self._kind, self._part = "refusal", self._numbers.next_part()
        return [PartStart(self._part, "refusal", self._choice), TextDelta(self._part, message)]

    def end(self, reason: str) -> Iterator[Event]:
        """PartEnd for what is open, then Finish. `reason`: Google's word."""
        events: list[Event] = []
        self._end_call(events)
        self._end_part(events)
        yield from events
        yield from self._searches.tell()
        yield Finish(self._finish_reason(reason), self._choice, reason)

    def _finish_reason(self, reason: str) -> FinishReason:
        finish = FINISH_REASONS.get(reason, UNKNOWN_FINISH)
        return "tool_calls" if self._called and (finish == "stop" or reason in FAILED_TURNS) else finish

    def _take_reason(self, reason: str, message: str | None) -> None:
        self.reason = reason
        if reason in FAILED_TURNS and not self._called:
            told = f": {message}" if message else ""
            raise BackendFailure(f"the model's turn failed ({reason}){told}", code=reason.lower())

    def _read_text(self, text: str, part: Part, number: int, events: list[Event]) -> None:
        kind: PartKind = "thinking" if part.thought else "text"
        if text:
            if self._kind != kind:
                self._begin(kind, events)
            self._add_text(text, number, events)
        if part.thought_signature:
            self._sign(part.thought_signature, kind, events)

    def _add_text(self, text: str, number: int, events: list[Event]) -> None:
        events.append(TextDelta(self._part, text))
        self._empty = False
        if self._kind == "text":
            self._offsets.setdefault(number, self._text_bytes)
            self._text.append(text)
            self._text_bytes += len(text.encode("utf-8", "replace"))

    def _sign(self, value: str, kind: PartKind, events: list[Event]) -> None:
        """A thought's signature ends it. A text's stands in a thought of its own, without words, beside the open text:
        OpenAI's formats have no other place for it."""
        signature = Signature(value, ORIGIN)
        if kind == "text":
            part = self._numbers.next_part()
            events += (PartStart(part, "thinking", self._choice), SignatureDelta(part, signature, redacted=True))
            events.append(PartEnd(part))
            return
        if self._kind != kind:
            self._begin(kind, events)
        events.append(SignatureDelta(self._part, signature, redacted=self._empty))
        self._end_part(events)

    def _read_call(self, call: FunctionCall, part: Part, events: list[Event]) -> None:
        if call.name:
            self._begin_call(call, part, events)
        if self._arguments is not None:
            self._continue_call(call, self._arguments, events)

    def _begin_call(self, call: FunctionCall, part: Part, events: list[Event]) -> None:
        self._end_call(events)
        self._end_part(events)
        name = call.name or ""
        number = self._call_part = self._numbers.next_part()
        call_id = self._numbers.call_id(call.id)
        events.append(
            PartStart(number, "tool_call", self._choice, call_id, self._numbers.tool_names.get(name, name))
        )
        if part.thought_signature:
            events.append(SignatureDelta(number, Signature(part.thought_signature, ORIGIN)))
        self._arguments = PartialArguments()

    def _continue_call(self, call: FunctionCall, arguments: PartialArguments, events: list[Event]) -> None:
        pieces = [arguments.add(piece) for piece in call.partial_args or ()]
        pieces.append(_compact(call.args))
        if delta := "".join(pieces):
            events.append(TextDelta(self._call_part, delta))
        if not call.will_continue:
            self._end_call(events)

    def _end_call(self, events: list[Event]) -> None:
        if self._arguments is None:
            return
        if rest := self._arguments.close():
            events.append(TextDelta(self._call_part, rest))
        events.append(PartEnd(self._call_part))
        self._arguments = None
        self._called = True

    def _read_inline(self, media: InlineData, number: int, events: list[Event]) -> None:
        """A picture that the model made: chat has no part for it, clients show it from Markdown."""
        kind = media.mime_type or ""
        if not media.data or not kind.startswith("image/"):
            return
        if self._kind != "text":
            self._begin("text", events)
        gap = "" if self._empty else "\n\n"
        self._add_text(f"{gap}![image](data:{kind};base64,{media.data})", number, events)

    def _cite(self, grounding: GroundingMetadata) -> Iterator[Event]:
        for body in read_citations(grounding, "".join(self._text), self._offsets):
            place = body[body["type"]]
            key = (str(place.get("url")), place["start_index"], place["end_index"])
            if key not in self._cited:  # a stream may tell its sources more than once
                self._cited.add(key)
                yield Annotation(self._part, body)

    def _begin(self, kind: PartKind, events: list[Event]) -> None:
        self._end_part(events)
        self._kind, self._part, self._empty = kind, self._numbers.next_part(), True
        events.append(PartStart(self._part, kind, self._choice))

    def _end_part(self, events: list[Event]) -> None:
        if self._kind is not None:
            events.append(PartEnd(self._part))
            self._kind = None


def _compact(args: msgspec.Raw) -> str:
    """Arguments without line ends and blanks, each number as it was written; "" for none: {} and null."""
    text = msgspec.json.format(args, indent=-1).decode()
    return "" if text in ("{}", "null") else text
