"""Chunks that keep OpenAI's contract → neutral events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import (
    Annotation,
    Event,
    Finish,
    FinishReason,
    LogProbs,
    PartEnd,
    PartKind,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
)
from ...prompt import Signature
from .names import GOOGLE
from .thought_details import read_detail

# OpenAI's reasons but for the old functions', which nobody asks for here.
_REASONS: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}

_SOURCES = ("citations", "search_results")  # Perplexity's pages: their addresses alone; with their titles (wins)


@dataclass(slots=True)
class _Call:
    part: int = -1  # -1: it has no name yet, and so has not begun
    id: str = ""
    custom: bool = False
    waiting: list[str] = field(default_factory=list)  # what came before the name


@dataclass(slots=True)
class _Choice:
    index: int
    kind: str = ""  # of the part that is open; "" for none. Tool calls stay open beside it, to the choice's end
    part: int = -1
    calls: dict[int, _Call] = field(default_factory=dict)
    text_length: int = 0
    cited: bool = False


class ChunkReader:
    """Reads one reply's chunks in order. `reply_id` seeds the id of a call in OpenAI's first form, which has none."""

    def __init__(self, reply_id: str) -> None:
        self._reply_id = reply_id
        self._started = False
        self._parts = 0
        self._choices: dict[int, _Choice] = {}
        self._events: list[Event] = []  # of the chunk at hand
        self._sources: list[Any] = []  # pages that a backend lists beside the choices
        # In the order in which a model says them, also where one delta (a whole message) holds them all.
        self._tellers: dict[str, Callable[[_Choice, Any], None]] = {
            "reasoning_content": self._tell_thought,
            "reasoning_details": self._tell_details,
            "content": self._tell_text,
            "refusal": self._tell_refusal,
            "audio": self._tell_audio,
            "annotations": self._tell_annotations,
            "content_parts": self._tell_annotations,
            "tool_calls": self._tell_calls,
            "function_call": self._tell_function,
        }

    def read(self, chunk: Mapping[str, Any], reply_model: str) -> list[Event]:
        """{"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": null}], …} → [TextDelta(0, "hi")]."""
        events = self._events = []
        if not self._started:
            self._start(chunk, reply_model)
        for name in _SOURCES:
            if (sources := chunk.get(name)) and isinstance(sources, list):
                self._sources = sources
        for piece in chunk["choices"]:
            index = piece["index"]
            choice = self._choices.get(index)
            if choice is None:
                choice = self._choices[index] = _Choice(index)
            self._tell(choice, piece["delta"])
            if probabilities := piece.get("logprobs"):
                self._tell_logprobs(choice, probabilities)
            if (reason := piece["finish_reason"]) is not None:
                self._tell_sources(choice)
                events.append(Finish(_REASONS[reason], index, reason))
        return events

    def _tell(self, choice: _Choice, delta: Mapping[str, Any]) -> None:
        if len(said := [name for name in delta if delta[name] and name in self._tellers]) > 1:
            if "reasoning_details" in said and "reasoning_content" in said:
                said.remove("reasoning_content")  # the same thought, without its proof
            said.sort(key=list(self._tellers).index)
        for name in said:
            self._tellers[name](choice, delta[name])

    def _start(self, chunk: Mapping[str, Any], reply_model: str) -> None:
        self._started = True
        tier, fingerprint = chunk.get("service_tier"), chunk.get("system_fingerprint")
        self._events.append(Start(chunk.get("id") or "", reply_model, _text(tier), _text(fingerprint)))

    def _open(self, choice: _Choice, kind: PartKind) -> int:
        """The open part, if it is of this kind, else a new one."""
        if choice.kind != kind:
            self._close(choice)
            choice.kind, choice.part = kind, self._next_part()
            self._events.append(PartStart(choice.part, kind, choice.index))
        return choice.part

    def _close(self, choice: _Choice) -> None:
        if choice.kind:
            choice.kind = ""
            self._events.append(PartEnd(choice.part))

    def _next_part(self) -> int:
        self._parts += 1
        return self._parts - 1

    def _say(self, choice: _Choice, kind: PartKind, text: str) -> None:
        part = choice.part if choice.kind == kind else self._open(choice, kind)
        self._events.append(TextDelta(part, text))

    def _tell_thought(self, choice: _Choice, text: str) -> None:
        self._say(choice, "thinking", text)

    def _tell_text(self, choice: _Choice, text: str) -> None:
        choice.text_length += len(text)
        self._say(choice, "text", text)

    def _tell_refusal(self, choice: _Choice, text: str) -> None:
        self._say(choice, "refusal", text)

    def _tell_details(self, choice: _Choice, details: list[Any]) -> None:
        """Thoughts with their proofs. A proof ends its thought: what comes after it is another one."""
        for detail in details:
            thought = read_detail(detail) if isinstance(detail, dict) else None
            if thought is None:
                continue
            part = self._open(choice, "thinking")
            if thought.text:
                self._events.append(TextDelta(part, thought.text))
            if thought.signature is not None:
                self._events.append(SignatureDelta(part, thought.signature, thought.redacted))
                self._close(choice)

    def _tell_audio(self, choice: _Choice, audio: Any) -> None:
        """Only clients that speak chat themselves can ask for sound; of an answer in sound its words are told."""
        if isinstance(audio, dict) and (transcript := _text(audio.get("transcript"))):
            self._say(choice, "text", transcript)

    def _tell_annotations(self, choice: _Choice, annotations: list[Any]) -> None:
        for body in annotations:
            if isinstance(body, dict):
                body.pop("index", None)  # of a list of deltas, not of the citation
                choice.cited = True
                self._events.append(Annotation(self._open(choice, "text"), body))

    def _tell_sources(self, choice: _Choice) -> None:
        """Perplexity lists the pages that it read; where it does not say which words are whose, all of them are."""
        if choice.kind != "text" or choice.cited:
            return
        for source in self._sources:
            told = source if isinstance(source, dict) else {"url": source}
            place = {"start_index": 0, "end_index": choice.text_length}
            if url := _text(told.get("url")):
                page = {"url": url, "title": _text(told.get("title")), **place}
                self._events.append(Annotation(choice.part, {"type": "url_citation", "url_citation": page}))

    def _tell_logprobs(self, choice: _Choice, logprobs: Any) -> None:
        content = logprobs.get("content") if isinstance(logprobs, dict) else None
        if content:
            self._events.append(LogProbs(self._open(choice, "text"), tuple(content)))

    def _tell_calls(self, choice: _Choice, deltas: list[Mapping[str, Any]]) -> None:
        for delta in deltas:
            index = delta["index"]
            call = choice.calls.get(index)
            if call is None:
                self._close(choice)
                call = choice.calls[index] = _Call(id=delta["id"], custom=delta.get("type") == "custom")
            inner = delta.get("custom" if call.custom else "function") or {}
            self._tell_call(choice, call, inner.get("name"), inner.get("input" if call.custom else "arguments"))
            if extra := delta.get("extra_content"):
                self._tell_signature(call, extra)

    def _tell_function(self, choice: _Choice, function: Any) -> None:
        """A call in OpenAI's first form. Snowflake has an empty one in every message."""
        if not isinstance(function, dict) or not (choice.calls or function.get("name")):
            return
        call = choice.calls.setdefault(0, _Call(id=f"call_{self._reply_id.rpartition('-')[2]}_{choice.index}"))
        self._tell_call(choice, call, function.get("name"), function.get("arguments"))

    def _tell_call(self, choice: _Choice, call: _Call, name: Any, text: Any) -> None:
        if call.part < 0 and name:
            call.part = self._next_part()
            self._events.append(PartStart(call.part, "tool_call", choice.index, call.id, name, call.custom))
            self._events += (TextDelta(call.part, piece) for piece in call.waiting)
        if text and isinstance(text, str):
            if call.part < 0:
                call.waiting.append(text)
            else:
                self._events.append(TextDelta(call.part, text))

    def _tell_signature(self, call: _Call, extra: Any) -> None:
        google = extra.get(GOOGLE) if isinstance(extra, dict) else None
        signature = google.get("thought_signature") if isinstance(google, dict) else None
        if signature and isinstance(signature, str) and call.part >= 0:
            self._events.append(SignatureDelta(call.part, Signature(signature, GOOGLE)))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
