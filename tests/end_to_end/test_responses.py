"""/v1/responses before backends that do not speak it, through the running proxy, event by event."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.configs import BACKEND_KEY, TOKEN
from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import DOORS, openai, sdk_client

CONFIG = """providers:
  - provider: echo
    model: [ parrot ]
  - provider: anthropic
    base_url: {url}
    api_key: {key}
    model: [ claude-sonnet-4-5: claude ]
tokens:
  - api_key: {token}
    model: [ all ]
"""
START = {"type": "message_start", "message": {"id": "m", "model": "claude", "usage": {"input_tokens": 3}}}
END = [
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]


def native(kind: str, index: int, **delta: Any) -> dict[str, Any]:
    return {"type": f"content_block_{kind}", "index": index, **delta}


THOUGHT = [
    native("start", 0, content_block={"type": "thinking", "thinking": ""}),
    native("delta", 0, delta={"type": "thinking_delta", "thinking": "plan"}),
    native("delta", 0, delta={"type": "signature_delta", "signature": "c2ln"}),
    native("stop", 0),
    native("start", 1, content_block={"type": "text", "text": ""}),
]


def said(text: str) -> dict[str, Any]:
    return native("delta", 1, delta={"type": "text_delta", "text": text})


def wire(*natives: dict[str, Any]) -> list[bytes]:
    return [b"data: %s\n\n" % json.dumps(value).encode() for value in natives]


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    with RunningProxy(CONFIG.format(url=backend.url, key=BACKEND_KEY, token=TOKEN)) as running:
        yield running


@pytest.fixture
def client(proxy: RunningProxy) -> Iterator[openai.OpenAI]:
    with sdk_client(proxy) as opened:
        yield opened


@pytest.mark.parametrize("door", DOORS)
def test_the_first_answer_needs_no_key(proxy: RunningProxy, door: str) -> None:
    with sdk_client(proxy, door) as client:
        assert client.responses.create(model="parrot", input="say it again").output_text == "say it again"
        with client.responses.stream(model="parrot", input="say it again") as stream:
            deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
            assert stream.get_final_response().output_text == "say it again"
        assert deltas == ["say", " it", " again"]


def test_each_event_comes_when_it_is_made(client: openai.OpenAI, backend: PacedBackend) -> None:
    gate = threading.Event()
    backend.script(Reply.stream([*wire(START, *THOUGHT, said("fo")), gate, *wire(said("ur"), *END)]))
    events = iter(client.responses.create(model="claude", input="hi", stream=True, store=False))
    first = next(event for event in events if event.type == "response.output_text.delta")
    assert first.delta == "fo"  # the rest of it waits for the gate
    gate.set()
    rest = list(events)
    assert [event.delta for event in rest if event.type == "response.output_text.delta"] == ["ur"]
    final = rest[-1].response
    assert [item.type for item in final.output] == ["reasoning", "message"]
    assert final.output[0].encrypted_content.startswith("proapi1.anthropic.")


def test_a_thought_comes_back_to_claude_through_the_proxy(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.stream(wire(START, *THOUGHT, said("four"), *END)))
    with client.responses.stream(model="claude", input="hi", store=False) as stream:
        output = [item.to_dict() for item in stream.get_final_response().output]
    backend.script(Reply.stream(wire(START, *THOUGHT, said("five"), *END)))
    items = [{"role": "user", "content": "hi"}, *output, {"role": "user", "content": "and more?"}]
    list(client.responses.create(model="claude", input=items, reasoning={"effort": "low"}, store=False, stream=True))
    (thought, text) = backend.requests[-1].json()["messages"][1]["content"]
    assert thought == {"type": "thinking", "thinking": "plan", "signature": "c2ln"}
    assert text == {"type": "text", "text": "four"}


def test_a_cut_stream_ends_failed(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.stream([*wire(START, *THOUGHT, said("fo")), CUT]))
    events = list(client.responses.create(model="claude", input="hi", stream=True))
    assert events[-1].type == "response.failed"
    assert events[-1].response.error.code == "server_error"
    assert not [event for event in events if event.type == "response.completed"]


def test_an_error_in_place_of_a_stream_is_an_http_error(client: openai.OpenAI, backend: PacedBackend) -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    backend.script(Reply.stream(wire(error)))
    with pytest.raises(openai.APIStatusError, match="Overloaded") as caught:
        client.responses.create(model="claude", input="hi", stream=True)
    assert caught.value.status_code == 529


def test_what_is_lost_is_told_in_a_header(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.stream(wire(START, *THOUGHT, said("four"), *END)))
    raw = client.responses.with_raw_response.create(
        model="claude", input="hi", stream=True, truncation="auto", prompt_cache_key="k"
    )
    assert raw.headers["x-proapi-lossy"].split(",") == ["prompt_cache_key", "truncation"]
    assert list(raw.parse())[-1].type == "response.completed"
