"""Bodies of the paths that nobody translates: another model is put in, and nothing else of them changes."""

from __future__ import annotations

import json

import pytest

from tests.addons.exchanges import TOKEN
from tests.addons.fake_backends import FakeBackend, reply
from tests.addons.gateway_proxy import chat_json, gateway_proxy
from tests.addons.in_process_proxy import in_loop
from tests.end_to_end.configs import AUTHORIZATION

GOOD = reply(200, chat_json(), **{"content-type": "application/json", "set-cookie": "the backend's own"})
JSON = AUTHORIZATION | {"content-type": "application/json"}


def config(port: int) -> str:
    return f"""
providers:
  - {{ provider: openai, base_url: "http://127.0.0.1:{port}/v1", api_key: sk-upstream, model: [ up: m ] }}
tokens: [ {{ api_key: {TOKEN}, model: [ all ] }} ]
server: {{ passthrough_provider: openai }}
"""


@pytest.mark.parametrize(
    ("path", "body", "sent"),
    [
        ("/v1/moderations", b'{"model": "m","input":"i","x":1.50}', b'{"model":"up","input":"i","x":1.50}'),
        ("/v1/moderations", rb'{"model":"\ud83d", "x":1.50}', rb'{"model":"\ud83d", "x":1.50}'),  # nobody routes it
        (
            "/v1/realtime/client_secrets",
            b'{"session":{"model":"m","instructions":"i"},"x":1.50}',
            b'{"session":{"model":"up","instructions":"i"},"x":1.50}',
        ),
        ("/openai/deployments/m/realtime/client_secrets", b"{}", b'{"session":{"model":"up"}}'),
        ("/openai/deployments/m/audio/speech", b'{"input":"i","x":1.50}', b'{"input":"i","x":1.50,"model":"up"}'),
    ],
)
@in_loop
async def test_all_else_of_a_body_keeps_its_bytes(path: str, body: bytes, sent: bytes) -> None:
    """Also where a model's name has no bytes that a header could say; and the backend's own headers stay behind."""
    async with FakeBackend(GOOD) as backend, gateway_proxy(config(backend.port)) as proxy, proxy.client() as client:
        answered = await client.post(path, content=body, headers=JSON)
    assert answered.status_code == 200
    assert "set-cookie" not in answered.headers
    assert [request.body for request in backend.requests] == [sent]


@pytest.mark.parametrize("path", ["audio/speech", "chat/completions"])
@pytest.mark.parametrize("body", [b"[]", b"{", rb'{"input":"half a character: \ud83d"}', b"[" * 100_000])
@in_loop
async def test_what_cannot_be_read_is_the_clients_fault(path: str, body: bytes) -> None:
    async with FakeBackend(GOOD) as backend, gateway_proxy(config(backend.port)) as proxy, proxy.client() as client:
        answered = await client.post(f"/openai/deployments/m/{path}", content=body, headers=JSON)
    assert (answered.status_code, json.loads(answered.content)["error"]["type"]) == (400, "invalid_request_error")
    assert backend.requests == []


@pytest.mark.parametrize("path", [b"/v1/files/\xff?x=\xfe", b"/v1/responses/\xff?x=\xfe"])
@in_loop
async def test_odd_bytes_of_a_path_go_on_percent_encoded(path: bytes) -> None:
    async with FakeBackend(GOOD) as backend, gateway_proxy(config(backend.port)) as proxy:
        head = f" HTTP/1.1\r\nhost: x\r\nauthorization: {AUTHORIZATION['authorization']}\r\n\r\n"
        reader, writer = await proxy.raw(b"GET " + path + head.encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
    assert [request.path for request in backend.requests] == [path.replace(b"\xff", b"%FF").replace(b"\xfe", b"%FE")]
