"""The store of answered Responses requests."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from proapi_gateway.response_store import MemoryResponseStore, StoredResponse, StoreLimits

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def stored(response_id: str = "resp_1", text: str = "hello", **fields: Any) -> StoredResponse:
    output = [{"id": f"msg_out_{response_id}", "type": "message", "role": "assistant", "content": text}]
    question = [{"id": f"msg_in_{response_id}", "type": "message", "role": "user", "content": "hi"}]
    return StoredResponse({"id": response_id, "status": "completed", "output": output}, question, **fields)


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def store(clock: list[float]) -> MemoryResponseStore:
    return MemoryResponseStore(lambda: clock[0], StoreLimits(entries=3, size_bytes=10_000, age_s=100))


def test_what_is_kept_is_found_by_its_owner_alone(store: MemoryResponseStore) -> None:
    kept = stored(previous_id="resp_0", home="h")
    store.keep("a", kept)
    assert run(store.find("a", "resp_1")) == kept
    assert run(store.find("b", "resp_1")) is None
    assert run(store.is_another_owners("b", "resp_1")) is True
    assert run(store.is_another_owners("a", "resp_1")) is False
    assert run(store.is_another_owners("b", "resp_2")) is False


def test_nobody_takes_anothers_id(store: MemoryResponseStore) -> None:
    store.keep("a", stored())
    store.keep("b", stored(text="stolen"))
    assert run(store.find("a", "resp_1")) == stored()
    assert run(store.find("b", "resp_1")) is None


def test_what_is_kept_is_a_copy(store: MemoryResponseStore) -> None:
    kept = stored()
    store.keep("a", kept)
    kept.response["status"] = "changed"
    found = run(store.find("a", "resp_1"))
    assert found is not None
    assert found.response["status"] == "completed"


def test_what_is_forgotten_is_gone(store: MemoryResponseStore) -> None:
    store.keep("a", stored())
    assert run(store.forget("b", "resp_1")) is False
    assert run(store.forget("a", "resp_1")) is True
    assert run(store.forget("a", "resp_1")) is False
    assert run(store.find("a", "resp_1")) is None
    assert run(store.find_item("a", "msg_in_resp_1")) is None


def test_the_least_recently_used_goes_first(store: MemoryResponseStore) -> None:
    for number in (1, 2, 3):
        store.keep("a", stored(f"resp_{number}"))
    run(store.find("a", "resp_1"))
    store.keep("a", stored("resp_4"))
    assert [run(store.find("a", f"resp_{number}")) is not None for number in (1, 2, 3, 4)] == [True, False, True, True]


def test_the_bytes_of_all_are_bounded(store: MemoryResponseStore) -> None:
    store.keep("a", stored("resp_1", "x" * 6000))
    store.keep("a", stored("resp_2", "x" * 6000))
    assert run(store.find("a", "resp_1")) is None
    assert run(store.find("a", "resp_2")) is not None
    store.keep("a", stored("resp_3", "x" * 20_000))
    assert run(store.find("a", "resp_3")) is None
    store.keep("a", stored("resp_3"))
    assert run(store.find("a", "resp_3")) is not None


def test_a_new_version_takes_the_place_of_the_old_one(store: MemoryResponseStore) -> None:
    for text in ("x" * 6000, "y" * 6000):
        store.keep("a", stored("resp_1", text))
    assert run(store.find("a", "resp_1")) == stored("resp_1", "y" * 6000)


def test_what_nobody_used_for_long_expires(store: MemoryResponseStore, clock: list[float]) -> None:
    store.keep("a", stored())
    clock[0] = 99
    assert run(store.find("a", "resp_1")) is not None
    clock[0] = 198
    assert run(store.find("a", "resp_1")) is not None
    clock[0] = 299
    assert run(store.find("a", "resp_1")) is None


def test_items_are_found_with_their_turn(store: MemoryResponseStore) -> None:
    store.keep("a", stored(home="h"))
    found = run(store.find_item("a", "msg_out_resp_1"))
    assert found is not None
    assert (found[0]["content"], found[1].home) == ("hello", "h")
    assert run(store.find_item("b", "msg_out_resp_1")) is None
    assert run(store.find_item("a", "msg_none")) is None
