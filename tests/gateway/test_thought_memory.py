"""What is remembered of a call, for whom, and for how long."""

from __future__ import annotations

from proapi_gateway.thought_memory import ThoughtMemory
from proapi_translate import Signature, Thinking

THOUGHT = (Thinking("use the scale", Signature("c2ln", "anthropic")),)


def test_a_thought_is_recalled_by_its_call() -> None:
    memory = ThoughtMemory()
    memory.keep("team-a", {"toolu_1": THOUGHT})
    assert memory.recall("team-a", "toolu_1") == THOUGHT
    assert memory.recall("team-a", "toolu_2") == ()


def test_each_token_has_its_own() -> None:
    memory = ThoughtMemory()
    memory.keep("team-a", {"toolu_1": THOUGHT})
    assert memory.recall("team-b", "toolu_1") == ()


def test_the_least_recently_used_is_forgotten() -> None:
    memory = ThoughtMemory(calls=2)
    memory.keep("t", {"a": THOUGHT, "b": THOUGHT})
    memory.recall("t", "a")
    memory.keep("t", {"c": THOUGHT})
    assert [bool(memory.recall("t", call)) for call in "abc"] == [True, False, True]


def test_long_thoughts_take_no_more_and_more_memory() -> None:
    memory = ThoughtMemory(characters=50)  # of which each of these takes 17
    for call in "abab":
        memory.keep("t", {call: THOUGHT})
    memory.keep("t", {"c": THOUGHT})
    assert [bool(memory.recall("t", call)) for call in "abc"] == [False, True, True]
    memory.keep("t", {"long": (Thinking("x" * 51),)})
    assert not any(memory.recall("t", call) for call in ("b", "c", "long"))
    memory.keep("t", {"d": THOUGHT})
    assert memory.recall("t", "d") == THOUGHT
