"""The list of a request's input items, held against the SDK's own type of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses.response_item_list import ResponseItemList

from proapi_translate import responses_input_items

CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "4"}


def check(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first, last = items[0]["id"], items[-1]["id"]
    ResponseItemList.model_validate(
        {"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": False}
    )
    assert len({item["id"] for item in items}) == len(items)
    return items


def test_a_text_is_one_message_of_the_user() -> None:
    (item,) = check(responses_input_items({"input": "hi"}))
    assert item.pop("id").startswith("msg_")
    assert item == {
        "type": "message", "role": "user", "status": "completed", "content": [{"type": "input_text", "text": "hi"}],
    }  # fmt: skip


def test_items_keep_their_order_and_their_own_ids() -> None:
    said = {"role": "assistant", "content": "4", "id": "msg_mine"}
    items = check(responses_input_items({"input": [{"role": "user", "content": "2+2"}, CALL, RESULT, said, RESULT]}))
    assert [item["type"] for item in items] == [
        "message", "function_call", "function_call_output", "message", "function_call_output",
    ]  # fmt: skip
    assert [item["id"].partition("_")[0] for item in items] == ["msg", "fc", "fco", "msg", "fco"]
    assert items[3]["id"] == "msg_mine"
    assert items[3]["content"] == [{"type": "output_text", "text": "4", "annotations": []}]
    assert items[1] == {**CALL, "id": items[1]["id"], "status": "completed"}


def test_items_about_tools_and_summaries_are_of_the_sdks_types() -> None:
    search = {"execution": "client", "call_id": "c"}
    given = [
        {"type": "additional_tools", "role": "developer", "tools": []},
        {"type": "tool_search_call", "arguments": {}, **search},
        {"type": "tool_search_output", "tools": [], **search},
        {"type": "compaction", "encrypted_content": "x"},
    ]
    items = check(responses_input_items({"input": given}))
    assert [item["id"].partition("_")[0] for item in items] == ["at", "tsc", "tso", "cmp"]
    assert ["status" in item for item in items] == [False, True, True, False]


def test_equal_bodies_get_equal_ids() -> None:
    body = {"input": [CALL, RESULT]}
    assert responses_input_items(body) == responses_input_items(body)


def test_thoughts_have_no_status() -> None:
    (item,) = responses_input_items({"input": [{"type": "reasoning", "summary": []}]})
    assert "status" not in item
    assert item["id"].startswith("rs_")


@pytest.mark.parametrize("given_input", [None, 7, {}, [1, "x", None]])
def test_what_is_no_item_is_left_out(given_input: Any) -> None:
    assert responses_input_items({"input": given_input}) == []
    assert responses_input_items({}) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "role", "content"]), inner)
    ),
)


@given(json_values)
def test_any_input_gives_a_list(value: Any) -> None:
    assert all(isinstance(item, dict) for item in responses_input_items({"input": value}))
