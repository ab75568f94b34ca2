"""Earlier turns in a summary: asked for at the input's end, sealed in the reply, and read again by any model."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate import ClientFault, Signature
from proapi_translate.dialects.openai_responses import CLIENT
from proapi_translate.events import (
    Annotation,
    Event,
    Finish,
    FinishReason,
    LogProbs,
    PartEnd,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
)  # fmt: skip
from proapi_translate.interface import Asked, ReplyFacts
from proapi_translate.prompt import Text, ToolChoice
from proapi_translate.sealed_summaries import seal_summary, unseal_summary
from tests.translate.responses_contract import check_stream

from .lanes import CREATED, MODEL, REPLY_ID, sent

HI = {"role": "user", "content": "hi"}
TRIGGER = {"type": "compaction_trigger"}
F = {"type": "function", "name": "f"}
THOUGHT: list[Event] = [
    PartStart(0, "thinking"), TextDelta(0, "hm"), SignatureDelta(0, Signature("c2ln", "anthropic")), PartEnd(0),
]  # fmt: skip
TEXTS: list[Event] = [
    PartStart(1, "text"), Annotation(1, {"type": "url_citation", "url": "https://a"}), TextDelta(1, "they want "),
    PartEnd(1), PartStart(2, "text"), TextDelta(2, "tea"), LogProbs(2, []), PartEnd(2),
]  # fmt: skip


def told(events: list[Event], reason: FinishReason = "stop") -> dict[str, Any]:
    """The last response; its stream is legal, and its whole form the same."""
    facts = ReplyFacts(Asked("responses", MODEL, body={"model": MODEL, "input": [HI, TRIGGER]}), REPLY_ID, CREATED)
    events = [Start(), *events, Finish(reason)]
    writer = CLIENT.stream_writer(facts)
    response: dict[str, Any] = check_stream(
        b"".join(writer.write(event) for event in events) + writer.end(), model=MODEL
    )[-1]["response"]
    assert CLIENT.write_body(events, facts)["output"] == response["output"]
    return response


def test_a_summary_is_asked_for_and_no_tool_is_called() -> None:
    prompt = CLIENT.read_request({"model": "m", "input": [HI, TRIGGER], "tools": [F], "tool_choice": "required"})
    (wish,) = prompt.turns[-1].parts
    assert isinstance(wish, Text)
    assert "summary of this conversation" in wish.text
    assert [tool.name for tool in prompt.tools] == ["f"]
    assert prompt.tool_choice == ToolChoice("none")
    assert CLIENT.read_request({"model": "m", "input": [HI, TRIGGER]}).tool_choice is None


def test_all_the_text_is_one_sealed_item() -> None:
    response = told([*THOUGHT, *TEXTS])
    thought, summary = response["output"]
    assert thought["type"] == "reasoning"
    assert (summary["type"], set(summary)) == ("compaction", {"type", "id", "encrypted_content"})
    assert (unseal_summary(summary["encrypted_content"]) or "").endswith("\n\nthey want tea")
    assert response["status"] == "completed"


def test_a_summary_that_was_cut_is_incomplete() -> None:
    assert told(TEXTS, "length")["status"] == "incomplete"


def test_a_reply_without_text_has_no_summary() -> None:
    assert told([])["output"] == []


def test_it_is_plain_words_to_the_next_model() -> None:
    sealed = seal_summary("they want tea")
    body = sent({"input": [{"type": "compaction", "id": "cmp_1", "encrypted_content": sealed}, HI]})
    first = body["messages"][0]
    assert first["role"] == "user"
    assert first["content"][0]["text"].endswith("they want tea")


@pytest.mark.parametrize("sealed", ["gAAAAABo5kfx", seal_summary("x")[:-1]])
def test_one_that_cannot_be_read_is_refused(sealed: str) -> None:
    with pytest.raises(ClientFault) as caught:
        CLIENT.read_request({"model": "m", "input": [{"type": "compaction", "encrypted_content": sealed}, HI]})
    assert caught.value.param == "input[0].encrypted_content"
