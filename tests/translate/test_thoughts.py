"""Which thoughts belong to which call."""

from __future__ import annotations

from proapi_translate.events import PartStart, SignatureDelta, TextDelta
from proapi_translate.prompt import Signature, Thinking
from proapi_translate.thoughts import ThoughtKeeper

CLAUDE = Signature("c2ln", "anthropic")
GOOGLE = Signature("U0lH", "google")


def test_signed_thoughts_go_with_every_later_call() -> None:
    keeper = ThoughtKeeper()
    for event in (
        PartStart(0, "thinking"),
        TextDelta(0, "use "),
        TextDelta(0, "the scale"),
        SignatureDelta(0, CLAUDE),
        PartStart(1, "tool_call", id="a", name="f"),
        TextDelta(1, "{}"),
        PartStart(2, "tool_call", id="b", name="f"),
    ):
        keeper.see(event)
    thought = Thinking("use the scale", CLAUDE)
    assert keeper.by_call == {"a": (thought,), "b": (thought,)}


def test_a_calls_own_signature_is_kept_with_it_alone() -> None:
    keeper = ThoughtKeeper()
    for event in (
        PartStart(0, "tool_call", id="a", name="f"),
        SignatureDelta(0, GOOGLE),
        PartStart(1, "tool_call", id="b", name="f"),
    ):
        keeper.see(event)
    assert keeper.by_call == {"a": (Thinking("", GOOGLE),)}


def test_unsigned_thoughts_are_not_kept() -> None:
    keeper = ThoughtKeeper()
    for event in (PartStart(0, "thinking"), TextDelta(0, "hm"), PartStart(1, "tool_call", id="a", name="f")):
        keeper.see(event)
    assert keeper.by_call == {}
