"""What marks the lines of two spellings of one request."""

from __future__ import annotations

import time

from admin.flow_xray.body_text import pretty_json
from admin.flow_xray.differences import Mark, mark_differences, unmarked

CHAT = {"model": "gpt-4o", "seed": 7, "temperature": 0.5, "messages": [{"role": "user", "content": "hello there"}]}
CLAUDE = {
    "max_tokens": 4096,
    "messages": [{"content": [{"text": "hello there", "type": "text"}], "role": "user"}],
    "model": "claude-sonnet-4-5",
    "temperature": 0.5,
}


def marks(runs: object) -> dict[str, Mark]:
    return {line.strip().rstrip(","): mark for mark, text in runs for line in text.split("\n")}  # type: ignore[attr-defined]


def test_what_is_the_same_what_moved_and_what_is_alone() -> None:
    left, right = mark_differences(pretty_json(CHAT), pretty_json(CLAUDE))
    here, there = marks(left), marks(right)
    assert here['"seed": 7'] is Mark.ALONE
    assert here['"model": "gpt-4o"'] is Mark.ALONE
    assert here['"temperature": 0.5'] is there['"temperature": 0.5'] is Mark.SAME
    assert here['"content": "hello there"'] is there['"text": "hello there"'] is Mark.MOVED
    assert there['"max_tokens": 4096'] is Mark.ALONE
    assert here["}"] is there["{"] is Mark.SAME
    for runs, body in ((left, CHAT), (right, CLAUDE)):
        assert "\n".join(text for _, text in runs) == pretty_json(body)


def test_equal_bodies_have_no_marks() -> None:
    left, right = mark_differences(pretty_json(CHAT), pretty_json(CHAT))
    assert left == right == unmarked(pretty_json(CHAT))


def test_the_work_is_linear() -> None:
    left = "\n".join(f'"key{place}": "value {place}",' for place in range(20_000))
    began = time.thread_time()
    mark_differences(left, left.replace("key", "kay"))
    mark_differences('"' + "\\" * 200_000, '"a": "' + "x" * 200_000)
    assert time.thread_time() - began < 2
