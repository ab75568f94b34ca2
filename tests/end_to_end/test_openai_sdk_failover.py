"""An application with the official SDK, and backends that fail: it sees one good reply, as it is made."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from tests.addons.fake_backends import refused_port
from tests.end_to_end.configs import TOKEN, chat_body, chat_chunk, chat_end, chat_reply, several_backends
from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import DOORS, openai, sdk_client

Start = Callable[..., RunningProxy]

OVERLOADED = b'data: {"error": {"message": "overloaded", "type": "overloaded_error"}}\n\n'
FIRST = {
    "an error as its first event": Reply.stream([OVERLOADED]),
    "cut before its first event": Reply.stream([b"data: ", CUT]),
    "429": Reply.json({"error": {"message": "slow down"}}, ("retry-after", "60"), status=429),
    "401": Reply.json({"error": {"message": "who are you?"}}, status=401),
    "mute": Reply(before_headers=[30.0]),
}


CASES = [("base_url", first) for first in FIRST] + [(door, "an error as its first event") for door in DOORS[1:]]


@pytest.mark.parametrize(("door", "first"), CASES)
def test_a_stream_is_the_second_backends_alone(
    start_proxy: Start, backend: PacedBackend, door: str, first: str
) -> None:
    gate = threading.Event()
    backend.script(Reply.stream([chat_chunk("one"), gate, chat_chunk("two"), chat_end()]))
    with PacedBackend() as bad:
        bad.script(FIRST[first])
        config = several_backends((bad.url, "timeout: { first_byte: 0.5 }"), (backend.url, ""))
        with sdk_client(start_proxy(config), door) as client:
            stream = client.chat.completions.create(**chat_body(stream=True))
            texts = (chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
            told = next(text for text in texts if text)
            assert told == "one"  # while the backend still works on the rest
            gate.set()
            assert "".join(texts) == "two"
            assert stream.response.headers["x-proapi-attempts"] == "2"


def test_each_backend_gets_the_request_in_its_own_format(start_proxy: Start, backend: PacedBackend) -> None:
    """Anthropic's and Google's format, and at last OpenAI's: the app notices nothing."""
    with PacedBackend() as claude, PacedBackend() as gemini:
        claude.script(Reply.json({"type": "error", "error": {"type": "overloaded_error", "message": "!"}}, status=529))
        gemini.script(Reply.json({"error": {"code": 503, "message": "!", "status": "UNAVAILABLE"}}, status=503))
        backend.script(Reply.json(chat_reply("at last")))
        config = f"""
providers:
  - {{ provider: anthropic, base_url: "{claude.url}", api_key: sk-claude, model: [ {{ claude-x: m }} ] }}
  - {{ provider: gemini, base_url: "{gemini.url}/v1beta", api_key: gemini-key, model: [ gem ] }}
  - {{ provider: openai, base_url: "{backend.url}/v1", api_key: sk-openai, model: [ gpt ] }}
tokens:
  - {{ api_key: {TOKEN}, model: [ m ] }}
server:
  fallback: {{ m: [ gem, gpt ] }}
"""
        with sdk_client(start_proxy(config)) as client:
            raw = client.chat.completions.with_raw_response.create(**chat_body())
        assert claude.requests[0].path.endswith("/messages")
        assert "contents" in gemini.requests[0].json()
    assert backend.requests[0].json()["model"] == "gpt"
    reply = raw.parse()
    assert (reply.model, reply.choices[0].message.content) == ("m", "at last")
    assert raw.headers["x-proapi-attempts"] == "3"


def test_a_prompt_that_is_too_long_is_the_sdks_own_exception_with_openais_code(
    start_proxy: Start, backend: PacedBackend
) -> None:
    said = {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 > 8 maximum"}}
    backend.script(Reply.json(said, status=400))
    config = f"""
providers:
  - {{ provider: anthropic, base_url: "{backend.url}", api_key: sk-claude, model: [ m ] }}
tokens:
  - {{ api_key: {TOKEN}, model: [ m ] }}
"""
    with sdk_client(start_proxy(config)) as client, pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**chat_body())
    assert caught.value.code == "context_length_exceeded"


def test_least_busy_spares_the_backend_that_is_at_work(start_proxy: Start, backend: PacedBackend) -> None:
    gate = threading.Event()
    with PacedBackend(answer=lambda request: Reply.json(chat_reply("idle"))) as idle:
        pieces = [gate, json.dumps(chat_reply("busy")).encode()]
        backend.script(Reply(pieces, 200, [("content-type", "application/json")]))
        config = several_backends((backend.url, ""), (idle.url, ""), server="strategy: least_busy")
        with sdk_client(start_proxy(config)) as client:
            told: list[str] = []

            def ask() -> None:
                told.append(client.chat.completions.create(**chat_body()).choices[0].message.content or "")

            busy = threading.Thread(target=ask)
            busy.start()
            backend.wait_for_requests(1)
            for _ in range(4):
                ask()
            gate.set()
            busy.join(20)
    assert told == ["idle"] * 4 + ["busy"]


def test_a_dead_backend_costs_one_connect_in_many_requests(start_proxy: Start, backend: PacedBackend) -> None:
    backend.answer = lambda request: Reply.json(chat_reply())
    config = several_backends((f"http://127.0.0.1:{refused_port()}", ""), (backend.url, ""))
    with sdk_client(start_proxy(config)) as client:
        attempts = [
            client.chat.completions.with_raw_response.create(**chat_body()).headers["x-proapi-attempts"]
            for _ in range(10)
        ]
    assert attempts.count("2") <= 2
    assert set(attempts) <= {"1", "2"}
