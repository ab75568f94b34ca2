"""Turns → Workers AI's messages: OpenAI's form, but content is always there and never null."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...json_text import encode
from ...losses import Losses
from ...media import write_url
from ...prompt import Audio, File, Image, Part, Refusal, Text, Thinking, ToolCall, ToolResult, Turn

Native = dict[str, Any]
_ROLES = {"developer": "system"}


def write_messages(turns: Iterable[Turn], losses: Losses) -> list[Native]:
    """(assistant calls f) → [{"role": "assistant", "content": "", "tool_calls": […]}].

    Raises ClientFault for sound and files.
    """
    writer = _MessageWriter(losses)
    for turn in turns:
        writer.write(turn)
    return writer.messages


class _MessageWriter:
    def __init__(self, losses: Losses) -> None:
        self.messages: list[Native] = []
        self._losses = losses
        self._writes: Mapping[str, Callable[[Turn], None]] = {
            "assistant": self._write_assistant,
            "tool": self._write_results,
        }

    def write(self, turn: Turn) -> None:
        self._writes.get(turn.role, self._write_plain)(turn)

    def _write_plain(self, turn: Turn) -> None:
        self._say(_ROLES.get(turn.role, turn.role), self._content(turn.parts))

    def _write_assistant(self, turn: Turn) -> None:
        calls = [self._call(part) for part in turn.parts if isinstance(part, ToolCall)]
        if any(isinstance(part, Thinking) for part in turn.parts):
            self._losses.drop("messages[].reasoning_content", "Workers AI's native messages hold no thoughts")
        content = self._content(part for part in turn.parts if not isinstance(part, ToolCall | Thinking))
        self._say("assistant", content, **({"tool_calls": calls} if calls else {}))

    def _write_results(self, turn: Turn) -> None:
        for part in turn.parts:
            if isinstance(part, ToolResult):
                if part.is_error:
                    self._losses.drop("is_error", "Workers AI has no mark for failed tools; the result's text tells it")
                name = {"name": part.name} if part.name else {}
                self._say("tool", self._content(part.parts), tool_call_id=part.call_id, **name)

    def _say(self, role: str, content: str | list[Native], **more: Any) -> None:
        self.messages.append({"role": role, "content": content, **more})

    def _content(self, parts: Iterable[Part]) -> str | list[Native]:
        """A string wherever it can be one: many models' templates know nothing else."""
        items = [self._item(part) for part in parts]
        if all("text" in item for item in items):
            return "\n".join(item["text"] for item in items)
        return items

    def _item(self, part: Part) -> Native:
        if isinstance(part, Text | Refusal):
            return {"type": "text", "text": part.text}
        if isinstance(part, Image):
            return {"type": "image_url", "image_url": {"url": self._image_url(part)}}
        if isinstance(part, Audio):
            raise self._losses.refuse("input_audio", "Workers AI's chat models cannot hear")
        assert isinstance(part, File)
        raise self._losses.refuse("file", "Workers AI's chat models read no files")

    def _image_url(self, part: Image) -> str:
        media = part.media
        if media.source == "file_id":
            raise self._losses.refuse("image_url", "Workers AI keeps no files: send the picture or its address")
        return write_url(media)

    def _call(self, part: ToolCall) -> Native:
        arguments = part.arguments or "{}"
        if part.kind == "custom":
            arguments = encode({"input": part.arguments}).decode()
            self._losses.approximate("tools", "Workers AI knows no custom tools: their calls are told as a function's")
        return {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": arguments}}
