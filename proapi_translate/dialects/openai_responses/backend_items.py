"""Turns → input items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...interface import RequestContext
from ...media import write_url
from ...prompt import Audio, File, Image, Refusal, Signature, Text, Thinking, ToolCall, ToolResult, Turn

Native = dict[str, Any]


def write_items(turns: Iterable[Turn], context: RequestContext) -> list[Native]:
    """(user "hi") → [{"role": "user", "content": "hi"}]. Roles stay where they stand, system's and developer's too.

    Raises ClientFault for sound, which the Responses API does not take.
    """
    writer = _ItemWriter(context)
    for turn in turns:
        writer.write(turn)
    return writer.items


class _ItemWriter:
    def __init__(self, context: RequestContext) -> None:
        self.items: list[Native] = []
        self._context = context
        self._custom_calls: set[str] = set()
        self._roles: Mapping[str, Callable[[Turn], None]] = {
            "system": self._write_plain,
            "developer": self._write_plain,
            "user": self._write_plain,
            "assistant": self._write_assistant,
            "tool": self._write_results,
        }

    def write(self, turn: Turn) -> None:
        if turn.name:
            self._context.losses.drop("messages[].name", "the Responses API has no names of speakers")
        self._roles[turn.role](turn)

    def _write_plain(self, turn: Turn) -> None:
        known = turn.role != "developer" or self._context.profile.developer_role
        content = self._write_parts(turn.parts)
        self.items.append({"role": turn.role if known else "system", "content": _simplify(content)})

    def _write_parts(self, parts: Iterable[Any]) -> list[Native]:
        if any(isinstance(part, Audio) for part in parts):
            raise self._context.losses.refuse("input_audio", "the Responses API takes no sound")
        self._report_marks(parts)
        return [write(part) for part in parts if (write := _PARTS.get(type(part))) is not None]

    def _report_marks(self, parts: Iterable[Any]) -> None:
        if any(getattr(part, "extra", None) for part in parts):
            self._context.losses.drop("cache_control", "the Responses API has no such mark: it caches by itself")

    def _write_assistant(self, turn: Turn) -> None:
        """Thoughts, words and calls are items of their own, in order; a thought goes before what it led to."""
        self._report_marks(turn.parts)
        thoughts = [part for part in turn.parts if isinstance(part, Thinking) and part.signature is not None]
        sealed = [thought for thought in thoughts if self._is_ours(thought.signature)]
        if len(sealed) < len(thoughts):
            self._context.losses.drop("thoughts", "another vendor has sealed them, and only that one can read them")
        self._report_bare_thoughts(turn)
        told = {thought.signature for thought in sealed}
        self.items += [_write_thought(thought) for thought in sealed]
        if text := "".join(part.text for part in turn.parts if isinstance(part, Text | Refusal)):
            self.items.append({"role": "assistant", "content": text})
        for call in (part for part in turn.parts if isinstance(part, ToolCall)):
            for thought in self._recall(call):
                if thought.signature not in told and not sealed:
                    told.add(thought.signature)
                    self.items.append(_write_thought(thought))
            self.items.append(self._write_call(call))

    def _report_bare_thoughts(self, turn: Turn) -> None:
        bare = any(isinstance(part, Thinking) and part.text and part.signature is None for part in turn.parts)
        if bare and not any(self._recall(part) for part in turn.parts if isinstance(part, ToolCall)):
            self._context.losses.drop("messages[].reasoning_content", "only sealed thoughts can be handed back")

    def _recall(self, call: ToolCall) -> list[Thinking]:
        known = call.thoughts or self._context.recall(call.id)
        return [thought for thought in known if self._is_ours(thought.signature)]

    def _is_ours(self, signature: Signature | None) -> bool:
        return signature is not None and signature.origin == self._context.profile.origin

    def _write_call(self, call: ToolCall) -> Native:
        if call.kind == "custom":
            self._custom_calls.add(call.id)
            return {"type": "custom_tool_call", "call_id": call.id, "name": call.name, "input": call.arguments}
        return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments or "{}"}

    def _write_results(self, turn: Turn) -> None:
        for part in turn.parts:
            if isinstance(part, ToolResult):
                self._write_result(part)

    def _write_result(self, result: ToolResult) -> None:
        if result.is_error:
            self._context.losses.drop("is_error", "Responses has no mark for failed tools; the result's text tells it")
        kind = "custom_tool_call_output" if result.call_id in self._custom_calls else "function_call_output"
        output = _simplify(self._write_parts(result.parts))
        self.items.append({"type": kind, "call_id": result.call_id, "output": output})


def _simplify(content: list[Native]) -> str | list[Native]:
    if not content:
        return ""
    return str(content[0]["text"]) if len(content) == 1 and content[0]["type"] == "input_text" else content


def _write_thought(thought: Thinking) -> Native:
    """Without an `id`: the text is sealed in it, and an id is looked up among stored items, where it is not."""
    assert thought.signature is not None
    summary = [{"type": "summary_text", "text": thought.text}] if thought.text else []
    return {"type": "reasoning", "summary": summary, "encrypted_content": thought.signature.value}


def _write_text(part: Text | Refusal) -> Native:
    return {"type": "input_text", "text": part.text}


def _write_image(part: Image) -> Native:
    detail = part.detail or "auto"
    if part.media.source == "file_id":
        return {"type": "input_image", "detail": detail, "file_id": part.media.data}
    return {"type": "input_image", "detail": detail, "image_url": write_url(part.media, "image/png")}


def _write_file(part: File) -> Native:
    if part.media.source == "file_id":
        return {"type": "input_file", "file_id": part.media.data}
    if part.media.source == "url":
        return {"type": "input_file", "file_url": part.media.data}
    # A file that comes as data is refused without a name.
    name = part.filename or "file"
    return {"type": "input_file", "filename": name, "file_data": write_url(part.media, "application/pdf")}


_PARTS: Mapping[type, Callable[[Any], Native]] = {
    Text: _write_text,
    Refusal: _write_text,
    Image: _write_image,
    File: _write_file,
}
