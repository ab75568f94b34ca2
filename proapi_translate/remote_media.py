"""The remote media of a prompt: which addresses a backend cannot read itself, and the bytes put in their place.

Nothing is fetched here. A translation that needs bytes ends with `MediaNeeded`, which names the addresses; whoever may
fetch them does so and translates again, with `Context.media`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from .errors import ClientFault, MediaNeeded
from .media import FetchedMedia, is_web_address, media_from_bytes
from .prompt import Audio, File, Image, MediaPart, Part, Prompt, ToolResult, Turn

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
    missing = tuple(dict.fromkeys(part.media.data for part in wanted if part.media.data not in fetched))
    for address in missing:
        if not is_web_address(address):
            raise ClientFault(f"{backend} cannot read {shorten(address)}: send the data", param="messages")
    if missing:
        shown = ", ".join(map(shorten, missing))
        said = f"{backend} cannot fetch this itself: {shown}; send the data"
        raise MediaNeeded(said, param="messages", urls=missing)

    def fill(part: Part) -> Part:
        if isinstance(part, ToolResult):
            return replace(part, parts=tuple(map(fill, part.parts)))
        if isinstance(part, MediaPart) and _is_remote(part) and not takes_address(part):
            return _with_bytes(part, fetched[part.media.data])
        return part

    turns = (replace(turn, parts=tuple(map(fill, turn.parts))) for turn in prompt.turns)
    return replace(prompt, turns=tuple(turns))


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
