"""The content of one input item → parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...fields import Fields
from ...media import media_from_base64, media_from_url
from ...prompt import Audio, File, Image, Media, Part, Refusal, Text

_AUDIO_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}
# What a part of an earlier reply carries beside its text: told to the client, of no use to a model.
_OF_A_REPLY = ("annotations", "logprobs", "parsed")
_OWN_CHOICE = "auto"  # asks for nothing


def read_content(item: Fields, name: str) -> tuple[Part, ...]:
    """The parts of `name`, which is a text or a list: "hi" and [{"type": "input_text", "text": "hi"}] → (Text("hi"),).

    Raises ClientFault for an unknown part.
    """
    content = item.raw(name)
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),) if content else ()
    if not isinstance(content, list):
        raise item.fault(name, "expected a string or an array of parts")
    return tuple(part for inner in item.objects(name) if (part := _read_part(inner)) is not None)


def _read_part(item: Fields) -> Part | None:
    kind = item.required_text("type")
    reader = _PARTS.get(kind)
    if reader is None:
        raise item.fault("type", f"unknown part type {kind!r}; expected one of {', '.join(_PARTS)}")
    item.pass_over(*_OF_A_REPLY)
    return reader(item, _cache_mark(item))


def _cache_mark(item: Fields) -> dict[str, Any]:
    """OpenAI's mark for the cache lasts for 30 minutes or more: of Anthropic's two, the one of an hour."""
    mark = item.raw("prompt_cache_breakpoint")
    return {"anthropic": {"cache_control": {"type": "ephemeral", "ttl": "1h"}}} if mark else {}


def _read_text(item: Fields, extra: dict[str, Any]) -> Part | None:
    text = item.text("text")
    return Text(text, extra) if text else None


def _read_refusal(item: Fields, extra: dict[str, Any]) -> Part:
    return Refusal(item.text("refusal"))


def _read_image(item: Fields, extra: dict[str, Any]) -> Part:
    detail = item.text("detail")
    url = item.text("image_url")
    if file_id := item.text("file_id"):
        return Image(Media("file_id", file_id), detail, extra)
    if not url:
        raise item.fault("image_url", "is required")
    return Image(media_from_url(url, item.at("image_url")), detail, extra)


def _read_file(item: Fields, extra: dict[str, Any]) -> Part:
    name, file_id, url = item.text("filename"), item.text("file_id"), item.text("file_url")
    if item.peek("detail") == _OWN_CHOICE:
        item.pass_over("detail")
    if file_id:
        return File(Media("file_id", file_id), name, extra)
    if url:
        return File(media_from_url(url, item.at("file_url")), name, extra)
    data, field = item.required_text("file_data"), item.at("file_data")
    # OpenAI's documents show both a data URL and bare base64.
    if data[:5].lower() == "data:":
        return File(media_from_url(data, field), name, extra)
    return File(media_from_base64(data, "", field), name, extra)


def _read_audio(item: Fields, extra: dict[str, Any]) -> Part:
    audio = item.object("input_audio")
    if audio is None:
        raise item.fault("input_audio", "is required")
    kind = audio.required_text("format")
    if kind not in _AUDIO_TYPES:
        raise audio.fault("format", f"expected one of {', '.join(_AUDIO_TYPES)}, found {kind!r}")
    return Audio(Media("base64", audio.required_text("data"), _AUDIO_TYPES[kind]), kind)


_PARTS: Mapping[str, Callable[[Fields, dict[str, Any]], Part | None]] = {
    "input_text": _read_text,
    "output_text": _read_text,
    "text": _read_text,
    "refusal": _read_refusal,
    "input_image": _read_image,
    "input_file": _read_file,
    "input_audio": _read_audio,
}
