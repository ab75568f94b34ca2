"""One line for each flow, the file of warnings, and /metrics: of a running gateway."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.end_to_end.configs import AUTHORIZATION, TOKEN, chat_body, chat_chunk, chat_end, chat_reply, several_backends
from tests.end_to_end.paced_backend import CUT, PacedBackend, Reply
from tests.end_to_end.running_proxy import RunningProxy
from tests.waiting import wait_until

SERVER = "username: root\npassword: sk-test-of-the-admin"
Start = Callable[..., RunningProxy]


def ask(proxy: RunningProxy, **changes: object) -> httpx.Response:
    url = f"{proxy.base_url}/chat/completions"
    return httpx.post(url, json=chat_body(**changes), headers=AUTHORIZATION, timeout=20)


def metrics(proxy: RunningProxy, **headers: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{proxy.port}/metrics", headers=headers, timeout=20)


def counted(proxy: RunningProxy, name: str) -> dict[str, float]:
    """{"2xx": 2.0}: a counter by its last label that matters, "status" or "result"."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics(proxy).text):
        for sample in family.samples:
            if sample.name == name:
                key = sample.labels.get("status") or sample.labels.get("result") or ""
                found[key] = found.get(key, 0) + sample.value
    return found


def wait_for_line(proxy: RunningProxy, text: str) -> str:
    proxy.wait_for(text)
    return next(line for line in proxy.output.splitlines() if text in line)


def test_each_flow_is_one_line_and_counted(start_proxy: Start, backend: PacedBackend) -> None:
    backend.script(
        Reply.json({"error": {"message": "busy"}}, status=503),
        Reply.json(chat_reply()),
        Reply.stream([chat_chunk("a"), chat_end()]),
        Reply.stream([chat_chunk("a"), 0.2, CUT]),
    )
    proxy = start_proxy(several_backends((backend.url, ""), (backend.url, ""), server=SERVER))
    assert ask(proxy).status_code == 200
    line = wait_for_line(proxy, "attempts=2")
    assert " chat m -> openai/b1:upstream-model 200 total=" in line
    assert "tokens=" in line
    assert "token=token-1" in line
    ask(proxy, stream=True).read()
    assert " 200 first=" in wait_for_line(proxy, "first=")
    ask(proxy, stream=True).read()
    assert "fault='" in wait_for_line(proxy, "fault=")
    assert ask(proxy, model="x\ny").status_code in (200, 404, 500, 502)
    assert not [text for text in proxy.output.splitlines() if text == "y" or text.startswith("y ")]
    statuses = counted(proxy, "proapi_requests_total")
    assert (statuses["2xx"], statuses["broken"]) == (2, 1)
    assert counted(proxy, "proapi_attempts_total")["5xx"] >= 1


@pytest.mark.parametrize("headers", [{"x-forwarded-for": "203.0.113.9"}, {"origin": "https://evil.example"}])
def test_strangers_see_no_metrics(start_proxy: Start, headers: dict[str, str]) -> None:
    config = f"providers:\n- {{provider: echo, model: [m]}}\ntokens:\n- {{api_key: {TOKEN}, model: [all]}}\n"
    proxy = start_proxy(config)
    assert metrics(proxy, **headers).status_code == 403
    assert metrics(proxy, **AUTHORIZATION).status_code == 401
    assert metrics(proxy).status_code == 200
    assert httpx.get(f"http://127.0.0.1:{proxy.port}/healthz").status_code == 200
    assert proxy.stop() == 0
    lines = [line for line in proxy.output.splitlines() if " metrics " in line or " healthz " in line]
    assert [line.split(" total=")[0][-3:] for line in lines] == ["403", "401"]  # of those that were served none


def test_lines_as_json(start_proxy: Start, backend: PacedBackend) -> None:
    backend.script(Reply.json(chat_reply()))
    proxy = start_proxy(several_backends((backend.url, "")), environment={"PROAPI_LOG": "json"})
    ask(proxy)
    line = json.loads(wait_for_line(proxy, '"what": "chat"'))
    assert (line["level"], line["status"], line["model"], line["provider"]) == ("INFO", 200, "m", "openai/b0")
    assert all(json.loads(text) for text in proxy.output.splitlines() if not text.startswith("proapi ready"))


def test_the_saved_log_has_what_went_wrong_and_no_key(start_proxy: Start, backend: PacedBackend) -> None:
    refusal = {"error": {"message": "wrong key sk-test-of-the-backend"}}
    backend.script(Reply.json(refusal, status=401))
    proxy = start_proxy(several_backends((backend.url, ""), server="save_log_file: true"))
    ask(proxy)
    path = proxy.folder / "logs" / "app.log"
    wait_until(path.read_text, lambda text: "wrong key" in text)
    assert "sk-test-of-the-backend" not in path.read_text()
    proxy.config_path.write_text(several_backends((backend.url, "")))
    proxy.wait_for("server.save_log_file: True → False")
    size = path.stat().st_size
    ask(proxy, model=1)
    assert path.stat().st_size == size


def test_several_workers_are_counted_together_also_one_that_has_died(start_proxy: Start) -> None:
    limited = "limits: {rpm: 1000}"
    token = f"{{name: a, api_key: {TOKEN}, model: [all], {limited}}}"
    config = f"providers:\n- {{provider: echo, model: [m]}}\ntokens:\n- {token}\n"
    proxy = start_proxy(config, environment={"PROAPI_WORKERS": "3"})
    for _ in range(12):  # a connection each, so that all have some
        assert ask(proxy).status_code == 200
    for _ in range(4):  # whoever is asked
        assert counted(proxy, "proapi_requests_total")["2xx"] >= 12
    # a worker writes its gauges once a second
    wait_until(lambda: counted(proxy, "proapi_token_requests"), lambda found: found == {"": 12})
    children = Path(f"/proc/{proxy.process.pid}/task/{proxy.process.pid}/children").read_text().split()
    os.kill(int(children[-1]), signal.SIGKILL)
    proxy.wait_for("starting another")
    assert counted(proxy, "proapi_requests_total")["2xx"] >= 12
    assert proxy.stop() == 0
