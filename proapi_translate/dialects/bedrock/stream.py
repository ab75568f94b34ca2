"""A ConverseStream reply → neutral events.

The order on the wire: messageStart, then per block contentBlockStart (of tool calls only: recordings), deltas and
contentBlockStop, then messageStop, and metadata with the usage last. An exception frame may come at any place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events import Event, Start
from ...eventstream import ERROR, EXCEPTION, FAULT
from ...interface import ReplyContext
from ...json_text import read_reply
from .error import failure_of_frame
from .reply_parts import SEARCH_RESULT, SEARCH_TOOL, SERVER_TOOL, ReplyParts, read_usage


@dataclass(slots=True)
class _Search:
    id: Any
    pieces: list[str] = field(default_factory=list)  # of its input's JSON text


class StreamReader:
    """Reads frames as `eventstream.EventStreamSplitter` names them."""

    def __init__(self, context: ReplyContext) -> None:
        self._parts = ReplyParts(context)
        self._hidden: set[Any] = set()  # blocks of tools that Bedrock runs itself
        self._searches: dict[Any, _Search] = {}  # those among them that are searches
        self._events: Mapping[str, Callable[[dict[str, Any]], Iterable[Event]]] = {
            "messageStart": self._start,
            "contentBlockStart": self._block_start,
            "contentBlockDelta": self._block_delta,
            "contentBlockStop": self._block_stop,
            "messageStop": self._stop,
            "metadata": self._metadata,
        }
        self._deltas: Mapping[str, Callable[[Any], Iterable[Event]]] = {
            "text": self._parts.text,
            "toolUse": lambda delta: self._parts.call_input(delta["input"]),
            "reasoningContent": self._reasoning,
            "citation": self._citation,
        }

    def read(self, name: str, data: bytes) -> Iterable[Event]:
        method = self._events.get(name)
        if method is not None:
            return method(read_reply(data))
        if name.startswith((EXCEPTION, ERROR, FAULT)):
            raise failure_of_frame(name, data)
        return ()

    def end(self) -> Iterable[Event]:
        return ()

    def _start(self, event: dict[str, Any]) -> Iterable[Event]:
        return (Start(),)

    def _block_start(self, event: dict[str, Any]) -> Iterable[Event]:
        start, number = event["start"], event["contentBlockIndex"]
        tool = start.get("toolUse")
        if tool is None or tool.get("type") == SERVER_TOOL:
            self._hidden.add(number)
            return self._begin_search(number, tool or {}, start.get("toolResult") or {})
        return self._parts.call(tool.get("toolUseId", ""), tool.get("name", ""))

    def _begin_search(self, number: Any, tool: dict[str, Any], result: dict[str, Any]) -> Iterable[Event]:
        """Its words come in deltas, as a call's arguments do; its result tells only that there is one."""
        if tool.get("name") == SEARCH_TOOL:
            self._searches[number] = _Search(tool.get("toolUseId"))
        if result.get("type") == SEARCH_RESULT:
            return self._parts.search_result(result.get("toolUseId"), result.get("status"))
        return ()

    def _block_delta(self, event: dict[str, Any]) -> Iterable[Event]:
        if event["contentBlockIndex"] in self._hidden:
            search, told = self._searches.get(event["contentBlockIndex"]), event["delta"].get("toolUse") or {}
            if search is not None:
                search.pieces.append(told.get("input") or "")
            return ()
        return self._read_delta(event["delta"])

    def _read_delta(self, delta: dict[str, Any]) -> Iterator[Event]:
        for kind, value in delta.items():
            method = self._deltas.get(kind)
            if method is not None:
                yield from method(value)

    def _reasoning(self, delta: dict[str, Any]) -> Iterator[Event]:
        yield from self._parts.thinking(delta.get("text", ""))
        yield from self._parts.signature(delta.get("signature", ""))
        if "redactedContent" in delta:
            yield from self._parts.redacted(delta["redactedContent"])

    def _citation(self, citation: dict[str, Any]) -> Iterable[Event]:
        self._parts.cite(citation)
        return ()

    def _block_stop(self, event: dict[str, Any]) -> Iterator[Event]:
        search = self._searches.pop(event["contentBlockIndex"], None)
        if search is not None:
            yield from self._parts.search(search.id, "".join(search.pieces))
        yield from self._parts.end_block()

    def _stop(self, event: dict[str, Any]) -> Iterable[Event]:
        return self._parts.finish(event["stopReason"])

    def _metadata(self, event: dict[str, Any]) -> Iterable[Event]:
        usage = event.get("usage")
        return (read_usage(usage),) if usage else ()
