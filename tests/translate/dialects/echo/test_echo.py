"""The answer without a backend: what the user last said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, Translation, answer_locally, translate_request


def translate(*messages: dict[str, Any], **fields: Any) -> Translation:
    body = {"model": "gpt-4o", "messages": list(messages), **fields}
    return translate_request("chat", json.dumps(body).encode(), Target("echo", "echo"))


def answer(translation: Translation) -> bytes:
    reply = ReplyTranslator(translation, "chatcmpl-1", 7)
    reply.start(200, {})
    return reply.whole(answer_locally(translation) or b"")


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        (({"role": "user", "content": "hi  there\n"},), "hi  there\n"),
        (
            ({"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}),
            "c",
        ),
        (({"role": "user", "content": [{"type": "text", "text": "x"}]}, {"role": "assistant", "content": "b"}), "x"),
    ],
)
def test_it_says_back_what_the_user_last_said(messages: tuple[dict[str, Any], ...], text: str) -> None:
    body = json.loads(answer(translate(*messages)))
    assert body["choices"][0]["message"]["content"] == text
    assert body["model"] == "gpt-4o"


def test_it_says_hello_to_silence() -> None:
    body = json.loads(answer(translate({"role": "system", "content": "s"})))
    assert "echo" in body["choices"][0]["message"]["content"]


def test_it_streams_word_by_word() -> None:
    output = answer(translate({"role": "user", "content": "one two three"}, stream=True)).decode()
    pieces = [json.loads(event[6:]) for event in output.split("\n\n") if event.startswith("data: {")]
    texts = [piece["choices"][0]["delta"].get("content") for piece in pieces]
    assert texts == ["", "one", " two", " three", None]
    assert output.endswith("data: [DONE]\n\n")


def test_it_tells_what_it_does_not_heed() -> None:
    translation = translate(
        {"role": "user", "content": "x"}, seed=3, tools=[{"type": "function", "function": {"name": "f"}}]
    )
    assert {loss.field for loss in translation.losses} == {"seed", "tools"}


def test_only_echo_answers_by_itself() -> None:
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "x"}]}).encode()
    assert answer_locally(translate_request("chat", body, Target("openai", "m"))) is None
