"""Where a reply begins, however many blanks come first."""

from __future__ import annotations

import pytest

from proapi_translate.reply_shape import MISSHAPEN, first_byte, garbled, last_blanks


@pytest.mark.parametrize(
    ("data", "byte"),
    [(b"", b""), (b" \r\n\t", b""), (b"\xef\xbb\xbf{}", b"{"), (b"\n\n data: x", b"d"), (b"\0\0", b"\0")],
)
def test_the_first_byte_is_no_blank(data: bytes, byte: bytes) -> None:
    assert first_byte(data) == byte


def test_a_cut_mark_is_kept_and_endless_blanks_are_not() -> None:
    assert last_blanks(b"\xef\xbb") == b"\xef\xbb"
    assert len(last_blanks(b"\n" * 10_000)) < 10


def test_a_misshapen_reply_tells_its_kind_and_none_of_its_words() -> None:
    error = KeyError("sk-secret")
    failure = garbled(error)
    assert isinstance(error, MISSHAPEN)
    assert (failure.status, failure.code, failure.__cause__) == (502, "bad_upstream_reply", error)
    assert "sk-secret" not in str(failure)
    assert "KeyError" in str(failure)
