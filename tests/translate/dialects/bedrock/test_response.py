"""A whole Converse body → the same events that its stream would give."""

from __future__ import annotations

import pytest

from proapi_translate.dialects.bedrock import BACKEND
from proapi_translate.dialects.bedrock.names import FAILED_STOPS, FINISH_REASONS
from proapi_translate.errors import BackendFailure
from proapi_translate.events import Annotation, Finish, PartEnd, PartStart, SignatureDelta, Start, TextDelta, Usage
from proapi_translate.prompt import Signature

from . import service_model
from .wire import finish_of, part_texts, read_body, read_stream, reply_context, text_stream, whole_reply


def test_every_block_becomes_its_part() -> None:
    reply = whole_reply(
        [
            {"reasoningContent": {"reasoningText": {"text": "use f", "signature": "c2ln"}}},
            {"reasoningContent": {"redactedContent": "RXU4RQ=="}},
            {"text": "né"},
            {"toolUse": {"toolUseId": "tu_1", "name": "f", "input": {"n": 3}}},
            {"toolUse": {"toolUseId": "tu_2", "name": "now", "input": {}}},
        ],
        "tool_use",
        usage={"inputTokens": 6, "outputTokens": 9, "totalTokens": 15},
        serviceTier={"type": "flex"},
    )
    assert read_body(reply) == [
        Start(service_tier="flex"),
        PartStart(0, "thinking"),
        TextDelta(0, "use f"),
        SignatureDelta(0, Signature("c2ln", "anthropic")),
        PartEnd(0),
        PartStart(1, "thinking"),
        SignatureDelta(1, Signature("Eu8E", "anthropic"), redacted=True),
        PartEnd(1),
        PartStart(2, "text"),
        TextDelta(2, "né"),
        PartEnd(2),
        PartStart(3, "tool_call", id="tu_1", name="f"),
        TextDelta(3, '{"n":3}'),
        PartEnd(3),
        PartStart(4, "tool_call", id="tu_2", name="now"),
        PartEnd(4),
        Usage(6, 9, total_tokens=15),
        Finish("tool_calls", raw="tool_use"),
    ]


def test_citations_speak_for_their_own_text() -> None:
    cited = {"location": {"web": {"url": "https://r.test/", "domain": "r.test"}}}
    reply = whole_reply(
        [{"text": "So: "}, {"citationsContent": {"content": [{"text": "née"}], "citations": [cited]}}, {"text": "."}]
    )
    events = read_body(reply)
    assert part_texts(events) == [("text", "", "", "So: née.")]
    assert [event.body for event in events if isinstance(event, Annotation)] == [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://r.test/", "title": "r.test", "start_index": 4, "end_index": 7},
        }
    ]


def test_tools_that_bedrock_runs_itself_stay_inside() -> None:
    content = [
        {"toolUse": {"toolUseId": "s", "name": "nova_grounding", "input": {"query": "q"}, "type": "server_tool_use"}},
        {"toolResult": {"toolUseId": "s", "content": [{"text": "[HIDDEN]"}], "type": "nova_grounding_result"}},
        {"text": "found"},
    ]
    assert part_texts(read_body(whole_reply(content))) == [("text", "", "", "found")]


def test_the_output_tool_is_the_answer() -> None:
    reply = whole_reply([{"toolUse": {"toolUseId": "t", "name": "json_output", "input": {"id": 4}}}], "tool_use")
    events = read_body(reply, reply_context(output_tool="json_output"))
    assert part_texts(events) == [("text", "", "", '{"id":4}')]
    assert finish_of(events) == Finish("stop", raw="tool_use")


@pytest.mark.parametrize(
    ("stop_reason", "reason"),
    [*FINISH_REASONS.items(), ("something_new", "length"), (None, "stop")],
)
def test_finish_reasons(stop_reason: str | None, reason: str) -> None:
    content: list[dict[str, object]] = [{"text": "a"}]
    if reason == "tool_calls":
        content = [{"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}]
    finish = finish_of(read_body(whole_reply(content, stop_reason)))  # type: ignore[arg-type]
    assert finish is not None
    assert finish.reason == reason


def test_every_stop_reason_of_the_service_model_is_known() -> None:
    assert set(service_model.stop_reasons()) <= set(FINISH_REASONS) | FAILED_STOPS


def test_a_reply_with_calls_never_stops() -> None:
    reply = whole_reply([{"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}], "end_turn")
    assert finish_of(read_body(reply)) == Finish("tool_calls", raw="end_turn")


def test_an_empty_reply_is_a_reply() -> None:
    assert read_body(whole_reply([])) == [Start(), Finish("stop", raw="end_turn")]


@pytest.mark.parametrize("body", [{"message": "no"}, {"Message": "no"}, {"output": None, "message": "no"}])
def test_an_error_inside_a_200_is_a_failure(body: dict[str, object]) -> None:
    with pytest.raises(BackendFailure, match="no") as caught:
        read_body(body)
    assert caught.value.status == 502


def test_no_json_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"[Ee]xpect"):
        list(BACKEND.read_body(b"<html>", reply_context()))


def test_stream_and_body_agree() -> None:
    reply = whole_reply([{"text": "a b"}], usage={"inputTokens": 6, "outputTokens": 9, "totalTokens": 15})
    body, stream = read_body(reply), read_stream(text_stream("a", " b"))
    assert part_texts(body) == part_texts(stream)
    assert finish_of(body) == finish_of(stream)
    assert [event for event in body if isinstance(event, Usage)] == [
        event for event in stream if isinstance(event, Usage)
    ]
