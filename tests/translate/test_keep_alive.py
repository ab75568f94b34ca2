"""A backend's comments and pings: a client's idle clock must start anew with them."""

from __future__ import annotations

import json

import pytest

from proapi_translate import ReplyTranslator, Target, translate_request

PING = b'event: ping\ndata: {"type": "ping"}\n\n'
CLAUDE = b"".join(
    b"data: " + event + b"\n\n"
    for event in (
        b'{"type":"message_start","message":{"id":"m","usage":{}}}',
        b'{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"hi"}}',
        b'{"type":"content_block_stop","index":0}',
        b'{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{}}',
        b'{"type":"message_stop"}',
    )
)
PROCESSING = b": OPENROUTER PROCESSING\n\n"
ROUTED = (
    b'data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":null}]}\n\n'
    b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)


@pytest.mark.parametrize(
    ("provider", "alive", "native"), [("anthropic", PING, CLAUDE), ("openrouter", PROCESSING, ROUTED)]
)
@pytest.mark.parametrize("client", ["chat", "responses"])
def test_a_backends_signs_of_life_go_on_in_their_places(
    provider: str, alive: bytes, native: bytes, client: str
) -> None:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "x"}], "input": "x"}
    target = Target(provider, "m", credential="k", options={"api": "chat"} if provider == "openrouter" else {})
    translation = translate_request(client, json.dumps(body).encode(), target)
    events = native.split(b"\n\n")
    stream = alive + alive.join(event + b"\n\n" for event in events[:-1])
    outputs = set()
    for size in (1, 7, len(stream)):
        reply = ReplyTranslator(translation, "id-1", 7)
        reply.start(200, {})
        assert reply.feed(alive) == b": keep-alive\n\n"
        assert not reply.opened  # another backend may still be tried
        rest = stream[len(alive) :]
        pieces = [reply.feed(rest[start : start + size]) for start in range(0, len(rest), size)]
        outputs.add(b"".join(pieces) + reply.finish())
        assert reply.failure is None
    (output,) = outputs
    assert output.count(b": keep-alive\n\n") == len(events) - 2
    plain = ReplyTranslator(translation, "id-1", 7)
    plain.start(200, {})
    assert output.replace(b": keep-alive\n\n", b"") == plain.feed(native) + plain.finish()
