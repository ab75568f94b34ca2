"""What somebody sees who looks at flows: in mitmweb (`server.debug: true`), and in the files that mitmproxy saves."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from mitmproxy import http
from mitmproxy.io import FlowReader

from tests.end_to_end.configs import AUTHORIZATION, BACKEND_KEY, TOKEN
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy, free_port
from tests.end_to_end.test_process import mitmproxy_program

CLAUDE_KEY = "sk-ant-test-of-the-second-backend"
PASSWORD = "look"
# tornado takes any value that comes twice, as cookie and as header; its name depends on the version
XSRF = "00ff" * 8


def claude_event(kind: str, **body: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **body})}\n\n".encode()


def claude_stream() -> list[bytes]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": []}
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    tool = {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}
    return [
        claude_event("message_start", message={**message, "usage": {"input_tokens": 7, "output_tokens": 1}}),
        claude_event("content_block_start", index=0, content_block=thinking),
        claude_event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "hm, weather"}),
        claude_event("content_block_stop", index=0),
        claude_event("content_block_start", index=1, content_block={"type": "text", "text": ""}),
        claude_event("content_block_delta", index=1, delta={"type": "text_delta", "text": "Let me see, 世界."}),
        claude_event("content_block_stop", index=1),
        claude_event("content_block_start", index=2, content_block=tool),
        claude_event("content_block_delta", index=2, delta={"type": "input_json_delta", "partial_json": '{"a": 1}'}),
        claude_event("content_block_stop", index=2),
        claude_event("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 5}),
        claude_event("message_stop"),
    ]


def config(refusing: PacedBackend, claude: PacedBackend, server: str = "") -> str:
    return f"""
providers:
  - {{ provider: openai, name: first, base_url: "{refusing.url}/v1", api_key: {BACKEND_KEY}, model: [ up: m ] }}
  - provider: anthropic
    name: second
    base_url: "{claude.url}"
    api_key: {CLAUDE_KEY}
    model: [ claude: m ]
    balance: [ m: 0.0001 ]
tokens:
  - {{ api_key: {TOKEN}, model: [ all ] }}
server:
  default_model: m
  {server}
"""


CHAT = {
    "model": "m",
    "stream": True,
    "seed": 7,
    "messages": [{"role": "system", "content": "Be terse."}, {"role": "user", "content": "What is the weather?"}],
}


def ask(port: int, path: str = "/v1/chat/completions", **changes: object) -> httpx.Response:
    body = {**CHAT, **changes}
    return httpx.post(f"http://127.0.0.1:{port}{path}", json=body, headers=AUTHORIZATION, timeout=20)


class Mitmweb:
    def __init__(self, port: int) -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"authorization": f"Bearer {PASSWORD}", "x-xsrftoken": XSRF},
            cookies={"_xsrf": XSRF, "_mitmproxy_xsrf": XSRF},
        )

    def flows(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self._client.get("/flows").json()
        return listed

    def text(self, flow: dict[str, Any], message: str, view: str = "auto") -> str:
        shown = self._client.get(f"/flows/{flow['id']}/{message}/content/{view}.json").json()
        if "text" in shown:
            return str(shown["text"])
        return "\n".join("".join(piece for _, piece in line).rstrip() for line in shown["lines"])  # mitmproxy 11

    def dump(self) -> bytes:
        return self._client.get("/flows/dump").content

    def option(self, name: str) -> Any:
        return self._client.get("/options").json()[name]["value"]

    def command(self, name: str) -> Any:
        return self._client.post(f"/commands/{name}", json={"arguments": []}).json()


def web_options(port: int) -> list[str]:
    options = ["--set", f"web_port={port}"]
    if sys.version_info >= (3, 12):  # mitmproxy 11 asks nobody for a password
        options += ["--set", f"web_password={PASSWORD}"]
    return options


@dataclass
class Debugged:
    proxy: RunningProxy
    web: Mitmweb
    claude: PacedBackend


@pytest.fixture
def debugged() -> Iterator[Debugged]:
    """A running mitmweb before two backends, the first of which refuses."""
    web_port = free_port()
    refusal = Reply.json({"error": {"message": f"{BACKEND_KEY} is over its limit"}}, status=429)
    with PacedBackend(lambda request: refusal) as refusing, PacedBackend() as claude:
        text = config(refusing, claude, "debug: true")
        with RunningProxy(text, arguments=web_options(web_port)) as proxy:
            yield Debugged(proxy, Mitmweb(web_port), claude)


def secrets_in(data: bytes) -> list[str]:
    return [secret for secret in (BACKEND_KEY, CLAUDE_KEY, TOKEN) if secret.encode() in data]


def test_the_pages_address_stands_in_the_log(debugged: Debugged) -> None:
    debugged.proxy.wait_for("mitmweb's pages are at http://127.0.0.1:")


def test_a_save_puts_the_pages_up_and_takes_them_down_and_no_open_stream_notices() -> None:
    web_port = free_port()
    gate = threading.Event()
    first, *rest = claude_stream()
    with PacedBackend(lambda request: Reply.json({}, status=429)) as refusing, PacedBackend() as claude:
        claude.script(Reply.stream([first, gate, *rest]), Reply.stream(claude_stream()), Reply.stream(claude_stream()))
        texts = {on: config(refusing, claude, f"debug: {str(on).lower()}") for on in (True, False)}
        with RunningProxy(texts[False], arguments=web_options(web_port)) as proxy, httpx.Client(timeout=20) as client:
            url = f"{proxy.base_url}/chat/completions"
            with client.stream("POST", url, json=CHAT, headers=AUTHORIZATION) as reply:
                pieces = reply.iter_text()
                text = next(pieces)
                proxy.config_path.write_text(texts[True])
                proxy.wait_for(f"mitmweb's pages are at http://127.0.0.1:{web_port}/")
                assert ask(proxy.port).status_code == 200
                flow = Mitmweb(web_port).flows()[-1]
                assert "── tool call look_up (toolu_1) ──" in Mitmweb(web_port).text(flow, "response")
                assert flow["comment"].startswith("m → anthropic/second claude")
                proxy.config_path.write_text(texts[False])
                proxy.wait_for("mitmweb's pages are not served any more")
                with pytest.raises(httpx.ConnectError):
                    httpx.get(f"http://127.0.0.1:{web_port}/")
                gate.set()
                text += "".join(pieces)
            assert "世界" in text
            assert "[DONE]" in text
            proxy.config_path.write_text(texts[True])
            proxy.wait_for("mitmweb's pages are at", times=2)
            assert ask(proxy.port).status_code == 200
            assert len(Mitmweb(web_port).flows()) == 1  # those from before are forgotten
            assert proxy.stop() == 0
    assert "ERROR" not in proxy.output
    assert "Traceback" not in proxy.output
    assert "GET /flows" not in proxy.output


def test_a_port_that_is_taken_costs_the_pages_alone() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        PacedBackend() as claude,
        RunningProxy(config(claude, claude, "debug: true"), arguments=web_options(taken.getsockname()[1])) as proxy,
    ):
        claude.script(Reply.stream(claude_stream()), Reply.stream(claude_stream()))
        proxy.wait_for("mitmweb's pages are not served:")
        assert ask(proxy.port).status_code == 200


def test_a_streamed_flow_as_people_read_it(debugged: Debugged) -> None:
    debugged.claude.script(Reply.stream(claude_stream()))
    assert ask(debugged.proxy.port, stream_options={"include_usage": True}).status_code == 200
    (flow,) = debugged.web.flows()
    assert debugged.web.text(flow, "request").endswith("── system ──\nBe terse.\n\n── user ──\nWhat is the weather?")
    assert debugged.web.text(flow, "response") == (
        "finished: tool_calls\ntokens: 7 in, 5 out\n\n"
        "── thinking ──\nhm, weather\n\n── text ──\nLet me see, 世界.\n\n"
        '── tool call look_up (toolu_1) ──\n{\n  "a": 1\n}'
    )
    assert '"content": "Let me see, 世界."' in debugged.web.text(flow, "response", "SSE")
    assert debugged.web.text(flow, "request", "App").startswith('# POST /v1/chat/completions\n{\n  "model": "m"')
    comment = flow["comment"].split("\n")
    assert comment[0] == "m → anthropic/second claude, attempt 2, lossy: seed"
    assert comment[1].startswith("• attempt 1: openai/first up (key sk-t…kend): 429 after ")
    assert comment[2].startswith("• attempt 2: anthropic/second claude (key sk-a…kend): 200 after ")
    assert comment[3:] == ["• seed dropped: Claude has no such setting", "• tokens: 7 in, 5 out"]
    assert secrets_in(json.dumps(debugged.web.flows()).encode()) == []


def test_a_whole_reply_of_responses_and_a_refusal(debugged: Debugged) -> None:
    debugged.claude.script(Reply.stream(claude_stream()))
    assert ask(debugged.proxy.port, "/v1/responses", input="hi", stream=False).status_code == 200
    wrong = {"authorization": "Bearer sk-of-a-stranger-0815"}
    assert httpx.post(f"{debugged.proxy.base_url}/chat/completions", json=CHAT, headers=wrong).status_code == 401
    served, refused = debugged.web.flows()
    assert b"sk-of-a-stranger-0815" not in debugged.web.dump()
    assert "── tool call look_up (toolu_1) ──" in debugged.web.text(served, "response")
    assert debugged.web.text(refused, "response").startswith("failed: Incorrect API key")
    assert refused["comment"] == "chat, answered by proapi itself"


def test_what_is_saved_while_a_stream_runs_and_after_it_opens_in_stock_mitmproxy_without_secrets(
    debugged: Debugged, tmp_path: Path
) -> None:
    gate = threading.Event()
    first, *rest = claude_stream()
    debugged.claude.script(Reply.stream([first, gate, *rest]))
    with httpx.stream(
        "POST", f"{debugged.proxy.base_url}/chat/completions", json=CHAT, headers=AUTHORIZATION, timeout=20
    ) as response:
        pieces = response.iter_raw()
        next(pieces)
        running = debugged.web.dump()
        gate.set()
        for _ in pieces:
            pass
    saved = debugged.web.dump()
    assert secrets_in(running + saved) == []
    (flow,) = FlowReader(io.BytesIO(saved)).stream()
    assert isinstance(flow, http.HTTPFlow)
    assert flow.response is not None
    assert flow.response.headers["x-proapi-provider"] == "anthropic/second"
    assert (flow.response.content or b"").endswith(b"data: [DONE]\n\n")
    path = tmp_path / "saved.flows"
    path.write_bytes(saved)
    stock = [str(Path(sys.executable).with_name("mitmdump")), "-nr", str(path), "--set", f"confdir={tmp_path}"]
    done = subprocess.run(stock, capture_output=True, text=True, timeout=30, cwd=tmp_path, check=True)
    assert "/v1/messages" in done.stdout


def test_what_is_dumped_while_a_backend_is_silent_has_no_secret(debugged: Debugged) -> None:
    gate = threading.Event()
    debugged.claude.script(Reply(before_headers=[gate]))
    asking = threading.Thread(target=ask, args=(debugged.proxy.port,))
    asking.start()
    debugged.claude.wait_for_requests(1)
    dumped = debugged.web.dump()
    gate.set()
    asking.join(20)
    assert b"/v1/messages" in dumped
    assert secrets_in(dumped) == []


def test_the_list_has_a_column_for_the_comments(debugged: Debugged) -> None:
    columns = debugged.web.option("web_columns")
    assert "comment" in columns
    assert len(columns) == len(set(columns))


def test_commands(debugged: Debugged) -> None:
    debugged.claude.script(Reply.stream(claude_stream()))
    ask(debugged.proxy.port)
    health = debugged.web.command("proapi.health")["value"]
    assert health[0].startswith("openai/first (key sk-t…kend): cooling for ")
    assert health[1] == "anthropic/second (key sk-a…kend): healthy"
    stats = debugged.web.command("proapi.stats")["value"]
    assert "anthropic/second claude: 1 requests, 7 tokens in, 5 out" in stats
    debugged.proxy.config_path.write_text(debugged.proxy.config_path.read_text() + "\n  strategy: least_busy\n")
    assert debugged.web.command("proapi.reload") == {"value": None}
    debugged.proxy.wait_for("server.strategy")


def test_mitmdump_writes_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "written.flows"
    command, port, _ = mitmproxy_program("mitmdump", "--set", f"confdir={tmp_path}", "-w", str(path))
    refusal = Reply.json({"error": {"message": f"{BACKEND_KEY} is over its limit"}}, status=429)
    with PacedBackend(lambda request: refusal) as refusing, PacedBackend() as claude:
        claude.script(Reply.stream(claude_stream()))
        with RunningProxy(config(refusing, claude), command=command) as proxy:
            assert ask(port).status_code == 200
            assert proxy.stop() == 0
    written = path.read_bytes()
    assert secrets_in(written) == []
    (flow,) = FlowReader(io.BytesIO(written)).stream()
    assert isinstance(flow, http.HTTPFlow)
    assert flow.response is not None
    assert "世界" in (flow.response.text or "")
    assert flow.comment.startswith("m → anthropic/second claude")
