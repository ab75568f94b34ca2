"""A client's whole body."""

import gzip

import pytest

from addons.request_bodies import read_body
from proapi_translate import ClientFault
from tests.addons.exchanges import flow


def sent(body: bytes, encoding: str = ""):
    made = flow()
    made.request.headers.clear()
    if encoding:
        made.request.headers["content-encoding"] = encoding
    made.request.raw_content = body
    return made


def test_plain_and_compressed_bodies() -> None:
    assert read_body(sent(b"abc"), 0) == b"abc"
    assert read_body(sent(gzip.compress(b"abc"), "gzip"), 0) == b"abc"


@pytest.mark.parametrize(
    ("body", "encoding", "limit", "status"),
    [
        (b"x" * 11, "", 10, 413),
        (b"rubbish", "gzip", 0, 400),
        (b"x", "sdch", 0, 400),
        (gzip.compress(b"0" * 100_000), "gzip", 1000, 400),
    ],
)
def test_faults(body: bytes, encoding: str, limit: int, status: int) -> None:
    with pytest.raises(ClientFault) as caught:
        read_body(sent(body, encoding), limit)
    assert caught.value.status == status
