"""Chat completions, passed through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ..errors import BackendFailure
from ..interface import ReplyFacts
from ..openai_error import write_error
from ..passthrough_thoughts import ThoughtWatch
from .chat_body import mend_completion
from .chat_shapes import as_chunks, fold_chunks
from .chat_stream import ChatStreamMender
from .chunk import Chunk
from .tap import Told
from .usage import read_usage


class ChatTap:
    """A `Tap`."""

    end_mark = b"data: [DONE]\n\n"

    def __init__(self, facts: ReplyFacts) -> None:
        self._facts = facts
        self._stream = ChatStreamMender(facts)
        self._told: Told | None = None  # by a whole body
        self._thoughts = ThoughtWatch() if facts.keep_thoughts else None
        # Where nothing is to be kept, nothing is looked at: the mender's own methods are the tap's.
        self.take = self._take if facts.keep_thoughts else self._stream.take
        self.end = self._stream.end

    def _take(self, name: str, value: dict[str, Any], data: bytes = b"") -> Iterator[Chunk]:
        assert self._thoughts is not None
        for chunk in self._stream.take(name, value, data):
            self._thoughts.see(chunk.value["choices"], "delta")
            yield chunk

    def give_up(self, failure: BackendFailure) -> Iterator[Chunk]:
        yield from self._stream.give_up()
        yield Chunk(write_error(failure))

    def mend_body(self, body: dict[str, Any]) -> set[str]:
        reply_model = body.get("model")
        changed = mend_completion(body, self._facts)
        if self._thoughts is not None:
            self._thoughts.see(body["choices"], "message")
        self._told = Told(
            usage=read_usage(body.get("usage")),
            finish_reason=body["choices"][0]["finish_reason"],
            reply_model=reply_model if isinstance(reply_model, str) else "",
        )
        return changed

    def as_chunks(self, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        return (("", value) for value in as_chunks(body))

    def fold(self, chunks: Iterable[Chunk]) -> dict[str, Any]:
        return fold_chunks(chunk.value for chunk in chunks)

    def told(self) -> Told:
        told = self._told or Told(self._stream.usage, self._stream.finish_reason, self._stream.reply_model)
        return replace(told, thoughts_by_call=self._thoughts.by_call) if self._thoughts is not None else told
