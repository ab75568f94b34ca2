"""Turns → the messages of a chat body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...interface import RequestContext
from ...json_text import encode
from ...media import takes_web_address, write_url
from ...prompt import (
    Audio,
    File,
    Image,
    MediaPart,
    Part,
    Refusal,
    Signature,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from .names import GOOGLE
from .thought_details import write_detail

Native = dict[str, Any]


def write_messages(turns: Iterable[Turn], context: RequestContext) -> list[Native]:
    """(user "hi") → [{"role": "user", "content": "hi"}]. Roles stay where they stand."""
    writer = _MessageWriter(context)
    for turn in turns:
        writer.write(turn)
    writer.flush_media()
    return writer.messages


class _MessageWriter:
    def __init__(self, context: RequestContext) -> None:
        self.messages: list[Native] = []
        self._context = context
        self._result_media: list[Native] = []  # of tool results, until the results are all said
        self._roles: Mapping[str, Callable[[Turn], None]] = {
            "system": self._write_plain,
            "developer": self._write_plain,
            "user": self._write_plain,
            "assistant": self._write_assistant,
            "tool": self._write_results,
        }

    def write(self, turn: Turn) -> None:
        if turn.role != "tool":
            self.flush_media()
        self._roles[turn.role](turn)

    def flush_media(self) -> None:
        """Pictures and files that tools gave follow their results, as the user's: a tool message holds text only."""
        if self._result_media:
            self.messages.append({"role": "user", "content": self._result_media})
            self._result_media = []

    def _write_plain(self, turn: Turn) -> None:
        content = [self._write_part(part) for part in turn.parts if type(part) in _PARTS]
        message: Native = {"role": turn.role, "content": _simplify(content)}
        self.messages.append(message | ({"name": turn.name} if turn.name else {}))

    def _write_part(self, part: Part) -> Native:
        """The part, with Anthropic's cache mark where this backend takes it."""
        mark: Mapping[str, Any] = getattr(part, "extra", {}).get("anthropic", {})
        if mark and not self._context.profile.cache_marks:
            self._context.losses.drop("cache_control", f"{self._context.profile.backend} has no such mark")
            mark = {}
        return _PARTS[type(part)](part) | dict(mark)

    def _write_assistant(self, turn: Turn) -> None:
        texts = [self._write_part(part) for part in turn.parts if isinstance(part, Text)]
        calls = [part for part in turn.parts if isinstance(part, ToolCall)]
        message: Native = {"role": "assistant", "content": _simplify(texts) if texts else None}
        if turn.name:
            message["name"] = turn.name
        if refusal := "".join(part.text for part in turn.parts if isinstance(part, Refusal)):
            message["refusal"] = refusal
        self._write_thoughts(message, turn, calls)
        if calls:
            message["tool_calls"] = [self._write_call(call) for call in calls]
        if not calls and not texts and not refusal:
            message["content"] = ""  # null only beside calls
        self.messages.append(message)

    def _write_thoughts(self, message: Native, turn: Turn, calls: list[ToolCall]) -> None:
        """The client's own ones; else those remembered of the turn's calls, where the backend takes any."""
        thoughts = [part for part in turn.parts if isinstance(part, Thinking)]
        if any(not thought.text for thought in thoughts) and not self._context.profile.signed_thoughts:
            self._context.losses.drop("thoughts", f"{self._context.profile.backend} takes no sealed thoughts back")
        if not thoughts and "reasoning_content" not in self._context.profile.message_refused:
            thoughts = next((known for call in calls if (known := self._recall(call))), [])
        signed = [thought for thought in thoughts if thought.signature is not None and thought.signature.origin]
        if signed and self._context.profile.signed_thoughts:
            message["reasoning_details"] = [write_detail(thought, index) for index, thought in enumerate(signed)]
        elif text := "\n\n".join(thought.text for thought in thoughts if thought.text):
            message["reasoning_content"] = text

    def _recall(self, call: ToolCall) -> list[Thinking]:
        known = call.thoughts or self._context.recall(call.id)
        return [thought for thought in known if not _is_of_call(thought)]

    def _write_call(self, call: ToolCall) -> Native:
        if call.kind == "custom":
            return self._write_custom_call(call)
        arguments = call.arguments or "{}"
        written: Native = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
        signature = call.signature or self._recall_signature(call)
        if signature is not None and signature.origin == GOOGLE:
            written["extra_content"] = {GOOGLE: {"thought_signature": signature.value}}
        return written

    def _recall_signature(self, call: ToolCall) -> Signature | None:
        if "extra_content" in self._context.profile.call_refused:
            return None
        known = call.thoughts or self._context.recall(call.id)
        return next((thought.signature for thought in known if _is_of_call(thought)), None)

    def _write_custom_call(self, call: ToolCall) -> Native:
        arguments = encode({"input": call.arguments}).decode()
        self._context.losses.approximate("tools", "few backends know custom tools: the call is told as a function's")
        return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}

    def _write_results(self, turn: Turn) -> None:
        for part in turn.parts:
            if isinstance(part, ToolResult):
                self._write_result(part)

    def _write_result(self, result: ToolResult) -> None:
        texts = [self._write_part(part) for part in result.parts if isinstance(part, Text)]
        media = [self._write_part(part) for part in result.parts if not isinstance(part, Text)]
        if media:
            what = "a tool's picture or file goes on as the user's: chat's tool messages hold text only"
            self._context.losses.approximate("messages", what)
            self._result_media += media
        if result.is_error:
            self._context.losses.drop("is_error", "chat has no mark for failed tools; the result's own text tells it")
        self.messages.append({"role": "tool", "tool_call_id": result.call_id, "content": _simplify(texts)})


def _is_of_call(thought: Thinking) -> bool:
    """Google signs the call itself: its proof is remembered as a thought without words."""
    signature = thought.signature
    return signature is not None and signature.origin == GOOGLE and not thought.text and not thought.redacted


def _simplify(content: list[Native]) -> str | list[Native]:
    """One text alone is a string, which every backend takes; nothing at all is the empty one."""
    if not content:
        return ""
    alone = len(content) == 1 and content[0].keys() == {"type", "text"}
    return str(content[0]["text"]) if alone else content


def _write_text(part: Text | Refusal) -> Native:
    return {"type": "text", "text": part.text}


def _write_image(part: Image) -> Native:
    if part.media.source == "file_id":
        return {"type": "file", "file": {"file_id": part.media.data}}
    image = {"url": write_url(part.media, "image/png")}
    return {"type": "image_url", "image_url": image | ({"detail": part.detail} if part.detail else {})}


def _write_file(part: File) -> Native:
    if part.media.source == "file_id":
        return {"type": "file", "file": {"file_id": part.media.data}}
    name = {"filename": part.filename} if part.filename else {}
    return {"type": "file", "file": {**name, "file_data": write_url(part.media, "application/pdf")}}


def _write_audio(part: Audio) -> Native:
    return {"type": "input_audio", "input_audio": {"data": part.media.data, "format": part.format}}


def takes_address(part: MediaPart, fetches: bool) -> bool:
    """Chat completions have a place for the address of a picture, and of nothing else."""
    return isinstance(part, Image) and takes_web_address(part, fetches)


_PARTS: dict[type[Part], Callable[[Any], Native]] = {
    Text: _write_text,
    Refusal: _write_text,
    Image: _write_image,
    File: _write_file,
    Audio: _write_audio,
}
