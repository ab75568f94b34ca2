"""Neutral events → a Responses stream and a whole response, event by event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from proapi_translate import BackendFailure, OwnFault, Signature
from proapi_translate.dialects.openai_responses import CLIENT
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
from proapi_translate.sealed_thoughts import unseal
from tests.translate.responses_contract import (
    EVENT,
    calls_of,
    check_failed_stream,
    check_response,
    check_stream,
    text_of,
    thoughts_of,
)

from .lanes import CREATED, MODEL, REPLY_ID

SEALED = {"include": ["reasoning.encrypted_content"]}
TEXT = [PartStart(0, "text"), TextDelta(0, "four"), PartEnd(0)]
SIGNED = SignatureDelta(0, Signature("c2ln", "anthropic"))
STOP = Finish("stop")


def facts(body: dict[str, Any] | None = None) -> ReplyFacts:
    asked = Asked("responses", MODEL, body={"model": MODEL, "input": "hi", **(body or {})})
    return ReplyFacts(asked, REPLY_ID, CREATED)


def written(events: Sequence[Event], body: dict[str, Any] | None = None) -> tuple[list[bytes], bytes]:
    """What each event becomes (Start and its bytes left out), and the last bytes."""
    writer = CLIENT.stream_writer(facts(body))
    writer.write(Start(model="backend"))
    return [writer.write(event) for event in events], writer.end()


def stream_of(events: Sequence[Event], body: dict[str, Any] | None = None) -> bytes:
    writer = CLIENT.stream_writer(facts(body))
    return b"".join(writer.write(event) for event in (Start(model="backend"), *events)) + writer.end()


def told(events: Sequence[Event], body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The final response, the same in a stream and as a whole body."""
    response: dict[str, Any] = check_stream(stream_of(events, body), model=MODEL)[-1]["response"]
    whole = CLIENT.write_body([Start(model="backend"), *events], facts(body))
    assert json.loads(json.dumps(whole)) == response
    return response


def kinds(response: dict[str, Any]) -> list[str]:
    return [item["type"] for item in response["output"]]


# -- the frame -------------------------------------------------------------------------------------------------------
def test_the_request_is_repeated_as_openai_does() -> None:
    body = {
        "instructions": "brief", "max_output_tokens": 9, "temperature": 0.2, "tool_choice": "required", "store": False,
        "tools": [{"type": "function", "name": "f"}, {"type": "web_search"}], "metadata": {"a": "b"}, "user": "u",
        "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}}, "reasoning": {"effort": "low"},
        "parallel_tool_calls": False, "truncation": "auto", "top_p": 0.5, "prompt_cache_key": "k", "background": True,
        "service_tier": "flex", "safety_identifier": "s", "max_tool_calls": 3,
    }  # fmt: skip
    response = told([*TEXT, STOP], body)
    changed = {
        "text": {"verbosity": "medium", "format": {
            "description": None, "strict": False, "type": "json_schema", "name": "n", "schema": {},
        }},
        "tools": [
            {"type": "function", "description": None, "parameters": None, "strict": None, "name": "f"},
            {"type": "web_search"},
        ],
        "reasoning": {"effort": "low", "summary": None},
        "background": False,
    }  # fmt: skip
    assert {name: response[name] for name in body} == {**body, **changed}


def test_what_was_not_said_is_openais_default() -> None:
    response = told([*TEXT, STOP])
    assert response["id"] == REPLY_ID
    assert response["created_at"] == CREATED
    assert {name: response[name] for name in ("temperature", "top_p", "tool_choice", "truncation", "store")} == {
        "temperature": 1.0, "top_p": 1.0, "tool_choice": "auto", "truncation": "disabled", "store": True,
    }  # fmt: skip
    assert response["text"] == {"verbosity": "medium", "format": {"type": "text"}}
    assert (response["tools"], response["metadata"], response["usage"]) == ([], {}, None)


def test_usage_counts_as_openai_does() -> None:
    response = told([*TEXT, STOP, Usage(10, 5, cached_tokens=4, cache_write_tokens=2, reasoning_tokens=3)])
    assert response["usage"] == {
        "input_tokens": 10, "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 15,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tier", "found"), [("priority", "priority"), ("on_demand", "default"), ("", "default")]
)
def test_only_openais_tiers_are_told(tier: str, found: str) -> None:
    response = CLIENT.write_body([Start(service_tier=tier), *TEXT, STOP], facts())
    assert response["service_tier"] == found


# -- text ------------------------------------------------------------------------------------------------------------
def test_texts_that_follow_each_other_are_one() -> None:
    response = told([*TEXT, PartStart(1, "text"), TextDelta(1, "teen"), PartEnd(1), STOP])
    assert kinds(response) == ["message"]
    assert [part["text"] for part in response["output"][0]["content"]] == ["fourteen"]


def test_a_call_between_two_texts_makes_two_messages() -> None:
    call = [PartStart(1, "tool_call", id="c1", name="f"), TextDelta(1, "{}"), PartEnd(1)]
    after = [PartStart(2, "text"), TextDelta(2, "teen"), PartEnd(2)]
    assert kinds(told([*TEXT, *call, *after, STOP])) == ["message", "function_call", "message"]


def test_a_text_that_goes_on_after_a_call_is_a_message_of_its_own() -> None:
    call = [PartStart(1, "tool_call", id="c1", name="f"), TextDelta(1, "{}"), PartEnd(1)]
    response = told([PartStart(0, "text"), TextDelta(0, "four"), *call, TextDelta(0, "teen"), PartEnd(0), STOP])
    assert kinds(response) == ["message", "function_call", "message"]
    assert text_of(response) == "fourteen"


def test_a_refusal_is_a_part_of_its_own() -> None:
    response = told([*TEXT, PartStart(1, "refusal"), TextDelta(1, "no"), PartEnd(1), Finish("content_filter")])
    assert response["output"][0]["content"][1] == {"type": "refusal", "refusal": "no"}
    assert response["incomplete_details"] == {"reason": "content_filter"}


def test_a_delta_costs_no_more_than_it_must() -> None:
    """The first delta opens the item and its part; the others are one event each."""
    pieces, _ = written([PartStart(0, "text"), TextDelta(0, "a"), TextDelta(0, "b"), TextDelta(0, "")])
    assert [piece.count(b"event: ") for piece in pieces] == [0, 3, 1, 0]


def citation(start: int, end: int) -> dict[str, Any]:
    place = {"url": "https://h", "title": "T", "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": place}


def test_citations_count_from_their_own_message() -> None:
    call = [PartStart(1, "tool_call", id="c1", name="f"), PartEnd(1)]
    after = [PartStart(2, "text"), TextDelta(2, "teen"), Annotation(2, citation(5, 8)), PartEnd(2)]
    response = told([*TEXT, *call, *after, STOP])
    assert response["output"][2]["content"][0]["annotations"] == [
        {"type": "url_citation", "start_index": 1, "end_index": 4, "title": "T", "url": "https://h"}
    ]


def test_a_refusal_is_not_counted_by_citations() -> None:
    refusal = [PartStart(1, "refusal"), TextDelta(1, "no"), PartEnd(1)]
    after = [PartStart(2, "text"), TextDelta(2, "teen"), Annotation(2, citation(4, 8)), PartEnd(2)]
    response = told([*TEXT, *refusal, *after, STOP])
    assert response["output"][0]["content"][2]["annotations"][0]["start_index"] == 0


def test_a_citation_may_come_before_its_text() -> None:
    response = told([PartStart(0, "text"), Annotation(0, citation(0, 4)), TextDelta(0, "four"), PartEnd(0), STOP])
    assert response["output"][0]["content"][0]["annotations"][0]["url"] == "https://h"


def test_a_citation_without_an_address_is_of_a_file() -> None:
    body = {"type": "char_location", "cited_text": "4", "document_index": 0, "document_title": "a.pdf", "file_id": None}
    response = told([PartStart(0, "text"), TextDelta(0, "four"), Annotation(0, body), PartEnd(0), STOP])
    assert response["output"][0]["content"][0]["annotations"] == [
        {"type": "file_citation", "file_id": "", "filename": "a.pdf", "index": 4, "citation": body}
    ]


def test_log_probabilities_follow_their_text() -> None:
    told_of = {"token": "four", "logprob": -0.5, "bytes": [102], "top_logprobs": []}
    response = told([PartStart(0, "text"), TextDelta(0, "four"), LogProbs(0, (told_of,)), PartEnd(0), STOP])
    assert response["output"][0]["content"][0]["logprobs"] == [told_of]


def test_further_choices_are_not_heard() -> None:
    other = [
        PartStart(1, "text", choice=1), TextDelta(1, "five"), Annotation(1, citation(0, 1)), PartEnd(1),
        PartStart(2, "tool_call", choice=1, id="c", name="f"), TextDelta(2, "{}"), PartEnd(2),
    ]  # fmt: skip
    response = told([*TEXT, *other, STOP, Finish("length", 1)])
    assert (text_of(response), kinds(response), response["status"]) == ("four", ["message"], "completed")


# -- thoughts --------------------------------------------------------------------------------------------------------
def test_a_thought_is_a_summary() -> None:
    events = [PartStart(0, "thinking"), TextDelta(0, "plan"), SIGNED, PartEnd(0), STOP]
    response = told(events)
    assert thoughts_of(response) == "plan"
    assert "encrypted_content" not in response["output"][0]
    (item,) = told(events, SEALED)["output"]
    opened = unseal(item["encrypted_content"])
    assert opened is not None
    assert (opened.thought.text, opened.thought.signature) == ("plan", SIGNED.signature)


def test_an_unsigned_thought_has_nothing_sealed() -> None:
    response = told([PartStart(0, "thinking"), TextDelta(0, "plan"), PartEnd(0), STOP], SEALED)
    assert response["output"][0]["encrypted_content"] is None


def test_a_hidden_thought_is_told_only_to_who_carries_it() -> None:
    hidden = [PartStart(0, "thinking"), SignatureDelta(0, SIGNED.signature, redacted=True), PartEnd(0), STOP]
    assert kinds(told(hidden)) == []
    (item,) = told(hidden, {"store": False})["output"]
    assert item["summary"] == []
    assert item["encrypted_content"].startswith("proapi1.anthropic.")


def test_a_thought_may_go_on_beside_the_text() -> None:
    response = told(
        [
            PartStart(0, "thinking"), TextDelta(0, "pl"), PartStart(1, "text"), TextDelta(1, "fo"), TextDelta(0, "an"),
            TextDelta(1, "ur"), PartEnd(0), PartEnd(1), STOP,
        ]
    )  # fmt: skip
    assert (thoughts_of(response), text_of(response)) == ("plan", "four")


def test_a_calls_proof_goes_before_the_call() -> None:
    proof = SignatureDelta(0, Signature("c2ln", "google"))
    call = [PartStart(0, "tool_call", id="c1", name="f"), proof, TextDelta(0, "{}"), PartEnd(0), Finish("tool_calls")]
    response = told(call, SEALED)
    assert kinds(response) == ["reasoning", "function_call"]
    opened = unseal(response["output"][0]["encrypted_content"])
    assert opened is not None
    assert opened.call_id == "c1"
    assert kinds(told(call)) == ["function_call"]


def test_a_calls_proof_that_comes_late_goes_after_it() -> None:
    proof = SignatureDelta(0, Signature("c2ln", "google"))
    call = [PartStart(0, "tool_call", id="c1", name="f"), TextDelta(0, "{}"), proof, PartEnd(0), Finish("tool_calls")]
    assert kinds(told(call, SEALED)) == ["function_call", "reasoning"]


def test_a_proof_amid_a_text_waits_for_the_messages_end() -> None:
    """Agents keep one item open at a time: what comes while another is told would take its place."""
    proof = [PartStart(1, "thinking"), SignatureDelta(1, SIGNED.signature, redacted=True), PartEnd(1)]
    text = [PartStart(0, "text"), TextDelta(0, "fo"), *proof, TextDelta(0, "ur"), PartEnd(0), STOP]
    events = check_stream(stream_of(text, SEALED), model=MODEL)
    items = [(e["type"].rpartition(".")[2], e["item"]["type"]) for e in events if "item" in e]
    assert items == [("added", "message"), ("done", "message"), ("added", "reasoning"), ("done", "reasoning")]


# -- tool calls ------------------------------------------------------------------------------------------------------
def test_calls_side_by_side() -> None:
    response = told(
        [
            PartStart(0, "tool_call", id="c1", name="f"), TextDelta(0, '{"a":'),
            PartStart(1, "tool_call", id="c2", name="g"), TextDelta(1, "{}"), TextDelta(0, "1}"),
            PartEnd(0), PartEnd(1), Finish("tool_calls"),
        ]
    )  # fmt: skip
    assert calls_of(response) == [("c1", "f", '{"a":1}'), ("c2", "g", "{}")]
    assert {item["status"] for item in response["output"]} == {"completed"}


def test_a_call_without_arguments_has_the_empty_object() -> None:
    response = told([PartStart(0, "tool_call", id="c1", name="f"), PartEnd(0), Finish("tool_calls")])
    assert calls_of(response) == [("c1", "f", "{}")]


def test_only_the_last_item_is_cut() -> None:
    calls = [
        PartStart(0, "tool_call", id="c1", name="f"), TextDelta(0, "{}"), PartEnd(0),
        PartStart(1, "tool_call", id="c2", name="g"), TextDelta(1, '{"a'), PartEnd(1), Finish("length"),
    ]  # fmt: skip
    response = told(calls)
    assert [item["status"] for item in response["output"]] == ["completed", "incomplete"]
    assert response["output"][1]["arguments"] == '{"a'
    assert response["status"] == "incomplete"


CUSTOM = {"tools": [{"type": "custom", "name": "sh"}]}


@pytest.mark.parametrize(
    ("arguments", "found"), [('{"input":"ls -l"}', "ls -l"), ("ls", "ls"), ('{"cmd":1}', '{"cmd":1}'), ("", "")]
)
def test_a_custom_tools_call_has_its_text_back(arguments: str, found: str) -> None:
    half = len(arguments) // 2
    pieces = [TextDelta(0, arguments[:half]), TextDelta(0, arguments[half:]), PartEnd(0)]
    (item,) = told([PartStart(0, "tool_call", id="c1", name="sh"), *pieces, Finish("tool_calls")], CUSTOM)["output"]
    assert (item["type"], item["call_id"], item["name"], item["input"]) == ("custom_tool_call", "c1", "sh", found)


def test_a_backends_own_custom_call_streams() -> None:
    start, pieces = PartStart(0, "tool_call", id="c1", name="sh", custom=True), [TextDelta(0, "l"), TextDelta(0, "s")]
    events = check_stream(stream_of([start, *pieces, PartEnd(0), Finish("tool_calls")], CUSTOM), model=MODEL)
    assert [e["delta"] for e in events if e["type"] == "response.custom_tool_call_input.delta"] == ["l", "s"]


def test_a_call_of_a_namespaces_tool_tells_the_namespace() -> None:
    body = {"tools": [{"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "f"}]}]}
    writer = CLIENT.write_body(
        [Start(), PartStart(0, "tool_call", id="c1", name="f"), PartEnd(0), Finish("tool_calls")], facts(body)
    )
    assert writer["output"][0]["namespace"] == "crm"


# -- ends ------------------------------------------------------------------------------------------------------------
def failed(*events: Event, status: int = 502) -> dict[str, Any]:
    failure = Failure(BackendFailure("gone", status, "upstream_error"))
    writer = CLIENT.stream_writer(facts())
    stream = b"".join(writer.write(event) for event in (*events, failure)) + writer.end()
    response: dict[str, Any] = check_failed_stream(stream)[-1]["response"]
    return response


def test_a_failure_before_anything_is_a_whole_stream() -> None:
    response = failed()
    assert (response["output"], response["error"]["code"]) == ([], "server_error")


@pytest.mark.parametrize(
    ("status", "code"), [(429, "rate_limit_exceeded"), (400, "invalid_prompt"), (529, "server_error")]
)
def test_an_app_can_act_on_the_code(status: int, code: str) -> None:
    assert failed(status=status)["error"]["code"] == code


def test_what_was_begun_is_told_as_incomplete() -> None:
    thought = [PartStart(0, "thinking"), TextDelta(0, "plan")]
    call = [PartStart(2, "tool_call", id="c1", name="f"), TextDelta(2, '{"a')]
    response = failed(Start(), *thought, PartStart(1, "text"), TextDelta(1, "fo"), *call)
    assert kinds(response) == ["reasoning", "message", "function_call"]
    assert response["output"][1]["status"] == "completed"
    assert response["output"][2]["status"] == "incomplete"


def test_nothing_follows_an_end() -> None:
    writer = CLIENT.stream_writer(facts())
    for event in (Start(), *TEXT, STOP):
        writer.write(event)
    assert writer.end().startswith(b"event: response.completed\n")
    assert writer.end() == b""


def test_our_own_fault_is_an_error_event() -> None:
    event = CLIENT.write_error_event(OwnFault("secret"))
    value = json.loads(event.partition(b"data: ")[2])
    EVENT.validate_python(value)
    assert (value["type"], value["code"]) == ("error", "server_error")
    assert b"secret" not in event


def test_a_whole_body_is_of_the_sdks_type() -> None:
    response = CLIENT.write_body([Start(), *TEXT, Usage(1, 2), STOP], facts())
    assert check_response(response, model=MODEL).output_text == "four"
