"""Pages of a response's input items."""

from typing import Any

import pytest

from proapi_gateway.input_items_page import page_of_items
from proapi_translate import ClientFault

ITEMS = [{"id": f"msg_{number}"} for number in range(1, 6)]


@pytest.mark.parametrize(
    ("query", "numbers", "has_more"),
    [
        ({}, [5, 4, 3, 2, 1], False),
        ({"order": "asc"}, [1, 2, 3, 4, 5], False),
        ({"limit": "2"}, [5, 4], True),
        ({"order": "asc", "limit": "2", "after": "msg_2"}, [3, 4], True),
        ({"limit": "2", "after": "msg_3"}, [2, 1], False),
        ({"order": "asc", "before": "msg_3"}, [1, 2], False),
        ({"order": "asc", "after": "msg_1", "before": "msg_5", "limit": "2"}, [2, 3], True),
        ({"after": "msg_1"}, [], False),
        ({"limit": "5"}, [5, 4, 3, 2, 1], False),
    ],
)
def test_a_page(query: dict[str, str], numbers: list[int], has_more: bool) -> None:
    ids = [f"msg_{number}" for number in numbers]
    assert page_of_items(ITEMS, query) == {
        "object": "list",
        "data": [{"id": item_id} for item_id in ids],
        "first_id": ids[0] if ids else None,
        "last_id": ids[-1] if ids else None,
        "has_more": has_more,
    }


def test_twenty_are_given_if_nothing_is_said() -> None:
    page = page_of_items([{"id": f"msg_{number}"} for number in range(30)], {})
    assert (len(page["data"]), page["has_more"]) == (20, True)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"order": "up"}, "order"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"after": "msg_9"}, "after"),
        ({"before": "msg_9"}, "before"),
    ],
)
def test_what_makes_no_page_is_refused(query: dict[str, Any], param: str) -> None:
    with pytest.raises(ClientFault) as refused:
        page_of_items(ITEMS, query)
    assert (refused.value.status, refused.value.param) == (400, param)
