"""What a Responses request stands on, and who can go on from there."""

import asyncio
import json
from typing import Any

import pytest

from proapi_gateway.candidates import Candidate
from proapi_gateway.earlier_turns import EarlierTurns, find_earlier_turns, stored_response
from proapi_gateway.response_store import MemoryResponseStore, StoredResponse
from proapi_gateway.settings import ProviderSettings, Route, Secret
from proapi_translate import ClientFault

NATIVE = Candidate(ProviderSettings(0, "openai"), Route("m", "up"), Secret("k1"))
OTHER_KEY = Candidate(ProviderSettings(0, "openai"), Route("m", "up"), Secret("k2"), 1)
TRANSLATED = Candidate(ProviderSettings(1, "anthropic"), Route("m", "claude"), Secret("k3"))
EVERYBODY = (TRANSLATED, OTHER_KEY, NATIVE)


def is_native(candidate: Candidate) -> bool:
    return candidate.provider.provider == "openai"


def body(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "input": "hi", **fields}).encode()


def answer(response_id: str, text: str, *more: dict[str, Any], status: str = "completed") -> dict[str, Any]:
    message = {
        "id": f"msg_{response_id}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    return {"id": response_id, "status": status, "output": [*more, message], "instructions": "be brief"}


@pytest.fixture
def store() -> MemoryResponseStore:
    return MemoryResponseStore(lambda: 0.0)


def keep(store: MemoryResponseStore, asked: bytes, response: dict[str, Any], home: str = "", owner: str = "a") -> None:
    stored = stored_response(asked, response, home)
    assert stored is not None
    store.keep(owner, stored)


def find(store: MemoryResponseStore, asked: bytes, owner: str = "a") -> EarlierTurns | None:
    return asyncio.run(find_earlier_turns(asked, owner, store, lambda: NATIVE.account))


def texts(sent: bytes) -> list[str]:
    return [
        item["content"] if isinstance(item["content"], str) else item["content"][0]["text"]
        for item in json.loads(sent)["input"]
    ]


# -- chains that we know ---------------------------------------------------------------------------------------------
def test_the_whole_chain_goes_to_a_backend_that_keeps_nothing(store: MemoryResponseStore) -> None:
    keep(store, body(input="one", instructions="old"), answer("resp_1", "two"))
    keep(store, body(input="three", previous_response_id="resp_1"), answer("resp_2", "four"))
    asked = body(input=[{"role": "user", "content": "five"}], previous_response_id="resp_2")
    earlier = find(store, asked)
    assert earlier is not None
    assert earlier.choose(EVERYBODY, is_native) == EVERYBODY
    sent = earlier.body_for(TRANSLATED, False, asked)
    assert texts(sent) == ["one", "two", "three", "four", "five"]
    assert set(json.loads(sent)) == {"model", "input"}  # neither the id nor the old instructions


def test_a_string_is_a_turn_of_the_user(store: MemoryResponseStore) -> None:
    keep(store, body(input="one"), answer("resp_1", "two"))
    earlier = find(store, body(previous_response_id="resp_1"))
    assert earlier is not None
    sent = json.loads(earlier.body_for(TRANSLATED, False, body(previous_response_id="resp_1")))
    assert sent["input"][-1] == {"role": "user", "content": "hi"}


def test_the_backend_that_keeps_it_is_asked_first_with_the_request_as_it_came(store: MemoryResponseStore) -> None:
    thought = {"id": "rs_1", "type": "reasoning", "summary": []}
    keep(store, body(input="one"), answer("resp_1", "two", thought), home=NATIVE.account)
    asked = body(previous_response_id="resp_1")
    earlier = find(store, asked)
    assert earlier is not None
    assert earlier.choose(EVERYBODY, is_native) == (NATIVE, TRANSLATED, OTHER_KEY)
    assert earlier.body_for(NATIVE, True, asked) == asked
    elsewhere = json.loads(earlier.body_for(OTHER_KEY, True, asked))["input"]
    # what only its maker can read or find stays behind
    assert [(item.get("type"), item.get("id")) for item in elsewhere] == [("message", None)] * 2 + [(None, None)]
    assert len(json.loads(earlier.body_for(TRANSLATED, False, asked))["input"]) == 4


@pytest.mark.parametrize("kind", ["tool_search_call", "tool_search_output", "additional_tools"])
def test_another_backend_that_speaks_responses_gets_tools_without_ids(store: MemoryResponseStore, kind: str) -> None:
    item = {"id": "x_1", "type": kind, "tools": []}
    keep(store, body(input=[item]), answer("resp_1", "two"), home=NATIVE.account)
    asked = body(previous_response_id="resp_1")
    earlier = find(store, asked)
    assert earlier is not None
    elsewhere = json.loads(earlier.body_for(OTHER_KEY, True, asked))["input"]
    assert {name: value for name, value in elsewhere[0].items() if name != "status"} == {"type": kind, "tools": []}


def test_an_account_that_no_longer_speaks_responses_is_no_home(store: MemoryResponseStore) -> None:
    keep(store, body(input="one"), answer("resp_1", "two"), home=TRANSLATED.account)
    earlier = find(store, body(previous_response_id="resp_1"))
    assert earlier is not None
    assert earlier.choose([OTHER_KEY, TRANSLATED], is_native) == (OTHER_KEY, TRANSLATED)


# -- chains that we do not know --------------------------------------------------------------------------------------
def test_an_unknown_id_may_be_one_of_a_native_backends(store: MemoryResponseStore) -> None:
    asked = body(previous_response_id="resp_x")
    earlier = find(store, asked)
    assert earlier is not None
    assert earlier.choose(EVERYBODY, is_native) == (OTHER_KEY, NATIVE)
    assert earlier.body_for(NATIVE, True, asked) == asked


def test_an_unknown_id_is_refused_where_nobody_else_can_know_it(store: MemoryResponseStore) -> None:
    earlier = find(store, body(previous_response_id="resp_x"))
    assert earlier is not None
    with pytest.raises(ClientFault) as refused:
        earlier.choose([TRANSLATED], is_native)
    assert (refused.value.status, refused.value.code, refused.value.param) == (
        404,
        "previous_response_not_found",
        "previous_response_id",
    )
    assert refused.value.message == "Previous response with id 'resp_x' not found."


def test_a_chain_with_a_gap_is_as_good_as_unknown(store: MemoryResponseStore) -> None:
    keep(store, body(input="three", previous_response_id="resp_gone"), answer("resp_2", "four"))
    earlier = find(store, body(previous_response_id="resp_2"))
    assert earlier is not None
    with pytest.raises(ClientFault, match="resp_2"):
        earlier.choose(EVERYBODY, is_native)


def test_a_chain_that_bites_its_tail_ends(store: MemoryResponseStore) -> None:
    keep(store, body(input="one", previous_response_id="resp_1"), answer("resp_1", "two"))
    earlier = find(store, body(previous_response_id="resp_1"))
    assert earlier is not None
    assert earlier.items is not None
    assert len(earlier.items) == 2


def test_another_tokens_id_is_refused_before_any_backend_is_asked(store: MemoryResponseStore) -> None:
    keep(store, body(input="one"), answer("resp_1", "two"), home=NATIVE.account, owner="b")
    with pytest.raises(ClientFault) as refused:
        find(store, body(previous_response_id="resp_1"))
    assert refused.value.code == "previous_response_not_found"


# -- items by their ids ----------------------------------------------------------------------------------------------
def test_a_reference_becomes_its_item(store: MemoryResponseStore) -> None:
    keep(store, body(input="one"), answer("resp_1", "two"))
    asked = body(input=[{"role": "user", "content": "one"}, {"type": "item_reference", "id": "msg_resp_1"}])
    earlier = find(store, asked)
    assert earlier is not None
    assert texts(earlier.body_for(TRANSLATED, False, asked)) == ["one", "two"]


def test_a_reference_stays_one_for_the_backend_that_made_the_item(store: MemoryResponseStore) -> None:
    keep(store, body(input="one"), answer("resp_1", "two"), home=NATIVE.account)
    asked = body(input=[{"type": "item_reference", "id": "msg_resp_1"}])
    earlier = find(store, asked)
    assert earlier is not None
    assert earlier.choose(EVERYBODY, is_native)[0] is NATIVE
    assert earlier.body_for(NATIVE, True, asked) == asked
    assert texts(earlier.body_for(OTHER_KEY, True, asked)) == ["two"]


def test_an_unknown_reference_is_left_to_the_backend(store: MemoryResponseStore) -> None:
    assert find(store, body(input=[{"type": "item_reference", "id": "msg_x"}])) is None


# -- conversations ---------------------------------------------------------------------------------------------------
def test_a_conversation_is_looked_for_where_conversations_are_made(store: MemoryResponseStore) -> None:
    asked = body(conversation="conv_1")
    earlier = find(store, asked)
    assert earlier is not None
    assert earlier.choose(EVERYBODY, is_native)[0] is NATIVE
    assert earlier.body_for(NATIVE, True, asked) == asked


# -- what is kept ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("asked", "response", "home", "kept"),
    [
        (body(), answer("resp_1", "x"), "", True),
        (body(store=True), answer("resp_1", "x", status="incomplete"), "", True),
        (body(store=None), answer("resp_1", "x"), "", True),
        (body(store=False), answer("resp_1", "x"), "", False),
        (body(store=False), answer("resp_1", "x"), "h", False),
        (body(), answer("resp_1", "x", status="failed"), "", False),
        (body(), answer("resp_1", "x", status="failed"), "h", False),
        (body(), answer("resp_1", "x", status="in_progress"), "", False),
        (body(background=True), answer("resp_1", "x", status="queued"), "h", True),
        (body(), {"status": "completed", "output": []}, "", False),
        (body(), None, "", False),
    ],
)
def test_what_is_kept(asked: bytes, response: dict[str, Any] | None, home: str, kept: bool) -> None:
    assert (stored_response(asked, response, home) is not None) is kept


@pytest.mark.parametrize("asked", [body(), body(previous_response_id=None), body(conversation=None)])
def test_a_request_that_stands_on_nothing(store: MemoryResponseStore, asked: bytes) -> None:
    assert find(store, asked) is None


@pytest.mark.parametrize(
    "asked", [b'["previous_response_id"]', b'{"previous_response_id"', body(previous_response_id=1)]
)
def test_a_body_that_makes_no_sense_is_refused(store: MemoryResponseStore, asked: bytes) -> None:
    with pytest.raises(ClientFault):
        find(store, asked)


def test_an_unknown_response_is_looked_up_once() -> None:
    """A look-up may wait for other processes that write."""
    looked_up: list[str] = []

    class CountingStore(MemoryResponseStore):
        async def find(self, owner: str, response_id: str) -> StoredResponse | None:
            looked_up.append(response_id)
            return await super().find(owner, response_id)

    earlier = find(CountingStore(lambda: 0.0), body(previous_response_id="resp_unknown"))
    assert earlier is not None
    assert earlier.items is None
    assert looked_up == ["resp_unknown"]
