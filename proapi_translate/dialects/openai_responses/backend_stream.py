"""A Responses stream → neutral events.

Each output item that a client can see becomes a part, or several: a message has one for each of its contents. Items of
tools that the vendor runs itself give none. What an item tells in deltas and what it tells whole at its end are the
same: the end is read where no deltas came (whole bodies, and relays that send none).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...error_bodies import failure_from
from ...events import (
    UNKNOWN_FINISH,
    Annotation,
    Event,
    Finish,
    LogProbs,
    PartEnd,
    PartKind,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
)
from ...interface import ReplyContext
from ...json_text import read_reply
from ...passthrough.usage import read_usage
from ...prompt import Signature
from .backend_names import FINISH_REASONS

Native = dict[str, Any]


@dataclass(slots=True)
class _Part:
    number: int
    start: int = 0  # characters of the answer before this part: what its citations' places count from
    told: bool = False  # has it told any text?
    paragraph: int = 0  # of a thought's summary


@dataclass(slots=True)
class _Item:
    kind: str
    parts: dict[int, _Part] = field(default_factory=dict)  # by content index
    cited: bool = False  # has it told any citation?
    done: bool = False


class ResponseStreamReader:
    """Reads one stream. `take` gives the events of one native event: whole bodies use it too."""

    def __init__(self, context: ReplyContext) -> None:
        self._origin: str = context.profile.origin
        self._started = False
        self._items: dict[int, _Item] = {}  # by output index
        self._parts = 0
        self._text_length = 0
        self._natives: Mapping[str, Callable[[Native], Iterator[Event]]] = {
            "response.created": self._start,
            "response.output_item.added": self._add_item,
            "response.output_text.delta": self._tell_text,
            "response.output_text.annotation.added": self._cite,
            "response.refusal.delta": self._tell_refusal,
            "response.reasoning_summary_text.delta": self._tell_summary,
            "response.reasoning_text.delta": self._tell_thought,
            "response.function_call_arguments.delta": self._tell_input,
            "response.custom_tool_call_input.delta": self._tell_input,
            "response.output_item.done": self._end_item,
            "response.completed": self._complete,
            "response.incomplete": self._complete,
            "response.failed": self._fail,
            "error": self._fail,
        }
        self._ends: Mapping[str, Callable[[_Item, Native], Iterator[Event]]] = {
            "message": self._end_message,
            "reasoning": self._end_thought,
            "function_call": self._end_call,
            "custom_tool_call": self._end_call,
        }

    def read(self, name: str, data: bytes) -> Iterable[Event]:
        native = read_reply(data)
        return self.take(native, name)

    def end(self) -> Iterable[Event]:
        return ()

    def take(self, native: Native, name: str = "") -> Iterator[Event]:
        """One event as parsed JSON. Types that tell nothing new (…done, …in_progress, and those to come) are passed
        over."""
        kind = native.get("type") or name
        taking = self._natives.get(kind)
        if taking is None:
            return self._fail(native) if native.get("error") else iter(())
        return taking(native)

    def _start(self, native: Native) -> Iterator[Event]:
        response = native["response"]
        if not self._started:
            self._started = True
            tier = response.get("service_tier")
            yield Start(response.get("id") or "", response.get("model") or "", tier if tier != "auto" and tier else "")

    def _add_item(self, native: Native) -> Iterator[Event]:
        item = native["item"]
        opened = self._items[native["output_index"]] = _Item(item["type"])
        if "call_id" in item and item["type"] in _CALLS:
            yield self._start_call(opened, item)

    def _start_call(self, opened: _Item, item: Native) -> Event:
        part = opened.parts[0] = self._next_part()
        custom = opened.kind == _CUSTOM_CALL
        return PartStart(part.number, "tool_call", id=item["call_id"], name=item["name"], custom=custom)

    def _next_part(self) -> _Part:
        self._parts += 1
        return _Part(self._parts - 1, self._text_length)

    def _tell(self, native: Native, kind: PartKind, content: int, text: str) -> Iterator[Event]:
        """More text of a part, which begins with it."""
        item = self._items.get(native["output_index"])
        if item is None:  # its beginning was left out
            item = self._items[native["output_index"]] = _Item("reasoning" if kind == "thinking" else "message")
        part = item.parts.get(content)
        if part is None:
            part = item.parts[content] = self._next_part()
            yield PartStart(part.number, kind)
        if text:
            part.told = True
            yield TextDelta(part.number, text)

    def _tell_text(self, native: Native) -> Iterator[Event]:
        yield from self._tell(native, "text", native.get("content_index", 0), native["delta"])
        self._text_length += len(native["delta"])
        if native.get("logprobs"):
            part = self._items[native["output_index"]].parts[native.get("content_index", 0)]
            yield LogProbs(part.number, _chat_logprobs(native["logprobs"]))

    def _tell_refusal(self, native: Native) -> Iterator[Event]:
        return self._tell(native, "refusal", native.get("content_index", 0), native["delta"])

    def _tell_summary(self, native: Native) -> Iterator[Event]:
        """The paragraphs of a summary are one thought."""
        paragraph = native.get("summary_index", 0)
        item = self._items.get(native["output_index"])
        part = item.parts.get(0) if item is not None else None
        if part is not None and part.told and paragraph != part.paragraph:
            yield TextDelta(part.number, _BETWEEN_PARAGRAPHS)
        yield from self._tell(native, "thinking", 0, native["delta"])
        self._items[native["output_index"]].parts[0].paragraph = paragraph

    def _tell_thought(self, native: Native) -> Iterator[Event]:
        return self._tell(native, "thinking", 0, native["delta"])

    def _tell_input(self, native: Native) -> Iterator[Event]:
        item = self._items.get(native["output_index"])
        if item is not None and 0 in item.parts and native["delta"]:
            item.parts[0].told = True
            yield TextDelta(item.parts[0].number, native["delta"])

    def _cite(self, native: Native) -> Iterator[Event]:
        yield from self._tell(native, "text", native.get("content_index", 0), "")
        item = self._items[native["output_index"]]
        item.cited = True
        part = item.parts[native.get("content_index", 0)]
        yield Annotation(part.number, _chat_annotation(native["annotation"], part.start))

    def _end_item(self, native: Native) -> Iterator[Event]:
        told, index = native["item"], native["output_index"]
        item = self._items.setdefault(index, _Item(told["type"]))
        end = self._ends.get(item.kind)
        if item.done or end is None or told["type"] != item.kind:
            return
        item.done = True
        yield from end(item, native)
        for part in item.parts.values():
            yield PartEnd(part.number)

    def _end_message(self, item: _Item, native: Native) -> Iterator[Event]:
        streamed, cited = any(part.told for part in item.parts.values()), item.cited
        for position, content in enumerate(native["item"].get("content") or ()):
            place = {"output_index": native["output_index"], "content_index": position}
            if streamed:
                # In deltas it may have another number: one server counts its thoughts among the contents.
                place["content_index"] = position if position in item.parts else max(item.parts)
            elif content.get("type") == "refusal":
                yield from self._tell_refusal({**place, "delta": content["refusal"]})
            elif content.get("text"):
                yield from self._tell_text({**place, "delta": content["text"], "logprobs": content.get("logprobs")})
            for annotation in () if cited else content.get("annotations") or ():
                yield from self._cite({**place, "annotation": annotation})

    def _end_thought(self, item: _Item, native: Native) -> Iterator[Event]:
        told = native["item"]
        if not any(part.told for part in item.parts.values()):
            paragraphs = [text["text"] for text in told.get("summary") or told.get("content") or () if text.get("text")]
            if paragraphs:
                yield from self._tell(native, "thinking", 0, _BETWEEN_PARAGRAPHS.join(paragraphs))
        if sealed := told.get("encrypted_content"):
            yield from self._tell(native, "thinking", 0, "")
            yield SignatureDelta(item.parts[0].number, Signature(sealed, self._origin), redacted=True)

    def _end_call(self, item: _Item, native: Native) -> Iterator[Event]:
        told = native["item"]
        if 0 not in item.parts:
            yield self._start_call(item, told)
        part = item.parts[0]
        text = told.get("input") if item.kind == _CUSTOM_CALL else told.get("arguments")
        if text and not part.told:
            yield TextDelta(part.number, text)

    def _complete(self, native: Native) -> Iterator[Event]:
        response = native["response"]
        yield from self._start(native)
        if response.get("error") or response.get("status") in _UNFINISHED:
            yield from self._fail(native)
        for index, item in enumerate(response.get("output") or ()):
            yield from self._end_item({"output_index": index, "item": item})
        if (usage := read_usage(response.get("usage"))) is not None:
            yield usage
        details = response.get("incomplete_details") or {}
        reason = details.get("reason") or ""
        incomplete = reason or response.get("status") == "incomplete"
        finish = FINISH_REASONS.get(reason, UNKNOWN_FINISH) if incomplete else "stop"
        yield Finish(finish, raw=reason or response.get("status") or "")

    def _fail(self, native: Native) -> Iterator[Event]:
        """An error's fields stand in `error`, in the response's own, or beside the type."""
        response = native.get("response") or {}
        beside = {name: native[name] for name in _ERROR_FIELDS if native.get(name) is not None}
        told = {"message": f"the backend's response is {response.get('status') or 'broken'}"}
        raise failure_from({"error": native.get("error") or response.get("error") or beside or told})


_ERROR_FIELDS = ("message", "code", "param")
_CUSTOM_CALL = "custom_tool_call"
_CALLS = frozenset({"function_call", _CUSTOM_CALL})
_UNFINISHED = frozenset({"failed", "cancelled", "queued", "in_progress"})
_BETWEEN_PARAGRAPHS = "\n\n"


def _chat_annotation(annotation: Native, base: int) -> Native:
    """Chat nests what Responses has beside the type; places count from the start of the whole answer."""
    if annotation.get("type") != "url_citation":
        return annotation
    inner = {name: value for name, value in annotation.items() if name != "type"}
    for name in ("start_index", "end_index"):
        place = inner.get(name)
        inner[name] = base + place if isinstance(place, int) else base
    inner.setdefault("title", "")
    return {"type": "url_citation", "url_citation": inner}


def _chat_logprobs(logprobs: Iterable[Native]) -> tuple[Native, ...]:
    """Responses leaves `bytes` out of some; chat has the field always."""
    return tuple(
        {"bytes": None, **one, "top_logprobs": [{"bytes": None, **top} for top in one.get("top_logprobs") or ()]}
        for one in logprobs
    )
