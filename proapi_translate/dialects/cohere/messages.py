"""Turns → Cohere's messages, and the documents that files become."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...interface import RequestContext
from ...json_text import encode
from ...media import takes_web_address, write_url
from ...prompt import Audio, File, Image, MediaPart, Part, Refusal, Text, Thinking, ToolCall, ToolResult, Turn
from .names import thinks

Native = dict[str, Any]
_SEE_DOCUMENT = "The document is attached."
_TEXT_TYPES = ("text/", "application/json", "application/xml", "application/yaml", "application/x-yaml")


def write_messages(turns: Iterable[Turn], context: RequestContext) -> tuple[list[Native], list[Native]]:
    """(messages, documents), in order; system turns stay where they stand.

    (user "hi") → ([{"role": "user", "content": "hi"}], []). Raises ClientFault for sound, and for files that are not
    text.
    """
    writer = _MessageWriter(context)
    for turn in turns:
        writer.write(turn)
    writer.flush_images()
    return writer.messages, writer.documents


def takes_address(part: MediaPart, fetches: bool) -> bool:
    """Cohere fetches pictures, but no files."""
    return isinstance(part, Image) and takes_web_address(part, fetches)


class _MessageWriter:
    def __init__(self, context: RequestContext) -> None:
        self.messages: list[Native] = []
        self.documents: list[Native] = []
        self._losses = context.losses
        self._thinks = thinks(context.model)
        self._result_images: list[Native] = []  # of tool results, until the results are all said
        self._roles: Mapping[str, Callable[[Turn], None]] = {
            "system": self._write_system,
            "developer": self._write_system,
            "user": self._write_user,
            "assistant": self._write_assistant,
            "tool": self._write_results,
        }

    def write(self, turn: Turn) -> None:
        if turn.role != "tool":
            self.flush_images()
        self._roles[turn.role](turn)

    def flush_images(self) -> None:
        """Pictures that tools gave follow their results, as the user's: Cohere's tool messages hold text only."""
        if self._result_images:
            self.messages.append({"role": "user", "content": self._result_images})
            self._result_images = []

    def _write_system(self, turn: Turn) -> None:
        texts = [part.text for part in turn.parts if isinstance(part, Text) and part.text.strip()]
        if texts:
            self.messages.append({"role": "system", "content": _join(texts)})

    def _write_user(self, turn: Turn) -> None:
        content = [item for part in turn.parts if (item := self._user_item(part)) is not None]
        if not content and any(isinstance(part, File) for part in turn.parts):
            content = [{"type": "text", "text": _SEE_DOCUMENT}]  # a turn without words is refused, as is none at all
        self.messages.append({"role": "user", "content": _simplify(content)})

    def _user_item(self, part: Part) -> Native | None:
        if isinstance(part, Text):
            return {"type": "text", "text": part.text}
        if isinstance(part, Image):
            return self._image_item(part)
        if isinstance(part, File):
            self._add_document(part)
        elif isinstance(part, Audio):
            raise self._losses.refuse("input_audio", "Cohere's models cannot hear")
        return None

    def _image_item(self, part: Image) -> Native:
        media = part.media
        if media.source == "file_id":
            raise self._losses.refuse("image_url", "Cohere keeps no files: send the picture or its address")
        url = write_url(media)
        return {"type": "image_url", "image_url": {"url": url} | ({"detail": part.detail} if part.detail else {})}

    def _add_document(self, part: File) -> None:
        """A text file becomes one of the documents that the model may cite."""
        media = part.media
        if media.source != "base64":
            raise self._losses.refuse("file", "Cohere keeps and fetches no files: send the file's data")
        if not media.media_type.startswith(_TEXT_TYPES):
            raise self._losses.refuse("file", f"Cohere reads text files only, not {media.media_type or 'this type'}")
        try:
            text = base64.b64decode(media.data).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise self._losses.refuse("file", "the data is not base64 of UTF-8 text") from None
        title = {"title": part.filename} if part.filename else {}
        self.documents.append({"id": f"file:{len(self.documents)}", "data": {**title, "text": text}})
        self._losses.approximate("file", "sent as a document that the model may cite, not at its place in the message")

    def _write_assistant(self, turn: Turn) -> None:
        thoughts = [part.text for part in turn.parts if isinstance(part, Thinking) and part.text]
        calls = [self._call(part) for part in turn.parts if isinstance(part, ToolCall)]
        texts = [part.text for part in turn.parts if isinstance(part, Text | Refusal) and part.text]
        message: Native = {"role": "assistant"}
        content: list[Native] = [{"type": "text", "text": text} for text in texts]
        if thoughts and self._thinks:
            content.insert(0, {"type": "thinking", "thinking": "\n".join(thoughts)})
        elif thoughts and calls:
            message["tool_plan"] = "\n".join(thoughts)
        elif thoughts:
            self._losses.drop("messages[].reasoning_content", "this model takes no thoughts back")
        if content:
            message["content"] = _simplify(content)
        if calls:
            message["tool_calls"] = calls
        if len(message) > 1:  # a turn without anything to say is refused
            self.messages.append(message)

    def _call(self, part: ToolCall) -> Native:
        arguments = part.arguments
        if part.kind == "custom":
            arguments = encode({"input": part.arguments}).decode()
            self._losses.approximate("tools", "Cohere knows no custom tools: their calls are told as a function's")
        return {"id": part.id, "type": "function", "function": {"name": part.name, "arguments": arguments or "{}"}}

    def _write_results(self, turn: Turn) -> None:
        for part in turn.parts:
            if isinstance(part, ToolResult):
                self._write_result(part)

    def _write_result(self, result: ToolResult) -> None:
        texts = [part.text for part in result.parts if isinstance(part, Text)]
        for part in result.parts:
            if isinstance(part, Image):
                self._losses.approximate("messages[].content", "a tool's picture goes on as the user's")
                self._result_images.append(self._image_item(part))
            elif isinstance(part, File):
                self._add_document(part)
        if result.is_error:
            self._losses.drop("is_error", "Cohere has no mark for failed tools; the result's own text tells it")
        content = texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts] or ""
        self.messages.append({"role": "tool", "tool_call_id": result.call_id, "content": content})


def _join(texts: list[str]) -> str | list[Native]:
    return texts[0] if len(texts) == 1 else [{"type": "text", "text": text} for text in texts]


def _simplify(content: list[Native]) -> str | list[Native]:
    """One text alone is sent as a string, nothing at all as the empty one."""
    if not content:
        return ""
    text = content[0].get("text")
    return text if len(content) == 1 and isinstance(text, str) else content
