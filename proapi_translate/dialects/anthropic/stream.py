"""A Messages stream → neutral events.

Claude numbers content blocks; each block that a client can see becomes one part. Blocks of the tools that Anthropic
runs itself (server_tool_use and their results) are not the client's calls and give no part; its searches are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ...errors import BackendFailure
from ...events import (
    Annotation,
    Event,
    Finish,
    KeepAlive,
    PartEnd,
    PartKind,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    Usage,
)
from ...interface import ReplyContext
from ...json_text import encode, read_reply
from ...prompt import Signature
from .error import STATUS_BY_TYPE
from .names import FINISH_REASONS, ORIGIN, SERVED_TIERS, UNKNOWN_STOP
from .searches import SearchBlocks

Native = dict[str, Any]
_PART_KINDS: dict[str, PartKind] = {
    "text": "text",
    "thinking": "thinking",
    "redacted_thinking": "thinking",
    "tool_use": "tool_call",
}


@dataclass(slots=True)
class _Block:
    part: int
    start: int = 0  # characters of visible text before this block: what citations count from
    input: Native | None = None  # a whole input that came with the block's start
    empty: bool = True
    citations: list[Native] = field(default_factory=list)


class MessageStreamReader:
    """Reads one stream. `take` gives the events of one native event: whole bodies use it too."""

    def __init__(self, context: ReplyContext) -> None:
        self._output_tool = context.output_tool
        self._tool_names = context.tool_names
        self._blocks: dict[int, _Block] = {}
        self._searches = SearchBlocks()
        self._parts = 0
        self._text_length = 0
        self._calls = 0
        self._usage: Native = {}
        self._stop_reason: str | None = None
        self._natives: dict[str, Callable[[Native], Iterator[Event]]] = {
            "message_start": self._start,
            "content_block_start": self._open_block,
            "content_block_delta": self._continue_block,
            "content_block_stop": self._close_block,
            "message_delta": self._settle,
            "message_stop": self._stop,
            "ping": self._ping,
            "error": self._fail,
        }
        self._deltas: dict[str, Callable[[_Block, Native], Iterator[Event]]] = {
            "text_delta": self._text,
            "input_json_delta": self._arguments,
            "thinking_delta": self._thought,
            "signature_delta": self._signature,
            "citations_delta": self._citation,
        }

    def read(self, name: str, data: bytes) -> Iterable[Event]:
        return self.take(read_reply(data))

    def end(self) -> Iterable[Event]:
        return ()

    def take(self, native: Native) -> Iterator[Event]:
        """One event as parsed JSON. Unknown types say nothing."""
        taking = self._natives.get(native["type"])
        return taking(native) if taking is not None else iter(())

    def _start(self, native: Native) -> Iterator[Event]:
        message = native["message"]
        self._usage = dict(message.get("usage") or {})
        tier = SERVED_TIERS.get(self._usage.get("service_tier") or "", "")
        yield Start(message.get("id") or "", message.get("model") or "", tier)

    def _open_block(self, native: Native) -> Iterator[Event]:
        block = native["content_block"]
        kind = _PART_KINDS.get(block["type"])
        if kind is None:
            yield from self._searches.open(native["index"], block)
            return
        name = block.get("name") or ""
        if name and name == self._output_tool:
            kind = "text"  # this tool's input is the answer itself
        opened = self._blocks[native["index"]] = _Block(self._parts, self._text_length, block.get("input") or None)
        self._parts += 1
        if kind == "tool_call":
            self._calls += 1
            yield PartStart(opened.part, kind, id=block["id"], name=self._tool_names.get(name, name))
        else:
            yield PartStart(opened.part, kind)
        if block.get("data"):
            yield SignatureDelta(opened.part, Signature(block["data"], ORIGIN), redacted=True)
        for delta in _deltas_of_start(block):
            yield from self._deltas[delta["type"]](opened, delta)

    def _continue_block(self, native: Native) -> Iterator[Event]:
        block, delta = self._blocks.get(native["index"]), native["delta"]
        if block is None:
            self._searches.add(native["index"], delta)
            return iter(())
        taking = self._deltas.get(delta["type"])
        return taking(block, delta) if taking is not None else iter(())

    def _close_block(self, native: Native) -> Iterator[Event]:
        block = self._blocks.pop(native["index"], None)
        if block is None:
            yield from self._searches.close(native["index"])
            return
        if block.empty and block.input:
            yield TextDelta(block.part, encode(block.input).decode())
        for citation in block.citations:
            yield Annotation(block.part, _annotation(citation, block.start, self._text_length))
        yield PartEnd(block.part)

    def _text(self, block: _Block, delta: Native) -> Iterator[Event]:
        self._text_length += len(delta["text"])
        yield TextDelta(block.part, delta["text"])

    def _arguments(self, block: _Block, delta: Native) -> Iterator[Event]:
        if delta["partial_json"]:
            block.empty = False
            yield TextDelta(block.part, delta["partial_json"])

    def _thought(self, block: _Block, delta: Native) -> Iterator[Event]:
        yield TextDelta(block.part, delta["thinking"])

    def _signature(self, block: _Block, delta: Native) -> Iterator[Event]:
        if delta["signature"]:
            yield SignatureDelta(block.part, Signature(delta["signature"], ORIGIN))

    def _citation(self, block: _Block, delta: Native) -> Iterator[Event]:
        # Where the cited text ends is known only when its block is over.
        block.citations.append(delta["citation"])
        return iter(())

    def _settle(self, native: Native) -> Iterator[Event]:
        self._stop_reason = native["delta"].get("stop_reason") or self._stop_reason
        self._usage |= {name: value for name, value in (native.get("usage") or {}).items() if value is not None}
        return iter(())

    def _stop(self, native: Native) -> Iterator[Event]:
        yield read_usage(self._usage)
        reason = FINISH_REASONS.get(self._stop_reason or "end_turn", UNKNOWN_STOP)
        if reason == "tool_calls" and not self._calls:
            reason = "stop"  # the only call was the answer itself
        yield Finish(reason, raw=self._stop_reason or "")

    def _ping(self, native: Native) -> Iterator[Event]:
        yield KeepAlive()

    def _fail(self, native: Native) -> Iterator[Event]:
        error = native.get("error") or {}
        kind = error.get("type") or "api_error"
        raise BackendFailure(error.get("message") or kind, STATUS_BY_TYPE.get(kind, 502), kind, kind)


def _deltas_of_start(block: Native) -> Iterator[Native]:
    """What a block carries from its start: relays send whole blocks, Anthropic itself empty ones."""
    if block.get("text"):
        yield {"type": "text_delta", "text": block["text"]}
    if block.get("thinking"):
        yield {"type": "thinking_delta", "thinking": block["thinking"]}
    if block.get("signature"):
        yield {"type": "signature_delta", "signature": block["signature"]}
    for citation in block.get("citations") or ():
        yield {"type": "citations_delta", "citation": citation}


def _annotation(citation: Native, start: int, end: int) -> Native:
    """A web citation in OpenAI's form, with the cited text's place in the answer; others keep Anthropic's."""
    if not citation.get("url"):
        return citation
    place = {"start_index": start, "end_index": end, "title": citation.get("title") or "", "url": citation["url"]}
    return {"type": "url_citation", "url_citation": place}


def read_usage(usage: Native) -> Usage:
    """Anthropic's input_tokens leaves cached ones out; OpenAI's prompt_tokens holds them all."""
    read, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
    details = usage.get("output_tokens_details") or {}
    return Usage(
        prompt_tokens=(usage.get("input_tokens") or 0) + read + written,
        completion_tokens=usage.get("output_tokens") or 0,
        cached_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=details.get("thinking_tokens") or 0,
    )
