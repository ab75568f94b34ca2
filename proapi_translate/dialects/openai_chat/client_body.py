"""Neutral events → a whole chat completion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import (
    Annotation,
    Event,
    Finish,
    LogProbs,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    Usage,
)
from ...interface import ReplyFacts
from ...openai_usage import usage_object
from ...prompt import Thinking
from .names import GOOGLE
from .thought_details import write_detail


@dataclass(slots=True)
class _Part:
    kind: str
    choice: int
    id: str = ""
    name: str = ""
    custom: bool = False
    text: list[str] = field(default_factory=list)
    signature: SignatureDelta | None = None


@dataclass(slots=True)
class _Choice:
    finish_reason: str | None = None
    annotations: list[Mapping[str, Any]] = field(default_factory=list)
    logprobs: list[Mapping[str, Any]] = field(default_factory=list)


class ChatBody:
    """Folds events; `value()` is the body."""

    def __init__(self, facts: ReplyFacts) -> None:
        self._facts = facts
        self._start = Start()
        self._parts: dict[int, _Part] = {}
        self._choices: dict[int, _Choice] = {}
        self._usage: Usage | None = None
        self._folds: dict[type, Callable[[Any], None]] = {
            Start: self._fold_start,
            PartStart: self._fold_part_start,
            TextDelta: self._fold_text,
            SignatureDelta: self._fold_signature,
            Annotation: self._fold_annotation,
            LogProbs: self._fold_logprobs,
            Usage: self._fold_usage,
            Finish: self._fold_finish,
        }

    def fold(self, event: Event) -> None:
        folding = self._folds.get(type(event))
        if folding is not None:
            folding(event)

    def value(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "id": self._facts.reply_id,
            "object": "chat.completion",
            "created": self._facts.created,
            "model": self._facts.asked.model,
            "choices": [self._choice(index, choice) for index, choice in sorted(self._choices.items())],
            "usage": usage_object(self._usage or Usage()),
        }
        if self._start.service_tier:
            body["service_tier"] = self._start.service_tier
        body["system_fingerprint"] = self._start.system_fingerprint or None
        return body

    def _choice(self, index: int, choice: _Choice) -> dict[str, Any]:
        parts = [part for part in self._parts.values() if part.choice == index]
        texts = _texts(parts)
        message: dict[str, Any] = {
            "role": "assistant",
            "content": texts.get("text"),
            "refusal": texts.get("refusal"),
            "annotations": [body for body in choice.annotations if is_url_citation(body)],
        }
        if others := [body for body in choice.annotations if not is_url_citation(body)]:
            message["citations"] = others
        if "thinking" in texts:
            message["reasoning_content"] = texts["thinking"]
        if details := [reasoning_detail(p.signature, "".join(p.text), n) for n, p in enumerate(_signed(parts))]:
            message["reasoning_details"] = details
        finish_reason = choice.finish_reason or "stop"
        if calls := [tool_call_object(part) for part in parts if part.kind == "tool_call"]:
            finish_reason = self._put_calls(message, calls, finish_reason)
        logprobs = {"content": choice.logprobs, "refusal": None} if choice.logprobs else None
        return {"index": index, "message": message, "logprobs": logprobs, "finish_reason": finish_reason}

    def _put_calls(self, message: dict[str, Any], calls: list[dict[str, Any]], finish_reason: str) -> str:
        if uses_old_functions(self._facts.asked.body):
            message["function_call"] = calls[0]["function"]
            return "function_call" if finish_reason == "tool_calls" else finish_reason
        message["tool_calls"] = calls
        return finish_reason

    def _fold_start(self, event: Start) -> None:
        self._start = event

    def _fold_part_start(self, event: PartStart) -> None:
        self._parts[event.part] = _Part(event.kind, event.choice, event.id, event.name, event.custom)
        self._choices.setdefault(event.choice, _Choice())

    def _fold_text(self, event: TextDelta) -> None:
        self._parts[event.part].text.append(event.text)

    def _fold_signature(self, event: SignatureDelta) -> None:
        self._parts[event.part].signature = event

    def _fold_annotation(self, event: Annotation) -> None:
        self._choices[self._parts[event.part].choice].annotations.append(event.body)

    def _fold_logprobs(self, event: LogProbs) -> None:
        self._choices[self._parts[event.part].choice].logprobs.extend(event.content)

    def _fold_usage(self, event: Usage) -> None:
        self._usage = event

    def _fold_finish(self, event: Finish) -> None:
        self._choices.setdefault(event.choice, _Choice()).finish_reason = event.reason


def write_body(events: Iterable[Event], facts: ReplyFacts) -> dict[str, Any]:
    """A whole reply: {"id", "object": "chat.completion", "created", "model", "choices", "usage", …}."""
    body = ChatBody(facts)
    for event in events:
        body.fold(event)
    return body.value()


def is_url_citation(body: Mapping[str, Any]) -> bool:
    """OpenAI's `annotations` holds citations of pages only; those of documents ride in `citations` beside it."""
    return body.get("type") == "url_citation"


def uses_old_functions(request: Mapping[str, Any]) -> bool:
    """Did the client ask with `functions`, OpenAI's form before `tools`? It then gets `function_call` back."""
    return "functions" in request and "tools" not in request


def tool_call_object(part: _Part) -> dict[str, Any]:
    text = "".join(part.text)
    if part.custom:
        return {"id": part.id, "type": "custom", "custom": {"name": part.name, "input": text}}
    call: dict[str, Any] = {
        "id": part.id,
        "type": "function",
        "function": {"name": part.name, "arguments": text or "{}"},
    }
    if part.signature is not None and part.signature.signature.origin == GOOGLE:
        call["extra_content"] = {GOOGLE: {"thought_signature": part.signature.signature.value}}
    return call


def reasoning_detail(signed: SignatureDelta | None, text: str, index: int) -> dict[str, Any]:
    """One thought with its proof, as `reasoning_details` holds it."""
    assert signed is not None
    return write_detail(Thinking(text, signed.signature, signed.redacted), index)


def _texts(parts: list[_Part]) -> dict[str, str]:
    """The text of each kind of part, joined in order; a kind with no text at all is absent."""
    joined: dict[str, list[str]] = {}
    for part in parts:
        if part.kind != "tool_call" and part.text:
            joined.setdefault(part.kind, []).extend(part.text)
    return {kind: "".join(pieces) for kind, pieces in joined.items()}


def _signed(parts: list[_Part]) -> list[_Part]:
    return [part for part in parts if part.kind == "thinking" and part.signature is not None]
