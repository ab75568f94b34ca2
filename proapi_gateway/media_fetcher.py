"""The fetcher of files that clients name by their address, for backends that cannot fetch them.

Whoever may ask us decides where we connect, so each step is checked: only http and https, a name's addresses looked up
first and all of them public, the connection made to the address that was checked (a name that changes meanwhile changes
nothing), every redirect treated as a new address, and bytes, time and number bounded. The gateway's own proxies are not
used: behind one, nobody could say where a name leads.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from urllib.parse import quote, urljoin, urlsplit

import h11

from proapi_translate import ClientFault, FetchedMedia

from .daemon_threads import run_in_daemon_thread
from .public_addresses import IpAddress, is_public
from .url_hosts import url_host

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK = 200
_PIECE_BYTES = 65536
_MOST_TO_TRY = 4  # of a name's addresses
_SHOWN_CHARACTERS = 200
# The same words for a name that nobody knows and for one that leads inside: who asks learns no names of the inside.
_NOT_PUBLIC = "it is not to be found on the public internet"
_HEADERS = (
    ("user-agent", "proapi/0.1 (fetches a file for a user)"),
    ("accept", "*/*"),
    ("accept-encoding", "identity"),
    ("connection", "close"),
)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Of one request's addresses together. `seconds` counts from the first look-up to the last byte."""

    addresses: int = 16
    bytes: int = 20 * 1024 * 1024
    seconds: float = 20.0
    redirects: int = 3  # of each address
    connections: int = 32  # of all requests together


class _CannotFetch(Exception):
    """Why, in words for the client."""


@dataclass(frozen=True, slots=True)
class _Place:
    scheme: str
    host: str
    port: int
    target: str  # path and query

    @property
    def host_header(self) -> str:
        host = url_host(self.host)
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(slots=True)
class _Budget:
    left: int

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise _CannotFetch("it is too large")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str
    media: FetchedMedia


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """All addresses of a name; a number written in odd ways (0x7f.1) comes out as what it means.

    Not in the event loop's own pool of threads: whoever names slow names would keep all backends' names waiting.
    """
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await run_in_daemon_thread(look_up, "media-name")
    return [str(entry[4][0]) for entry in found]


class MediaFetcher:
    """`allows`: which addresses may be connected to (tests allow loopback). `resolve`: a name's addresses."""

    def __init__(
        self,
        limits: FetchLimits = FetchLimits(),
        allows: Callable[[IpAddress], bool] = is_public,
        resolve: Resolve = resolve_host,
    ) -> None:
        self._limits = limits
        self._allows = allows
        self._resolve = resolve
        self._connections = asyncio.Semaphore(limits.connections)
        self._trusted: ssl.SSLContext | None = None

    async def fetch(self, urls: Sequence[str]) -> dict[str, FetchedMedia]:
        """What each of the addresses holds. Raises ClientFault (400) that names the first one which cannot be had."""
        limits = self._limits
        if len(urls) > limits.addresses:
            raise ClientFault(f"more than {limits.addresses} addresses to fetch in one request", param="messages")
        budget = _Budget(limits.bytes)
        bound = asyncio.timeout(limits.seconds)
        tasks = [asyncio.ensure_future(self._fetch_one(url, budget)) for url in urls]
        try:
            async with bound:
                return dict(zip(urls, await asyncio.gather(*tasks), strict=True))
        except TimeoutError:
            late = next((url for url, task in zip(urls, tasks, strict=True) if _is_unfinished(task)), urls[0])
            raise _fault(late, f"it was not there within {limits.seconds:g} s") from None
        finally:
            for task in tasks:
                task.cancel()

    async def _fetch_one(self, url: str, budget: _Budget) -> FetchedMedia:
        address = url
        try:
            async with self._connections:
                for _ in range(self._limits.redirects + 1):
                    answer = await self._ask(_place_of(address), budget)
                    if answer.status not in _REDIRECTS or not answer.location:
                        break
                    address = urljoin(address, answer.location)
                else:
                    raise _CannotFetch("it redirects too often")
            if answer.status != _OK:
                raise _CannotFetch(f"its server answered {answer.status}")
        except _CannotFetch as failure:
            raise _fault(url, str(failure)) from None
        return answer.media

    async def _ask(self, place: _Place, budget: _Budget) -> _Answer:
        reader, writer = await self._connect(place)
        try:
            return await _get(place, reader, writer, budget)
        except (OSError, h11.RemoteProtocolError):
            raise _CannotFetch("its server broke off") from None
        except h11.LocalProtocolError:
            raise _CannotFetch("it is no address") from None
        finally:
            writer.transport.abort()

    async def _connect(self, place: _Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            found = await self._resolve(place.host, place.port)
            addresses = [ip_address(each) for each in dict.fromkeys(found)]
        except (OSError, UnicodeError, ValueError):
            raise _CannotFetch(_NOT_PUBLIC) from None
        if not addresses or not all(map(self._allows, addresses)):
            raise _CannotFetch(_NOT_PUBLIC)
        tls = await self._tls() if place.scheme == "https" else None
        name = place.host if tls else None
        for address in addresses[:_MOST_TO_TRY]:
            try:
                reader, writer = await asyncio.open_connection(str(address), place.port, ssl=tls, server_hostname=name)
            except ssl.SSLError:
                raise _CannotFetch("the TLS handshake failed") from None
            except OSError:
                continue
            if _is_our_own(writer):
                writer.transport.abort()
                raise _CannotFetch(_NOT_PUBLIC)
            return reader, writer
        raise _CannotFetch("no connection")

    async def _tls(self) -> ssl.SSLContext:
        if self._trusted is None:
            self._trusted = await asyncio.to_thread(_load_trusted)  # reads a file of 300 kB
        return self._trusted


def _load_trusted() -> ssl.SSLContext:
    import certifi

    return ssl.create_default_context(cafile=certifi.where())


def _place_of(url: str) -> _Place:
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if ":" not in (parts.hostname or "") else parts.hostname
    except (ValueError, UnicodeError):
        raise _CannotFetch("it is no address") from None
    if parts.scheme not in _PORTS:
        raise _CannotFetch("only http and https are fetched")
    if not host or "@" in parts.netloc:
        raise _CannotFetch("it is no address" if not host else "it holds a user name")
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
        "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~?[]") if parts.query else ""
    )
    return _Place(parts.scheme, host, port or _PORTS[parts.scheme], target)


async def _get(
    place: _Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: _Budget
) -> _Answer:
    connection = h11.Connection(h11.CLIENT)
    headers = [("host", place.host_header), *_HEADERS]
    writer.write(connection.send(h11.Request(method="GET", target=place.target, headers=headers)) or b"")
    writer.write(connection.send(h11.EndOfMessage()) or b"")
    head: dict[str, str] = {}
    status = 0
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_PIECE_BYTES))
        elif isinstance(event, h11.Response):
            status = event.status_code
            head = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            if status != _OK:
                return _Answer(status, head.get("location", ""), FetchedMedia(b""))
            _check_head(head, budget)
        elif isinstance(event, h11.Data):
            budget.spend(len(event.data))
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return _Answer(status, "", FetchedMedia(bytes(body), head.get("content-type", "")))
        elif not isinstance(event, h11.InformationalResponse):
            raise _CannotFetch("its server broke off")


def _check_head(head: dict[str, str], budget: _Budget) -> None:
    if head.get("content-encoding", "identity") not in ("", "identity"):
        raise _CannotFetch("its server compresses what it was asked for plain")
    length = head.get("content-length", "")
    if length.isdigit() and int(length) > budget.left:
        raise _CannotFetch("it is too large")


def _is_our_own(writer: asyncio.StreamWriter) -> bool:
    """A public address of this very machine: what listens there may be closed to all others by a firewall."""
    here, there = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
    if not here or not there:
        return False  # it is gone already
    return bool(here[0] == there[0]) and ip_address(here[0]).is_global


def _is_unfinished(task: asyncio.Future[FetchedMedia]) -> bool:
    return task.cancelled() or not task.done()


def _fault(url: str, why: str) -> ClientFault:
    shown = url if len(url) <= _SHOWN_CHARACTERS else url[:_SHOWN_CHARACTERS] + "…"
    return ClientFault(f"{shown} could not be fetched: {why}", param="messages", code="invalid_image_url")
