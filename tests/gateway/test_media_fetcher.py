"""Files fetched for clients: from where it may be, how much, how long, and what is never connected to."""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import pytest

from proapi_gateway.media_fetcher import FetchLimits, MediaFetcher
from proapi_gateway.public_addresses import IpAddress, is_public
from proapi_translate import ClientFault, FetchedMedia
from tests.end_to_end.throwaway_ca import ThrowawayCa

PNG = b"\x89PNG\r\n\x1a\n...."
HERE = "127.0.0.1"


def whole(body: bytes = PNG, *headers: str, status: str = "200 OK", kind: str = "image/png") -> bytes:
    head = [f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    return whole(b"moved", f"location: {to}", status=status)


@dataclass
class Files:
    """A server whose paths answer with scripted bytes. `stalls`: paths that say nothing more after them."""

    answers: dict[str, bytes] = field(default_factory=dict)
    stalls: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    open: int = 0
    most_open: int = 0

    def url(self, path: str, host: str = HERE, scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split()[1].decode()
            self.heads.append(head)
            self.asked.append(path)
            writer.write(self.answers.get(path, whole(b"", status="404 Not Found")))
            await writer.drain()
            if path in self.stalls:
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def files(answers: dict[str, bytes], *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Files]:
    served = Files(answers)
    server = await asyncio.start_server(served.serve, HERE, 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        yield served


def allow(*addresses: str) -> Callable[[IpAddress], bool]:
    """The tests' own rule: these, and what is public."""
    allowed = {ip_address(each) for each in addresses}
    return lambda address: address in allowed or is_public(address)


def names(**found: list[list[str]]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver: for each look-up of a name the next of its answers, the last one for ever. `-` is written `_`."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        answers = found.get(host.removesuffix(".test"))
        if answers is None:
            return [host]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    return resolve


def fetcher(limits: FetchLimits = FetchLimits(), *also: str, **found: list[list[str]]) -> MediaFetcher:  # noqa: B008
    return MediaFetcher(limits, allow(HERE, *also), names(**found))


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(*args: object, **kwargs: object) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 30))

    return run


async def refused(fetching: MediaFetcher, *urls: str) -> str:
    with pytest.raises(ClientFault) as fault:
        await fetching.fetch(urls)
    assert (fault.value.status, fault.value.param) == (400, "messages")
    return fault.value.message


@in_loop
async def test_bytes_and_label() -> None:
    async with files({"/a.png": whole(), "/b?x=1%20y": whole(b"b", kind="text/plain; charset=utf-8")}) as served:
        urls = served.url("/a.png"), served.url("/b?x=1 y")
        found = await fetcher().fetch(urls)
    assert found == {
        urls[0]: FetchedMedia(PNG, "image/png"),
        urls[1]: FetchedMedia(b"b", "text/plain; charset=utf-8"),
    }
    head = served.heads[0].lower()
    assert f"host: {HERE}:{served.port}".encode() in head
    assert b"accept-encoding: identity" in head
    assert b"authorization" not in head


@in_loop
async def test_chunks_and_a_body_that_ends_with_its_connection() -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n\x89PNG\r\n0\r\n\r\n"
    async with files({"/c": chunked, "/e": b"HTTP/1.0 200 OK\r\n\r\nend"}) as served:
        found = await fetcher().fetch([served.url("/c"), served.url("/e")])
    assert [each.data for each in found.values()] == [b"\x89PNG", b"end"]


# ---- Where it may connect to.


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ],
)  # fmt: skip
@in_loop
async def test_by_default_this_machine_is_not_connected_to_however_it_is_written(host: str) -> None:
    async with files({"/a": whole()}) as served:
        assert await refused(MediaFetcher(), served.url("/a", host))
    assert served.connections == 0


@pytest.mark.parametrize("address", ["10.0.0.5", "169.254.169.254", "192.168.0.1", "::ffff:169.254.169.254", "fd00::1"])
@in_loop
async def test_names_that_lead_inside_are_refused(address: str) -> None:
    assert "not to be found on the public internet" in await refused(fetcher(evil=[[address]]), "http://evil.test/latest/meta-data")


@in_loop
async def test_one_bad_address_among_good_ones_is_enough() -> None:
    async with files({"/a": whole()}) as served:
        both = fetcher(mixed=[[HERE, "10.0.0.1"]])
        assert "not to be found on the public internet" in await refused(both, served.url("/a", "mixed.test"))
    assert served.connections == 0


@in_loop
async def test_a_name_that_changes_after_the_check_changes_nothing() -> None:
    async with files({"/a": whole(b"checked")}) as served:
        rebinding = fetcher(rebinds=[[HERE], ["10.0.0.1"]])
        url = served.url("/a", "rebinds.test")
        assert (await rebinding.fetch([url]))[url].data == b"checked"  # connected to what was looked up, once
        assert "not to be found on the public internet" in await refused(rebinding, url)
    assert b"host: rebinds.test:" in served.heads[0].lower()


@pytest.mark.parametrize(
    "inside", ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://inner.test/", "//inner.test/x"]
)
@in_loop
async def test_a_redirect_inside_is_refused(inside: str) -> None:
    async with files({"/a": redirect(inside)}) as served:
        message = await refused(fetcher(inner=[["192.168.7.7"]]), served.url("/a"))
    assert message.startswith(f"{served.url('/a')} could not be fetched: it is not to be found on the public internet")


@pytest.mark.parametrize("other", ["file:///etc/passwd", "gopher://x/", "ftp://x/y"])
@in_loop
async def test_a_redirect_to_another_scheme_is_refused(other: str) -> None:
    async with files({"/a": redirect(other)}) as served:
        assert "only http and https" in await refused(fetcher(), served.url("/a"))


@in_loop
async def test_redirects_are_followed_and_counted() -> None:
    answers = {f"/{n}": redirect(f"/{n + 1}", "301 Moved") for n in range(5)} | {"/3": whole(b"third")}
    async with files(answers) as served:
        found = await fetcher().fetch([served.url("/0")])
        assert [each.data for each in found.values()] == [b"third"]
        answers["/3"] = redirect("/4")
        assert "redirects too often" in await refused(fetcher(), served.url("/0"))
    assert served.asked == ["/0", "/1", "/2", "/3"] * 2


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://user:pass@img.test/a", "holds a user name"),
        ("http:///a", "no address"),
        ("http://[::1/a", "no address"),
        ("http://x.test:99999/a", "no address"),
        ("ftp://x.test/a", "only http and https"),
        ("http://" + "a" * 70 + ".test/", "no address"),
        ("http://unknown-name.invalid/", "not to be found on the public internet"),
    ],
)
@in_loop
async def test_what_is_no_address(url: str, why: str) -> None:
    assert why in await refused(fetcher(), url)


@in_loop
async def test_our_own_public_address_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    # No machine has a public address of its own in a test: loopback is made to look like one.
    monkeypatch.setattr("ipaddress.IPv4Address.is_global", True)
    async with files({"/a": whole()}) as served:
        assert "not to be found on the public internet" in await refused(fetcher(), served.url("/a"))
    assert served.asked == []


@in_loop
async def test_tls_is_checked_against_the_name(tmp_path: Path) -> None:
    ca = ThrowawayCa(tmp_path)
    async with files({"/a": whole()}, tls=ca.server_context("right.test")) as served:
        fetching = fetcher(right=[[HERE]], wrong=[[HERE]])
        url = served.url("/a", "right.test", "https")
        assert "TLS handshake failed" in await refused(fetching, url)  # nobody trusts it
        fetching._trusted = ssl.create_default_context(cafile=str(ca.path))
        assert (await fetching.fetch([url]))[url].data == PNG
        assert "TLS handshake failed" in await refused(fetching, served.url("/a", "wrong.test", "https"))


# ---- How much, how long, how many.


@in_loop
async def test_too_large_by_what_it_says_and_by_what_it_sends() -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000
    async with files({"/says": whole(b"x" * 1001), "/sends": endless, "/fits": whole(b"x" * 1000)}) as served:
        small = fetcher(FetchLimits(bytes=1000))
        for path in ("/says", "/sends"):
            assert "it is too large" in await refused(small, served.url(path))
        await small.fetch([served.url("/fits")])
        assert "it is too large" in await refused(small, served.url("/fits"), served.url("/fits?"))  # together


@in_loop
async def test_too_slow() -> None:
    half = whole()[:-3]
    async with files({"/good": whole(), "/slow": half}) as served:
        served.stalls = {"/slow"}
        hasty = fetcher(FetchLimits(seconds=0.3))
        message = await refused(hasty, served.url("/good"), served.url("/slow"))
        assert message == f"{served.url('/slow')} could not be fetched: it was not there within 0.3 s"


@in_loop
async def test_too_many() -> None:
    assert "more than 2 addresses" in await refused(fetcher(FetchLimits(addresses=2)), "http://a", "http://b", "http://c")


@in_loop
async def test_all_requests_together_have_few_connections() -> None:
    async with files({"/a": whole()}) as served:
        narrow = fetcher(FetchLimits(connections=2))
        urls = [served.url(f"/a?{n}") for n in range(8)]
        served.answers |= {f"/a?{n}": whole() for n in range(8)}
        await asyncio.gather(*(narrow.fetch(urls[start : start + 2]) for start in range(0, 8, 2)))
        assert (served.connections, served.most_open) == (8, 2)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (whole(status="404 Not Found"), "its server answered 404"),
        (whole(status="500 Oops"), "its server answered 500"),
        (whole(b"", status="304 Not Modified"), "its server answered 304"),
        (whole(b"x", "content-encoding: gzip"), "its server compresses"),
        (whole()[:-1], "its server broke off"),
        (b"", "its server broke off"),
        (b"garbage\r\n\r\n", "its server broke off"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n", "its server broke off"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcde", "its server broke off"),
    ],
)
@in_loop
async def test_answers_that_are_no_file(answer: bytes, why: str) -> None:
    async with files({"/a": answer}) as served:
        assert why in await refused(fetcher(), served.url("/a"))


@in_loop
async def test_nobody_listens() -> None:
    async with files({}) as served:
        pass
    assert "no connection" in await refused(fetcher(), served.url("/a"))


@in_loop
async def test_the_next_address_of_a_name_is_tried() -> None:
    async with files({"/a": whole()}) as served:
        two = fetcher(FetchLimits(), "127.0.0.9", two=[["127.0.0.9", HERE]])
        await two.fetch([served.url("/a", "two.test")])


@in_loop
async def test_long_addresses_are_shown_in_part() -> None:
    assert len(await refused(fetcher(), "http://10.0.0.1/" + "a" * 9999)) < 300
