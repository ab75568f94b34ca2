"""Neutral events → text completions, whole and streamed: the same answer both ways, of the SDK's type."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from proapi_translate.dialects.openai_completions import CLIENT
from proapi_translate.errors import BackendFailure
from proapi_translate.events import Annotation, Event, Failure, Finish, PartEnd, PartStart, Start, TextDelta, Usage
from proapi_translate.interface import Asked, ReplyFacts

openai = pytest.importorskip("openai.types", reason="the openai package is not installed here")

ANSWER: tuple[Event, ...] = (
    Start("native", "native-model", system_fingerprint="fp"),
    PartStart(0, "thinking"),
    TextDelta(0, "a thought"),
    PartEnd(0),
    PartStart(1, "text"),
    TextDelta(1, "né "),
    TextDelta(1, "“it”"),
    Annotation(1, {"type": "url_citation"}),
    PartEnd(1),
    Usage(3, 2, reasoning_tokens=1),
    Finish("stop"),
)
TWO: tuple[Event, ...] = (
    Start(),
    PartStart(0, "text"),
    TextDelta(0, "a"),
    PartStart(1, "refusal", 1),
    TextDelta(1, "no"),
    Finish("length"),
    Finish("content_filter", 1),
)
CALLING: tuple[Event, ...] = (Start(), PartStart(0, "tool_call", id="c", name="f"), Finish("tool_calls"))


def facts(*, stream: bool = False, include_usage: bool = False, **body: Any) -> ReplyFacts:
    asked = Asked("completions", "asked", stream, include_usage, {"prompt": "hi ", **body})
    return ReplyFacts(asked, "cmpl-1", 1_700_000_000)


def write(events: Iterable[Event], **body: Any) -> dict[str, Any]:
    written = CLIENT.write_body(events, facts(**body))
    openai.Completion.model_validate(written, strict=True)
    return written


def stream(events: Iterable[Event], *, include_usage: bool = False, **body: Any) -> list[Any]:
    writer = CLIENT.stream_writer(facts(stream=True, include_usage=include_usage, **body))
    output = b"".join(map(writer.write, events)) + writer.end()
    blocks = output.decode().removesuffix("\n\n").split("\n\n")
    assert blocks.pop() == "data: [DONE]"
    values = [json.loads(block.removeprefix("data: ")) for block in blocks]
    for value in values:
        if "error" not in value:
            openai.Completion.model_validate({**value, "choices": [_whole(one) for one in value["choices"]]})
    return values


def _whole(choice: dict[str, Any]) -> dict[str, Any]:
    """The SDK's type has a finish reason in every choice, though only the last chunk's has one."""
    return {**choice, "finish_reason": choice["finish_reason"] or "stop"}


def test_a_whole_answer() -> None:
    body = write(ANSWER)
    assert (body["id"], body["object"], body["created"], body["model"]) == (
        "cmpl-1", "text_completion", 1_700_000_000, "asked",
    )  # fmt: skip
    assert body["choices"] == [{"text": "né “it”", "index": 0, "logprobs": None, "finish_reason": "stop"}]
    assert (body["usage"]["prompt_tokens"], body["usage"]["completion_tokens"]) == (3, 2)
    assert body["system_fingerprint"] == "fp"


@pytest.mark.parametrize("events", [ANSWER, TWO, CALLING])
@pytest.mark.parametrize("echo", [False, True])
def test_a_stream_says_the_same(events: tuple[Event, ...], echo: bool) -> None:
    choices = write(events, echo=echo)["choices"]
    chunks = stream(events, echo=echo)
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    pieces = [piece for chunk in chunks for piece in chunk["choices"]]
    for choice in choices:
        own = [piece for piece in pieces if piece["index"] == choice["index"]]
        assert "".join(piece["text"] for piece in own) == choice["text"]
        assert [piece["finish_reason"] for piece in own if piece["finish_reason"]] == [choice["finish_reason"]]
    assert {piece["index"] for piece in pieces} == {choice["index"] for choice in choices}
    assert not any("usage" in chunk for chunk in chunks)


def test_the_ends_of_choices() -> None:
    told = [(one["text"], one["finish_reason"]) for one in write(TWO)["choices"]]
    assert told == [("a", "length"), ("no", "content_filter")]
    assert write(CALLING)["choices"][0]["finish_reason"] == "stop"


def test_the_prompt_comes_back_where_it_was_asked_for() -> None:
    assert write(ANSWER, echo=True)["choices"][0]["text"] == "hi né “it”"
    assert stream(ANSWER, echo=True)[0]["choices"][0]["text"] == "hi "


def test_usage_comes_last_and_only_if_asked_for() -> None:
    *chunks, last = stream(ANSWER, include_usage=True)
    assert all(chunk["usage"] is None for chunk in chunks)
    assert (last["choices"], last["usage"]["total_tokens"]) == ([], 5)


def test_a_cut_answer_ends_in_an_error() -> None:
    events = (*ANSWER[:6], Usage(1, 1), Failure(BackendFailure("gone", 502)))
    *chunks, last = stream(events, include_usage=True)
    assert last["error"]["message"] == "gone"
    assert [piece["finish_reason"] for chunk in chunks for piece in chunk["choices"]] == [None]
