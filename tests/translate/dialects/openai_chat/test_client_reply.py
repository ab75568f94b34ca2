"""Neutral events → a chat completion, whole and streamed: the same answer both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.dialects.openai_chat import CLIENT
from proapi_translate.errors import BackendFailure
from proapi_translate.events import (
    Annotation,
    Event,
    Failure,
    Finish,
    LogProbs,
    PartEnd,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    Usage,
)
from proapi_translate.interface import Asked, ReplyFacts
from proapi_translate.prompt import Signature

contract = pytest.importorskip("tests.translate.chat_contract", reason="the openai package is not installed here")

TOOLS: tuple[Event, ...] = (
    Start("native", "native-model"),
    PartStart(0, "thinking"),
    TextDelta(0, "use the scale"),
    SignatureDelta(0, Signature("c2ln", "anthropic")),
    PartEnd(0),
    PartStart(1, "text"),
    TextDelta(1, "Weighing "),
    TextDelta(1, "“it”."),
    PartEnd(1),
    PartStart(2, "tool_call", id="a", name="weigh"),
    TextDelta(2, '{"x"'),
    TextDelta(2, ":1}"),
    PartEnd(2),
    PartStart(3, "tool_call", id="b", name="stop"),
    PartEnd(3),
    Usage(21, 30, cached_tokens=4, reasoning_tokens=9),
    Finish("tool_calls"),
)


def facts(*, stream: bool, include_usage: bool = False, body: dict[str, Any] | None = None) -> ReplyFacts:
    return ReplyFacts(Asked("chat", "asked", stream, include_usage, body or {}), "chatcmpl-1", 7)


def streamed(events: tuple[Event, ...], **asked: Any) -> bytes:
    writer = CLIENT.stream_writer(facts(stream=True, **asked))
    return b"".join(writer.write(event) for event in events) + writer.end()


def whole(events: tuple[Event, ...], **asked: Any) -> dict[str, Any]:
    return json.loads(json.dumps(CLIENT.write_body(events, facts(stream=False, **asked))))


def test_whole() -> None:
    body = whole(TOOLS)
    contract.check_completion(body, model="asked")
    message = body["choices"][0]["message"]
    assert (message["content"], message["reasoning_content"]) == ("Weighing “it”.", "use the scale")
    calls = [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in message["tool_calls"]]
    assert calls == [("a", "weigh", '{"x":1}'), ("b", "stop", "{}")]
    assert message["reasoning_details"] == [
        {
            "type": "reasoning.text",
            "text": "use the scale",
            "signature": "c2ln",
            "format": "anthropic-claude-v1",
            "index": 0,
        }
    ]
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    assert body["usage"]["total_tokens"] == 51
    assert body["usage"]["prompt_tokens_details"]["cached_tokens"] == 4


@pytest.mark.parametrize("include_usage", [False, True])
def test_c001_c005_c038_streamed(include_usage: bool) -> None:
    chunks = contract.check_chat_stream(
        streamed(TOOLS, include_usage=include_usage), model="asked", include_usage=include_usage
    )
    assert contract.joined(chunks, "content") == "Weighing “it”."
    assert contract.joined(chunks, "reasoning_content") == "use the scale"
    assert contract.calls_of(chunks) == [("a", "weigh", '{"x":1}'), ("b", "stop", "{}")]
    assert contract.finish_reasons(chunks) == ["tool_calls"]
    assert ("usage" in chunks[0]) == include_usage


def test_c037_several_choices() -> None:
    events: tuple[Event, ...] = (
        Start(),
        PartStart(0, "text"),
        PartStart(1, "text", choice=1),
        TextDelta(1, "b"),
        TextDelta(0, "a"),
        PartEnd(0),
        PartEnd(1),
        Finish("stop"),
        Finish("length", choice=1),
    )
    assert [(c["message"]["content"], c["finish_reason"]) for c in whole(events)["choices"]] == [
        ("a", "stop"),
        ("b", "length"),
    ]
    chunks = contract.check_chat_stream(streamed(events), model="asked", include_usage=False)
    assert [contract.joined(chunks, "content", choice) for choice in (0, 1)] == ["a", "b"]


def test_c013_a_gemini_signature_rides_on_its_call() -> None:
    signature = SignatureDelta(0, Signature("U0lH", "google"))
    events: tuple[Event, ...] = (
        Start(),
        PartStart(0, "tool_call", id="a", name="f"),
        signature,
        PartEnd(0),
        Finish("tool_calls"),
    )
    extra = {"google": {"thought_signature": "U0lH"}}
    assert whole(events)["choices"][0]["message"]["tool_calls"][0]["extra_content"] == extra
    chunks = contract.check_chat_stream(streamed(events), model="asked", include_usage=False)
    carried = [
        call
        for chunk in chunks
        for call in chunk["choices"][0]["delta"].get("tool_calls", ())
        if "extra_content" in call
    ]
    assert [(call["index"], call["extra_content"]) for call in carried] == [(0, extra)]


def test_citations_of_pages_and_of_documents() -> None:
    page = {
        "type": "url_citation",
        "url_citation": {"url": "https://h/", "title": "t", "start_index": 0, "end_index": 1},
    }
    document = {"type": "char_location", "cited_text": "x"}
    events: tuple[Event, ...] = (
        Start(), PartStart(0, "text"), TextDelta(0, "x"),
        Annotation(0, page), Annotation(0, page), Annotation(0, document), PartEnd(0), Finish("stop"),
    )  # fmt: skip
    message = whole(events)["choices"][0]["message"]
    assert (message["annotations"], message["citations"]) == ([page, page], [document])
    deltas = [value["choices"][0]["delta"] for value in contract.data_of(streamed(events))[:-1]]
    assert [d["annotations"][0]["index"] for d in deltas if "annotations" in d] == [0, 1]
    assert [d["citations"] for d in deltas if "citations" in d] == [[{"index": 0, **document}]]


def test_log_probabilities() -> None:
    content = ({"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []},)
    events: tuple[Event, ...] = (
        Start(),
        PartStart(0, "text"),
        TextDelta(0, "Hi"),
        LogProbs(0, content),
        PartEnd(0),
        Finish("stop"),
    )
    assert whole(events)["choices"][0]["logprobs"]["content"] == list(content)
    chunks = contract.check_chat_stream(streamed(events), model="asked", include_usage=False)
    assert [c["choices"][0]["logprobs"]["content"] for c in chunks if c["choices"][0]["logprobs"]] == [list(content)]


def test_the_old_functions_get_their_old_form() -> None:
    events = tuple(
        e for e in TOOLS if not isinstance(e, PartStart | TextDelta | PartEnd | SignatureDelta) or e.part == 2
    )
    choice = whole(events, body={"functions": []})["choices"][0]
    assert choice["message"]["function_call"] == {"name": "weigh", "arguments": '{"x":1}'}
    assert choice["finish_reason"] == "function_call"
    values = contract.data_of(streamed(events, body={"functions": []}))[:-1]
    pieces = [value["choices"][0]["delta"].get("function_call", {}) for value in values]
    assert "".join(piece.get("arguments", "") for piece in pieces) == '{"x":1}'
    assert values[-1]["choices"][0]["finish_reason"] == "function_call"


def test_c047_a_failure_is_an_error_event_and_no_success() -> None:
    failed = (*TOOLS[:12], Failure(BackendFailure("Overloaded", 529, "overloaded_error")))
    values = contract.check_failed_stream(streamed(failed, include_usage=True))
    assert values[-1]["error"]["message"] == "Overloaded"
    assert contract.finish_reasons(values[:-1]) == []
