"""Which thoughts belong to which call."""

from __future__ import annotations

import json

from proapi_translate import Context, Target, translate_request
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


def test_what_is_remembered_takes_the_place_of_an_unsigned_thought_without_a_loss() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    turn = {"role": "assistant", "content": None, "reasoning_content": "weighed it", "tool_calls": [call]}
    user = {"role": "user", "content": "go"}
    messages = [user, turn, {"role": "tool", "tool_call_id": "c1", "content": "4"}]
    body = json.dumps({"model": "m", "messages": messages}).encode()
    context = Context(recall={"c1": (Thinking("weighed it", CLAUDE),)}.__getitem__)
    translation = translate_request("chat", body, Target("anthropic", "claude-sonnet-4-5"), context)
    [thought, _] = json.loads(translation.upstream.body)["messages"][1]["content"]
    assert thought == {"type": "thinking", "thinking": "weighed it", "signature": "c2ln"}
    assert translation.losses == ()
