"""Usage: once, at the end, if it was asked for; and known in any case."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.events import Usage
from proapi_translate.passthrough.usage import read_usage

from .wire import ENVELOPE, START, STOP, USAGE, checked, chunk, lane, wire

USAGES = {
    "in a chunk of its own": [START, STOP, {**ENVELOPE, "choices": [], "usage": USAGE}],
    "on the last chunk": [START, chunk({}, "stop", usage=USAGE)],
    "on every chunk": [{**START, "usage": {**USAGE, "completion_tokens": 1}}, chunk({}, "stop", usage=USAGE)],
    "zeros last": [START, chunk({}, "stop", usage=USAGE), chunk({}, "stop", usage=dict.fromkeys(USAGE, 0))],
    "in Groq's own object": [START, chunk({}, "stop", x_groq={"usage": USAGE})],
}


@pytest.mark.parametrize("events", USAGES.values(), ids=USAGES)
def test_usage_comes_once_at_the_end_if_it_was_asked_for(events: list[dict[str, Any]]) -> None:
    assert checked(*events, include_usage=True)[-1]["usage"] == USAGE
    checked(*events)
    reply = lane()
    reply.feed(wire(*events))
    assert reply.usage == Usage(9, 3, total_tokens=12)


def test_no_usage_is_made_up() -> None:
    assert all("usage" not in one for one in checked(START, STOP, include_usage=True))


def test_a_usage_without_a_total_is_completed() -> None:
    told = {"prompt_tokens": 9, "completion_tokens": 3, "x": 1}
    last = checked(START, chunk({}, "stop", usage=told), include_usage=True)[-1]
    assert last["usage"] == {**told, "total_tokens": 12}


@pytest.mark.parametrize("usage", [None, {}, [], "", "x", 5])
def test_what_is_no_usage_is_none(usage: Any) -> None:
    assert read_usage(usage) is None
    assert checked(START, chunk({}, "stop", usage=usage), include_usage=True)[-1].get("usage") is None


DETAILS: dict[str, tuple[dict[str, Any], Usage]] = {
    "OpenAI": (
        {
            **USAGE,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 1, "cache_write_tokens": 2},
            "completion_tokens_details": {"reasoning_tokens": 2, "audio_tokens": 1},
        },
        Usage(9, 3, 4, 2, 2, 1, 1, 12),
    ),
    "details are null": ({**USAGE, "prompt_tokens_details": None}, Usage(9, 3, total_tokens=12)),
    "DeepSeek": ({**USAGE, "prompt_cache_hit_tokens": 4}, Usage(9, 3, cached_tokens=4, total_tokens=12)),
    "Moonshot": ({**USAGE, "cached_tokens": 4}, Usage(9, 3, cached_tokens=4, total_tokens=12)),
    "xAI counts reasoning beside the completion": (
        {**USAGE, "total_tokens": 14, "completion_tokens_details": {"reasoning_tokens": 2}},
        Usage(9, 5, reasoning_tokens=2, total_tokens=14),
    ),
    "counts that are none": (
        {"prompt_tokens": None, "completion_tokens": "3", "total_tokens": 12.0},
        Usage(total_tokens=12),
    ),
}


@pytest.mark.parametrize(("usage", "told"), DETAILS.values(), ids=DETAILS)
def test_usage_is_read_wherever_it_stands(usage: dict[str, Any], told: Usage) -> None:
    assert read_usage(usage) == told
