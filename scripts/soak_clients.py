"""The clients of the soak: keep-alive connections that ask, stream, leave in the middle, and ask wrongly.

Each job says what its answer must be. Whatever else comes is a failure.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

from bench_backend import STREAM_EVENTS
from bench_servers import TOKEN

_PER_CONNECTION = 40  # requests; then another one is made, as short-lived clients do
_ANSWER_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Job:
    """One request. `leaves`: the client hangs up at the head of the reply."""

    name: str
    body: bytes
    status: int = 200
    has: tuple[bytes, ...] = ()
    key: str = TOKEN
    leaves: bool = False


def _chat(model: str, *, stream: bool) -> bytes:
    return json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}], "stream": stream}).encode()


WHOLE = Job("whole", _chat("steady", stream=False), has=(b'"chat.completion"', b'"model":"steady"'))
STREAM = Job("stream", _chat("steady", stream=True), has=(b"data: [DONE]", b'"finish_reason":"stop"'))
# Of any other kind there are a few in a hundred.
_OTHERS = (
    Job("a stream that dies", _chat("dying", stream=True), has=(b'"error"',)),
    Job("a client that leaves", _chat("steady", stream=True), leaves=True),
    Job("a wrong key", WHOLE.body, 401, (b'"invalid_api_key"',), key="sk-nobody"),
    Job("no JSON", b'{"model": ', 400, (b'"invalid_request_error"',)),
    Job("no such model", _chat("nobody", stream=False), 404, (b'"model_not_found"',)),
)
_OTHERS_SHARE = 0.04


def make_jobs(requests: int, streams: int, chance: Random) -> Iterator[Job]:
    """So many of each, mixed, with a few others in between."""
    left = {WHOLE: requests, STREAM: streams}
    while any(left.values()):
        (job,) = chance.choices(list(left), list(left.values()))
        left[job] -= 1
        yield job
        if chance.random() < _OTHERS_SHARE:
            yield chance.choice(_OTHERS)


@dataclass
class Answers:
    """What came: `good` by the job's name, `bad` as "job: what came instead"."""

    good: Counter[str]
    bad: Counter[str]
    hidden: int = 0  # answers that took more than one attempt


async def put_jobs(port: int, jobs: Iterable[Job], connections: int) -> Answers:
    """All jobs, by so many clients; all of their connections are closed at the end."""
    answers, shared = Answers(Counter(), Counter()), iter(jobs)
    await asyncio.gather(*(_work(port, shared, answers) for _ in range(connections)))
    return answers


async def _work(port: int, jobs: Iterator[Job], answers: Answers) -> None:
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    asked, before = 0, ""
    for job in jobs:
        if streams is None:
            streams, asked, before = await asyncio.open_connection("127.0.0.1", port), 0, ""
        try:
            fault = await asyncio.wait_for(_ask(*streams, job, answers), _ANSWER_WITHIN_S)
        except (OSError, asyncio.IncompleteReadError, ValueError, TimeoutError) as error:
            fault = f"{error!r}, as request {asked + 1} of a connection, after {before or 'nothing'}"
        if fault:
            answers.bad[f"{job.name}: {fault}"] += 1
        else:
            answers.good[job.name] += 1
        asked, before = asked + 1, job.name
        if fault or job.leaves or asked >= _PER_CONNECTION:
            streams = _hang_up(streams)
    if streams is not None:
        _hang_up(streams)


def _hang_up(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    streams[1].transport.abort()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, job: Job, answers: Answers) -> str:
    """What is wrong with the answer; "" for nothing."""
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {job.key}\r\n"
    writer.write(f"{head}content-length: {len(job.body)}\r\n\r\n".encode() + job.body)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(answer.split(maxsplit=2)[1])
    if job.leaves:
        return ""
    body = await _read_body(reader, answer)
    answers.hidden += b"x-proapi-attempts: 1\r\n" not in answer and b"x-proapi-attempts" in answer
    if status != job.status:
        return f"{status} {body[:200].decode('utf-8', 'replace')}"
    if missing := [words for words in job.has if words not in body.replace(b'": ', b'":')]:
        return f"{status} without {missing}: …{body[-200:].decode('utf-8', 'replace')}"
    if job is STREAM and body.count(b"data: ") < STREAM_EVENTS:
        return f"{body.count(b'data: ')} events of {STREAM_EVENTS}"
    return ""


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"transfer-encoding: chunked" not in head:
        return await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
    pieces = []
    while size := int(await reader.readline(), 16):
        pieces.append(await reader.readexactly(size + 2))
    await reader.readline()
    return b"".join(piece[:-2] for piece in pieces)
