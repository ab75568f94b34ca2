"""Neutral parts → Converse's content blocks."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...losses import Losses
from ...prompt import Audio, File, Image, Media, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from ...repair import drop_blank, read_arguments, safe_id
from .document_names import DocumentNames
from .models import Model
from .names import AUDIO_FORMATS, DOCUMENT_FORMATS, DOCUMENT_SUFFIXES, IMAGE_FORMATS, VIDEO_FORMATS

Block = dict[str, Any]
_BYTES_ONLY = "Bedrock takes a file's bytes (a data URL), not an address or an uploaded file's id"


class PartWriter:
    """Writes the parts of one request; document names are unique in it."""

    def __init__(self, model: Model, losses: Losses) -> None:
        self._model = model
        self._losses = losses
        self._documents = DocumentNames()
        self._writers: Mapping[type, Callable[[Any], Block | None]] = {
            Text: self._text,
            Refusal: self._text,
            Image: self._image,
            File: self._file,
            Audio: self._audio,
            Thinking: self._thinking,
            ToolCall: self._call,
            ToolResult: self._result,
        }

    def write(self, parts: Iterable[Part], place: str = "messages") -> list[Block]:
        """[Text("hi", cache mark)] → [{"text": "hi"}, {"cachePoint": {"type": "default"}}]. `place`: for the mark."""
        blocks: list[Block] = []
        for part in drop_blank(parts):
            block = self._writers[type(part)](part)
            if block is not None:
                blocks.append(block)
                # A mark inside a result covers it all: nothing may stand inside a result but its content.
                inner = part.parts if isinstance(part, ToolResult) else ()
                blocks += self.cache_point((part, *inner), "tools" if inner else place)
        return blocks

    def cache_point(self, marked: Iterable[Any], place: str) -> list[Block]:
        """The cache point that a mark on one of these calls for, if the model takes one at this place."""
        mark = next((mark for item in marked if (mark := _cache_mark(item))), None)
        if mark is None:
            return []
        if place not in self._model.cache_points:
            self._losses.drop("cache_control", f"this model takes no cache point in {place}")
            return []
        ttl = {"ttl": mark["ttl"]} if mark.get("ttl") in ("5m", "1h") else {}
        return [{"cachePoint": {"type": "default"} | ttl}]

    def _text(self, part: Text | Refusal) -> Block:
        return {"text": part.text}

    def _image(self, part: Image) -> Block:
        return {"image": self._media(part.media, IMAGE_FORMATS, "image")}

    def _file(self, part: File) -> Block:
        media = part.media
        if media.media_type in VIDEO_FORMATS:
            return {"video": self._media(media, VIDEO_FORMATS, "video")}
        if media.media_type in IMAGE_FORMATS:
            return {"image": self._media(media, IMAGE_FORMATS, "image")}
        suffix = part.filename.rpartition(".")[2].lower()
        if media.media_type not in DOCUMENT_FORMATS and suffix in DOCUMENT_SUFFIXES:
            formats: Mapping[str, str] = {media.media_type: suffix}
        else:
            formats = DOCUMENT_FORMATS
        document = self._media(media, formats, "document")
        citations = _anthropic(part).get("citations")
        extra = {"citations": {"enabled": True}} if isinstance(citations, dict) and citations.get("enabled") else {}
        return {"document": {"name": self._documents.fit(part.filename), **document, **extra}}

    def _audio(self, part: Audio) -> Block:
        if not self._model.audio:
            raise self._losses.refuse("input_audio", "this model takes no audio")
        return {"audio": self._media(part.media, AUDIO_FORMATS, "input_audio")}

    def _media(self, media: Media, formats: Mapping[str, str], kind: str) -> Block:
        """{"format": "png", "source": {"bytes": base64}}. The API's JSON carries bytes as base64 text."""
        if media.source != "base64":
            raise self._losses.refuse("messages", f"{_BYTES_ONLY}: {media.data[:200]}")
        name = formats.get(media.media_type)
        if name is None:
            known = ", ".join(sorted(set(formats)))
            found = media.media_type or "of an unknown type"
            raise self._losses.refuse("messages", f"this {kind} is {found}; Bedrock takes {known}")
        return {"format": name, "source": {"bytes": media.data}}

    def _thinking(self, part: Thinking) -> Block | None:
        """Only with its maker's signature: a thought without one is refused by the models that verify them."""
        signature = part.signature
        if signature is None or signature.origin != self._model.origin:
            self._losses.drop("reasoning_content", "only thoughts that this model has signed can be handed back")
            return None
        if part.redacted:
            return {"reasoningContent": {"redactedContent": redacted_blob(signature.value)}}
        return {"reasoningContent": {"reasoningText": {"text": part.text, "signature": signature.value}}}

    def _call(self, part: ToolCall) -> Block:
        if not part.name:
            raise self._losses.refuse("messages", f"the tool call {part.id} has no name")
        return {"toolUse": {"toolUseId": safe_id(part.id), "name": safe_id(part.name), "input": read_arguments(part)}}

    def _result(self, part: ToolResult) -> Block:
        result: Block = {"toolUseId": safe_id(part.call_id), "content": self._inside_result(part.parts)}
        if part.is_error and self._model.result_status:
            result["status"] = "error"
        return {"toolResult": result}

    def _inside_result(self, parts: Iterable[Part]) -> list[Block]:
        return [block for part in drop_blank(parts) if (block := self._writers[type(part)](part)) is not None]


def _anthropic(item: Any) -> Mapping[str, Any]:
    """What an Anthropic client, or a chat client with its cache marks, put on a part."""
    extra = getattr(item, "extra", {}).get("anthropic")
    return extra if isinstance(extra, dict) else {}


def _cache_mark(item: Any) -> Mapping[str, Any] | None:
    mark = _anthropic(item).get("cache_control")
    return mark if isinstance(mark, dict) else None


# Claude's hidden thoughts are text elsewhere; Converse types them as a blob, so that its JSON holds base64 of that text
# (recordings: redactedContent "RXU4R…" is base64 of "Eu8E…"). The neutral value is Claude's own.
def redacted_blob(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def redacted_value(blob: str) -> str:
    """The opposite. Raises ValueError for what is no base64 of text."""
    return base64.b64decode(blob, validate=True).decode("ascii")
