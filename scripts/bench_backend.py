"""The backend of the proxy benchmark: answers OpenAI's chat API from memory, as fast as Python can.

    bench_backend.py    prints "ready PORT", then serves until it is told to end

A request with "stream":true gets 100 events, one HTTP chunk each, written at once; any other a JSON of some 300 bytes.
"""

from __future__ import annotations

import asyncio
import json
import signal

STREAM_EVENTS = 100
_HEAD = {"id": "chatcmpl-1", "created": 1764000000, "model": "bench-model", "system_fingerprint": None}
_USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}


def _json_reply() -> bytes:
    message = {
        "role": "assistant",
        "content": "Twelve words are quite enough for an answer that nobody will read.",
        "refusal": None,
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = json.dumps({**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


def _stream_reply() -> bytes:
    deltas = [{"role": "assistant", "content": ""}, *({"content": " word"} for _ in range(STREAM_EVENTS - 3)), {}]
    events = []
    for delta in deltas:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None if delta else "stop"}
        chunk = {**_HEAD, "object": "chat.completion.chunk", "choices": [choice]}
        events.append(b"data: " + json.dumps(chunk).encode() + b"\n\n")
    events.append(b"data: [DONE]\n\n")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in events)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + chunks + b"0\r\n\r\n"


JSON_REPLY, STREAM_REPLY = _json_reply(), _stream_reply()


class ChatProtocol(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (body := self._take_request()) is not None:
            self._transport.write(STREAM_REPLY if b'"stream":true' in body.replace(b" ", b"") else JSON_REPLY)

    def _take_request(self) -> bytes | None:
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        if len(rest) < length:
            return None
        self._received = rest[length:]
        return rest[:length]


async def main() -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, ended.set)
    server = await loop.create_server(ChatProtocol, "127.0.0.1", 0)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
