"""The whole gateway in the test's own event loop: our list of addons on an api.yaml, and the exchanges that it had.

async with gateway_proxy(two_blocks(first.port, second.port)) as proxy, proxy.client() as client:
    await ask(client)
proxy.exchanges[0].history
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator

import httpx
from mitmproxy import http

from addons.addon_list import list_addons
from addons.configuration import Configuration
from addons.exchange import Exchange, exchange_of
from proapi_gateway.media_fetcher import MediaFetcher
from proapi_gateway.settings import Settings
from tests.addons.exchanges import TOKEN, settings
from tests.addons.in_process_proxy import InProcessProxy
from tests.end_to_end.configs import AUTHORIZATION, chat_body, several_backends

assert AUTHORIZATION["authorization"].endswith(TOKEN)


class GatewayProxy(InProcessProxy):
    def __init__(self, config: str, media: MediaFetcher | None = None, **options: object) -> None:
        self.configuration = Configuration(_Unchanging(), settings(config))
        self.exchanges: list[Exchange] = []
        environment = {**os.environ, "PROAPI_ADMIN_PORT": "0"}
        super().__init__(*list_addons(self.configuration, media, environment), _Collector(self.exchanges), **options)


class _Unchanging:
    """A source of settings that nobody edits: a test puts others in force by `configuration.use`."""

    name = "api.yaml"
    poll_s = 3600.0

    def changed(self) -> bool:
        return False

    def read(self) -> Settings:
        raise AssertionError("nothing has changed")


class _Collector:
    """Sees each exchange once, at its end."""

    def __init__(self, exchanges: list[Exchange]) -> None:
        self._exchanges = exchanges

    def response(self, flow: http.HTTPFlow) -> None:
        if (exchange := exchange_of(flow)) is not None:
            self._exchanges.append(exchange)

    def error(self, flow: http.HTTPFlow) -> None:
        self.response(flow)


@contextlib.asynccontextmanager
async def gateway_proxy(
    config: str, media: MediaFetcher | None = None, **options: object
) -> AsyncIterator[GatewayProxy]:
    """`media`: a fetcher that may connect to where the test's files are. `options`: mode=…, and mitmproxy's own."""
    async with GatewayProxy(config, media, **options) as proxy:
        yield proxy


def blocks_at(*ports: int, extra: str = "", server: str = "") -> str:
    """Blocks b0, b1 … that all serve `m`, in this order. `extra`: further lines of each, `server`: of that section."""
    return several_backends(*((f"http://127.0.0.1:{port}", extra) for port in ports), server=server)


async def ask(client: httpx.AsyncClient, *, path: str = "/v1/chat/completions", **changes: object) -> httpx.Response:
    return await client.post(path, json=chat_body(**changes), headers=AUTHORIZATION)


def chat_json(text: str = "hello") -> bytes:
    """A backend's whole reply."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    reply = {"id": "up-1", "object": "chat.completion", "created": 1, "model": "upstream-model"}
    return json.dumps({**reply, "choices": [choice], "usage": usage}).encode()
