"""The name server of an isolated program, byte by byte."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_gateway.isolation_names import FakeNames


def query(name: str, kind: int = 1, ident: int = 7) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


def test_a_name_is_an_address_and_back() -> None:
    names = FakeNames()
    reply = names.answer(query("api.OpenAI.com"))
    ident, flags, questions, answers, _, _ = struct.unpack_from("!HHHHHH", reply)
    assert (ident, flags, questions, answers) == (7, 0x8180, 1, 1)
    assert reply[12:].startswith(query("api.OpenAI.com")[12:])
    address = ".".join(map(str, reply[-4:]))
    assert address == "198.18.0.1"
    assert names.name_of(address) == "api.openai.com"
    assert names.answer(query("api.openai.com"))[-4:] == reply[-4:]
    assert names.answer(query("other.example"))[-4:] != reply[-4:]


def test_other_types_have_no_record() -> None:
    for kind in (28, 65, 15):  # AAAA, HTTPS, MX
        reply = FakeNames().answer(query("api.openai.com", kind))
        assert struct.unpack_from("!H", reply, 6) == (0,)


def test_an_address_that_we_did_not_give_out_stands_for_itself() -> None:
    assert FakeNames().name_of("203.0.113.7") == "203.0.113.7"


def test_when_all_are_taken_the_first_are_used_anew() -> None:
    names = FakeNames()
    for number in range(2**17 - 2):
        names.address_of(f"n{number}")
    assert names.address_of("one.more") == "198.18.0.1"
    assert names.name_of("198.18.0.1") == "one.more"
    assert names.address_of("n0") == "198.18.0.2"  # asked for again: not the address that leads elsewhere now
    assert names.name_of("198.18.0.2") == "n0"


@pytest.mark.parametrize("data", [b"", b"\0" * 11, query("a.b")[:-3], query("a.b")[:14], b"\0" * 40])
def test_what_is_no_query_has_no_answer(data: bytes) -> None:
    assert FakeNames().answer(data) == b""


@given(st.binary(max_size=80))
def test_no_bytes_crash_it(data: bytes) -> None:
    FakeNames().answer(data)
