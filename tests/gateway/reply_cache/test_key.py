"""What is the same request, and which has no place in the cache."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from proapi_gateway.reply_cache.key import Origin, Question, key_of

from .sample_entries import question

BODY: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.5}


def asked(*left_out: str, **changes: Any) -> Question:
    body = {name: value for name, value in {**BODY, **changes}.items() if name not in left_out}
    return question(json.dumps(body).encode())


def key(of: Question, *, with_tools: bool = False) -> str:
    return key_of(of, with_tools=with_tools)


def test_it_is_a_digest() -> None:
    assert len(key(asked())) == 64
    assert "hi" not in key(asked())


@pytest.mark.parametrize(
    "same",
    [
        asked(stream=True),
        asked(stream=False),
        asked(stream=True, stream_options={"include_usage": True}),
        question(json.dumps(dict(reversed(BODY.items())), indent=2).encode()),
        replace(asked(), origin=Origin("chat", "openai", "gpt-4o", "of another name")),
    ],
)
def test_what_does_not_matter(same: Question) -> None:
    assert key(same) == key(asked())


@pytest.mark.parametrize(
    "other",
    [
        asked("temperature"),
        asked(temperature=0.6),
        asked(seed=1),
        asked(user="u"),
        asked(messages=[{"role": "user", "content": "ho"}]),
        replace(asked(), scope="another"),
        replace(asked(), base_url="http://127.0.0.1"),
        replace(asked(), backend_dialect="anthropic"),
        replace(asked(), bodies=asked().bodies * 2),
        replace(asked(), origin=Origin("responses", "openai", "gpt-4o", "team-a")),
        replace(asked(), origin=Origin("chat", "azure", "gpt-4o", "team-a")),
        replace(asked(), origin=Origin("chat", "openai", "gpt-4o-mini", "team-a")),
    ],
)
def test_what_matters(other: Question) -> None:
    assert key(other) not in ("", key(asked()))


@pytest.mark.parametrize("acting", ["tools", "functions", "web_search_options", "plugins"])
def test_what_may_act_is_cached_only_if_asked_for(acting: str) -> None:
    acts = asked(**{acting: [{"x": 1}]})
    assert key(acts) == ""
    assert key(acts, with_tools=True) not in ("", key(asked()))
    in_the_clients_words = replace(asked(), client_body=acts.client_body)
    assert key(in_the_clients_words) == ""
    assert key(asked(**{acting: []})) != ""


@pytest.mark.parametrize(
    "never",
    [
        asked(previous_response_id="resp_1"),
        asked(conversation="conv_1"),
        asked(background=True),
        asked(audio={"voice": "alloy"}),
        question(b"no JSON"),
        question(b"[1]"),
        question(b""),
        replace(asked(), origin=Origin("images", "gemini", "m", "t")),
    ],
)
def test_what_has_no_key(never: Question) -> None:
    assert key(never, with_tools=True) == ""
