"""The remote media of a prompt: which addresses a backend cannot read itself, and the bytes put in their place.

Nothing is fetched here. A translation that needs bytes ends with `MediaNeeded`, which names the addresses; whoever may
fetch them does so and translates again, with `Context.media`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from .errors import ClientFault, MediaNeeded
from .json_text import encode, parse_object
from .media import FetchedMedia, is_web_address, media_from_bytes
from .prompt import Audio, File, Image, Media, MediaPart, Part, Prompt, ToolResult, Turn

# What each kind of part may hold, by the beginning of its media type; a file may hold anything.
_HOLDS: Mapping[type[MediaPart], tuple[str, ...]] = {
    Image: ("image/", "video/"),  # the chat API has no other place for a film
    Audio: ("audio/",),
    File: ("",),
}
_NAMES: Mapping[type[MediaPart], str] = {Image: "image", Audio: "sound", File: "file"}
_SHOWN_CHARACTERS = 200


def put_media_in(
    prompt: Prompt, takes_address: Callable[[MediaPart], bool], fetched: Mapping[str, FetchedMedia], backend: str
) -> Prompt:
    """The prompt with bytes in place of each address that this backend does not take.

    Raises MediaNeeded with all addresses that `fetched` does not have, ClientFault for an address that nobody can fetch
    (gs://…) and for one that holds something else than its part says.
    """
    wanted = [part for part in _media_parts(prompt.turns) if _is_remote(part) and not takes_address(part)]
    if not wanted:
        return prompt
    _ask_for_missing((part.media.data for part in wanted), fetched, backend)

    def fill(part: Part) -> Part:
        if isinstance(part, ToolResult):
            return replace(part, parts=tuple(map(fill, part.parts)))
        if isinstance(part, MediaPart) and _is_remote(part) and not takes_address(part):
            return _with_bytes(part, fetched[part.media.data])
        return part

    turns = (replace(turn, parts=tuple(map(fill, turn.parts))) for turn in prompt.turns)
    return replace(prompt, turns=tuple(turns))


def put_pictures_in(body: bytes, fetched: Mapping[str, FetchedMedia], backend: str) -> bytes:
    """A chat body that goes on as it is, with data URLs in place of pictures' addresses; without any, the same bytes.

    Raises MediaNeeded and ClientFault as `put_media_in`. What is no chat body is left to those who read it.
    """
    if b"image_url" not in body:
        return body
    try:
        tree = parse_object(body)
    except ClientFault:
        return body
    holders = [holder for holder in _picture_holders(tree) if is_web_address(holder["url"])]
    if not holders:
        return body
    _ask_for_missing((holder["url"] for holder in holders), fetched, backend)
    for holder in holders:
        media = _with_bytes(Image(Media("url", holder["url"])), fetched[holder["url"]]).media
        holder["url"] = f"data:{media.media_type};base64,{media.data}"
    return encode(tree)


def _picture_holders(tree: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each {"url": …} of a chat body. Some clients write the address without that object: they get it."""
    messages = tree.get("messages")
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for part in content if isinstance(content, list) else ():
            if not isinstance(part, dict) or "image_url" not in part:
                continue
            if isinstance(part["image_url"], str):
                part["image_url"] = {"url": part["image_url"]}
            holder = part["image_url"]
            if isinstance(holder, dict) and isinstance(holder.get("url"), str):
                yield holder


def _ask_for_missing(addresses: Iterable[str], fetched: Mapping[str, FetchedMedia], backend: str) -> None:
    missing = tuple(dict.fromkeys(address for address in addresses if address not in fetched))
    for address in missing:
        if not is_web_address(address):
            raise ClientFault(f"{backend} cannot read {shorten(address)}: send the data", param="messages")
    if missing:
        shown = ", ".join(map(shorten, missing))
        said = f"{backend} cannot fetch this itself: {shown}; send the data"
        raise MediaNeeded(said, param="messages", urls=missing)


def shorten(address: str) -> str:
    """An address as an error shows it."""
    return address if len(address) <= _SHOWN_CHARACTERS else address[:_SHOWN_CHARACTERS] + "…"


def _is_remote(part: MediaPart) -> bool:
    return part.media.source == "url"


def _media_parts(turns: Iterable[Turn]) -> Iterator[MediaPart]:
    for turn in turns:
        for part in turn.parts:
            if isinstance(part, MediaPart):
                yield part
            elif isinstance(part, ToolResult):
                yield from (inner for inner in part.parts if isinstance(inner, MediaPart))


def _with_bytes(part: MediaPart, fetched: FetchedMedia) -> MediaPart:
    media = media_from_bytes(fetched)
    kind = type(part)
    if not media.media_type.startswith(_HOLDS[kind]):
        found = media.media_type or "something unknown"
        said = f"{shorten(part.media.data)} holds {found}, no {_NAMES[kind]}"
        raise ClientFault(said, param="messages", code="invalid_image_url" if kind is Image else None)
    return replace(part, media=media)
