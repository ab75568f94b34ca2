"""The public bug reports that concern Bedrock, each by its id (../shared/cases.jsonl)."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.dialects.bedrock import BACKEND
from proapi_translate.dialects.openai_chat import CLIENT as CHAT
from proapi_translate.errors import ClientFault
from proapi_translate.interface import Asked, ReplyFacts
from proapi_translate.providers.bedrock import BEDROCK
from proapi_translate.providers.row import Operation
from proapi_translate.target import Target
from proapi_translate.translated_reply import TranslatedReply
from tests.translate.chat_contract import calls_of, check_chat_stream, check_failed_stream, finish_reasons, joined
from tests.translate.recorded import case_input, needs_cases

from .service_model import faults_of
from .test_messages import ANSWERED
from .wire import (
    CLAUDE,
    exception_frame,
    finish_of,
    frame,
    read_body,
    reply_context,
    text_stream,
    whole_reply,
    write_chat,
)

CALL_STREAM = [
    frame("messageStart", {"role": "assistant"}),
    frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "né"}}),
    frame("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "tu_1", "name": "f"}}}),
    frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"n":'}}}),
    frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "3}"}}}),
    frame("contentBlockStop", {"contentBlockIndex": 1}),
    frame("messageStop", {"stopReason": "tool_use"}),
    frame("metadata", {"usage": {"inputTokens": 6, "outputTokens": 9, "totalTokens": 15}}),
]


def chat_stream(pieces: list[bytes], *, include_usage: bool = True) -> bytes:
    asked = Asked("chat", "gpt-4o", stream=True, include_usage=include_usage)
    reply = TranslatedReply(BACKEND, CHAT, reply_context(), ReplyFacts(asked, "chatcmpl-1", 1764000000))
    return b"".join(reply.feed(piece) for piece in pieces) + reply.finish()


def test_c011_a_history_with_tools_is_never_without_a_tool_config() -> None:
    written, _ = write_chat({"messages": [*ANSWERED, {"role": "user", "content": "now just summarise"}]})
    stub = {"toolSpec": {"name": "add", "inputSchema": {"json": {"type": "object"}}}}
    assert written.body["toolConfig"] == {"tools": [stub]}
    assert written.body["messages"][1]["content"][0]["toolUse"]["input"] == {"a": 1}
    assert written.body["messages"][2]["content"][0]["toolResult"]["content"] == [{"text": "3"}]
    assert faults_of(written.body, CLAUDE) == []


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("data:image/png;base64,UklGRhoAAABXRUJQVlA4TA0AAAA=", "webp"),
        ("data:image/jpg;base64,/9j/4AAQSkZJRg==", "jpeg"),
        ("data:image/png;charset=utf-8;base64,iVBORw0KGgo=", "png"),
        ("data:;base64,iVBORw0KGgo=", "png"),
        ("data:image/bmp;base64,Qk0=", None),
    ],
)
def test_c025_pictures_by_their_bytes(url: str, kind: str | None) -> None:
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]
    }
    if kind is None:
        with pytest.raises(ClientFault) as caught:
            write_chat(body)
        assert (caught.value.status, caught.value.param) == (400, "messages")
    else:
        image = {"format": kind, "source": {"bytes": url.rpartition(",")[2]}}
        assert write_chat(body)[0].body["messages"][0]["content"] == [{"image": image}]


def test_c026_an_address_is_refused_with_its_url() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://img.example.test/a.png?x=1", "detail": "low"}}
    with pytest.raises(ClientFault, match=r"https://img.example\.test/a.png"):
        write_chat({"messages": [{"role": "user", "content": [part]}]})


def test_c028_sound_is_refused_by_name() -> None:
    part = {"type": "input_audio", "input_audio": {"data": "UklGRgAA", "format": "wav"}}
    with pytest.raises(ClientFault, match="input_audio") as caught:
        write_chat({"messages": [{"role": "user", "content": [part]}]})
    assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")


def test_c031_no_blank_text_anywhere() -> None:
    chat = [
        {"role": "system", "content": ""},
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "go"}]},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": ""},
        {"role": "assistant", "content": " \n"},
        {"role": "user", "content": "next"},
    ]
    written, _ = write_chat({"messages": chat})
    assert "system" not in written.body
    assert written.body["messages"] == [
        {"role": "user", "content": [{"text": "go"}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "call_1", "name": "f", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "call_1", "content": []}}, {"text": "next"}]},
    ]
    assert faults_of(written.body, CLAUDE) == []


@pytest.mark.parametrize(
    ("stop_reason", "reason"),
    [
        ("end_turn", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("stop_sequence", "stop"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
        ("model_context_window_exceeded", "length"),
    ],
)
def test_c044_stop_reasons_agree_streamed_and_whole(stop_reason: str, reason: str) -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}
    finish = finish_of(read_body(whole_reply([call] if reason == "tool_calls" else [{"text": "a"}], stop_reason)))
    assert finish is not None
    frames = CALL_STREAM if reason == "tool_calls" else text_stream("a", stop_reason=stop_reason)
    chunks = check_chat_stream(chat_stream(frames), model="gpt-4o", include_usage=True)
    assert finish_reasons(chunks) == [finish.reason] == [reason]


def test_c047_the_stop_message_is_what_ends_a_stream() -> None:
    check_failed_stream(chat_stream(CALL_STREAM[:-2]))
    check_chat_stream(chat_stream(CALL_STREAM[:-1]), model="gpt-4o", include_usage=True)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_c052_a_character_cut_by_the_network_is_whole(size: int) -> None:
    arguments = frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '"渋谷 🚲"'}}})
    wire = b"".join([*text_stream("Größe ", "渋谷 🚲")[:-2], CALL_STREAM[2], arguments, *CALL_STREAM[5:]])
    out = chat_stream([wire[at : at + size] for at in range(0, len(wire), size)])
    chunks = check_chat_stream(out, model="gpt-4o", include_usage=True)
    assert joined(chunks, "content") == "Größe 渋谷 🚲"
    assert calls_of(chunks) == [("tu_1", "f", '"渋谷 🚲"')]
    assert out == chat_stream([wire])


def test_c074_only_our_own_credential_goes_out() -> None:
    signed = Target(
        "bedrock", CLAUDE, options={"region": "r", "aws_access_key_id": "AK", "aws_secret_access_key": "sk"}
    )
    by_key = Target("bedrock", CLAUDE, credential="br-key", options={"region": "r"})
    assert BEDROCK.headers(signed) == {}
    assert BEDROCK.headers(by_key) == {"authorization": "Bearer br-key"}
    assert BEDROCK.sign is not None
    assert BEDROCK.sign("POST", "https://h.test/", {}, b"", by_key, 0.0) == {}
    headers = BEDROCK.sign("POST", "https://h.test/", {}, b"", signed, 0.0)
    assert set(headers) == {"authorization", "x-amz-date"}
    assert "sk" not in str(headers).replace("SignedHeaders", "")


class TestC079:
    def test_a_the_binary_stream_in_any_pieces(self) -> None:
        wire = b"".join(CALL_STREAM)
        pieces = [wire[:5], wire[5:8], wire[8:300], wire[300:301], wire[301:]]
        chunks = check_chat_stream(chat_stream(pieces), model="gpt-4o", include_usage=True)
        assert joined(chunks, "content") == "né"
        assert calls_of(chunks) == [("tu_1", "f", '{"n":3}')]
        assert finish_reasons(chunks) == ["tool_calls"]
        usage = chunks[-1]["usage"]
        assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (6, 9, 15)
        check_chat_stream(chat_stream(pieces, include_usage=False), model="gpt-4o", include_usage=False)

    def test_b_an_exception_frame_is_an_error(self) -> None:
        frames = [*text_stream("par")[:2], exception_frame("throttlingException", {"message": "Too many tokens"})]
        values = check_failed_stream(chat_stream(frames))
        assert joined(values[:-1], "content") == "par"
        assert finish_reasons(values[:-1]) == []
        error = values[-1]["error"]
        assert error["message"] == "Too many tokens"
        assert "throttling" in error["code"]

    def test_c_a_flipped_byte_is_an_error_without_half_a_call(self) -> None:
        damaged = bytearray(CALL_STREAM[3])
        damaged[-8] ^= 1
        values = check_failed_stream(chat_stream([*CALL_STREAM[:3], bytes(damaged), *CALL_STREAM[4:]]))
        assert finish_reasons(values[:-1]) == []
        assert all(arguments == "" for _, _, arguments in calls_of(values[:-1]))

    def test_the_address_encodes_the_models_colon(self) -> None:
        target = Target("bedrock", CLAUDE, options={"region": "us-east-1"})
        url = BEDROCK.url(target, Operation("bedrock", streaming=True))
        assert url.endswith("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream")

    @needs_cases
    def test_with_the_reports_own_bytes(self) -> None:
        given = case_input("C079")
        good = [bytes.fromhex(text) for text in given["a_chunks_hex"]]
        chunks = check_chat_stream(chat_stream(good), model="gpt-4o", include_usage=True)
        assert (joined(chunks, "content"), calls_of(chunks)) == ("né", [("tu_1", "f", '{"n":3}')])
        failed = check_failed_stream(chat_stream([bytes.fromhex(text) for text in given["b_exception_hex"]]))
        assert failed[-1]["error"]["message"] == "Too many tokens"
        damaged = bytearray(b"".join(good))
        damaged[200] ^= 1
        check_failed_stream(chat_stream([bytes(damaged)]))
