"""The messages of a chat body → turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from ...fields import Fields
from ...media import media_from_url
from ...openai_parts import read_audio, read_cache_mark, read_file_data
from ...prompt import (
    File,
    Image,
    Media,
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
from .thought_details import read_detail

# What SDKs hand back of a reply as they got it, and what no API takes as input.
_ONLY_IN_REPLIES = ("annotations", "citations")


def read_messages(fields: Fields) -> tuple[Turn, ...]:
    """All messages, in order. Raises ClientFault for an empty list, an unknown role or an unknown part."""
    names: dict[str, str] = {}  # call id → tool name, for the results that follow
    turns = tuple(_read_message(message, names) for message in fields.objects("messages"))
    if not turns:
        raise fields.fault("messages", "must hold at least one message")
    return turns


def _read_message(message: Fields, names: dict[str, str]) -> Turn:
    role = message.required_text("role")
    reader = _ROLES.get(role)
    if reader is None:
        raise message.fault("role", f"unknown role {role!r}; expected one of {', '.join(_ROLES)}")
    return reader(message, names)


def _read_system(message: Fields, names: dict[str, str]) -> Turn:
    return Turn("system", _read_content(message, Text), message.text("name"))


def _read_developer(message: Fields, names: dict[str, str]) -> Turn:
    return Turn("developer", _read_content(message, Text), message.text("name"))


def _read_user(message: Fields, names: dict[str, str]) -> Turn:
    return Turn("user", _read_content(message), message.text("name"))


def _read_assistant(message: Fields, names: dict[str, str]) -> Turn:
    parts: list[Part] = [*_read_thoughts(message), *_read_content(message)]
    if refusal := message.text("refusal"):
        parts.append(Refusal(refusal))
    calls = [_read_call(call) for call in message.objects("tool_calls")]
    legacy = message.object("function_call")
    if legacy is not None:
        calls.append(ToolCall(_legacy_id(legacy.text("name")), legacy.text("name"), legacy.text("arguments") or "{}"))
    names.update({call.id: call.name for call in calls})
    message.pass_over(*_ONLY_IN_REPLIES)
    return Turn("assistant", (*parts, *calls), message.text("name"))


def _read_tool(message: Fields, names: dict[str, str]) -> Turn:
    call_id = message.required_text("tool_call_id")
    name = message.text("name")
    parts = cast("tuple[Text | Image | File, ...]", _read_content(message, Text, Image, File))
    return Turn("tool", (ToolResult(call_id, parts, names.get(call_id, name)),))


def _read_function(message: Fields, names: dict[str, str]) -> Turn:
    """The result of an old `function_call`, which has no id: the tool's name stands in."""
    name = message.required_text("name")
    parts = cast("tuple[Text, ...]", _read_content(message, Text))
    return Turn("tool", (ToolResult(_legacy_id(name), parts, name),))


_ROLES: Mapping[str, Callable[[Fields, dict[str, str]], Turn]] = {
    "system": _read_system,
    "developer": _read_developer,
    "user": _read_user,
    "assistant": _read_assistant,
    "tool": _read_tool,
    "function": _read_function,
}


def _legacy_id(name: str) -> str:
    return f"call_{name}"


def _read_call(call: Fields) -> ToolCall:
    call.pass_over("type", "index")  # a list of calls put together from a stream keeps its numbers
    custom = call.object("custom")
    if custom is not None:
        return ToolCall(call.required_text("id"), custom.text("name"), custom.text("input"), kind="custom")
    function = call.object("function")
    if function is None:
        raise call.fault("function", "is required")
    arguments = function.raw("arguments")
    if isinstance(arguments, dict):
        raise function.fault("arguments", "expected a string of JSON, found an object")
    extra = call.mapping("extra_content") or {}
    google = extra.get(GOOGLE)
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    return ToolCall(
        id=call.required_text("id"),
        name=function.text("name"),
        arguments=arguments.strip() if isinstance(arguments, str) and arguments.strip() else "{}",
        signature=Signature(signature, GOOGLE) if isinstance(signature, str) and signature else None,
    )


def _read_thoughts(message: Fields) -> list[Thinking]:
    """Earlier thoughts: `reasoning_details` with their signatures, else the bare text, which no vendor verifies."""
    details = message.objects("reasoning_details")
    thoughts = [thought for detail in details if (thought := read_detail(detail.take_rest()))]
    names = ("reasoning_content", "reasoning")
    text = next((text for text in map(message.raw, names) if text), None)
    message.pass_over(*names)
    if not thoughts and isinstance(text, str) and text:
        return [Thinking(text)]
    return thoughts


def _read_content(message: Fields, *allowed: type) -> tuple[Part, ...]:
    """The parts of a message; all but those of the `allowed` types (none named: all are) are faults."""
    content = message.raw("content")
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),) if content else ()
    if not isinstance(content, list):
        raise message.fault("content", "expected a string or an array of parts")
    items = message.objects("content")
    return tuple(part for item in items if (part := _read_part(item, allowed)) is not None)


def _read_part(item: Fields, allowed: tuple[type, ...]) -> Part | None:
    kind = item.required_text("type")
    reader = _PARTS.get(kind)
    if reader is None:
        raise item.fault("type", f"unknown part type {kind!r}; expected one of {', '.join(_PARTS)}")
    part = reader(item)
    if allowed and part is not None and not isinstance(part, allowed):
        raise item.fault("type", f"a message of this role takes no {kind}")
    return part


def _read_text(item: Fields) -> Part | None:
    text = item.text("text")
    return Text(text, read_cache_mark(item)) if text else None


def _read_image(item: Fields) -> Part:
    value = item.raw("image_url")
    image = Fields({"url": value}, item.at("image_url")) if isinstance(value, str) else item.object("image_url")
    if image is None:
        raise item.fault("image_url", "is required")
    media = media_from_url(image.required_text("url"), image.at("url"))
    return Image(media, image.text("detail"), read_cache_mark(item))


def _read_file(item: Fields) -> Part:
    file = item.object("file")
    if file is None:
        raise item.fault("file", "is required")
    name = file.text("filename")
    if file_id := file.text("file_id"):
        return File(Media("file_id", file_id), name, read_cache_mark(item))
    return File(read_file_data(file), name, read_cache_mark(item))


def _read_refusal(item: Fields) -> Part:
    return Refusal(item.text("refusal"))


def _read_thinking(item: Fields) -> Part | None:
    """Some clients hand thoughts back inside the content list; without a signature they carry nothing to verify."""
    text = item.raw("thinking")
    return Thinking(text) if isinstance(text, str) and text else None


_PARTS: Mapping[str, Callable[[Fields], Part | None]] = {
    "text": _read_text,
    "image_url": _read_image,
    "input_audio": read_audio,
    "file": _read_file,
    "refusal": _read_refusal,
    "thinking": _read_thinking,
}

