"""Streams of OpenAI's two formats with fields and events dropped, doubled, swapped or replaced: each reply still ends
as it must, for every client that is translated to."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proapi_translate import ReplyTranslator, Target, translate_request

Native = dict[str, Any]
ASKED: dict[str, Native] = {
    "chat": {"messages": [{"role": "user", "content": "x"}]},
    "completions": {"prompt": "x", "echo": True},
    "responses": {"input": "x"},
}
CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}


def chunk(finish: str | None = None, **delta: Any) -> Native:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {"id": "u", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


CHUNKS: list[Native] = [
    chunk(role="assistant", content=""),
    chunk(reasoning="hm", reasoning_details=[{"type": "reasoning.text", "text": "hm", "format": "x", "index": 0}]),
    chunk(content="a"),
    chunk(content="b", annotations=[{"type": "url_citation", "url_citation": {"url": "https://h", "title": "t"}}]),
    chunk(tool_calls=[CALL]),
    chunk(tool_calls=[{"index": 0, "function": {"arguments": "{}"}}]),
    chunk("tool_calls"),
    {"id": "u", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}},
]
PLACE = {"output_index": 1, "content_index": 0}
CITED = {"type": "url_citation", "url": "https://h", "title": "t", "start_index": 0, "end_index": 1}
TEXT = {"type": "output_text", "text": "ab", "annotations": [CITED]}
FUNCTION = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
RESPONSE = {"id": "r", "model": "m", "status": "completed", "output": [], "usage": {"input_tokens": 3}}
EVENTS: list[Native] = [
    {"type": "response.created", "response": RESPONSE},
    {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "summary": []}},
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "hm"},
    {"type": "response.output_item.done", "output_index": 0, "item": {"type": "reasoning", "encrypted_content": "s"}},
    {"type": "response.output_item.added", "output_index": 1, "item": {"type": "message", "content": []}},
    {"type": "response.output_text.delta", **PLACE, "delta": "a", "logprobs": [{"token": "a", "logprob": -1}]},
    {"type": "response.output_text.delta", **PLACE, "delta": "b"},
    {"type": "response.output_text.annotation.added", **PLACE, "annotation": CITED},
    {"type": "response.output_item.done", "output_index": 1, "item": {"type": "message", "content": [TEXT]}},
    {"type": "response.output_item.added", "output_index": 2, "item": {**FUNCTION, "arguments": ""}},
    {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "{}"},
    {"type": "response.output_item.done", "output_index": 2, "item": FUNCTION},
    {"type": "response.completed", "response": {**RESPONSE, "output": [{"type": "reasoning"}, FUNCTION]}},
]
LANES = [
    (Target("siliconflow", "m", credential="k"), "completions", CHUNKS),
    (Target("siliconflow", "m", credential="k"), "responses", CHUNKS),
    (Target("openai", "gpt-5", credential="k", options={"api": "responses"}), "chat", EVENTS),
    (Target("openai", "gpt-5", credential="k", options={"api": "responses"}), "completions", EVENTS),
]
_OTHERS: tuple[Any, ...] = (None, "", [], {}, 0, 1, "x", True, [{}], {"a": 1})


def mangle(value: Any, chance: Random) -> Any:
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if chance.random() > 0.04}
        return {n: mangle(v, chance) if chance.random() > 0.04 else chance.choice(_OTHERS) for n, v in kept.items()}
    if isinstance(value, list):
        return [mangle(item, chance) for item in value if chance.random() > 0.05]
    return value


def mangled(natives: list[Native], chance: Random) -> list[Native]:
    events = copy.deepcopy(natives)
    for _ in range(chance.randint(0, 3)):
        first, second = chance.randrange(len(events)), chance.randrange(len(events))
        if chance.random() < 0.4:
            events[first], events[second] = events[second], events[first]
        elif chance.random() < 0.5:
            events.insert(second, copy.deepcopy(events[first]))
        elif len(events) > 1:
            del events[first]
    return [mangle(event, chance) for event in events]


def reply_of(target: Target, client: str, *, stream: bool) -> ReplyTranslator:
    body = json.dumps({"model": "m", **ASKED[client], "stream": stream}).encode()
    reply = ReplyTranslator(translate_request(client, body, target), "id-1", 1)
    reply.start(200, {})
    return reply


@pytest.mark.parametrize(("target", "client", "natives"), LANES)
def test_it_ends_well(target: Target, client: str, natives: list[Native]) -> None:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.randoms(use_true_random=False))
    def run(chance: Random) -> None:
        events = mangled(natives, chance)
        body = b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events) + b"data: [DONE]\n\n"
        streamed, whole = reply_of(target, client, stream=True), reply_of(target, client, stream=False)
        output = streamed.feed(body) + streamed.finish()
        answer = json.loads(whole.whole(body))
        assert (streamed.failure is None) == (whole.failure is None) == (not answer.get("error"))
        assert output

    run()
