"""A chat stream of an OpenAI-compatible backend → neutral events.

What such backends do otherwise than OpenAI is mended first, by the same code as where a chat client's stream only
passes through (proapi_translate/passthrough): what is read here keeps OpenAI's contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...errors import BackendFailure
from ...events import Event
from ...interface import Asked, ReplyContext, ReplyFacts
from ...passthrough.chat_stream import ChatStreamMender
from ...passthrough.chunk import Chunk
from ...passthrough.event_value import is_end_mark, read_event
from .backend_chunks import ChunkReader

Native = dict[str, Any]


class ChatStreamReader:
    """Reads one stream, its end mark included. `take` and `end_at_mark` are for whole bodies too."""

    def __init__(self, context: ReplyContext) -> None:
        asked = Asked("chat", context.model, stream=True, include_usage=True)
        self._mender = ChatStreamMender(ReplyFacts(asked, context.reply_id, created=0))
        self._chunks = ChunkReader(context.reply_id)
        self._over = False

    def read(self, name: str, data: bytes) -> Iterable[Event]:
        if self._over:
            return ()
        if is_end_mark(data):
            return self.end_at_mark()
        value = read_event(name, data)
        return () if value is None else self.take(value, name)

    def end(self) -> Iterable[Event]:
        return () if self._over else self._close(marked=False)

    def take(self, value: Native, name: str = "") -> Iterator[Event]:
        """The events of one chunk as parsed JSON; `name` is its event's. Raises BackendFailure for an error in it."""
        try:
            for chunk in self._mender.take(name, value):
                yield from self._tell(chunk)
        except BackendFailure:
            for chunk in self._mender.give_up():
                yield from self._tell(chunk)
            raise

    def end_at_mark(self) -> Iterator[Event]:
        return self._close(marked=True)

    def _close(self, *, marked: bool) -> Iterator[Event]:
        self._over = True
        for chunk in self._mender.end(marked=marked):
            yield from self._tell(chunk)
        if (usage := self._mender.usage) is not None:
            yield usage

    def _tell(self, chunk: Chunk) -> list[Event]:
        return self._chunks.read(chunk.value, self._mender.reply_model)
