"""Exports: each is read back by what reads such files, and the curl command is run."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from admin.flow_export.curl import write_curl
from admin.flow_export.har import har_entry, write_har
from admin.flow_export.jsonl import write_line
from proapi_gateway.flow_log.flow_views import FlowDetail
from proapi_gateway.flow_log.records import Outcome, Side
from tests.admin.flow_export.har_schema import HAR_SCHEMA
from tests.admin.flows import ASKED, REQUEST_HEADERS, DiskLog, body, record
from tests.end_to_end.configs import chat_chunk, chat_end
from tests.end_to_end.paced_backend import PacedBackend, Reply

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
BASE = "http://127.0.0.1:8000"
STREAM = [chat_chunk("Hel"), chat_chunk("lo 世"), chat_end()]
HOSTILE_BODIES = [
    ASKED.encode(),
    b'it\'s "all" $HOME `id` \\ !! %s & | ; # \n\ttwo lines\n',
    b"@/etc/passwd",
    b"-X DELETE",
    "世界 🌍".encode(),
    b"\x00\x01binary\xff",
    b"x" * 300_000,
    b"BODY\n" * 60_000 + b"BODY",
    b"' ; touch pwned ; '",
]


def stream_record() -> Any:
    pieces = [(100 + 150 * place, len(b"".join(STREAM[:place]))) for place in range(len(STREAM))]
    reply = body(Side.CLIENT_REPLY, b"".join(STREAM), "text/event-stream", pieces=pieces)
    return record(1, stream=True, first_token_ms=100, bodies=(body(Side.CLIENT_REQUEST, ASKED.encode()), reply))


def kinds(folder: Path) -> list[FlowDetail]:
    binary = body(Side.CLIENT_REPLY, b"\xff\xd8binary", "audio/mpeg")
    cut = body(Side.CLIENT_REPLY, b"half", total_bytes=900)
    records = [
        record(0),
        stream_record(),
        record(2, bodies=(binary,)),
        record(3, bodies=(body(Side.CLIENT_REQUEST, b"\xff\0"), cut)),
        record(4, bodies=(), outcome=Outcome.LEFT, status=499, error="the client left", attempts=()),
    ]
    return DiskLog(folder, records).details()


def test_each_line_is_json_and_whole(tmp_path: Path) -> None:
    details = kinds(tmp_path)
    told = [json.loads(write_line(detail)) for detail in details]
    assert all("\n" not in write_line(detail)[:-1] for detail in details)
    assert [each["request_id"] for each in told] == [f"req-{place}" for place in range(5)]
    first = told[0]
    assert (first["started"], first["cost_usd"], first["outcome"]) == ("2025-11-24T16:00:00.000+00:00", 0.001, "ok")
    assert first["losses"] == [{"field": "seed", "what": "dropped", "why": "this backend has none"}]
    assert first["attempts"][0]["key"] == "sk-a…wxyz"
    assert json.loads(first["bodies"]["client_request"]["text"]) == json.loads(ASKED)
    assert told[1]["bodies"]["client_reply"]["pieces"][1] == [250, len(STREAM[0])]
    assert base64.b64decode(told[2]["bodies"]["client_reply"]["base64"]) == b"\xff\xd8binary"


def test_har_is_valid(tmp_path: Path) -> None:
    details = kinds(tmp_path)
    archive = json.loads("".join(write_har(details, BASE)))
    jsonschema.validate(archive, HAR_SCHEMA)
    entries = archive["log"]["entries"]
    assert len(entries) == 5
    for entry in entries:
        timings = [value for value in entry["timings"].values() if value >= 0]
        assert sum(timings) == entry["time"]
    whole, stream, binary, cut, left = entries
    assert whole["request"]["url"] == f"{BASE}/v1/chat/completions"
    assert whole["request"]["postData"]["text"] == ASKED
    assert whole["response"]["statusText"] == "OK"
    assert stream["response"]["content"]["text"] == b"".join(STREAM).decode()
    assert stream["timings"] | {"blocked": -1} == {
        "blocked": -1, "dns": -1, "connect": -1, "ssl": -1, "send": 0, "wait": 100, "receive": 800,
    }  # fmt: skip
    assert stream["_pieces"][1] == [250, len(STREAM[0])]
    assert binary["response"]["content"]["encoding"] == "base64"
    assert cut["response"]["content"]["comment"] == "4 of 900 bytes are kept"
    assert (left["response"]["status"], left["response"]["statusText"]) == (499, "")


def test_har_of_nothing_is_valid() -> None:
    jsonschema.validate(json.loads("".join(write_har([], BASE))), HAR_SCHEMA)


def test_har_tells_the_query(tmp_path: Path) -> None:
    head = {"method": "GET", "url": "http://h.example/v1/models?a=1&b=%20x&c=", "headers": []}
    bodies = (body(Side.CLIENT_REQUEST, b"", head=head),)
    (detail,) = DiskLog(tmp_path, [record(door="proxy", bodies=bodies)]).details()
    request = har_entry(detail, BASE)["request"]
    query = {each["name"]: each["value"] for each in request["queryString"]}
    assert request["url"] == head["url"]
    assert query == {"a": "1", "b": " x", "c": ""}


@needs_curl
@pytest.mark.parametrize("data", HOSTILE_BODIES, ids=lambda data: repr(data[:20]))
def test_the_curl_command_sends_the_clients_request_again(data: bytes, tmp_path: Path) -> None:
    with PacedBackend() as backend:
        backend.script(Reply.json({"ok": True}))
        headers = [
            *REQUEST_HEADERS,
            ["X-Odd", "$(touch pwned) `touch pwned` 'x"],
            ["X-Secret", "[hidden]"],
            ["X-Empty", ""],
        ]
        head = {"method": "POST", "url": "http://api.openai.com/v1/chat/completions", "headers": headers}
        path, bodies = "/v1/chat/completions?q='a'&b=$HOME", (body(Side.CLIENT_REQUEST, data, head=head),)
        (detail,) = DiskLog(tmp_path, [record(path=path, bodies=bodies)]).details()
        script = write_curl(detail, backend.url)
        file = tmp_path / "again.sh"
        file.write_text(script, encoding="utf-8")
        environment = {"PATH": "/usr/bin:/bin", "OPENAI_API_KEY": "sk-mine"}
        ran = subprocess.run(["sh", str(file)], cwd=tmp_path, env=environment, capture_output=True, timeout=30)
        assert (ran.returncode, ran.stderr) == (0, b""), ran
        (request,) = backend.requests
    assert request.body.removesuffix(b"\n") == data.removesuffix(b"\n")
    assert request.path == "/v1/chat/completions?q='a'&b=$HOME"
    assert request.headers["authorization"] == "Bearer sk-mine"
    assert request.headers["x-odd"] == "$(touch pwned) `touch pwned` 'x"
    assert (request.headers["x-note"], request.headers["x-empty"]) == ("it's", "")
    assert request.headers["content-type"] == "application/json"
    assert "x-secret" not in request.headers
    assert not (tmp_path / "pwned").exists()
    assert "hidden" not in script


def test_curl_says_what_is_missing(tmp_path: Path) -> None:
    bodies = (body(Side.CLIENT_REQUEST, b'{"a', total_bytes=90),)
    cut, bare = DiskLog(tmp_path, [record(0, bodies=bodies, stream=True), record(1, bodies=())]).details()
    assert write_curl(cut, BASE).startswith("# The log has only 3 of the body's 90 bytes")
    assert "curl -sS -N" in write_curl(cut, BASE)
    assert write_curl(bare, BASE).startswith("# The log has no body")
    assert "-X POST" in write_curl(bare, BASE)
