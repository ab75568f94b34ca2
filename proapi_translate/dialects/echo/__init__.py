"""The built-in answer: what the user last said, said back. Needs no network; shows that all else works.

Its wire form is its own: the request {"text": "hi", "prompt_tokens": 1} is at once the reply's body.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import BackendFailure
from ...events import Event, Finish, PartEnd, PartStart, Start, TextDelta, Usage
from ...interface import BackendDialect, ReplyContext, RequestContext, Written
from ...json_text import read_reply
from ...losses import report_fields, report_words
from ...prompt import Prompt, Text, Turn
from ...sse import SseReader

_SILENCE = "Hello! This is proapi's echo: it says back what you say."
_WHY = "echo only says back what it is told"


def write_request(prompt: Prompt, context: RequestContext) -> Written:
    settings = {
        "tools": prompt.tools or prompt.hosted_tools, "tool_choice": prompt.tool_choice, "output": prompt.output,
        "parallel_tool_calls": prompt.parallel_tool_calls is not None, "reasoning": prompt.reasoning,
    }  # fmt: skip
    for name in (*prompt.sampling.given(), *(name for name, given in settings.items() if given)):
        context.losses.drop(name, _WHY)
    report_fields(prompt, context.losses, "echo")
    report_words(prompt.turns, context.losses, "echo")
    said = [_text_of(turn) for turn in prompt.turns]
    last = next((text for turn, text in zip(prompt.turns[::-1], said[::-1], strict=True) if turn.role == "user"), "")
    return Written({"text": last or _SILENCE, "prompt_tokens": sum(len(text.split()) for text in said)})


def _text_of(turn: Turn) -> str:
    return "\n".join(part.text for part in turn.parts if isinstance(part, Text))


def read_body(body: bytes, context: ReplyContext) -> Iterator[Event]:
    """One delta a word, so that a stream looks like one."""
    reply: dict[str, Any] = read_reply(body)
    words = reply["text"].split(" ")
    yield Start(model="echo")
    yield PartStart(0, "text")
    for place, word in enumerate(words):
        yield TextDelta(0, f" {word}" if place else word)
    yield PartEnd(0)
    yield Usage(prompt_tokens=reply["prompt_tokens"], completion_tokens=len(words))
    yield Finish("stop")


class _NoStream:
    """echo has no stream of its own: its whole body is told word by word."""

    def __init__(self, context: ReplyContext) -> None:
        self._context = context

    def read(self, name: str, data: bytes) -> Iterator[Event]:
        return read_body(data, self._context)

    def end(self) -> tuple[Event, ...]:
        return ()


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> BackendFailure:
    return BackendFailure("echo failed", status=status)


BACKEND = BackendDialect(
    write_request=write_request,
    read_body=read_body,
    stream_reader=_NoStream,
    read_error=read_error,
    splitter=SseReader,
    signers=frozenset(),
)
