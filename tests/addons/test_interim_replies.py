"""What a backend may say before its reply."""

from __future__ import annotations

import pytest

from tests.addons.fake_backends import FakeBackend, raw
from tests.addons.in_process_proxy import in_loop
from tests.addons.steering import steered

INTERIM = {
    "one": b"HTTP/1.1 100 Continue\r\n\r\n",
    "without a word": b"HTTP/1.1 102\r\n\r\n",
    "bare line feeds": b"HTTP/1.1 100 Continue\nx: y\n\n",
    "many": b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nlink: </b>\r\n\r\n" * 200,
}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi"


@pytest.mark.parametrize("interim", INTERIM)
@in_loop
async def test_the_reply_is_what_comes_after(interim: str) -> None:
    async with (
        FakeBackend(raw(INTERIM[interim] + HEAD)) as backend,
        steered(backend.port) as (_, proxy),
        proxy.client() as client,
    ):
        answered = await client.post("/v1/chat")
    assert (answered.status_code, answered.content) == (200, b"hi")


@in_loop
async def test_an_interim_reply_alone_is_none() -> None:
    async with (
        FakeBackend(raw(INTERIM["one"])) as backend,
        steered(backend.port) as (_, proxy),
        proxy.client() as client,
    ):
        assert (await client.post("/v1/chat")).status_code == 503
