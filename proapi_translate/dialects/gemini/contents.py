"""Turns → contents: what was said so far, in Gemini's two roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...interface import RequestContext
from ...losses import Losses
from ...prompt import Audio, File, Image, Part, Refusal, Signature, Text, Thinking, ToolCall, ToolResult, Turn
from ...repair import called_tools, drop_blank, merge_turns, read_arguments
from .media_parts import write_media
from .models import ModelFacts
from .names import DUMMY_SIGNATURE, MODEL, ORIGIN, USER
from .tool_results import write_results
from .tools import ToolNames

_BEGIN = "Continue."


def write_contents(
    turns: Iterable[Turn], names: ToolNames, facts: ModelFacts, context: RequestContext
) -> list[dict[str, Any]]:
    """[user "hi", assistant calls f, tool "4"] → [{"role": "user", …}, {"role": "model", …}, {"role": "user", …}].

    Neighbours of one side become one content (Gemini wants all results of one step together, and their number equal to
    the calls'). Raises ClientFault for media that Gemini cannot take and for a result without its call.
    """
    merged = merge_turns(Turn(turn.role, _sendable(turn.parts), turn.name) for turn in turns)
    called = called_tools(merged)
    contents: list[dict[str, Any]] = []
    for turn in merged:
        if turn.role == "assistant":
            content = {"role": MODEL, "parts": ModelParts(names, facts, context).write(turn.parts)}
        else:
            content = {"role": USER, "parts": _write_user(turn.parts, called, names, facts, context)}
        if content["parts"]:
            contents.append(content)
    return _begin_with_user(contents, context.losses)


def _begin_with_user(contents: list[dict[str, Any]], losses: Losses) -> list[dict[str, Any]]:
    """Apps that cut their history off at the front leave a call there: "Please ensure that function call turn comes
    immediately after a user turn or after a function response turn."."""
    if not contents or contents[0]["role"] != MODEL or not any("functionCall" in part for part in contents[0]["parts"]):
        return contents
    losses.approximate("messages", "Gemini takes no call before the user's first turn: a short one was put before it")
    return [{"role": USER, "parts": [{"text": _BEGIN}]}, *contents]


def _sendable(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Without blank texts, and without thoughts that Google did not sign: nothing reads them there."""
    return tuple(part for part in drop_blank(parts) if not isinstance(part, Thinking) or _own(part.signature))


def _own(signature: Signature | None) -> str:
    return signature.value if signature is not None and signature.origin == ORIGIN else ""


def _write_user(
    parts: Sequence[Part], called: Mapping[str, str], names: ToolNames, facts: ModelFacts, context: RequestContext
) -> list[dict[str, Any]]:
    results = [part for part in parts if isinstance(part, ToolResult)]
    written = write_results(results, called, names, facts, context.losses)
    for part in parts:
        if isinstance(part, Text | Refusal):
            written.append({"text": part.text})
        elif isinstance(part, Image | File | Audio):
            written.append(write_media(part, context.losses))
    return written


class ModelParts:
    """Writes the parts of one model turn.

    A signature stands on the part that it was given with. One of a text comes from the client as a thought without
    words, before or after the text (a chat message cannot order the two): it is put on the nearest.
    """

    def __init__(self, names: ToolNames, facts: ModelFacts, context: RequestContext) -> None:
        self._names = names
        self._facts = facts
        self._context = context
        self._written: list[dict[str, Any]] = []
        self._loose = ""  # a text's signature that still looks for its text
        self._signed: set[str] = set()  # signatures that are in their place
        self._write_by_type: Mapping[type, Callable[[Any], None]] = {
            Text: self._write_text,
            Refusal: self._write_text,
            Thinking: self._write_thought,
            ToolCall: self._write_call,
            Image: self._write_media,
            File: self._write_media,
            Audio: self._write_media,
        }

    def write(self, parts: Iterable[Part]) -> list[dict[str, Any]]:
        for part in parts:
            write = self._write_by_type.get(type(part))
            if write is not None:
                write(part)
        if self._facts.signed_calls:
            self._sign_first_call()
        return self._written

    def _write_text(self, part: Text | Refusal) -> None:
        self._written.append({"text": part.text})
        if self._loose:
            self._written[-1]["thoughtSignature"] = self._loose
            self._loose = ""

    def _write_thought(self, part: Thinking) -> None:
        signature = _own(part.signature)
        if not signature or signature in self._signed:
            return
        self._signed.add(signature)
        last = self._written[-1] if self._written else {}
        if part.text:
            self._written.append({"text": part.text, "thought": True, "thoughtSignature": signature})
        elif "text" in last and "thoughtSignature" not in last:
            last["thoughtSignature"] = signature
        else:
            self._loose = signature

    def _write_media(self, part: Image | File | Audio) -> None:
        self._written.append(write_media(part, self._context.losses))

    def _write_call(self, part: ToolCall) -> None:
        signature = _own(part.signature) or self._recall(part)
        call: dict[str, Any] = {"name": self._names.sent(part.name), "args": read_arguments(part)}
        if self._facts.call_ids:
            call["id"] = part.id
        self._written.append({"functionCall": call})
        if signature:
            self._written[-1]["thoughtSignature"] = signature

    def _recall(self, part: ToolCall) -> str:
        """The call's own signature, from what was kept by its id; the thoughts before it are written on the way."""
        signature = ""
        for thought in part.thoughts or self._context.recall(part.id):
            if thought.text or thought.redacted:
                self._write_thought(thought)
            else:
                signature = _own(thought.signature)
        return signature

    def _sign_first_call(self) -> None:
        """A step that another model made, or whose signature is lost: its first call says so."""
        calls = [part for part in self._written if "functionCall" in part]
        if calls and not any("thoughtSignature" in call for call in calls):
            calls[0]["thoughtSignature"] = DUMMY_SIGNATURE
