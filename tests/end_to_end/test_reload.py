"""New settings while the process runs: by a save, a signal, a request, or from an address."""

from __future__ import annotations

import base64
import os
import signal
import threading
from pathlib import Path

import httpx
import pytest

from proapi_gateway.config_encryption import encrypt
from tests.end_to_end.configs import AUTHORIZATION, TOKEN, chat_body, chat_chunk, chat_end, one_backend
from tests.end_to_end.paced_backend import PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy

SERVER = "username: root\npassword: sk-test-of-the-admin"
KEY = "sk-test-of-the-configuration"


def echo(model: str) -> str:
    server = "\n".join(f"  {line}" for line in SERVER.splitlines())
    blocks = f"providers:\n- {{provider: echo, model: [{model}]}}\ntokens:\n- {{api_key: {TOKEN}, model: [all]}}\n"
    return f"{blocks}server:\n{server}\n"


def models(proxy: RunningProxy) -> list[str]:
    listed = httpx.get(f"{proxy.base_url}/models", headers=AUTHORIZATION, timeout=20).json()
    return [model["id"] for model in listed["data"]]


def reload(proxy: RunningProxy, **headers: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{proxy.port}/reload_config", headers=headers, timeout=20)


def save(path: Path, text: str) -> None:
    """As sed -i and editors do."""
    new = path.with_name("new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def test_a_save_takes_effect_and_no_open_stream_notices(backend: PacedBackend) -> None:
    gate = threading.Event()
    backend.script(Reply.stream([chat_chunk("a"), gate, chat_chunk("b"), chat_end()]))
    with RunningProxy(one_backend(backend.url)) as proxy, httpx.Client(headers=AUTHORIZATION, timeout=20) as client:
        with client.stream("POST", f"{proxy.base_url}/chat/completions", json=chat_body(stream=True)) as reply:
            pieces = reply.iter_text()
            text = next(pieces)
            save(proxy.config_path, echo("other"))
            proxy.wait_for("reloaded")
            assert models(proxy) == ["other"]
            gate.set()
            text += "".join(pieces)
        assert '"b"' in text
        assert "[DONE]" in text
        told = [line for line in proxy.output.splitlines() if "reloaded" in line]
        assert len(told) == 1
        assert "provider openai/b0: removed" in told[0]
        assert "provider echo: added" in told[0]


def test_a_bad_save_is_refused_with_its_reasons_and_the_old_goes_on() -> None:
    with RunningProxy(echo("m")) as proxy:
        save(proxy.config_path, echo("m").replace("echo", "ehco"))
        proxy.wait_for("not put in force")
        proxy.wait_for("ehco")
        assert models(proxy) == ["m"]
        assert any("ehco" in fault for fault in reload(proxy).json()["faults"])
        save(proxy.config_path, echo("n"))
        proxy.wait_for("reloaded")
        assert models(proxy) == ["n"]
        assert proxy.output.count("settings from before go on") == 1
        assert proxy.output.count("for the same reasons") == 1
        assert proxy.output.count("ehco") == 1


def test_what_the_ca_is_not_made_for_is_told() -> None:
    text = echo("m") + "intercept: { limit_ca: true, hosts: [ first.example ] }\n"
    with RunningProxy(text) as proxy:
        save(proxy.config_path, text.replace("first.example", "first.example, second.example"))
        proxy.wait_for("the CA in use cannot vouch for second.example")
        assert proxy.output.count("limit_ca") == 1


def test_a_signal_reloads() -> None:
    with RunningProxy(echo("m")) as proxy:
        proxy.process.send_signal(signal.SIGHUP)
        proxy.wait_for("nothing changed")
        assert models(proxy) == ["m"]


def test_a_request_from_this_machine_reloads() -> None:
    with RunningProxy(echo("m")) as proxy:
        proxy.config_path.write_text(echo("n"))
        reply = reload(proxy)
        assert reply.status_code == 200
        assert reply.json() == {"status": 0, "msg": "已经执行刷新配置", "changes": ["provider echo: routes changed"]}
        assert models(proxy) == ["n"]
        proxy.config_path.write_text("providers: 1\n")
        reply = reload(proxy)
        assert reply.status_code == 422
        assert reply.json()["status"] == 1
        assert any("api.yaml:1: providers" in fault for fault in reply.json()["faults"])
        assert models(proxy) == ["n"]


@pytest.mark.parametrize(
    "headers",
    [{"x-forwarded-for": "203.0.113.9"}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}],
)
def test_from_elsewhere_it_needs_the_administrator(headers: dict[str, str]) -> None:
    with RunningProxy(echo("m")) as proxy:
        for given, status in (("", 403), (basic("root:wrong"), 401), (basic("root:sk-test-of-the-admin"), 200)):
            credentials = {"authorization": given} if given else {}
            assert reload(proxy, **headers, **credentials).status_code == status
        # a client's token is no administrator's password, from here neither
        assert reload(proxy, **AUTHORIZATION).status_code == 401


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_not_through_the_other_doors() -> None:
    with (
        RunningProxy(echo("m")) as proxy,
        httpx.Client(proxy=proxy.proxy_url, verify=proxy.ca_path, timeout=20) as client,
    ):
        assert client.get("https://api.openai.com/reload_config").status_code == 404


def test_all_workers_reload() -> None:
    with RunningProxy(echo("m"), environment={"PROAPI_WORKERS": "2"}) as proxy:
        proxy.config_path.write_text(echo("n"))
        assert reload(proxy).status_code == 200
        proxy.wait_for("routes changed", times=2)  # each worker once; the one that was asked reloads twice
        assert {tuple(models(proxy)) for _ in range(8)} == {("n",)}


def test_a_closed_terminal_ends_it() -> None:
    terminal, ours = os.openpty()
    with RunningProxy(echo("m"), stdin=ours) as proxy:
        os.close(ours)
        os.close(terminal)
        proxy.process.send_signal(signal.SIGHUP)
        assert proxy.wait() == 0


def test_a_remote_configuration_is_decrypted_and_outlives_its_server(backend: PacedBackend, tmp_path: Path) -> None:
    sealed = encrypt(echo("remote"), KEY, os.urandom)
    backend.script(Reply([b""], 302, (("location", "/c"),), "known"), Reply([sealed.encode()], length="known"))
    environment = {"config_url": f"{backend.url}/old?k={KEY}", "secret_key": KEY}
    with RunningProxy(echo("local"), environment=environment) as proxy:
        assert models(proxy) == ["remote"]
        assert proxy.stop() == 0
        copy = proxy.folder / "data" / "last_good_config.json"
        assert copy.stat().st_mode & 0o777 == 0o600
        backend.__exit__()
        with RunningProxy("", environment={**environment, "PROAPI_CONFIG": str(proxy.config_path)}) as again:
            assert models(again) == ["remote"]
            assert "last good copy" in again.output
            assert KEY not in again.output + proxy.output
