"""About how much a request will take: by its size and by what it allows for the answer."""

from __future__ import annotations

import base64
import json

import pytest

from proapi_gateway.token_estimate import estimate_tokens

TEXT = "x" * 4000


def body(**fields: object) -> bytes:
    return json.dumps({"m": TEXT, **fields}).encode()


PROMPT = estimate_tokens(body())


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"max_tokens": 100}, 100),
        ({"max_completion_tokens": 100, "max_tokens": 50}, 100),
        ({"max_output_tokens": 100}, 100),
        ({"max_tokens": 100, "n": 3}, 300),
        ({"max_tokens": None}, 0),
        ({"max_tokens": "100"}, 0),
        ({"max_tokens": -5}, 0),
        ({"max_tokens": True, "n": []}, 0),
    ],
)
def test_what_it_allows_for_the_answer(fields: dict[str, object], answer: int) -> None:
    assert 0 <= estimate_tokens(body(**fields)) - PROMPT - answer <= 20


def test_the_prompt_by_its_bytes() -> None:
    assert 1000 <= PROMPT <= 1010


def test_pictures_do_not_count_by_their_bytes() -> None:
    url = "data:image/png;base64," + base64.b64encode(b"\0" * 3_000_000).decode()
    assert estimate_tokens(body(a=url, b=url)) - PROMPT < 2100


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"max_tokens": 1e99}', b'"\xff"', b";base64,", b"[" * 100_000])
def test_anything_has_an_estimate(data: bytes) -> None:
    assert 0 <= estimate_tokens(data) <= len(data) / 4 + 1000


def test_no_number_is_beyond_all_bounds() -> None:
    assert estimate_tokens(body(max_tokens=10_000_000, n=10_000_000)) == 10_000_000
