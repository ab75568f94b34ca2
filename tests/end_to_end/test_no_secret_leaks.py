"""A tour through the whole gateway; then all that it wrote and showed is searched for every key that was used."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.logged_flows import LoggedFlows
from tests.end_to_end.paced_backend import PacedBackend
from tests.end_to_end.running_proxy import RunningProxy, free_port
from tests.end_to_end.secret_tour import (
    CLIENT_KEY,
    CRASHING,
    JWT_KEY,
    REFRESH_TOKEN,
    ROBOT,
    SECRETS,
    TABLE,
    WEB_PASSWORD,
    answer,
    config,
    key_of,
    tour,
)
from tests.gateway.fake_token_server import FakeTokenServer, service_account


def forms(secret: str) -> Iterator[bytes]:
    """The ways in which one might have been written."""
    plain = secret.encode()
    yield from (plain, base64.b64encode(plain).rstrip(b"="), plain.hex().encode(), plain.replace(b"/", b"\\/"))


def found_in(where: str, data: bytes, secrets: Iterable[str] = SECRETS) -> list[str]:
    return [
        f"{secret} in {where}: …{data[max(data.index(form) - 200, 0) : data.index(form) + 60]!r}"
        for secret in secrets
        for form in forms(secret)
        if form in data
    ]


@pytest.mark.parametrize("debug", [False, True], ids=["", "in mitmweb"])
def test_no_key_is_written_anywhere(debug: bool, tmp_path: Path) -> None:
    logged, saved, web_port = LoggedFlows(tmp_path), tmp_path / "saved.flows", free_port()
    options = [f"--set=save_stream_file={saved}", f"--set=web_port={web_port}", f"--set=web_password={WEB_PASSWORD}"]
    key_file = tmp_path / "key.json"
    with PacedBackend(answer=answer) as backend, FakeTokenServer() as google:
        key_file.write_text(service_account(google.url, ROBOT))
        secrets = {*SECRETS, json.loads(key_file.read_text())["private_key"].splitlines()[1]}
        text = config(backend, google, key_file, logged, debug=debug)
        command = [sys.executable, "-c", CRASHING, *(options if debug else ())]
        with RunningProxy(text, command=command, environment={"PAGER": "cat"}) as proxy:
            # of the log's bodies keys are cut out; mitmweb shows what a client wrote
            seen = list(tour(proxy, says="and no key" if debug else f"my key is {CLIENT_KEY}"))
            shown = _shown_by_mitmweb(web_port) if debug else b""
            proxy.stop()
            written = {str(file): file.read_bytes() for file in proxy.folder.rglob("*") if file.is_file()}
            del written[str(proxy.config_path)]
        _assert_all_was_used(backend, google, proxy)
    written |= {"the output": proxy.output.encode(), "the log's database": logged.everything(), "mitmweb": shown}
    if debug:
        written["the saved flows"] = saved.read_bytes()
        assert b"by-openai" in written["the saved flows"]
    assert any("app.log" in name and b"crashed" in data for name, data in written.items())
    leaks = [leak for piece in seen for leak in found_in("a reply", piece, secrets)]
    leaks += [leak for name, data in written.items() for leak in found_in(name, data, secrets)]
    assert not leaks, "\n".join(leaks[:12])


def _assert_all_was_used(backend: PacedBackend, google: FakeTokenServer, proxy: RunningProxy) -> None:
    sent = [str(request.headers) for request in backend.requests]
    for used in (*map(key_of, TABLE), f"Bearer ya29.of-{REFRESH_TOKEN}", f"Bearer ya29.of-{ROBOT}"):
        assert any(used in headers for headers in sent), used
    assert len(google.asked) == 2
    for crash in ("crashed b'please crash now' with ((b'", "crashed b'please crash later' with ((b'"):
        assert crash in proxy.output
    assert "the HTTP layer has crashed" in proxy.output


def _shown_by_mitmweb(port: int) -> bytes:
    """The list, each flow's bodies as they are and as its views show them, all flows as a file, and the log."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {WEB_PASSWORD}"}) as web:
        listed = web.get("/flows")
        assert len(listed.json()) > 40
        sides = [f"/flows/{flow['id']}/{side}/content" for flow in listed.json() for side in ("request", "response")]
        paths = ["/events", "/flows/dump", *(f"{side}{how}" for side in sides for how in (".data", "/Auto.json"))]
        shown = {path: web.get(path) for path in paths}
        assert b"has crashed" in shown["/events"].content
        assert {reply.status_code for path, reply in shown.items() if "/response/" not in path} == {200}
        return listed.content + b"".join(reply.content for reply in shown.values())


def test_the_search_finds_what_is_there() -> None:
    assert found_in("x", b"... " + CLIENT_KEY.encode())
    assert found_in("x", base64.b64encode(JWT_KEY.encode()))
    assert not found_in("x", b"sk-client")
