"""A lean mitmproxy master in the test's own event loop, with clients that speak to it.

    @in_loop
    async def test_x() -> None:
        async with InProcessProxy(FailoverInstaller(), MyAddon()) as proxy, proxy.client(h2=True) as client:
            await client.get("/v1/models")

`in_loop` gives a test half a minute, and fails it for any error in the log: "mitmproxy has crashed!" is nothing else.
"""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import socket
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import httpx
from mitmproxy import options
from mitmproxy.addons.core import Core
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.master import Master
from mitmproxy.proxy.layers.http import HttpLayer

from tests.end_to_end.throwaway_ca import ThrowawayCa

REVERSE = "reverse:http://original.invalid"  # never looked up: the strategy is lazy, and the addon rewrites each flow
LIMIT_S = 60.0  # of one test; a loaded machine takes its time


class ErrorLog(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.errors.append(self.format(record))


def in_loop(test: Callable[..., Awaitable[None]] | None = None, *, expect_error: str = "") -> Any:
    if test is None:
        return functools.partial(in_loop, expect_error=expect_error)

    @functools.wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        log = ErrorLog()
        logging.getLogger().addHandler(log)
        gc.freeze()  # else each collection looks at all that was ever imported
        try:
            asyncio.run(asyncio.wait_for(test(*args, **kwargs), LIMIT_S))
            gc.collect()  # a task's exception that nobody saw is told when it is collected
        finally:
            logging.getLogger().removeHandler(log)
        unexpected = [error for error in log.errors if not expect_error or expect_error not in error]
        assert not unexpected, "\n".join(unexpected)

    return run


@dataclass(frozen=True)
class Authorities:
    """mitmproxy's own for its clients, one that it trusts at backends, and one that it does not."""

    folder: tempfile.TemporaryDirectory[str]
    confdir: Path
    trusted: ThrowawayCa
    untrusted: ThrowawayCa


@functools.cache
def authorities() -> Authorities:
    folder = tempfile.TemporaryDirectory()
    paths = [Path(folder.name, name) for name in ("mitmproxy", "trusted", "untrusted")]
    for path in paths:
        path.mkdir()
    return Authorities(folder, paths[0], ThrowawayCa(paths[1]), ThrowawayCa(paths[2]))


class InProcessProxy:
    def __init__(self, *addons: object, mode: str = REVERSE, **settings: object) -> None:
        self._addons = addons
        self._mode = mode
        self._settings = settings

    async def __aenter__(self) -> InProcessProxy:
        self._running = asyncio.Event()
        keys = authorities()
        self.master = Master(options.Options(confdir=str(keys.confdir), mode=[self._mode]))
        self.proxyserver = Proxyserver()
        self.master.addons.add(Core(), self.proxyserver, NextLayer(), TlsConfig(), *self._addons, self)
        settings: dict[str, object] = {
            "connection_strategy": "lazy",
            "listen_host": "127.0.0.1",
            "listen_port": 0,
            "ssl_verify_upstream_trusted_ca": str(keys.trusted.path),
        }
        self.master.options.update(**settings | self._settings)
        self._task = asyncio.create_task(self.master.run())
        await self._running.wait()
        self.port: int = self.proxyserver.listen_addrs()[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await until(lambda: not self.proxyserver.connections)
        await self.proxyserver.servers.update([])
        self.master.shutdown()
        await self._task

    def running(self) -> None:
        self._running.set()

    def client(self, h2: bool = False, through_connect: bool = False) -> httpx.AsyncClient:
        """`through_connect`: for absolute https URLs in mode regular; else for paths."""
        address = f"127.0.0.1:{self.port}"
        settings: dict[str, Any] = {"http1": not h2, "http2": h2, "trust_env": False, "timeout": LIMIT_S}
        settings["verify"] = H2OnlyContext() if h2 else False
        if through_connect:
            return httpx.AsyncClient(proxy=f"http://{address}", **settings)
        return httpx.AsyncClient(base_url=f"http{'s' if h2 else ''}://{address}", **settings)

    def http_layers(self) -> list[HttpLayer]:
        """Those of this proxy that live: found as the garbage collector finds them."""
        layers = (item for item in gc.get_objects() if isinstance(item, HttpLayer))
        return [layer for layer in layers if layer.context.options is self.master.options]

    async def raw(self, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        return reader, writer

    async def raw_h2(self) -> RawH2Client:
        streams = await asyncio.open_connection("localhost", self.port, ssl=H2OnlyContext(), family=socket.AF_INET)
        return RawH2Client(*streams)


async def until(condition: Callable[[], object]) -> None:
    """For states of mitmproxy that no event tells of."""
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.005)


class H2OnlyContext(ssl.SSLContext):
    """Offers h2 alone, whatever it is told: httpx offers http/1.1 first, and mitmproxy takes that."""

    def __new__(cls) -> H2OnlyContext:
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self) -> None:
        self.check_hostname = False
        self.verify_mode = ssl.CERT_NONE
        super().set_alpn_protocols(["h2"])

    def set_alpn_protocols(self, alpn_protocols: Any) -> None:
        pass


class RawH2Client:
    """For what httpx does not do: reset one stream, upload without end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
        self.h2.initiate_connection()
        self.flush()

    def post(self, path: str = "/v1/chat", *, end_stream: bool = True, **headers: str) -> int:
        stream_id: int = self.h2.get_next_available_stream_id()
        names = (":method", "POST"), (":scheme", "https"), (":authority", "localhost"), (":path", path)
        self.h2.send_headers(stream_id, [*names, *headers.items()], end_stream=end_stream)
        self.flush()
        return stream_id

    def reset(self, stream_id: int) -> None:
        self.h2.reset_stream(stream_id, error_code=8)
        self.flush()

    def flush(self) -> None:
        self._writer.write(self.h2.data_to_send())

    async def answer(self, stream_id: int) -> tuple[bytes, bytes]:
        """(status, body) of a stream, once it has ended."""
        status, body = b"", b""
        while True:
            for event in self.h2.receive_data(await self._reader.read(65536)):
                if getattr(event, "stream_id", None) != stream_id:
                    continue
                if isinstance(event, h2.events.ResponseReceived):
                    status = dict(event.headers)[b":status"]
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data
                elif isinstance(event, h2.events.StreamReset):
                    raise ConnectionResetError(event.error_code)
                elif isinstance(event, h2.events.StreamEnded):
                    return status, body
            self.flush()

    def close(self) -> None:
        self._writer.close()
