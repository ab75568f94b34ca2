"""Whatever a backend sends, the client gets a reply or an error of the right shape, never a traceback."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from proapi_translate import ReplyTranslator, Target, translate_request

FIELDS = [
    "message", "content", "text", "thinking", "type", "tool_calls", "function", "arguments", "name", "index", "delta",
    "finish_reason", "usage", "tokens", "citations", "sources", "tool_plan", "logprobs", "id", "error",
]  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=12,
)
kinds = st.sampled_from(
    [
        "message-start", "content-start", "content-delta", "tool-plan-delta", "tool-call-start", "tool-call-delta",
        "tool-call-end", "citation-start", "message-end", "other",
    ]
)  # fmt: skip
events = st.lists(st.tuples(kinds, st.dictionaries(st.sampled_from(["index", "delta", "id"]), values)), max_size=6)


def reply_for(*, stream: bool) -> ReplyTranslator:
    body = {"model": "asked", "messages": [{"role": "user", "content": "x"}], "stream": stream}
    translation = translate_request("chat", json.dumps(body).encode(), Target("cohere", "command-a-03-2025"))
    reply = ReplyTranslator(translation, "chatcmpl-x", 1)
    reply.start(200, {})
    return reply


@given(events, st.binary(max_size=20))
def test_streams(told: list[tuple[str, dict[str, Any]]], rubbish: bytes) -> None:
    wire = b"".join(b"data: " + json.dumps({"type": kind, **fields}).encode() + b"\n\n" for kind, fields in told)
    reply = reply_for(stream=True)
    out = reply.feed(b"event: x\n" + wire + rubbish) + reply.finish()
    assert out.endswith(b"data: [DONE]\n\n")
    finished = b'"finish_reason":"' in out
    assert finished != (reply.failure is not None)


@given(values | st.binary(max_size=20))
def test_bodies(value: Any) -> None:
    reply = reply_for(stream=False)
    body = json.loads(reply.whole(value if isinstance(value, bytes) else json.dumps(value).encode()))
    assert ("error" in body) == (reply.status >= 400)
