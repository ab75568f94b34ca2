"""Responses events and whole responses → neutral events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.dialects.openai_responses import BACKEND
from proapi_translate.errors import BackendFailure
from proapi_translate.events import (
    Annotation,
    Event,
    Finish,
    LogProbs,
    PartEnd,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    Usage,
)
from proapi_translate.interface import ReplyContext
from proapi_translate.prompt import Signature
from proapi_translate.providers.openai_quirks import OPENAI

CONTEXT = ReplyContext("chatcmpl-own", "sent", profile=OPENAI)
Native = dict[str, Any]
CREATED = {"type": "response.created", "response": {"id": "r", "model": "their-model", "service_tier": "auto"}}
START = Start("r", "their-model")
STOP = Finish("stop", raw="completed")
LINK = {"type": "url_citation", "url": "https://h", "title": "t", "start_index": 1, "end_index": 2}
FILE = {"type": "file_citation", "file_id": "f", "filename": "n", "index": 3}


def of(kind: str, index: int = 0, **fields: Any) -> Native:
    return {"type": f"response.{kind}", "output_index": index, "content_index": 0, **fields}


def text(told: str, index: int = 0, **fields: Any) -> Native:
    return of("output_text.delta", index, delta=told, **fields)


def added(kind: str, index: int = 0, **fields: Any) -> Native:
    return of("output_item.added", index, item={"type": kind, "id": "x", **fields})


def done(kind: str, index: int = 0, **fields: Any) -> Native:
    return of("output_item.done", index, item={"type": kind, "id": "x", **fields})


def message(*contents: Native) -> Native:
    return {"type": "message", "content": list(contents)}


def output(told: str, *notes: Native) -> Native:
    return {"type": "output_text", "text": told, "annotations": list(notes)}


def completed(*items: Native, **fields: Any) -> Native:
    response = {"id": "r", "model": "their-model", "status": "completed", "output": list(items), **fields}
    return {"type": "response.completed", "response": response}


def read(*natives: Native) -> list[Event]:
    reader = BACKEND.stream_reader(CONTEXT)
    events = [event for native in natives for event in reader.read("", json.dumps(native).encode())]
    return [*events, *reader.end()]


def url(start: int, end: int) -> Native:
    inner = {"url": "https://h", "title": "t", "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": inner}


CASES: dict[str, tuple[list[Native], list[Event]]] = {
    "text and usage": (
        [
            CREATED, added("message"), text("a"), text("b"), done("message", content=[output("ab")]),
            completed(message(output("ab")), usage={"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}),
        ],
        [
            START, PartStart(0, "text"), TextDelta(0, "a"), TextDelta(0, "b"), PartEnd(0),
            Usage(3, 2, total_tokens=5), STOP,
        ],
    ),
    "a relay that tells items only whole": (
        [CREATED, done("message", content=[output("a", LINK)]), completed()],
        [START, PartStart(0, "text"), TextDelta(0, "a"), Annotation(0, url(1, 2)), PartEnd(0), STOP],
    ),
    "a relay that tells all in its last event": (
        [completed(message(output("a"), {"type": "refusal", "refusal": "no"}))],
        [
            START, PartStart(0, "text"), TextDelta(0, "a"), PartStart(1, "refusal"), TextDelta(1, "no"), PartEnd(0),
            PartEnd(1), STOP,
        ],
    ),
    "a summary's paragraphs and its sealed text": (
        [
            CREATED, added("reasoning", encrypted_content="half"),
            of("reasoning_summary_text.delta", delta="a", summary_index=0),
            of("reasoning_summary_text.delta", delta="b", summary_index=1),
            of("reasoning_summary_text.delta", delta="c", summary_index=1),
            done("reasoning", summary=[{"text": "a"}, {"text": "bc"}], encrypted_content="whole"), completed(),
        ],
        [
            START, PartStart(0, "thinking"), TextDelta(0, "a"), TextDelta(0, "\n\n"), TextDelta(0, "b"),
            TextDelta(0, "c"), SignatureDelta(0, Signature("whole", "openai"), redacted=True), PartEnd(0), STOP,
        ],
    ),
    "a sealed thought without words, and one of an open model": (
        [
            CREATED, done("reasoning", summary=[], encrypted_content="s"), of("reasoning_text.delta", 1, delta="hm"),
            completed({"type": "reasoning", "summary": []}, {"type": "reasoning", "content": [{"text": "hm"}]}),
        ],
        [
            START, PartStart(0, "thinking"), SignatureDelta(0, Signature("s", "openai"), redacted=True), PartEnd(0),
            PartStart(1, "thinking"), TextDelta(1, "hm"), PartEnd(1), STOP,
        ],
    ),
    "two calls that overlap": (
        [
            CREATED, added("function_call", 0, call_id="c1", name="f", arguments=""),
            added("function_call", 1, call_id="c2", name="g", arguments=""),
            of("function_call_arguments.delta", 1, delta="{}"), of("function_call_arguments.delta", 0, delta='{"a":1}'),
            done("function_call", 0, call_id="c1", name="f", arguments='{"a":1}'),
            done("function_call", 1, call_id="c2", name="g", arguments="{}"), completed(),
        ],
        [
            START, PartStart(0, "tool_call", id="c1", name="f"), PartStart(1, "tool_call", id="c2", name="g"),
            TextDelta(1, "{}"), TextDelta(0, '{"a":1}'), PartEnd(0), PartEnd(1), STOP,
        ],
    ),
    "a custom call, told whole": (
        [CREATED, done("custom_tool_call", call_id="c1", name="p", input="free"), completed()],
        [START, PartStart(0, "tool_call", id="c1", name="p", custom=True), TextDelta(0, "free"), PartEnd(0), STOP],
    ),
    "citations count from the start of the whole answer": (
        [
            CREATED, text("abc", 0), done("message", 0, content=[output("abc")]), text("de", 1),
            *(of("output_text.annotation.added", 1, annotation=note) for note in (LINK, FILE)),
            done("message", 1, content=[output("de", LINK, FILE)]), completed(),
        ],
        [
            START, PartStart(0, "text"), TextDelta(0, "abc"), PartEnd(0), PartStart(1, "text"), TextDelta(1, "de"),
            Annotation(1, url(4, 5)), Annotation(1, FILE), PartEnd(1), STOP,
        ],
    ),
    "contents that are numbered otherwise in deltas": (
        [CREATED, text("a", content_index=1), done("message", content=[output("a", LINK)]), completed()],
        [START, PartStart(0, "text"), TextDelta(0, "a"), Annotation(0, url(1, 2)), PartEnd(0), STOP],
    ),
    "probabilities": (
        [CREATED, text("a", logprobs=[{"token": "a", "logprob": -1, "top_logprobs": [{"token": "b", "logprob": -2}]}])],
        [
            START, PartStart(0, "text"), TextDelta(0, "a"),
            LogProbs(0, ({
                "bytes": None, "token": "a", "logprob": -1,
                "top_logprobs": [{"bytes": None, "token": "b", "logprob": -2}],
            },)),
        ],
    ),
    "tools that the vendor runs are not the client's calls": (
        [CREATED, added("web_search_call"), done("web_search_call", status="completed"), completed()],
        [START, STOP],
    ),
    "an answer that was cut by its limit": (
        [CREATED, completed(status="incomplete", incomplete_details={"reason": "max_output_tokens"})],
        [START, Finish("length", raw="max_output_tokens")],
    ),
    "one that was blocked": (
        [CREATED, completed(status="incomplete", incomplete_details={"reason": "content_filter"})],
        [START, Finish("content_filter", raw="content_filter")],
    ),
    "one that is incomplete for no told reason never looks complete": (
        [CREATED, completed(status="incomplete")],
        [START, Finish("length", raw="incomplete")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_streams(name: str) -> None:
    natives, events = CASES[name]
    assert read(*natives) == events


FAILURES: list[tuple[Native, str, int, str | None]] = [
    (
        {"type": "error", "code": "rate_limit_exceeded", "message": "slow", "param": None, "sequence_number": 3},
        "slow", 429, "rate_limit_exceeded",
    ),
    ({"type": "error", "error": {"type": "server_error", "message": "oh"}}, "oh", 500, None),
    ({"error": {"message": "busy", "code": 503}}, "busy", 503, "503"),
    (
        {"type": "response.failed", "response": {"error": {"code": "server_error", "message": "x"}}},
        "x", 500, "server_error",
    ),
    (completed(status="cancelled"), "the backend's response is cancelled", 502, None),
    (completed(status="failed", error={"code": "server_error", "message": "x"}), "x", 500, "server_error"),
]  # fmt: skip


@pytest.mark.parametrize(("native", "message", "status", "code"), FAILURES)
def test_failures(native: Native, message: str, status: int, code: str | None) -> None:
    with pytest.raises(BackendFailure) as caught:
        read(CREATED, native)
    assert (caught.value.message, caught.value.status, caught.value.code) == (message, status, code)
    assert set(caught.value.dialect_body or {}) == {"message", "type", "param", "code"}


def test_a_whole_response() -> None:
    body = completed({"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"})["response"]
    assert list(BACKEND.read_body(json.dumps(body).encode(), CONTEXT)) == [
        START,
        PartStart(0, "tool_call", id="c1", name="f"),
        TextDelta(0, "{}"),
        PartEnd(0),
        STOP,
    ]


def test_an_error_in_place_of_a_response() -> None:
    with pytest.raises(BackendFailure, match="busy"):
        list(BACKEND.read_body(b'{"error": {"message": "busy"}}', CONTEXT))
