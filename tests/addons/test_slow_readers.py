"""A client that shuts its HTTP/2 window: its backend is read no further, and goes on when the window opens."""

from __future__ import annotations

import asyncio
import json

import h2.events
import pytest

from tests.addons.fake_backends import Exchange, FakeBackend
from tests.addons.gateway_proxy import blocks_at, gateway_proxy
from tests.addons.in_process_proxy import in_loop, until
from tests.end_to_end.configs import AUTHORIZATION, chat_body, chat_chunk, chat_end

PIECES, PIECE = 400, 60_000


@pytest.mark.parametrize("goes_on", [True, False], ids=["goes on", "leaves"])
@in_loop
async def test_a_shut_window_stops_the_backend(goes_on: bool) -> None:
    sent = [0]

    async def endless(exchange: Exchange) -> None:
        await exchange.head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        for _ in range(PIECES):
            await exchange.piece(chat_chunk("x" * PIECE))
            sent[0] += PIECE
        await exchange.piece(chat_end())
        await exchange.end()

    async with FakeBackend(endless) as backend, gateway_proxy(blocks_at(backend.port)) as proxy:
        client = await proxy.raw_h2()
        stream_id = client.post("/v1/chat/completions", end_stream=False, **AUTHORIZATION)
        client.h2.send_data(stream_id, json.dumps(chat_body(stream=True)).encode(), end_stream=True)
        client.flush()
        last = -1
        while last != sent[0] or not sent[0]:  # until the backend is read no further
            last = sent[0]
            await asyncio.sleep(0.5)
        assert sent[0] < PIECES * PIECE / 2
        received = 0
        while goes_on:
            for event in client.h2.receive_data(await client._reader.read(65536)):
                if isinstance(event, h2.events.DataReceived):
                    client.h2.acknowledge_received_data(event.flow_controlled_length, stream_id)
                    received += len(event.data)
                elif isinstance(event, h2.events.StreamEnded):
                    assert received > PIECES * PIECE
                    goes_on = False
            client.flush()
        client.close()
        await until(lambda: not proxy.proxyserver.connections)
