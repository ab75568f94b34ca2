"""The faults that a backend may have, and what a client must then see: exactly, for a whole reply and for a stream.

    FAULTS["cut in the head"] → Fault(script=…, whole=Outcome(502, "broken_off"), stream=Outcome(502, "broken_off"))

`helped`: another backend that is tried after it serves the client as if nothing had happened; False for what the client
must be told itself, or has begun to get.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass

from tests.addons.fake_backends import Exchange, Script, cut_before_head, raw, reply, reset_before_head, stall
from tests.end_to_end.configs import chat_chunk, chat_end, chat_reply

PATIENCE_S = 4.0  # the gateway's first_byte and idle: a loaded machine must make every good reply within it
BODY = json.dumps(chat_reply()).encode()
STREAM = [chat_chunk("one"), chat_chunk("two"), chat_end()]
JSON, SSE = {"content-type": "application/json"}, {"content-type": "text/event-stream"}
CHUNKED = {"transfer-encoding": "chunked"}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` and `code` of the error; with `after`, a 200 whose stream brings that text first and then the error."""

    status: int = 200
    code: str | None = None
    after: str = ""

    @property
    def is_good(self) -> bool:
        return self.status == 200 and self.code is None


GOOD = Outcome()
BROKEN_OFF, TIMEOUT = Outcome(502, "broken_off"), Outcome(504, "timeout")
UNREADABLE = Outcome(502, "bad_upstream_reply")
NOTHING_CAME = Outcome(502, "stream_cut")
CUT_LATER = Outcome(200, "stream_cut", after="one")


@dataclass(frozen=True, slots=True)
class Fault:
    """`script` is told whether a stream was asked for. `h2`: an HTTP/2 backend can have it as well."""

    script: Callable[[Exchange, bool], asyncio.Future[None] | object]
    whole: Outcome
    stream: Outcome
    helped: bool = True
    h2: bool = False


def _same(script: Script) -> Callable[[Exchange, bool], object]:
    return lambda exchange, streams: script(exchange)


def _both(whole: Script, stream: Script) -> Callable[[Exchange, bool], object]:
    return lambda exchange, streams: (stream if streams else whole)(exchange)


def _pieces(*pieces: bytes, then: str = "end", pause_s: float = 0.0, **headers: str) -> Script:
    """`then`: "end", "stall", "cut" (FIN, or a stream's reset), "reset" (RST)."""

    async def script(exchange: Exchange) -> None:
        await exchange.head(200, headers)
        for piece in pieces:
            await exchange.piece(piece)
            await asyncio.sleep(pause_s)
        if then == "end":
            await exchange.end()
        elif then == "stall":
            await exchange.gone.wait()
        else:
            exchange.cut(hard=then == "reset")

    return script


def _sse(*pieces: bytes, then: str = "end", pause_s: float = 0.0, **headers: str) -> Script:
    return _pieces(*pieces, then=then, pause_s=pause_s, **SSE, **CHUNKED, **headers)


def _stall_after(data: bytes) -> Script:
    async def script(exchange: Exchange) -> None:
        exchange.raw(data)
        await exchange.gone.wait()

    return script


def _after_interim(script: Script) -> Script:
    async def interim_first(exchange: Exchange) -> None:
        exchange.raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n")
        await asyncio.sleep(0.05)
        exchange.raw(b"\r\n")
        await script(exchange)

    return interim_first


def _trickle(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


def _error(status: int, **headers: str) -> Script:
    return reply(status, b'{"error": {"message": "not now", "type": "t", "code": "c"}}', **JSON, **headers)


_LENGTH = str(len(BODY))
_MORE, _LESS = str(len(BODY) + 100), str(len(BODY) - 40)
_GZIP = {"content-encoding": "gzip"}
_BOMB = gzip.compress(gzip.compress(b"0" * 40_000_000, 1), 9)
_ERROR_EVENT = b'data: {"error": {"message": "not now", "type": "overloaded_error", "code": null}}\n\n'

FAULTS: dict[str, Fault] = {
    # -- none at all, or one that is none
    "none": Fault(_both(reply(200, BODY, **JSON), _sse(*STREAM)), GOOD, GOOD, h2=True),
    "a trickle": Fault(
        _both(_pieces(*_trickle(BODY), **JSON, **{"content-length": _LENGTH}), _sse(*_trickle(b"".join(STREAM)))),
        GOOD, GOOD, h2=True,
    ),
    "gzip, not asked for": Fault(
        _both(reply(200, gzip.compress(BODY), **JSON, **_GZIP), _sse(gzip.compress(b"".join(STREAM)), **_GZIP)),
        GOOD, GOOD, h2=True,
    ),
    "interim replies": Fault(
        _both(_after_interim(reply(200, BODY, **JSON)), _after_interim(_sse(*STREAM))), GOOD, GOOD
    ),
    # -- the connection
    "closed": Fault(_same(cut_before_head), BROKEN_OFF, BROKEN_OFF, h2=True),
    "reset": Fault(_same(reset_before_head), BROKEN_OFF, BROKEN_OFF, h2=True),
    "cut in the head": Fault(_same(raw(HEAD[:30])), BROKEN_OFF, BROKEN_OFF),
    "cut after the head": Fault(
        _both(_pieces(then="cut", **JSON, **{"content-length": _LENGTH}), _sse(then="cut")),
        BROKEN_OFF, BROKEN_OFF, h2=True,
    ),
    "cut in the body": Fault(
        _both(_pieces(BODY[:50], then="cut", **JSON, **{"content-length": _LENGTH}), _sse(STREAM[0], then="cut")),
        BROKEN_OFF, CUT_LATER, helped=False, h2=True,
    ),
    "reset in the body": Fault(
        _both(
            _pieces(BODY[:50], then="reset", pause_s=0.1, **JSON, **{"content-length": _LENGTH}),
            _sse(STREAM[0], then="reset", pause_s=0.1),
        ),
        BROKEN_OFF, CUT_LATER, helped=False, h2=True,
    ),
    "ends without its end": Fault(
        _both(reply(200, BODY[:-20], **JSON), _sse(*STREAM[:2])), UNREADABLE, CUT_LATER, helped=False, h2=True
    ),
    # -- silence
    "silence": Fault(_same(stall), TIMEOUT, TIMEOUT, h2=True),
    "silence in the head": Fault(_same(_stall_after(HEAD[:30])), TIMEOUT, TIMEOUT),
    "silence after the head": Fault(
        _both(_pieces(then="stall", **JSON, **{"content-length": _LENGTH}), _sse(then="stall")),
        TIMEOUT, TIMEOUT, h2=True,
    ),
    "silence in the body": Fault(
        _both(_pieces(BODY[:50], then="stall", **JSON, **{"content-length": _LENGTH}), _sse(STREAM[0], then="stall")),
        TIMEOUT, CUT_LATER, helped=False, h2=True,
    ),
    # -- lies
    "longer than it is": Fault(
        _both(
            _pieces(BODY, then="cut", **JSON, **{"content-length": _MORE}),
            _pieces(*STREAM, then="cut", **SSE, **{"content-length": "10000"}),
        ),
        BROKEN_OFF, GOOD, helped=False,
    ),
    "shorter than it is": Fault(
        _both(
            _pieces(BODY, then="cut", **JSON, **{"content-length": _LESS}),
            _pieces(*STREAM, then="cut", **SSE, **{"content-length": str(len(STREAM[0]) + 10)}),
        ),
        UNREADABLE, CUT_LATER, helped=False,
    ),
    "two lengths": Fault(
        _same(raw(HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello")), BROKEN_OFF, BROKEN_OFF
    ),
    "a length and chunks": Fault(
        _same(raw(HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")),
        BROKEN_OFF, BROKEN_OFF,
    ),
    "broken chunks": Fault(_same(raw(HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\nhello")), BROKEN_OFF, BROKEN_OFF),
    # -- garbage
    "no HTTP": Fault(_same(raw(b"\x16\x03\x00\xff what?\r\n\r\n")), BROKEN_OFF, BROKEN_OFF),
    "a page": Fault(
        _same(reply(200, b"<html>hi</html>", **{"content-type": "text/html"})), UNREADABLE, NOTHING_CAME, h2=True
    ),
    "an empty body": Fault(_same(reply(200, b"", **JSON)), UNREADABLE, NOTHING_CAME, h2=True),
    "no JSON in its events": Fault(
        _both(reply(200, b"data: oops", **JSON), _sse(b"data: oops\n\n", b"data: [DONE]\n\n")),
        NOTHING_CAME, UNREADABLE, h2=True,
    ),
    "deep JSON": Fault(
        _both(reply(200, b"[" * 100_000, **JSON), _sse(b"data: " + b'{"a":' * 3000 + b"\n\n")),
        UNREADABLE, UNREADABLE, h2=True,
    ),
    "broken gzip": Fault(
        _both(reply(200, b"no gzip", **JSON, **_GZIP), _sse(b"no gzip", **_GZIP)), UNREADABLE, NOTHING_CAME, h2=True
    ),
    "gzip that bursts": Fault(
        _same(reply(200, _BOMB, **JSON, **{"content-encoding": "gzip, gzip"})), UNREADABLE, NOTHING_CAME
    ),
    "a head without an end": Fault(_same(_stall_after(HEAD + b"x-a: b\r\n" * 1000)), BROKEN_OFF, BROKEN_OFF),
    # -- errors
    "500": Fault(_same(_error(500)), Outcome(500, "c"), Outcome(500, "c"), h2=True),
    "503": Fault(_same(_error(503)), Outcome(503, "c"), Outcome(503, "c"), h2=True),
    "529": Fault(_same(_error(529)), Outcome(529, "c"), Outcome(529, "c"), h2=True),
    "429": Fault(_same(_error(429, **{"retry-after": "30"})), Outcome(429, "c"), Outcome(429, "c"), h2=True),
    "a refused key": Fault(_same(_error(401)), Outcome(401, "c"), Outcome(401, "c"), h2=True),
    "a bad request": Fault(_same(_error(400)), Outcome(400, "c"), Outcome(400, "c"), helped=False, h2=True),
    "an error in a 200": Fault(
        _both(reply(200, _ERROR_EVENT[6:], **JSON), _sse(_ERROR_EVENT)),
        Outcome(503, None), Outcome(503, None), h2=True,
    ),
    "an error after comments": Fault(
        _both(reply(200, _ERROR_EVENT[6:], **JSON), _sse(b": PROCESSING\n\n", _ERROR_EVENT, pause_s=0.05)),
        Outcome(503, None), Outcome(503, None), h2=True,
    ),
    "an error in the stream": Fault(
        _both(reply(200, _ERROR_EVENT[6:], **JSON), _sse(STREAM[0], _ERROR_EVENT)),
        Outcome(503, None), Outcome(200, None, after="one"), helped=False, h2=True,
    ),
}  # fmt: skip
