"""Conversations of /v1/responses in front of a backend that keeps nothing: all turns go to it, and are kept by us."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.configs import TOKEN, one_backend, several_backends
from tests.end_to_end.paced_backend import CUT, PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.end_to_end.sdk_clients import openai, sdk_client

Start = Callable[..., RunningProxy]
OTHER_TOKEN = "sk-test-of-another-client"
TWO_TOKENS = f"    model: [ all ]\n  - api_key: {OTHER_TOKEN}\n    model: [ all ]\nserver:"
ECHO = f"providers: [{{provider: echo, model: [m]}}]\ntokens: [{{api_key: {TOKEN}, model: [all]}}]"
WEATHER = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}}


def claude_body(content: list[dict[str, Any]], stop_reason: str = "end_turn") -> dict[str, Any]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "stop_sequence": None}
    return {**head, "content": content, "stop_reason": stop_reason, "usage": usage}


def claude_events(text: str) -> list[bytes]:
    opened = {"index": 0, "content_block": {"type": "text", "text": ""}}
    told: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**claude_body([]), "stop_reason": None}},
        {"type": "content_block_start", **opened},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in told]


def said(message: dict[str, Any]) -> str:
    content = message["content"]
    texts = [content] if isinstance(content, str) else [part.get("text", f"<{part['type']}>") for part in content]
    return f"{message['role']}: {' '.join(texts)}"


def echo(request: ReceivedRequest) -> Reply:
    """What it was sent, as its reply: "user: one | assistant: …"."""
    asked = request.json()
    text = " | ".join(map(said, asked["messages"]))
    if asked.get("stream"):
        return Reply.stream(claude_events(text))
    return Reply.json(claude_body([{"type": "text", "text": text}]))


@pytest.fixture(scope="module")
def backend() -> Iterator[PacedBackend]:
    with PacedBackend(echo) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(backend: PacedBackend) -> Iterator[RunningProxy]:
    config = one_backend(backend.url).replace("    model: [ all ]\nserver:", TWO_TOKENS)
    with RunningProxy(config.replace("provider: openai", "provider: anthropic")) as running:
        yield running


@pytest.fixture(params=["base_url", "explicit http2"])
def client(request: pytest.FixtureRequest, proxy: RunningProxy) -> Iterator[openai.OpenAI]:
    with sdk_client(proxy, request.param) as opened:
        yield opened


def assert_not_found(ask: Callable[[], object], response_id: str) -> None:
    with pytest.raises(openai.NotFoundError, match=f"Response with id '{response_id}' not found"):
        ask()


# -- turns -----------------------------------------------------------------------------------------------------------
def test_three_turns_are_one_conversation(client: openai.OpenAI, backend: PacedBackend) -> None:
    first = client.responses.create(model="m", input="one", instructions="be brief")
    assert (first.output_text, first.previous_response_id) == ("user: one", None)
    assert "be brief" in str(backend.requests[-1].json()["system"])
    turns = [{"role": "user", "content": "two"}]
    second = client.responses.create(model="m", input=turns, previous_response_id=first.id)
    assert second.output_text == "user: one | assistant: user: one | user: two"
    assert second.previous_response_id == first.id
    assert "be brief" not in str(backend.requests[-1].json())  # instructions are each request's own
    third = client.responses.create(model="m", input="three", previous_response_id=second.id)
    assert third.output_text == f"{second.output_text} | assistant: {second.output_text} | user: three"
    branch = client.responses.create(model="m", input="other", previous_response_id=first.id)
    assert branch.output_text == "user: one | assistant: user: one | user: other"


def test_a_stream_is_kept_before_its_last_event_is_there(client: openai.OpenAI) -> None:
    """The next turn is sent while the first one's connection has not even ended."""
    stream = client.responses.create(model="m", input="one", stream=True)
    made = next(event.response for event in stream if event.type == "response.completed")
    with client.responses.stream(model="m", input="two", previous_response_id=made.id) as following:
        final = following.get_final_response()
    assert final.output_text == "user: one | assistant: user: one | user: two"
    assert final.previous_response_id == made.id
    stream.close()


def test_a_tools_result_needs_only_its_call_in_an_earlier_turn(client: openai.OpenAI, backend: PacedBackend) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}
    backend.script(Reply.json(claude_body([call], "tool_use")))
    first = client.responses.create(model="m", input="one", tools=[WEATHER])
    assert first.output[-1].type == "function_call"
    result = {"type": "function_call_output", "call_id": first.output[-1].call_id, "output": "sunny"}
    client.responses.create(model="m", input=[result], previous_response_id=first.id, tools=[WEATHER])
    messages = backend.requests[-1].json()["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[1]["content"][-1]["input"] == {"city": "Paris"}
    assert messages[2]["content"][0]["tool_use_id"] == messages[1]["content"][-1]["id"]


def test_an_item_that_is_referred_to_is_sent(client: openai.OpenAI) -> None:
    first = client.responses.create(model="m", input="one")
    turns = [
        {"role": "user", "content": "one"},
        {"type": "item_reference", "id": first.output[0].id},
        {"role": "user", "content": "two"},
    ]
    second = client.responses.create(model="m", input=turns)
    assert second.output_text == "user: one | assistant: user: one | user: two"


def test_earlier_turns_are_made_shorter(client: openai.OpenAI, backend: PacedBackend) -> None:
    first = client.responses.create(model="m", input="one")
    backend.script(Reply.json(claude_body([{"type": "text", "text": "the gist"}])))
    compacted = client.responses.compact(model="m", input="two", previous_response_id=first.id)
    assert compacted.object == "response.compaction"
    assert [item.type for item in compacted.output] == ["message", "message", "compaction"]
    assert "user: one" in str(backend.requests[-1].json()["messages"])
    items = [item.to_dict(warnings=False) for item in compacted.output]  # its types have no user messages here
    following = client.responses.create(model="m", input=[*items, {"role": "user", "content": "three"}])
    assert following.output_text.startswith("user: one two Earlier turns")
    assert following.output_text.endswith("the gist three")
    with pytest.raises(openai.NotFoundError, match="resp_unknown"):
        client.responses.compact(model="m", input="two", previous_response_id="resp_unknown")


# -- what is not there -----------------------------------------------------------------------------------------------
def test_what_is_not_known_is_refused(client: openai.OpenAI, backend: PacedBackend) -> None:
    mine = client.responses.create(model="m", input="one")
    unstored = client.responses.create(model="m", input="one", store=False)
    other = client.with_options(api_key=OTHER_TOKEN)
    before = len(backend.requests)
    for who, response_id in ((client, "resp_unknown"), (client, unstored.id), (other, mine.id)):
        with pytest.raises(openai.NotFoundError) as refused:
            who.responses.create(model="m", input="two", previous_response_id=response_id)
        assert refused.value.body["message"] == f"Previous response with id '{response_id}' not found."
        assert (refused.value.code, refused.value.param) == ("previous_response_not_found", "previous_response_id")
        for ask in (who.responses.retrieve, who.responses.delete, who.responses.cancel, who.responses.input_items.list):
            assert_not_found(lambda ask=ask, response_id=response_id: ask(response_id), response_id)
    assert len(backend.requests) == before


def test_a_reply_that_was_cut_is_not_kept(client: openai.OpenAI, backend: PacedBackend) -> None:
    backend.script(Reply.stream([*claude_events("hello")[:3], CUT]))
    events = list(client.responses.create(model="m", input="one", stream=True))
    assert events[-1].type == "response.failed"
    assert_not_found(lambda: client.responses.retrieve(events[-1].response.id), events[-1].response.id)


def test_conversation_objects_are_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="conversation"):
        client.responses.create(model="m", input="one", conversation="conv_1")


# -- what is kept ----------------------------------------------------------------------------------------------------
def test_a_response_is_given_again(client: openai.OpenAI) -> None:
    made = client.responses.create(model="m", input="one", metadata={"a": "b"})
    assert client.responses.retrieve(made.id).to_dict() == made.to_dict()
    replayed = list(client.responses.retrieve(made.id, stream=True))
    assert [event.type for event in replayed] == ["response.created", "response.completed"]
    assert replayed[-1].response.to_dict() == made.to_dict()
    rest = list(client.responses.retrieve(made.id, stream=True, starting_after=0))
    assert [event.sequence_number for event in rest] == [1]


def test_a_response_is_deleted(client: openai.OpenAI) -> None:
    made = client.responses.create(model="m", input="one")
    client.responses.delete(made.id)
    for ask in (client.responses.retrieve, client.responses.delete):
        assert_not_found(lambda ask=ask: ask(made.id), made.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="m", input="two", previous_response_id=made.id)


def test_nothing_is_left_to_cancel(client: openai.OpenAI) -> None:
    made = client.responses.create(model="m", input="one")
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(made.id)


def test_its_input_is_listed_page_by_page(client: openai.OpenAI) -> None:
    first = client.responses.create(model="m", input="one")
    turns = [{"role": "user", "content": "two"}, {"role": "user", "content": "three"}]
    second = client.responses.create(model="m", input=turns, previous_response_id=first.id)
    listed = list(client.responses.input_items.list(second.id, order="asc", limit=1))  # the SDK turns the pages
    assert [item.role for item in listed] == ["user", "assistant", "user", "user"]
    assert [item.content[0].text for item in listed] == ["one", "user: one", "two", "three"]
    assert len({item.id for item in listed}) == 4
    newest = client.responses.input_items.list(second.id, limit=2)
    assert ([item.id for item in newest.data], newest.has_more) == ([item.id for item in listed[:1:-1]], True)
    assert [item.content[0].text for item in client.responses.input_items.list(first.id).data] == ["one"]


# -- other backends --------------------------------------------------------------------------------------------------
def test_the_gateways_own_echo_keeps_them_too(start_proxy: Start) -> None:
    with sdk_client(start_proxy(ECHO)) as client:
        for stream in (False, True):
            made = client.responses.create(model="m", input="one", stream=stream)
            if stream:
                made = next(event.response for event in made if event.type == "response.completed")
            following = client.responses.create(model="m", input="two", previous_response_id=made.id)
            assert following.previous_response_id == made.id
            assert client.responses.retrieve(made.id).id == made.id


def test_with_the_log_on_a_conversation_outlives_the_process(start_proxy: Start, tmp_path: Path) -> None:
    server = f"{{admin_server: true, password: p, db_path: 'sqlite:///{tmp_path}/log.db'}}"
    config = f"{ECHO}\nserver: {server}"
    before = start_proxy(config)
    with sdk_client(before) as client:
        made = client.responses.create(model="m", input="one")
    assert before.stop() == 0
    with sdk_client(start_proxy(config)) as client:
        following = client.responses.create(model="m", input="two", previous_response_id=made.id)
        listed = client.responses.input_items.list(following.id, order="asc").data
        assert [item.content[0].text for item in listed] == ["one", "one", "two"]
        client.responses.delete(made.id)
        assert_not_found(lambda: client.responses.retrieve(made.id), made.id)


def test_a_conversation_moves_from_one_vendor_to_the_other(start_proxy: Start) -> None:
    """What Claude answered is told to a backend that speaks Responses, and the other way round."""
    output = [{"type": "output_text", "text": "four", "annotations": []}]
    message = {"id": "msg_9", "type": "message", "role": "assistant", "status": "completed", "content": output}
    native_reply = {
        "id": "resp_9", "object": "response", "created_at": 1, "status": "completed", "model": "up",
        "output": [{"id": "rs_9", "type": "reasoning", "summary": []}, message],
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip
    with PacedBackend(echo) as claude, PacedBackend() as native:
        config = several_backends((claude.url, ""), (native.url, ""))
        config = config.replace("provider: openai", "provider: anthropic", 1)
        config = config.replace("upstream-model: m } ]", "up: claude } ]", 1)
        with sdk_client(start_proxy(config)) as client:
            first = client.responses.create(model="claude", input="one")
            native.script(Reply.json(native_reply))
            second = client.responses.create(model="m", input="three", previous_response_id=first.id)
            sent = native.requests[-1].json()
            assert "previous_response_id" not in sent
            assert [item["content"] for item in sent["input"]][2] == "three"
            assert not [item for item in sent["input"] if "id" in item]
            third = client.responses.create(model="claude", input="five", previous_response_id=second.id)
            assert third.output_text == "user: one | assistant: user: one | user: three | assistant: four | user: five"
