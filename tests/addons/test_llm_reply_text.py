"""Replies as people read them; how they are read is tested in tests/translate/test_reply_reading.py."""

from __future__ import annotations

import json

import pytest

from addons.llm_reply_text import reply_text, usage_words
from proapi_translate import READABLE, Usage


def chat(*choices: dict[str, object], **more: object) -> bytes:
    numbered = [{"index": index, "finish_reason": "stop", **choice} for index, choice in enumerate(choices)]
    return json.dumps(
        {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": numbered, **more}
    ).encode()


def test_a_whole_reply() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":"é"}'}}
    message = {"role": "assistant", "content": "Hello", "reasoning_content": "hm", "tool_calls": [call]}
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}}
    assert reply_text("chat", chat({"message": message, "finish_reason": "tool_calls"}, usage=usage)) == (
        "finished: tool_calls\ntokens: 7 in (4 cached), 5 out\n\n"
        '── thinking ──\nhm\n\n── text ──\nHello\n\n── tool call f (c1) ──\n{\n  "a": "é"\n}'
    )


def test_a_stream() -> None:
    def chunk(**choice: object) -> bytes:
        return b"data: " + json.dumps({"choices": [{"index": 0, **choice}]}).encode() + b"\n\n"

    body = chunk(delta={"content": "Hel"}) + chunk(delta={"content": "lo"}) + chunk(delta={}, finish_reason="stop")
    assert reply_text("chat", body + b"data: [DONE]\n\n") == "finished: stop\n\n── text ──\nHello"


def test_several_choices_are_told_apart() -> None:
    text = reply_text("chat", chat({"message": {"content": "a"}}, {"message": {"content": "b"}}))
    assert text == "finished: stop, stop\n\n── text of choice 0 ──\na\n\n── text of choice 1 ──\nb"


def test_citations() -> None:
    cited = {"type": "url_citation", "url_citation": {"url": "https://x.test", "title": "X"}}
    text = reply_text("chat", chat({"message": {"content": "a", "annotations": [cited]}}))
    assert text.endswith("── text ──\na\n[1] X https://x.test")


def test_arguments_that_are_no_json_stay_as_they_are() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a'}}
    assert '{"a' in reply_text("chat", chat({"message": {"tool_calls": [call]}, "finish_reason": "length"}))


@pytest.mark.parametrize("dialect", sorted(READABLE))
@pytest.mark.parametrize("body", [b'{"error": {"message": "slow down"}}', b"", b"<html>", b"data: {\n\n"])
def test_failures_are_told(dialect: str, body: bytes) -> None:
    assert reply_text(dialect, body).startswith("failed: ")


def test_usage_words() -> None:
    assert usage_words(Usage(120, 45, cached_tokens=100)) == "120 in (100 cached), 45 out"
    assert usage_words(Usage(1, 2, reasoning_tokens=1)) == "1 in, 2 out (1 reasoning)"
