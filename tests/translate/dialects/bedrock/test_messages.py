"""Turns → system and messages: roles, order, what stands at the ends, thoughts before tool calls."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from proapi_translate.errors import ClientFault
from proapi_translate.prompt import Signature, Thinking

from .wire import CLAUDE, LLAMA, NOVA, lost_fields, write_chat

CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
ASKED: list[dict[str, Any]] = [
    {"role": "user", "content": "sum"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
]
ANSWERED = [*ASKED, {"role": "tool", "tool_call_id": "call_1", "content": "3"}]
TITAN = "amazon.titan-text-express-v1"
OPUS_4_6 = "anthropic.claude-opus-4-6-v1"


def messages_of(messages: list[dict[str, Any]], model: str = CLAUDE, **context: Any) -> list[dict[str, Any]]:
    written, _ = write_chat({"messages": messages}, model, **context)
    found: list[dict[str, Any]] = written.body["messages"]
    return found


def user(*texts: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"text": text} for text in texts]}


def assistant(*texts: str) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"text": text} for text in texts]}


def test_system_and_developer_texts_are_hoisted_in_order() -> None:
    chat = [
        {"role": "developer", "content": "Be terse."},
        {"role": "system", "content": [{"type": "text", "text": "Use metric."}]},
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"},
        {"role": "system", "content": "Now answer in French."},
        {"role": "user", "content": "bye"},
    ]
    written, losses = write_chat({"messages": chat})
    assert written.body["system"] == [{"text": "Be terse."}, {"text": "Use metric."}, {"text": "Now answer in French."}]
    assert written.body["messages"] == [user("hi"), assistant("hello"), user("bye")]
    assert losses == ()


def test_a_model_without_system_prompts_gets_it_before_the_first_message() -> None:
    chat = [{"role": "system", "content": "Be terse."}, {"role": "user", "content": "hi"}]
    written, losses = write_chat({"messages": chat}, TITAN)
    assert "system" not in written.body
    assert written.body["messages"] == [user("Be terse.", "hi")]
    assert lost_fields(losses) == ["messages"]


def test_a_system_text_alone_is_the_users() -> None:
    written, _ = write_chat({"messages": [{"role": "system", "content": "Write a poem."}]})
    assert written.body == {"messages": [user("Write a poem.")]}


def test_neighbours_are_merged_and_results_stand_first() -> None:
    chat = [*ANSWERED, {"role": "user", "content": "go"}, {"role": "user", "content": "on"}]
    result = {"toolResult": {"toolUseId": "call_1", "content": [{"text": "3"}]}}
    assert messages_of(chat)[-1] == {"role": "user", "content": [result, {"text": "go"}, {"text": "on"}]}


@pytest.mark.parametrize("model", [LLAMA, "mistral.mistral-large-2407-v1:0", "writer.palmyra-x5-v1:0"])
def test_some_models_take_results_only_alone(model: str) -> None:
    written, losses = write_chat({"messages": [*ANSWERED, {"role": "user", "content": "go"}]}, model)
    assert [list(block) for message in written.body["messages"][2:] for block in message["content"]] == [
        ["toolResult"],
        ["text"],
        ["text"],
    ]
    assert [message["role"] for message in written.body["messages"]] == [
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert "messages" in lost_fields(losses)


@pytest.mark.parametrize(("model", "starts"), [(CLAUDE, "assistant"), (NOVA, "user"), (LLAMA, "user")])
def test_the_user_begins_where_the_model_insists(model: str, starts: str) -> None:
    chat = [{"role": "assistant", "content": "Hello."}, {"role": "user", "content": "hi"}]
    written, losses = write_chat({"messages": chat}, model)
    assert written.body["messages"][0]["role"] == starts
    assert ("messages" in lost_fields(losses)) == (starts == "user")


@pytest.mark.parametrize(
    ("model", "last"),
    [(CLAUDE, assistant("{")), (NOVA, assistant("{")), (OPUS_4_6, user("Continue.")), (LLAMA, user("Continue."))],
)
def test_a_given_beginning_of_the_answer(model: str, last: dict[str, Any]) -> None:
    chat = [{"role": "user", "content": "List JSON"}, {"role": "assistant", "content": "{ "}]
    written, losses = write_chat({"messages": chat}, model)
    assert written.body["messages"][-1] == last
    assert ("messages" in lost_fields(losses)) == (last["role"] == "user")


def test_calls_at_the_end_are_no_beginning_of_an_answer() -> None:
    assert messages_of(ASKED, OPUS_4_6)[-1]["role"] == "assistant"


def test_names_of_participants_are_reported() -> None:
    _, losses = write_chat({"messages": [{"role": "user", "name": "bob", "content": "hi"}]})
    assert lost_fields(losses) == ["messages[].name"]


@pytest.mark.parametrize(
    "chat", [[{"role": "user", "content": " \n"}], [{"role": "assistant", "reasoning_content": "hm"}]]
)
def test_nothing_to_say_is_the_clients_fault(chat: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientFault) as caught:
        write_chat({"messages": chat})
    assert (caught.value.status, caught.value.param) == (400, "messages")


def test_a_document_never_stands_without_a_text() -> None:
    pdf = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0xLjQK"}}
    written, losses = write_chat({"messages": [{"role": "user", "content": [pdf]}]})
    assert [next(iter(block)) for block in written.body["messages"][0]["content"]] == ["document", "text"]
    assert lost_fields(losses) == ["messages"]


class TestThoughts:
    SIGNED = (Thinking("use add", Signature("c2ln", "anthropic")),)
    BLOCK: ClassVar[dict[str, Any]] = {"reasoningContent": {"reasoningText": {"text": "use add", "signature": "c2ln"}}}

    def test_remembered_ones_stand_before_their_call(self) -> None:
        found = messages_of(ANSWERED, recall=lambda call_id: self.SIGNED if call_id == "call_1" else ())
        assert [next(iter(block)) for block in found[1]["content"]] == ["reasoningContent", "toolUse"]
        assert found[1]["content"][0] == self.BLOCK

    def test_the_clients_own_ones_win(self) -> None:
        details = [{"type": "reasoning.text", "text": "mine", "signature": "bWluZQ==", "format": "anthropic-claude-v1"}]
        chat = [ANSWERED[0], {**ANSWERED[1], "reasoning_details": details}, ANSWERED[2]]
        found = messages_of(chat, recall=lambda call_id: self.SIGNED)
        assert found[1]["content"][0] == {
            "reasoningContent": {"reasoningText": {"text": "mine", "signature": "bWluZQ=="}}
        }

    def test_other_vendors_and_unsigned_ones_are_dropped_and_reported(self) -> None:
        foreign = (Thinking("t", Signature("x", "google")),)
        chat = [ANSWERED[0], {**ANSWERED[1], "reasoning_content": "hm"}, ANSWERED[2]]
        written, losses = write_chat({"messages": chat}, recall=lambda call_id: foreign)
        assert [next(iter(block)) for block in written.body["messages"][1]["content"]] == ["toolUse"]
        assert lost_fields(losses) == ["reasoning_content"]

    def test_unsigned_text_gives_way_to_the_signed_one_without_a_loss(self) -> None:
        chat = [ANSWERED[0], {**ANSWERED[1], "reasoning_content": "use add"}, ANSWERED[2]]
        written, losses = write_chat({"messages": chat}, recall=lambda call_id: self.SIGNED)
        assert written.body["messages"][1]["content"][0] == self.BLOCK
        assert losses == ()

    def test_a_hidden_thought_goes_back_as_the_blob_it_was(self) -> None:
        hidden = (Thinking("", Signature("Eu8E", "anthropic"), redacted=True),)
        found = messages_of(ANSWERED, recall=lambda call_id: hidden)
        assert found[1]["content"][0] == {"reasoningContent": {"redactedContent": "RXU4RQ=="}}


def test_calls_counted_anew_in_each_turn_get_ids_of_their_own() -> None:
    messages = messages_of([*ANSWERED, *ANSWERED[1:]])
    blocks = [message["content"][0] for message in messages]
    assert [block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block] == ["call_1", "call_1_1"]
    assert messages[-1]["content"][0]["toolResult"]["toolUseId"] == "call_1_1"


def test_a_turn_that_comes_out_empty_leaves_no_two_messages_of_one_role() -> None:
    thought = {"role": "assistant", "content": "", "reasoning_content": "another model's"}
    asked = [{"role": "user", "content": text} for text in "ab"]
    assert messages_of([asked[0], thought, asked[1]]) == [user("a", "b")]
