"""Load on one address: wrk where it is installed, else a small generator of our own."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench_servers import request_body, request_headers

_PATH = "/v1/chat/completions"
_LUA = "wrk.method = 'POST'\nwrk.body = {body}\n{headers}\n"


@dataclass(frozen=True)
class Load:
    """What one measurement gave: good answers a second, and how many were not good."""

    per_second: float
    answers: int
    errors: int


def generator_name() -> str:
    return "wrk" if shutil.which("wrk") else "asyncio"


def put_load(url: str, *, stream: bool, connections: int, seconds: float, folder: Path) -> Load:
    if shutil.which("wrk"):
        return _run_wrk(url, stream=stream, connections=connections, seconds=seconds, folder=folder)
    return asyncio.run(_run_own(url, stream=stream, connections=connections, seconds=seconds))


# -- wrk -------------------------------------------------------------------------------------------------------------
def _run_wrk(url: str, *, stream: bool, connections: int, seconds: float, folder: Path) -> Load:
    headers = "\n".join(f"wrk.headers[{json.dumps(n)}] = {json.dumps(v)}" for n, v in request_headers().items())
    script = folder / f"load-{stream}.lua"
    script.write_text(_LUA.format(body=json.dumps(request_body(stream=stream).decode()), headers=headers))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(script), url + _PATH]
    output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30).stdout
    answers = int(_find(r"(\d+) requests in", output))
    sockets = sum(int(number) for number in re.findall(r"(?:connect|read|write|timeout) (\d+)", output))
    return Load(
        float(_find(r"Requests/sec:\s+([\d.]+)", output)), answers, int(_find(r"Non-2xx.*?(\d+)", output)) + sockets
    )


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found.group(1) if found else "0"


# -- our own ---------------------------------------------------------------------------------------------------------
async def _run_own(url: str, *, stream: bool, connections: int, seconds: float) -> Load:
    start = time.perf_counter()
    workers = [_ask_until(url, start + seconds, stream=stream) for _ in range(connections)]
    counts = await asyncio.gather(*workers)
    answers, errors = sum(good for good, _ in counts), sum(bad for _, bad in counts)
    return Load(answers / (time.perf_counter() - start), answers, errors)


async def _ask_until(url: str, end: float, *, stream: bool) -> tuple[int, int]:
    """(good, bad) answers on one keep-alive connection."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    body = request_body(stream=stream)
    fields = {"host": address.netloc, "content-length": str(len(body)), **request_headers()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    request = f"POST {_PATH} HTTP/1.1\r\n{head}\r\n".encode() + body
    good = bad = 0
    try:
        while time.perf_counter() < end:
            writer.write(request)
            if await _read_answer(reader):
                good += 1
            else:
                bad += 1
    except (OSError, asyncio.IncompleteReadError):
        bad += 1
    writer.close()
    return good, bad


async def _read_answer(reader: asyncio.StreamReader) -> bool:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0]))
    return head.split()[1].startswith(b"2")
