"""Parts → content blocks."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from ...errors import ClientFault
from ...interface import RequestContext
from ...prompt import Audio, File, Image, Media, Part, Refusal, Text, Thinking, ToolCall, ToolResult, Turn
from ...repair import drop_blank, read_arguments, safe_id
from .names import IMAGE_TYPES, ORIGIN
from .thinking import thoughts_of

Block = dict[str, Any]


def write_system(texts: tuple[Text, ...]) -> str | list[Block]:
    """One plain text as a string; several, or marked ones, as blocks."""
    if len(texts) == 1 and not texts[0].extra:
        return texts[0].text
    return [_write_text(text) for text in texts]


def write_blocks(turn: Turn, context: RequestContext) -> list[Block]:
    """The blocks of one message. Thoughts stand first, as the API demands."""
    blocks = [_write_thought(thought) for thought in thoughts_of(turn, context)] if turn.role == "assistant" else []
    for part in turn.parts:
        write = _WRITERS.get(type(part))
        if write is not None:
            blocks.append(write(part))
    if turn.role == "assistant" and blocks and blocks[-1]["type"] == "text":
        blocks[-1]["text"] = blocks[-1]["text"].rstrip()  # the API refuses a last text that ends in white space
    return blocks


def _marked(block: Block, part: Part) -> Block:
    extra = getattr(part, "extra", {}).get(ORIGIN)
    return block | dict(extra) if extra else block


def _write_text(part: Text) -> Block:
    return _marked({"type": "text", "text": part.text}, part)


def _write_refusal(part: Refusal) -> Block:
    return {"type": "text", "text": part.text}


def _write_image(part: Image) -> Block:
    media = part.media
    if media.source == "base64" and media.media_type not in IMAGE_TYPES:
        what = f"Claude takes JPEG, PNG, GIF and WebP images, not {media.media_type or 'unknown'}"
        raise ClientFault(f"messages: {what}", param="messages.content")
    return _marked({"type": "image", "source": _write_source(media)}, part)


def _write_source(media: Media) -> Block:
    if media.source == "url":
        return {"type": "url", "url": media.data}
    if media.source == "file_id":
        return {"type": "file", "file_id": media.data}
    return {"type": "base64", "media_type": media.media_type, "data": media.data}


def _write_file(part: File) -> Block:
    media = part.media
    source = _write_source(media)
    if media.source == "base64":
        kind = media.media_type or "text/plain"
        if kind.startswith("text/"):
            source = {"type": "text", "media_type": "text/plain", "data": _decode_text(media.data)}
        elif kind != "application/pdf":
            raise ClientFault(f"messages: Claude takes PDF and text files, not {kind}", param="messages.content")
    block: Block = {"type": "document", "source": source}
    if part.filename:
        block["title"] = part.filename
    return _marked(block, part)


def _decode_text(data: str) -> str:
    try:
        return base64.b64decode(data, validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise ClientFault("messages: a text file must be UTF-8 in base64", param="messages.content") from error


def _write_audio(part: Audio) -> Block:
    raise ClientFault("messages: Claude does not take input_audio", param="messages.content")


def _write_thought(thought: Thinking) -> Block:
    assert thought.signature is not None
    if thought.redacted:
        return {"type": "redacted_thinking", "data": thought.signature.value}
    return {"type": "thinking", "thinking": thought.text, "signature": thought.signature.value}


def _write_call(part: ToolCall) -> Block:
    call = {"type": "tool_use", "id": safe_id(part.id), "name": part.name, "input": read_arguments(part)}
    return _marked(call, part)


def _write_result(part: ToolResult) -> Block:
    block: Block = {"type": "tool_result", "tool_use_id": safe_id(part.call_id)}
    parts = drop_blank(part.parts)
    if len(parts) == 1 and isinstance(parts[0], Text) and not parts[0].extra:
        block["content"] = parts[0].text
    elif parts:
        block["content"] = [_WRITERS[type(inner)](inner) for inner in parts]
    if part.is_error:
        block["is_error"] = True
    return _marked(block, part)


_WRITERS: dict[type, Callable[[Any], Block]] = {
    Text: _write_text,
    Refusal: _write_refusal,
    Image: _write_image,
    File: _write_file,
    Audio: _write_audio,
    ToolCall: _write_call,
    ToolResult: _write_result,
}
