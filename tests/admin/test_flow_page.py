"""One flow's page: each part of the X-ray, hostile content, odd bodies, huge ones."""

from __future__ import annotations

import html
import json
import re
import time
from pathlib import Path

import pytest

from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.flow_log.records import BodyRecord, FlowRecord, Outcome, Side
from proapi_translate import EVENT_STREAM, Loss
from tests.admin.flow_pages import pages_over
from tests.admin.flows import body, record
from tests.admin.pages import PageClient
from tests.end_to_end.configs import chat_chunk, chat_end, chat_reply
from tests.translate.dialects.bedrock.wire import frame

pytestmark = pytest.mark.usefixtures("each_database")

HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "[x](javascript:alert(1))",
    "</pre><script>alert(1)</script>",
    "' onmouseover='alert(1)", "{{ 7*7 }} {% raw %}", "\u202egnp.exe", "\x00\x1b[31m", "\ud800",
]  # fmt: skip


def streamed(*texts: str, first_ms: int = 100) -> tuple[BodyRecord, BodyRecord]:
    """The backend's and the client's side of one stream, a chunk each 100 ms; the client's 3 ms later."""
    events = [chat_chunk(text) for text in texts] + [chat_end()]
    offsets = [len(b"".join(events[:place])) for place in range(len(events))]
    times = [first_ms + 100 * place for place in range(len(events))]
    data = b"".join(events)
    backend = body(Side.BACKEND_REPLY, data, "text/event-stream", pieces=list(zip(times, offsets, strict=True)))
    late = [(ms + 3, offset) for ms, offset in zip(times, offsets, strict=True)]
    return backend, body(Side.CLIENT_REPLY, data, "text/event-stream", pieces=late)


def page_of(folder: Path, flow: FlowRecord) -> str:
    client, log = pages_over(folder, flow)
    return shown(client, log.details()[0].flow.id)


def shown(client: PageClient, flow_id: int) -> str:
    answer = client.get(f"/admin/flows/{flow_id}")
    assert answer.status_code == 200
    return answer.text


def test_everything_of_a_flow(tmp_path: Path) -> None:
    asked = json.dumps({"model": "m", "seed": 7, "messages": [{"role": "user", "content": "say hello"}]}).encode()
    sent = json.dumps({"model": "backend-m", "messages": [{"content": "say hello", "role": "user"}]}).encode()
    attempts = (
        AttemptRecord("openai/ill", "m1", 0, "sk-a…wxyz", 503, "overloaded", 40),
        AttemptRecord("openai/main", "backend-m", 1, "sk-b…wxyz", 200, "", 300),
        AttemptRecord("openai/gone", "m2", 0, "", None, "refused the connection", 2),
    )
    text = page_of(
        tmp_path,
        record(
            attempts=attempts,
            stream=True,
            first_token_ms=103,
            losses=(Loss("seed", "dropped", "this backend has none"), Loss("n", "approximated", "")),
            bodies=(body(Side.CLIENT_REQUEST, asked), body(Side.SENT_REQUEST, sent), *streamed("Hel", "lo **you**")),
        ),
    )
    for part in ("overloaded", "refused the connection", "no reply", "sk-a…wxyz", "103 ms", "900 ms", "$0.001<"):
        assert part in text, part
    assert "<code>seed</code> was left out: this backend has none" in text
    assert "<code>n</code> was sent as something similar" in text
    assert '<span class="alone">  &#34;model&#34;: &#34;m&#34;,\n  &#34;seed&#34;: 7,</span>' in text
    assert "<p>Hello <strong>you</strong></p>" in text
    assert html.unescape(re.search(r'data-pace="([^"]*)"', text)[1]) == '[[103, 0, "Hel"], [203, 0, "lo **you**"]]'  # type: ignore[index]
    timeline = text[text.index('id="timeline"') :]
    assert re.findall(r'<td class="num">(\d+) ms</td><td class="num soft">\+(\d+)</td>', timeline) == [
        ("100", "100"), ("200", "100"), ("300", "100"),
    ]  # fmt: skip
    assert timeline.count('<td class="num">3 ms</td>') == 3
    assert "$OPENAI_API_KEY" in text


@pytest.mark.parametrize("hostile", HOSTILE, ids=repr)
def test_nothing_that_anybody_says_is_more_than_text(hostile: str, tmp_path: Path) -> None:
    call = {"id": hostile, "type": "function", "function": {"name": hostile, "arguments": hostile}}
    reply = chat_reply(hostile)
    cited = [{"type": "url_citation", "url_citation": {"url": f"javascript:{hostile}", "title": hostile}}]
    reply["choices"][0]["message"] |= {"tool_calls": [call], "reasoning_content": hostile, "annotations": cited}  # type: ignore[index]
    head = {"method": hostile, "url": hostile, "headers": [[hostile, hostile], ["Content-Type", hostile]]}
    said = json.dumps({"model": hostile, "messages": [{"role": "user", "content": hostile}]}).encode()
    raw = hostile.encode("utf-8", "surrogatepass")
    safe = hostile.encode("utf-8", "replace").decode()
    flows = [
        record(
            0, model=safe, error=safe, finish_reason=safe, client_program=safe, path=safe, method=safe[:9],
            attempts=(AttemptRecord(safe, safe, 0, safe, 500, safe, 1),), losses=(Loss(safe, "dropped", safe),),
            bodies=(
                body(Side.CLIENT_REQUEST, said, head=head), body(Side.SENT_REQUEST, said),
                body(Side.BACKEND_REPLY, raw, "text/plain"), body(Side.CLIENT_REPLY, json.dumps(reply).encode()),
            ),
        ),
        record(1, stream=True, bodies=streamed(hostile, "x", hostile)),
    ]  # fmt: skip
    client, log = pages_over(tmp_path, *flows)
    for detail in log.details():
        text = shown(client, detail.flow.id)
        inert = re.sub(r'="[^"]*"', '=""', text)  # what stands in an attribute's quotes is a value
        tags = re.findall(r"<[a-zA-Z/!][^>]*>", inert)
        assert not [
            tag for tag in tags if re.search(r"<script(?! src)|<img(?! src=\"\" alt)|\son\w+=|javascript:", tag)
        ]
        assert not re.search(r'(?:href|src|action)="\s*(?:javascript|data|vbscript):', text, re.IGNORECASE)
        assert "\u202e" not in text
        assert "\x00" not in text


def test_broken_and_binary_bodies(tmp_path: Path) -> None:
    frames = frame("messageStart", {"role": "assistant"}) + frame("contentBlockDelta", {"delta": {"text": "世"}})
    flows = [
        record(0, stream=True, bodies=(body(Side.BACKEND_REPLY, frames, EVENT_STREAM, pieces=[(5, 0), (9, 30)]),)),
        record(1, bodies=(body(Side.CLIENT_REPLY, b"\xff\xfb\x90\0" * 100, "audio/mpeg"),), dialect="speech"),
        record(2, bodies=(body(Side.CLIENT_REPLY, "世界".encode()[:5] + b"\xff{", "application/json"),)),
        record(3, bodies=(), outcome=Outcome.LEFT, status=499, attempts=()),
        record(4, bodies=(body(Side.CLIENT_REPLY, b"", head={}), BodyRecord(Side.SENT_REQUEST, head='{"headers": 7}'))),
    ]
    client, log = pages_over(tmp_path, *flows)
    bedrock, audio, broken, nothing, _ = [shown(client, detail.flow.id) for detail in log.details()]
    assert "contentBlockDelta: {&#34;delta&#34;: {&#34;text&#34;: &#34;世&#34;}}" in bedrock
    assert "ff fb 90 00" in audio
    assert "世�" in broken
    assert "Not kept" in nothing
    assert "No backend was asked." in nothing


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(chat_reply("x" * 1_000_000)).encode(),
        json.dumps(chat_reply("*[_`" * 250_000)).encode(),
        b"[" * 1_000_000,
        json.dumps({"a": [{"b": place} for place in range(60_000)]}).encode(),
        b"\xff\xfe" * 500_000,
        b"".join(chat_chunk(f"word {place} ") for place in range(5_000)) + chat_end(),
    ],
    ids=["text", "markup", "nested", "many", "binary", "stream"],
)
def test_huge_bodies_are_bounded(data: bytes, tmp_path: Path) -> None:
    events = [(place, offset.start()) for place, offset in enumerate(re.finditer(rb"data: ", data))]
    sides = [body(side, data, pieces=events) for side in Side]
    client, log = pages_over(tmp_path, record(0, stream=bool(events), bodies=tuple(sides)))
    began = time.thread_time()
    text = shown(client, log.details()[0].flow.id)
    assert time.thread_time() - began < 3
    assert len(text) < 3_000_000
    assert "Shortened here" in text


def test_vectors_are_counted(tmp_path: Path) -> None:
    reply = json.dumps({"object": "list", "data": [{"embedding": [0.5] * 1536, "index": 0}]}).encode()
    text = page_of(tmp_path, record(dialect="embeddings", bodies=(body(Side.CLIENT_REPLY, reply),)))
    assert "1 vector" in text
    assert "of 1536 numbers" in text


def test_a_cut_reply_says_so(tmp_path: Path) -> None:
    cut = body(Side.CLIENT_REPLY, json.dumps(chat_reply("hello")).encode()[:60], total_bytes=9000)
    text = page_of(tmp_path, record(bodies=(cut,)))
    assert "Only the first 60 B of 8.79 kB are in the log" in text
    assert "The log holds only the beginning of this reply" in text


def test_a_flow_is_found_by_its_request_id_and_deleted(tmp_path: Path) -> None:
    client, log = pages_over(tmp_path, record(3))
    flow_id = log.details()[0].flow.id
    assert client.get("/admin/flows/of/req-3").location == f"/admin/flows/{flow_id}"
    assert client.get("/admin/flows/of/none").location == "/admin/flows"
    client.post("/admin/flows/delete", data={"id": str(flow_id)})
    assert client.get(f"/admin/flows/{flow_id}").status_code == 404
    assert client.get(f"/admin/flows/{2**70}").status_code == 404


def test_in_chinese(tmp_path: Path) -> None:
    client, log = pages_over(tmp_path, record(0, bodies=streamed("你好")))
    for url in ("/admin/flows", f"/admin/flows/{log.details()[0].flow.id}", "/admin/overview?days=1"):
        client.post("/admin/preferences", data={"language": "zh"})
        text = client.get(url).text
        assert 'lang="zh-Hans"' in text
        assert "Tokens used" not in text
        assert "首字延迟" in text
