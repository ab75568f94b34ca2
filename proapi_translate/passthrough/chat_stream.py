"""A chat stream of an OpenAI-compatible backend: its chunks go on, mended where they break OpenAI's contract.

A chunk that needs no change goes on with its own bytes. One chunk at most is held: one that says something and ends a
choice as well, until it is known that nothing more follows (some backends say "stop" in every chunk).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import BackendFailure
from ..event_order import CUT
from ..events import Usage
from ..interface import ReplyFacts
from .chat_body import told_identity
from .choices import ChoiceMender
from .chunk import Chunk
from .in_band_error import raise_for_error
from .messages import has_payload
from .usage import UsageKeeper, wants_usage

_OBJECT = "chat.completion.chunk"
_ENVELOPE = frozenset({"id", "object", "created", "model", "choices", "usage"})

_Ends = list[tuple[ChoiceMender, dict[str, Any]]]  # the choices that a chunk ends


class ChatStreamMender:
    """`take` each event, then `end` once; each gives the chunks that go on. Both raise BackendFailure."""

    def __init__(self, facts: ReplyFacts) -> None:
        self.reply_model = ""
        self._facts = facts
        self._usage = UsageKeeper()
        self._menders: dict[int, ChoiceMender] = {}
        self._envelope: tuple[tuple[str, Any], ...] = ()
        self._carried: dict[str, Any] = {}  # fields of chunks without choices, for the next chunk that has some
        self._sent: dict[str, Any] = {}  # the last chunk with choices
        self._held: tuple[Chunk, _Ends] | None = None

    @property
    def usage(self) -> Usage | None:
        return self._usage.read()

    @property
    def finish_reason(self) -> str:
        """Of the first choice that has ended; "" before."""
        return next((mender.reason for mender in self._menders.values() if mender.finished), "")

    def take(self, name: str, value: dict[str, Any], data: bytes = b"") -> Iterator[Chunk]:
        """The chunks that this one becomes: mostly itself, perhaps the held one before it, perhaps none."""
        if "choices" not in value or "error" in value or name == "error":
            raise_for_error(name, value)
        chunk = Chunk(value, data, False)
        choices = value.get("choices")
        if not isinstance(choices, list):
            choices = []
        if self._held is not None:
            yield self._release(choices)
        ends: _Ends = []
        kept = [choice for position, choice in enumerate(choices) if self._mend_choice(choice, position, chunk, ends)]
        told_usage = self._usage.take(chunk, alone=not kept)
        if not kept:
            if not told_usage:
                self._carry(value)
            return
        chunk.put("choices", kept)
        self._sent = value
        self._mend_envelope(chunk)
        self._unload(chunk)
        if any(mender.opening or has_payload(choice["delta"]) for mender, choice in ends):
            self._held = chunk, ends
        else:
            self._end_choices(chunk, ends)
            yield chunk

    def end(self, *, marked: bool, broken: str = CUT) -> Iterator[Chunk]:
        """The stream is over; `marked`: by its own end mark, [DONE]. A cut one raises BackendFailure(broken).

        The mark alone makes it complete (Snowflake gives no finish reason), and so does an end of every choice alone
        (Perplexity gives no mark).
        """
        open_menders = [mender for mender in self._menders.values() if not mender.finished]
        if not self._menders or (not marked and not all(mender.reason for mender in open_menders)):
            raise BackendFailure(broken, code="stream_cut")
        if self._held is not None:
            yield self._release([])
        for mender in open_menders:
            if not mender.finished:
                yield self._own_end(mender)
        last = self._usage.last_chunk(dict(self._envelope)) if wants_usage(self._facts.asked) else None
        if last is None and any(told and name not in self._sent for name, told in self._carried.items()):
            last = Chunk({**dict(self._envelope), "choices": []})  # OpenAI's moderation results come so
        if last is not None:
            self._mend_envelope(last)
            self._unload(last)
            yield last

    def give_up(self) -> Iterator[Chunk]:
        """The reply has failed: what was held goes out, but ends nothing."""
        if self._held is not None:
            chunk, ends = self._held
            self._held = None
            for _, choice in ends:
                choice["finish_reason"] = None
            chunk.changed = True
            yield chunk

    def _mend_choice(self, choice: Any, position: int, chunk: Chunk, ends: _Ends) -> bool:
        """Mend one choice of a chunk, in place; False if it has nothing to say."""
        if not isinstance(choice, dict):
            return False
        index = choice.get("index")
        if not isinstance(index, int):
            index = choice["index"] = position
            chunk.changed = True
        mender = self._menders.get(index)
        if mender is None:
            tail = self._facts.reply_id.rpartition("-")[2]
            mender = self._menders[index] = ChoiceMender(index, tail)
        if mender.mend(choice):
            chunk.changed = True
        if choice["finish_reason"] is not None:
            if not mender.finished:
                ends.append((mender, choice))
                return True  # its reason is settled when the chunk goes out
            choice["finish_reason"] = None
            chunk.changed = True
        return not (mender.finished and mender.adds_nothing(choice))

    def _release(self, following: list[Any]) -> Chunk:
        """Let the held chunk go. A choice of it that has more to say in the `following` ones has not ended with it."""
        assert self._held is not None
        chunk, ends = self._held
        self._held = None
        speaking = set(_speaking(following))
        for mender, choice in ends:
            if mender.index in speaking:
                choice["finish_reason"] = None
                chunk.changed = True
        self._end_choices(chunk, [end for end in ends if end[0].index not in speaking])
        return chunk

    def _end_choices(self, chunk: Chunk, ends: _Ends) -> None:
        for mender, choice in ends:
            if not mender.finished:
                chunk.changed = mender.finish(choice) or chunk.changed
            else:  # told twice in one chunk
                choice["finish_reason"] = None
                chunk.changed = True

    def _own_end(self, mender: ChoiceMender) -> Chunk:
        """The end of a choice that the backend did not end, or ended too early."""
        choice: dict[str, Any] = {"index": mender.index, "delta": {}, "finish_reason": None}
        mender.finish(choice)
        chunk = Chunk({**dict(self._envelope), "choices": [choice]})
        self._unload(chunk)
        return chunk

    def _mend_envelope(self, chunk: Chunk) -> None:
        value = chunk.value
        if not self._envelope:
            self._fix_envelope(value)
        for name, mended in self._envelope:
            if value.get(name) != mended:
                value[name] = mended
                chunk.changed = True

    def _fix_envelope(self, value: dict[str, Any]) -> None:
        """The first chunk with choices tells id and time for all; ours stand in for those that it lacks."""
        reply_id, created = told_identity(value, self._facts)
        model = value.get("model")
        self.reply_model = model if isinstance(model, str) else ""
        self._envelope = (
            ("id", reply_id),
            ("object", _OBJECT),
            ("created", created),
            ("model", self._facts.asked.model),
        )

    def _carry(self, value: dict[str, Any]) -> None:
        """A chunk without choices (Azure's prompt filter) would make apps fail that read choices[0]: what it tells
        goes on in the next chunk."""
        self._carried.update((name, told) for name, told in value.items() if name not in _ENVELOPE)

    def _unload(self, chunk: Chunk) -> None:
        for name, told in self._carried.items():
            if name not in chunk.value:
                chunk.put(name, told)
        self._carried.clear()


def _speaking(choices: list[Any]) -> Iterator[int]:
    """The choices of a chunk, not yet mended, that say something."""
    for position, choice in enumerate(choices):
        if isinstance(choice, dict):
            delta = choice.get("delta") or choice.get("message")
            if isinstance(delta, dict) and has_payload(delta):
                yield choice.get("index", position)
