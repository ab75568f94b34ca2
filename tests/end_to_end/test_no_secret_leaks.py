"""A tour through the whole gateway with keys of its own everywhere; then all that it wrote is searched for them."""

from __future__ import annotations

import base64
import contextlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.configs import chat_body
from tests.end_to_end.logged_flows import LoggedFlows
from tests.end_to_end.paced_backend import CUT, PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy, free_port
from tests.end_to_end.test_each_backend import TABLE, Backend

CLIENT_KEY, OTHER_CLIENT, WRONG_KEY = "sk-client-7f3a9c21d0", "sk-other-client-51be77", "sk-nobody-knows-3391ab"
PASSWORD, PROXY_PASSWORD, JWT_KEY = "admin-password-88f1c2", "door-password-41d9e0", "jwt-secret-key-a7c3f2e1"
WEB_PASSWORD = "look-at-the-flows"
CUSTOM_KEY = "custom-header-key-6612fd"
AWS_SECRET, AWS_TOKEN = "aws/secret+access/key/0123456789abcdef01", "aws-session-token-99887766"


def key_of(row: Backend) -> str:
    return f"sk-backend-{row.name}-{zlib.crc32(row.name.encode()):08x}"


SECRETS = {
    *(CLIENT_KEY, OTHER_CLIENT, WRONG_KEY, PASSWORD, PROXY_PASSWORD, JWT_KEY, CUSTOM_KEY, AWS_SECRET, AWS_TOKEN),
    *(key_of(row) for row in TABLE),
}


def answer(request: ReceivedRequest) -> Reply:
    """By the model's name: what it should be, an error that repeats every header, a crash of the connection."""
    row = next(row for row in TABLE if request.path.startswith(f"/{row.name}/"))
    text = request.body.decode("utf-8", "replace")
    if "please fail" in text:
        said = f"bad request with {request.headers} and {request.body!r}"
        return Reply.json({"error": {"message": said, "type": "t", "code": "c"}, "message": said}, status=400)
    if "please break" in text:
        return Reply([row.stream[0], CUT], headers=(("content-type", row.content_type),))
    if "please stream" in text:
        return Reply(row.stream, headers=(("content-type", row.content_type),))
    return Reply.json(row.whole)


def config(backend: PacedBackend, logged: LoggedFlows, *, debug: bool) -> str:
    lines = ["providers:"]
    for row in TABLE:
        lines += [
            f"  - provider: {row.provider}",
            f"    base_url: {backend.url}/{row.name}{row.base}",
            f"    api_key: {key_of(row)}",
            f"    headers: {{ x-custom-key: {CUSTOM_KEY} }}",
            *[f"    {name}: {value}" for name, value in row.options.items()],
            f"    model: [ {{ up: by-{row.name} }} ]",
        ]
    lines += [
        "  - provider: bedrock",
        f"    base_url: {backend.url}/bedrock",
        f"    region: us-east-1\n    aws_access_key_id: AKIDEXAMPLE\n    aws_secret_access_key: {AWS_SECRET}",
        f"    aws_session_token: {AWS_TOKEN}",
        "    model: [ { up: by-aws } ]",
        *("tokens:", f"  - {{ api_key: {CLIENT_KEY}, model: [ all ] }}"),
        f"  - {{ api_key: {OTHER_CLIENT}, model: [ all ] }}",
        *("server:", f"  debug: {str(debug).lower()}", "  fallback: { by-openai: [ by-anthropic ] }"),
        f'  proxy_auth: "user:{PROXY_PASSWORD}"',
        f"  username: boss\n  password: {PASSWORD}\n  jwt_secret_key: {JWT_KEY}",
        *(f"  {line}" for line in logged.server.splitlines()),
    ]
    return "\n".join(lines)


def tour(proxy: RunningProxy, *, says: str) -> list[bytes]:
    """Everything that a client gets to see. `says`: what stands in its prompts."""
    seen: list[bytes] = []
    address = f"http://127.0.0.1:{proxy.port}"
    names = [f"by-{row.name}" for row in TABLE] + ["by-aws"]
    with httpx.Client(base_url=address, timeout=30) as client:

        def see(method: str, path: str, key: str = CLIENT_KEY, **more: object) -> None:
            headers = {"authorization": f"Bearer {key}"}
            with contextlib.suppress(httpx.RemoteProtocolError):
                reply = client.request(method, path, headers=headers, **more)  # type: ignore[arg-type]
                seen.append(str(reply.headers).encode() + reply.content)

        for name in names:
            for words in ("hi", "please stream", "please fail", "please break"):
                messages = [{"role": "user", "content": f"{words}, {says}"}]
                stream = words in ("please stream", "please break")
                body = chat_body(model=name, messages=messages, stream=stream)
                see("POST", "/v1/chat/completions", json=body)
            see("POST", "/v1/responses", json={"model": name, "input": "please fail"})
        see("POST", "/v1/chat/completions", key=WRONG_KEY, json=chat_body())
        see("POST", "/v1/chat/completions", content=f'{{"model": "{says}'.encode())
        see("GET", "/v1/models")
        see("POST", "/v1/embeddings", json={"model": "by-openai", "input": "please fail"})
        see("POST", "/v1/images/generations", json={"model": "by-openai", "prompt": "please fail"})
        proxy.config_path.write_text(proxy.config_path.read_text() + "\n  default_model: by-openai\n")
        see("GET", "/reload_config")
        proxy.config_path.write_text(proxy.config_path.read_text().replace(OTHER_CLIENT, "[ 1 ]") + "\n  nonsense: 1")
        see("GET", "/reload_config")
    wrong = f"http://user:wrong@127.0.0.1:{proxy.proxy_port}"
    with httpx.Client(proxy=wrong, verify=False) as client, contextlib.suppress(httpx.ProxyError):
        client.get("https://api.openai.com/v1/models", headers={"authorization": f"Bearer {CLIENT_KEY}"})
    door = f"http://user:{PROXY_PASSWORD}@127.0.0.1:{proxy.proxy_port}"
    with httpx.Client(proxy=door, verify=False) as client:
        reply = client.get("https://api.openai.com/v1/models", headers={"authorization": f"Bearer {CLIENT_KEY}"})
        seen.append(reply.content)
    return seen


def forms(secret: str) -> Iterator[bytes]:
    """The ways in which one might have been written."""
    plain = secret.encode()
    yield from (plain, base64.b64encode(plain).rstrip(b"="), plain.hex().encode(), plain.replace(b"/", b"\\/"))


def found_in(where: str, data: bytes) -> list[str]:
    return [
        f"{secret} in {where}: …{data[max(data.index(form) - 200, 0) : data.index(form) + 60]!r}"
        for secret in SECRETS
        for form in forms(secret)
        if form in data
    ]


@pytest.mark.parametrize("debug", [False, True], ids=["", "in mitmweb"])
def test_no_key_is_written_anywhere(debug: bool, tmp_path: Path) -> None:
    logged, saved, web_port = LoggedFlows(tmp_path), tmp_path / "saved.flows", free_port()
    options = [f"--set=save_stream_file={saved}", f"--set=web_port={web_port}", f"--set=web_password={WEB_PASSWORD}"]
    with PacedBackend(answer=answer) as backend:
        environment = {"PAGER": "cat", "PROAPI_ADMIN_PORT": "0"}
        text = config(backend, logged, debug=debug)
        with RunningProxy(text, arguments=options if debug else (), environment=environment) as proxy:
            # of the log's bodies keys are cut out; mitmweb shows what a client wrote
            seen = tour(proxy, says="and no key" if debug else f"my key is {CLIENT_KEY}")
            shown = _flows_of_mitmweb(web_port) if debug else b""
            proxy.stop()
            leaks = found_in("the output", proxy.output.encode())
            for file in proxy.folder.rglob("*"):
                if file.is_file() and file != proxy.config_path:
                    leaks += found_in(str(file), file.read_bytes())
        assert len(backend.requests) > 40
        keys = {key for row in TABLE for key in [key_of(row)] if any(key in str(r.headers) for r in backend.requests)}
        assert keys == {key_of(row) for row in TABLE}  # the keys did go where they belong
    leaks += [leak for piece in seen for leak in found_in("a reply", piece)]
    leaks += found_in("mitmweb", shown) + found_in("the log's database", logged.everything())
    if debug:
        assert b"by-openai" in saved.read_bytes()
        leaks += found_in("the saved flows", saved.read_bytes())
    assert not leaks, "\n".join(leaks[:12])


def _flows_of_mitmweb(port: int) -> bytes:
    """The list, and each flow's bodies."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {WEB_PASSWORD}"}) as web:
        listed = web.get("/flows")
        assert len(listed.json()) > 40
        bodies = [
            web.get(f"/flows/{flow['id']}/{side}/content.data").content
            for flow in listed.json()
            for side in ("request", "response")
        ]
        return listed.content + b"".join(bodies) + web.get("/events").content


def test_the_search_finds_what_is_there() -> None:
    assert found_in("x", b"... " + CLIENT_KEY.encode())
    assert found_in("x", base64.b64encode(JWT_KEY.encode()))
    assert not found_in("x", b"sk-client")
