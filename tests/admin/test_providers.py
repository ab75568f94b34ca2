"""The page of the providers."""

from __future__ import annotations

import re
from typing import Any

import pytest

from proapi_gateway.failover import Outcome
from proapi_gateway.routing import members_by_alias
from proapi_gateway.trial_client import TrialReply
from proapi_gateway.trials import Trial
from tests.admin.pages import FakeGateway, PageClient, admin_app, logged_in
from tests.gateway.config_text import load

CONFIG = """
providers:
- {provider: openai, name: main, api_key: [sk-aaaaaaaaaaaaaaaa, sk-bbbbbbbbbbbbbbbb], model: [gpt-4o, up: alias], balance: [gpt-4o: 3]}
- {provider: deepseek, api_key: sk-cccccccccccccccc, base_url: "https://x.example/v1", proxy: "http://u:hid-den@p:1", model: [up: gpt-4o]}
- {provider: anthropic, api_key: "${NOT_SET}", model: [claude]}
- {provider: openai, name: relay, api_key: passthrough, model: [relayed]}
- {provider: vertexai_gemini, PROJECT_ID: p, CLIENT_ID: c, CLIENT_SECRET: abcdhid-secret-long, REFRESH_TOKEN: abcdhid-token-long, model: [g]}
tokens:
- {api_key: sk-1, model: [all]}
server: {admin_server: true, password: a long password, fallback: {gpt-4o: [claude]}}
"""  # noqa: E501 - a file of one-line blocks


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway(settings=load(CONFIG))


@pytest.fixture
def client(gateway: FakeGateway) -> PageClient:
    return logged_in(admin_app(gateway))


def test_blocks_are_shown_without_a_secret(client: PageClient) -> None:
    text = client.get("/admin/providers").text
    for shown in ("openai/main", "sk-a…aaaa", "sk-b…bbbb", "https://x.example/v1", "http://p:1", "NOT_SET", "us-"):
        assert shown in text, shown
    assert "hid-" not in text
    assert not re.search("a{9}|b{9}|c{9}", text)


def test_shares_are_those_of_the_weights(client: PageClient) -> None:
    text = client.get("/admin/providers").text
    row = next(part for part in text.split("<tr>") if "<code>gpt-4o</code></td>" in part)
    assert re.findall(r'class="percent">(\d+ %)', row) == ["75 %", "25 %"]
    assert "<code>claude</code>" in row


def test_who_cools_is_shown_with_why_and_until_when(gateway: FakeGateway, client: PageClient) -> None:
    candidate = members_by_alias(gateway.settings)["gpt-4o"][0].pool()[1]
    gateway.health.begin(candidate).end(Outcome(status=429, retry_after_s=60))
    text = client.get("/admin/providers/health", headers={"accept-language": "zh"}).text
    account = next(part for part in text.split('class="account"') if "sk-b…bbbb" in part)
    assert "冷却中" in account
    assert "达到限额" in account
    assert '<time datetime="2025-11-24T16:01:00' in account  # a minute after the test's clock
    assert text.count('hx-swap-oob="true"') == 5


def test_what_can_be_tried_has_a_button(client: PageClient) -> None:
    text = client.get("/admin/providers").text
    assert re.findall(r'hx-post="/admin/providers/(\d)/trial"', text) == ["0", "1", "4"]


def test_a_trial_is_sent_and_its_reply_shown_escaped(gateway: FakeGateway) -> None:
    asked: list[Any] = []

    def send_trial(trial: Trial, kind: str) -> TrialReply:
        asked.append((trial, kind))
        return TrialReply(200, 1234, "<script>alert(1)</script>\ud800", "req_1")

    gateway.services["send_trial"] = send_trial
    client = logged_in(admin_app(gateway))
    reply = client.post("/admin/providers/0/trial", data={"route": 1, "key": 1, "kind": "embeddings"})
    assert asked == [(Trial(0, 1, 1, 0), "embeddings")]
    assert "1.23 s" in reply.text
    assert "&lt;script&gt;" in reply.text
    assert "<script>" not in reply.text
    assert 'href="/admin/flows/of/req_1"' in reply.text
    assert reply.headers["hx-trigger"] == "trial"


def test_a_trial_of_what_is_not_there(gateway: FakeGateway) -> None:
    def send_trial(trial: Trial, kind: str) -> TrialReply:
        raise IndexError

    gateway.services["send_trial"] = send_trial
    client = logged_in(admin_app(gateway))
    assert client.post("/admin/providers/9/trial").status_code == 404
    assert client.post("/admin/providers/0/trial", data={"kind": "audio"}).status_code == 400
    assert client.post("/admin/providers/0/trial", data={"key": "-1"}).status_code == 400
