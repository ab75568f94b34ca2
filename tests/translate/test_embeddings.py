"""Vectors in memory and on the wire, and a request cut into parts."""

from __future__ import annotations

import pytest

from proapi_translate.embeddings import (
    are_tokens,
    count_tokens,
    holds_tokens,
    pack_vector,
    read_base64,
    split_texts,
    write_base64,
)


def test_base64_is_32_bit_little_endian_both_ways() -> None:
    vector = pack_vector([0.5, -2, 1.25])
    assert write_base64(vector) == "AAAAPwAAAMAAAKA/"
    assert read_base64("AAAAPwAAAMAAAKA/") == [0.5, -2.0, 1.25]


@pytest.mark.parametrize("text", ["###", "AAA=", "né"])
def test_what_is_no_base64_is_told(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (binascii and array each have their own words)
        read_base64(text)


@pytest.mark.parametrize("values", [None, {"a": 1}, "0.5", [None], ["0.5"], [[0.5]]])
def test_what_is_no_vector_is_told(values: object) -> None:
    with pytest.raises(TypeError):
        pack_vector(values)


def test_a_number_that_no_float_holds_is_told() -> None:
    with pytest.raises(ValueError, match="too large"):
        pack_vector([10**400])


@pytest.mark.parametrize(
    ("texts", "most", "most_bytes", "runs"),
    [
        (["a", "b", "c"], 2, None, [("a", "b"), ("c",)]),
        (["a", "b"], 2, None, [("a", "b")]),
        (["a", "b", "c"], 9, 2, [("a", "b"), ("c",)]),
        (["longer", "b"], 9, 2, [("longer",), ("b",)]),  # one that is too long by itself is the backend's to judge
        (["né", "b"], 9, 3, [("né",), ("b",)]),
    ],
)
def test_texts_are_cut_into_runs(texts: list[str], most: int, most_bytes: int | None, runs: list[object]) -> None:
    assert list(split_texts(texts, most, most_bytes)) == runs


@pytest.mark.parametrize(
    ("value", "tokens"), [([1, 2], True), ([], False), (["a"], False), ([[1]], False), ([True], False), ("a", False)]
)
def test_token_ids_are_told_from_texts(value: object, tokens: bool) -> None:
    assert are_tokens(value) is tokens


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (b'{"model": "m", "input": [9906, 11]}', True),
        (b'{"input":[ [ 9906 ] ]}', True),
        (b'{"input": ["a", "b"]}', False),
        (b'{"input": "9906"}', False),
        (b'{"input": 9906}', False),
        (b'{"input": []}', False),
        (b"{}", False),
        (b"[1]", False),
        (b"", False),
        (b"\xff", False),
    ],
)
def test_a_body_with_token_ids_is_told_at_a_glance(body: bytes, tokens: bool) -> None:
    assert holds_tokens(body) is tokens


@pytest.mark.parametrize(("value", "count"), [(3, 3), (3.0, 3), (None, None), (True, None), ("3", None)])
def test_counts_are_numbers(value: object, count: int | None) -> None:
    assert count_tokens(value) == count
