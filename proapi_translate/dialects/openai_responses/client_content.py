"""The content of one input item → parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...fields import Fields
from ...media import media_from_url
from ...openai_parts import read_audio, read_cache_mark, read_file_data
from ...prompt import File, Image, Media, Part, Refusal, Text

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
    return reader(item)


def _read_text(item: Fields) -> Part | None:
    text = item.text("text")
    return Text(text, read_cache_mark(item)) if text else None


def _read_refusal(item: Fields) -> Part:
    return Refusal(item.text("refusal"))


def _read_image(item: Fields) -> Part:
    detail = item.text("detail")
    url = item.text("image_url")
    if file_id := item.text("file_id"):
        return Image(Media("file_id", file_id), detail, read_cache_mark(item))
    if not url:
        raise item.fault("image_url", "is required")
    return Image(media_from_url(url, item.at("image_url")), detail, read_cache_mark(item))


def _read_file(item: Fields) -> Part:
    name, file_id, url = item.text("filename"), item.text("file_id"), item.text("file_url")
    if item.peek("detail") == _OWN_CHOICE:
        item.pass_over("detail")
    if file_id:
        return File(Media("file_id", file_id), name, read_cache_mark(item))
    if url:
        return File(media_from_url(url, item.at("file_url")), name, read_cache_mark(item))
    return File(read_file_data(item), name, read_cache_mark(item))


_PARTS: Mapping[str, Callable[[Fields], Part | None]] = {
    "input_text": _read_text,
    "output_text": _read_text,
    "text": _read_text,
    "refusal": _read_refusal,
    "input_image": _read_image,
    "input_file": _read_file,
    "input_audio": read_audio,
}
