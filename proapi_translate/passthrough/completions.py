"""The oldest dialect, passed through: /v1/completions. Little of it is ever out of order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import BackendFailure
from ..interface import ReplyFacts
from ..openai_error import write_error
from .chat_body import read_choices
from .chunk import Chunk
from .finish_reasons import read_finish_reason
from .in_band_error import raise_for_error
from .tap import Told
from .usage import UsageKeeper, wants_usage


class CompletionsTap:
    """A `Tap`: the model's name, the usage once at the end, and whether the stream is whole."""

    end_mark = b"data: [DONE]\n\n"

    def __init__(self, facts: ReplyFacts) -> None:
        self._facts = facts
        self._usage = UsageKeeper()
        self._reasons: dict[int, str] = {}  # choice → its finish reason, "" while it is open
        self._reply_model = ""
        self._envelope: dict[str, Any] = {}

    def take(self, name: str, value: dict[str, Any], data: bytes) -> Iterator[Chunk]:
        raise_for_error(name, value)
        chunk = Chunk(value, data, False)
        choices = value.get("choices") or []
        self._rename(value, chunk)
        self._envelope = {field: value[field] for field in ("id", "object", "created", "model") if field in value}
        self._usage.take(chunk, alone=not choices)
        if self._mend_reasons(choices):
            chunk.changed = True
        if choices:
            yield chunk

    def end(self, *, marked: bool, broken: str) -> Iterator[Chunk]:
        if not self._reasons or (not marked and not all(self._reasons.values())):
            raise BackendFailure(broken, code="stream_cut")
        last = self._usage.last_chunk(self._envelope) if wants_usage(self._facts.asked) else None
        if last is not None:
            yield last

    def give_up(self, failure: BackendFailure) -> Iterator[Chunk]:
        yield Chunk(write_error(failure))

    def mend_body(self, body: dict[str, Any]) -> set[str]:
        mended = {"choices"} if self._mend_reasons(read_choices(body)) else set()
        chunk = Chunk(body, changed=False)
        self._usage.take(chunk, alone=True)
        self._rename(body, chunk)
        return mended | ({"id", "created", "model"} & set(body) if chunk.changed else set())

    def as_chunks(self, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        read_choices(body)
        yield "", body

    def fold(self, chunks: Iterable[Chunk]) -> dict[str, Any]:
        body: dict[str, Any] = {}
        texts: dict[int, list[str]] = {}
        choices: dict[int, dict[str, Any]] = {}
        for chunk in chunks:
            body.update((name, value) for name, value in chunk.value.items() if value is not None or name not in body)
            for position, choice in enumerate(chunk.value["choices"]):
                index = choice.get("index", position)
                texts.setdefault(index, []).append(choice.get("text") or "")
                choices.setdefault(index, {}).update(choice)
        body["choices"] = [{**choices[index], "text": "".join(texts[index])} for index in sorted(choices)]
        return body

    def told(self) -> Told:
        return Told(self._usage.read(), next(iter(self._reasons.values()), ""), self._reply_model)

    def _mend_reasons(self, choices: list[dict[str, Any]]) -> bool:
        """Keep each choice's reason, in OpenAI's word; True if one was another's word."""
        changed = False
        for position, choice in enumerate(choices):
            index, raw = choice.get("index", position), choice.get("finish_reason")
            reason = read_finish_reason(raw)
            if raw and raw != reason:
                choice["finish_reason"] = reason
                changed = True
            self._reasons[index] = reason or self._reasons.get(index, "")
        return changed

    def _rename(self, value: dict[str, Any], chunk: Chunk) -> None:
        if "model" in value:
            self._reply_model = self._reply_model or str(value["model"])
        chunk.put("model", self._facts.asked.model)
        if self._facts.is_replay:
            chunk.put("id", self._facts.reply_id)
            chunk.put("created", self._facts.created)
