"""A ConverseStream reply → neutral events.

The order on the wire: messageStart, then per block contentBlockStart (of tool calls only: recordings), deltas and
contentBlockStop, then messageStop, and metadata with the usage last. An exception frame may come at any place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ...events import Event, Start
from ...eventstream import ERROR, EXCEPTION, FAULT
from ...interface import ReplyContext
from ...json_text import read_reply
from .error import failure_of_frame
from .reply_parts import ReplyParts, read_usage

_SERVER_TOOL = "server_tool_use"


class StreamReader:
    """Reads frames as `eventstream.EventStreamSplitter` names them."""

    def __init__(self, context: ReplyContext) -> None:
        self._parts = ReplyParts(context)
        self._hidden: set[Any] = set()  # blocks of tools that Bedrock runs itself
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
        start = event["start"]
        tool = start.get("toolUse")
        if tool is None or tool.get("type") == _SERVER_TOOL:
            self._hidden.add(event["contentBlockIndex"])
            return ()
        return self._parts.call(tool.get("toolUseId", ""), tool.get("name", ""))

    def _block_delta(self, event: dict[str, Any]) -> Iterable[Event]:
        if event["contentBlockIndex"] in self._hidden:
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

    def _block_stop(self, event: dict[str, Any]) -> Iterable[Event]:
        return self._parts.end_block()

    def _stop(self, event: dict[str, Any]) -> Iterable[Event]:
        return self._parts.finish(event["stopReason"])

    def _metadata(self, event: dict[str, Any]) -> Iterable[Event]:
        usage = event.get("usage")
        return (read_usage(usage),) if usage else ()
