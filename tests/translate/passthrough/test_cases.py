"""Public bug reports on OpenAI-compatible backends, each by its number."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate.error_bodies import read_error
from proapi_translate.openai_error import write_error

from ..chat_contract import check_chat_stream, check_failed_stream, data_of, finish_reasons, joined
from ..recorded import case_input, needs_cases
from .wire import MODEL, failed_first, lane, through

pytestmark = needs_cases


def test_C046_an_error_inside_the_stream_is_no_empty_success() -> None:
    values = check_failed_stream(through(case_input("C046")["upstream_sse"].encode()))
    assert joined(values[:-1], "content") == "par"
    assert (values[-1]["error"]["message"], values[-1]["error"]["code"]) == ("Provider worker limit reached", "502")
    assert finish_reasons(values[:-1]) == []


def test_C046_b_an_error_that_opens_the_stream_can_still_be_answered_otherwise() -> None:
    reply = lane()
    values = check_failed_stream(reply.feed(case_input("C046")["variant_b"].encode()))
    assert len(values) == 1
    assert failed_first(reply)
    assert reply.failure is not None
    assert (reply.failure.status, reply.failure.message) == (400, "prompt too long")


def test_C046_c_an_error_inside_a_200_has_its_own_status() -> None:
    reply = lane(stream=False)
    with pytest.raises(Exception, match="slow down"):
        reply.whole(json.dumps(case_input("C046")["variant_c_status_200_json"]).encode())
    assert reply.failure is not None
    assert reply.failure.status == 429
    assert set(write_error(reply.failure)["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("broken", ["", "Connection reset by peer"])
def test_C047_b_and_c_a_stream_that_breaks_off_never_looks_complete(broken: str) -> None:
    pieces = [bytes.fromhex(piece) for piece in case_input("C047")["b_openai_bytes_then_close_hex"]]
    reply = lane(include_usage=True)
    values = check_failed_stream(b"".join(map(reply.feed, pieces)) + reply.finish(broken))
    assert joined(values[:-1], "content") == "abc"
    assert finish_reasons(values[:-1]) == []
    assert len(values) == 2


@pytest.mark.parametrize("number", range(5))
def test_C049_an_error_keeps_its_status_its_message_and_its_wait(number: int) -> None:
    upstream = case_input("C049")["upstream"][number]
    failure = read_error(upstream["status"], upstream.get("headers", {}), json.dumps(upstream["body"]).encode())
    error = write_error(failure)["error"]
    assert failure.status == upstream["status"]
    assert error["message"] == upstream["body"]["error"]["message"]
    assert set(error) == {"message", "type", "param", "code"}
    assert failure.retry_after_s == (17.0 if upstream["status"] == 429 else None)


def _as_chat(native: bytes) -> bytes:
    """The case's framing around chat chunks of the same texts."""
    native = native.replace(b'{"candidates": [', b'{"choices": [').replace(b'{"candidates":[', b'{"choices":[')
    native = native.replace(b'{"content": {"parts": [{"text": "A"}]}}', b'{"index": 0, "delta": {"content": "A"}}')
    native = native.replace(b'{"content":\ndata:{"parts":[{"text":"A"}]}}', b'{"delta":\ndata:{"content":"A"}}')
    native = native.replace(b'{"content": {"parts": [{"text": "B"}]}', b'{"delta": {"content": "B"}')
    native = native.replace(b'"finishReason": "STOP"', b'"finish_reason": "stop"')
    assert b"candidates" not in native
    assert b"parts" not in native
    return native


@pytest.mark.parametrize(
    "name", ["a_crlf_split_between_cr_and_lf_hex", "b_bare_cr_hex", "c_no_space_and_two_data_lines_hex"]
)
def test_C050_every_framing_is_read(name: str) -> None:
    stream = _as_chat(b"".join(map(bytes.fromhex, case_input("C050")[name])))
    chunks = check_chat_stream(through(stream), model=MODEL, include_usage=False)  # d: also one byte at a time
    assert joined(chunks, "content") == "AB"
    assert finish_reasons(chunks) == ["stop"]


def test_C050_a_the_first_event_does_not_wait_for_the_second() -> None:
    pieces = [bytes.fromhex(piece) for piece in case_input("C050")["a_crlf_split_between_cr_and_lf_hex"]]
    reply = lane()
    given = [reply.feed(piece) for piece in map(_as_chat, [b"".join(pieces[:3])])]
    assert b'"content":"A"' in given[0]


@pytest.mark.parametrize("field", ["content", "arguments"])
def test_C052_a_cut_character_stays_whole(field: str) -> None:
    pieces = [bytes.fromhex(piece) for piece in case_input("C052")["upstream_chunks_hex"]]
    stream = b"".join(pieces)
    if field == "arguments":
        start = b'"delta": {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '
        stream = stream.replace(b'"delta": {"content": ', start).replace(
            b'"}, "finish_reason": null', b'"}}]}, "finish_reason": null'
        )
    given = through(stream)
    assert "\ufffd" not in given.decode()
    chunks = check_chat_stream(given, model=MODEL, include_usage=False)
    calls: list[Any] = [call for one in chunks for c in one["choices"] for call in c["delta"].get("tool_calls", ())]
    text = joined(chunks, "content") if field == "content" else calls[0]["function"]["arguments"]
    assert text == "Größe 渋谷 🚲"


@pytest.mark.parametrize("name", ["c_openai_no_done", "d_two_dones", "e_spaces"])
def test_C053_the_end_mark_comes_once(name: str) -> None:
    stream = case_input("C053")[name].encode()
    for unended in (stream, stream.rstrip(b"\n"), stream.rstrip(b"\n") + b"\n"):
        chunks = check_chat_stream(through(unended), model=MODEL, include_usage=False)
        assert joined(chunks, "content") == "AB"
        assert finish_reasons(chunks) == ["stop"]


def test_C053_usage_in_the_last_event_counts() -> None:
    stream = case_input("C053")["c_openai_no_done"].strip()
    usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    stream = stream.removesuffix("}") + ', "usage": ' + json.dumps(usage) + "}"
    assert data_of(through(stream.encode(), include_usage=True))[-2]["usage"] == usage
