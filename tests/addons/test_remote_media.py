"""Pictures by their address through the whole gateway: fetched where the file says so, once for each request."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from proapi_gateway.media_fetcher import MediaFetcher
from tests.addons.exchanges import TOKEN
from tests.addons.fake_backends import FakeBackend, reply
from tests.addons.gateway_proxy import gateway_proxy
from tests.addons.in_process_proxy import in_loop
from tests.end_to_end.configs import AUTHORIZATION
from tests.gateway.test_media_fetcher import Files, allow, files, whole

PNG = b"\x89PNG\r\n\x1a\n...."
PNG_TEXT = base64.b64encode(PNG).decode()
GEMINI = {"candidates": [{"content": {"role": "model", "parts": [{"text": "a cat"}]}, "finishReason": "STOP"}]}
CLAUDE = {"id": "m", "type": "message", "content": [{"type": "text", "text": "a dog"}], "stop_reason": "end_turn"}


def answer(value: object, status: int = 200) -> Any:
    return reply(status, json.dumps(value).encode(), **{"content-type": "application/json"})


def config(*blocks: tuple[str, int], fetch: bool) -> str:
    """All blocks serve `m`, in this order: (provider, port)."""
    own = {"vertexai_claude": ", PROJECT_ID: p"}
    lines = [
        f"  - {{provider: {provider}, base_url: 'http://127.0.0.1:{port}', api_key: k-0123456789, model: [m]"
        + own.get(provider, "") + "}"
        for provider, port in blocks
    ]  # fmt: skip
    tokens = f"tokens: [{{api_key: {TOKEN}, model: [all]}}]"
    return "\n".join(["providers:", *lines, tokens, f"server: {{fetch_media: {str(fetch).lower()}}}"])


def loopback() -> MediaFetcher:
    return MediaFetcher(allows=allow("127.0.0.1"))


async def look(client: httpx.AsyncClient, *urls: str, stream: bool = False) -> httpx.Response:
    pictures = [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": pictures}]}
    return await client.post("/v1/chat/completions", json=body, headers=AUTHORIZATION)


def sent_parts(backend: FakeBackend) -> list[Any]:
    return [part for content in json.loads(backend.requests[-1].body)["contents"] for part in content["parts"]]


@in_loop
async def test_the_backend_gets_the_bytes() -> None:
    async with (
        files({"/a": whole(PNG, kind="text/html")}) as served,
        FakeBackend(answer(GEMINI)) as gemini,
        gateway_proxy(config(("gemini", gemini.port), fetch=True), loopback()) as proxy,
        proxy.client() as client,
    ):
        response = await look(client, served.url("/a"))
        assert response.json()["choices"][0]["message"]["content"] == "a cat"
        assert sent_parts(gemini) == [{"inlineData": {"mimeType": "image/png", "data": PNG_TEXT}}]
        await look(client, served.url("/a"), stream=True)
    assert proxy.exchanges[1].media == {}  # not kept while the reply goes on


@in_loop
async def test_an_address_is_fetched_once_however_many_backends_are_tried() -> None:
    async with (
        files({"/a": whole(PNG)}) as served,
        FakeBackend(answer({"error": {"message": "busy"}}, 503)) as gemini,
        FakeBackend(answer(CLAUDE)) as claude,
        gateway_proxy(
            config(("gemini", gemini.port), ("vertexai_claude", claude.port), fetch=True), loopback()
        ) as proxy,
        proxy.client() as client,
    ):
        response = await look(client, served.url("/a"), served.url("/a"))
        assert response.json()["choices"][0]["message"]["content"] == "a dog"
        assert json.loads(claude.requests[0].body)["messages"][0]["content"][0]["source"]["data"] == PNG_TEXT
    assert served.asked == ["/a"]


@in_loop
async def test_what_cannot_be_fetched_is_tried_once_and_goes_to_a_backend_that_can() -> None:
    async with (
        files({}) as served,
        FakeBackend(answer(GEMINI)) as gemini,
        FakeBackend(answer(CLAUDE)) as claude,
        gateway_proxy(
            config(("gemini", gemini.port), ("vertexai_claude", gemini.port), ("anthropic", claude.port), fetch=True),
            loopback(),
        ) as proxy,
        proxy.client() as client,
    ):
        response = await look(client, served.url("/gone"))
        assert response.json()["choices"][0]["message"]["content"] == "a dog"
        source = json.loads(claude.requests[0].body)["messages"][0]["content"][0]["source"]
        assert source == {"type": "url", "url": served.url("/gone")}
        assert gemini.requests == []
    assert served.asked == ["/gone"]


async def refusal(served: Files, path: str, fetch: bool, media: MediaFetcher | None = None) -> dict[str, Any]:
    async with (
        FakeBackend(answer(GEMINI)) as gemini,
        gateway_proxy(config(("gemini", gemini.port), fetch=fetch), media) as proxy,
        proxy.client() as client,
    ):
        response = await look(client, served.url(path), stream=True)
        assert (response.status_code, gemini.requests) == (400, [])
    error: dict[str, Any] = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert served.url(path) in error["message"]
    return error


@in_loop
async def test_c026_without_the_key_it_is_a_400_that_names_it() -> None:
    async with files({"/a": whole(PNG)}) as served:
        error = await refusal(served, "/a", fetch=False, media=loopback())
    assert "server.fetch_media: true" in error["message"]
    assert served.connections == 0


@in_loop
async def test_c026_the_gateways_own_fetcher_connects_to_nothing_inside() -> None:
    async with files({"/a": whole(PNG)}) as served:
        error = await refusal(served, "/a", fetch=True)
    assert "not to be found on the public internet" in error["message"]
    assert served.connections == 0


@pytest.mark.parametrize(
    ("path", "said"),
    [("/404", "answered 404"), ("/html", "holds text/html, no image"), ("/pdf", "holds application/pdf, no image")],
)
@in_loop
async def test_c026_what_is_no_picture_is_a_400(path: str, said: str) -> None:
    answers = {"/html": whole(b"<html>", kind="text/html"), "/pdf": whole(b"%PDF-1.7")}
    async with files(answers) as served:
        error = await refusal(served, path, fetch=True, media=loopback())
    assert said in error["message"]
    assert error["code"] == "invalid_image_url"
