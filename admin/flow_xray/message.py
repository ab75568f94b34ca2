"""The assembled message of a flow: what the client's reply says, part by part, and at which pace it said it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
from markupsafe import Markup

from proapi_gateway.flow_log.flow_views import BodyView
from proapi_translate import READABLE, ReadPart, ReplyReader

from .body_text import pretty_json, printable
from .markdown import LAID_OUT_CHARACTERS, render_markdown
from .timeline import pieces_of

_SHOWN_CHARACTERS = 100_000
_SHOWN_PARTS = 200
_REPLAYED_CHARACTERS = 200_000
_REPLAYED_STEPS = 5_000
_NO_MARKDOWN = frozenset({"tool_call", "audio"})


@dataclass(frozen=True, slots=True)
class Citation:
    title: str
    address: str  # "" where it is none that a page may link to


@dataclass(frozen=True, slots=True)
class ShownPart:
    """`kind`: "text", "thinking", "refusal", "tool_call" or "audio". `text`: escape it; `html`: safe, of Markdown."""

    kind: str
    choice: int
    name: str
    id: str
    text: str
    html: Markup | None
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """`pace`: [(ms, place of the part, text)] for a replay; () where it did not come in pieces or is too long for one.
    `failure`: why the reply is none, or breaks off; in words."""

    parts: tuple[ShownPart, ...]
    finish_reasons: tuple[str, ...] = ()
    failure: str = ""
    pace: Sequence[tuple[int, int, str]] = ()


@dataclass(frozen=True, slots=True)
class Vectors:
    count: int
    numbers: int  # of the first one; 0 where they are packed


def read_message(dialect: str, reply: BodyView) -> Message | None:
    """None for a dialect that no message is in, and for an empty reply."""
    if dialect not in READABLE or not reply.data:
        return None
    reader = ReplyReader(dialect)
    pace: list[tuple[int, int, str]] = []
    pieces = pieces_of(reply)
    for ms, data in pieces or [(0, reply.data)]:
        pace += [(ms, said.part, printable(said.text)) for said in reader.feed(data)]
    last_ms = pieces[-1][0] if pieces else 0
    pace += [(last_ms, said.part, printable(said.text)) for said in reader.finish()]
    read = reader.reply
    is_replayable = bool(pieces) and len(pace) <= _REPLAYED_STEPS
    is_replayable = is_replayable and sum(len(text) for *_, text in pace) <= _REPLAYED_CHARACTERS
    return Message(
        tuple(_show_all([part for part in read.parts if part.text or part.kind == "tool_call"])),
        tuple(printable(reason) for _, reason in sorted(read.finish_reasons.items())),
        printable(read.failure),
        pace if is_replayable and len({ms for ms, *_ in pace}) > 1 else (),
    )


def read_vectors(dialect: str, reply: BodyView) -> Vectors | None:
    """What an embeddings reply holds."""
    if dialect != "embeddings" or reply.is_cut:
        return None
    try:
        value = msgspec.json.decode(reply.data)
        vectors = [item["embedding"] for item in value["data"]]
    except (ValueError, TypeError, LookupError):
        return None
    return Vectors(len(vectors), len(vectors[0]) if vectors and isinstance(vectors[0], list) else 0)


def _show_all(parts: Sequence[ReadPart]) -> Iterator[ShownPart]:
    """However many there are, no more is laid out than one page may cost; the others stand as they are."""
    left = LAID_OUT_CHARACTERS
    for part in parts[:_SHOWN_PARTS]:
        is_markdown = part.kind not in _NO_MARKDOWN and len(part.text) <= left
        left -= len(part.text) if is_markdown else 0
        yield _show(part, render_markdown(part.text) if is_markdown else None)


def _show(part: ReadPart, html: Markup | None) -> ShownPart:
    text = part.text
    shown = _arguments(text) if part.kind == "tool_call" else printable(text)
    if len(shown) > _SHOWN_CHARACTERS:
        shown = f"{shown[:_SHOWN_CHARACTERS]}… +{len(shown) - _SHOWN_CHARACTERS}"
    citations = tuple(_citation(each) for each in part.annotations)
    return ShownPart(part.kind, part.choice, printable(part.name), printable(part.id), shown, html, citations)


def _arguments(text: str) -> str:
    try:
        return pretty_json(json.loads(text))
    except (ValueError, RecursionError):
        return printable(text)


def _citation(body: object) -> Citation:
    told = body.get("url_citation") if isinstance(body, dict) else None
    told = told if isinstance(told, dict) else {}
    address = str(told.get("url") or "")
    title = str(told.get("title") or address or "…")
    is_web = address.lower().startswith(("http://", "https://"))
    return Citation(printable(title)[:300], printable(address) if is_web else "")
