"""Whatever a backend sends, the client gets a reply or an error of the right shape, never a traceback."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from proapi_translate import ReplyTranslator, Target, translate_request

FIELDS = [
    "response", "tool_calls", "choices", "delta", "message", "content", "function", "name", "arguments", "index",
    "usage", "result", "success", "errors", "error", "finish_reason", "prompt_tokens", "id", "model",
]  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)


def reply_for(*, stream: bool) -> ReplyTranslator:
    body = {"model": "asked", "messages": [{"role": "user", "content": "x"}], "stream": stream}
    target = Target("cloudflare", "@cf/m", options={"account_id": "a"})
    reply = ReplyTranslator(translate_request("chat", json.dumps(body).encode(), target), "chatcmpl-x", 1)
    reply.start(200, {})
    return reply


@given(st.lists(values, max_size=5), st.sampled_from([b"", b"data: [DONE]\n\n", b"\xff", b"data: {"]))
def test_streams(told: list[Any], end: bytes) -> None:
    wire = b"".join(b"data: " + json.dumps(value).encode() + b"\n\n" for value in told)
    reply = reply_for(stream=True)
    out = reply.feed(wire + end) + reply.finish()
    assert out.endswith(b"data: [DONE]\n\n")
    assert (b'"finish_reason":"' in out) != (reply.failure is not None)


@given(values | st.binary(max_size=20))
def test_bodies(value: Any) -> None:
    reply = reply_for(stream=False)
    body = json.loads(reply.whole(value if isinstance(value, bytes) else json.dumps(value).encode()))
    assert ("error" in body) == (reply.status >= 400)
