"""What the tests of all backend dialects share: bytes read into events, events summed up, a chat body written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from proapi_translate.dialects.openai_chat import CLIENT as CHAT
from proapi_translate.events import Event, Finish, PartEnd, PartStart, TextDelta
from proapi_translate.interface import BackendDialect, ReplyContext, RequestContext, Written
from proapi_translate.losses import Loss, Losses

USER = {"role": "user", "content": "hi"}


def read_pieces(backend: BackendDialect, pieces: Iterable[bytes], context: ReplyContext) -> list[Event]:
    """All events of a stream that comes in these pieces; a failure is raised."""
    splitter, reader = backend.splitter(), backend.stream_reader(context)
    events = [event for piece in pieces for name, data in splitter.feed(piece) for event in reader.read(name, data)]
    events += [event for name, data in splitter.finish() for event in reader.read(name, data)]
    return [*events, *reader.end()]


def part_texts(events: Iterable[Event]) -> list[tuple[str, str, str, str]]:
    """(kind, id, name, text) of each part, in order."""
    parts: dict[int, list[str]] = {}
    for event in events:
        if isinstance(event, PartStart):
            parts[event.part] = [event.kind, event.id, event.name, ""]
        elif isinstance(event, TextDelta):
            parts[event.part][3] += event.text
    return [(kind, call_id, name, text) for kind, call_id, name, text in parts.values()]


def finish_of(events: Iterable[Event]) -> Finish | None:
    return next((event for event in events if isinstance(event, Finish)), None)


def all_parts_ended(events: list[Event]) -> bool:
    starts = sorted(event.part for event in events if isinstance(event, PartStart))
    return starts == sorted(event.part for event in events if isinstance(event, PartEnd))


def write_chat(
    backend: BackendDialect, body: dict[str, Any], model: str, **context: Any
) -> tuple[Written, tuple[Loss, ...]]:
    """What a chat body becomes, and what is lost of it. A first message is filled in where it has none."""
    prompt = CHAT.read_request({"model": "asked", "messages": [USER], **body})
    losses = Losses(prompt.spelling)
    return backend.write_request(prompt, RequestContext(model, losses, **context)), losses.report()
