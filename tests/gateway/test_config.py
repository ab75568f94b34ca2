"""The whole file: the forms that pro-api's users bring, all faults at once, and no secret in any of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from proapi_gateway.config import ConfigFaults, load_settings, load_settings_file
from proapi_gateway.known_providers import known_providers

from .config_text import GOOD_PROVIDERS, GOOD_TOKENS, faults_of, load

# Every form that a pro-api file may take, in the dress its documentation gave it: own indentations, comments behind
# values, spaces before colons, placeholders for keys.
SEED_FILE = """
providers:
  - provider: openai # kind
    name: 智谱
    base_url: https://glm.example/api/paas/v4 # where
    api_key: 填在这里
    model:
      - glm-4-flash # name


  - provider: gemini
    name: Gemini
    base_url: https://gemini.example/v1beta
    api_key: k-gemini
    model:
      - gemini-pro
      - gemini-flash
      - gemini-flash : gpt-4o
    balance: # weights
      - gemini-pro: 1 #one
      - gemini-flash: 2
      - gemini: 1

  - provider: openai
    name: 硅基
    base_url: https://siliconflow.example/v1
    api_key: k-silicon
    model:
      - Qwen/Qwen2-7B: qwen2-7b
      - Qwen/Qwen2-7B: gpt-3.5-turbo
      - ep-2024-zrc2x: doubao-128k

  - provider: vertexai_claude
    name: vertexai_claude
    PROJECT_ID: p
    CLIENT_ID: c
    CLIENT_SECRET: s
    REFRESH_TOKEN: r
    model:
      - claude-3-5-sonnet@20240620
      - claude-3-5-sonnet@20240620: claude-3-5-sonnet

  - provider: cohere
    name: cohere
    base_url: https://cohere.example/v1
    api_key: k-cohere
    model:
      - command-r
      - command-r-plus: gpt-4

  - provider: cloudflare
    name: cloudflare
    api_key: k-cloudflare
    account_id: 0123
    model:
      - "@cf/qwen/qwen-14b": qwen-14b
      - "@hf/thebloke/coder"

  - provider: openai
    name: openrouter
    base_url: https://openrouter.example/api/v1
    api_key: k-openrouter
    model:
      - mattshumer/reflection-70b:free: reflection-70b



tokens:
  - api_key: sk-111111
    model:
      - glm* # prefix
      - all # everything

  - api_key: sk-222222
    model:
      - gpt-3.5-turbo

server:
    default_model: glm-4-flash
    debug: false
    admin_server: false
    db_cache: false
    save_log_file: false
    db_path: sqlite:///./data/request_log.db
    username: admin # name
    password: 666666 # word
    jwt_secret_key:
"""


def test_a_file_of_pro_api_loads_with_its_meaning() -> None:
    settings = load(SEED_FILE)
    gemini, silicon = settings.providers[1], settings.providers[2]
    assert [(route.alias, route.upstream, route.weight) for route in gemini.routes] == [
        ("gemini-pro", "gemini-pro", 1),
        ("gemini-flash", "gemini-flash", 2),
        ("gpt-4o", "gemini-flash", 1),
    ]
    assert [(route.alias, route.upstream) for route in silicon.routes] == [
        ("qwen2-7b", "Qwen/Qwen2-7B"),
        ("gpt-3.5-turbo", "Qwen/Qwen2-7B"),
        ("doubao-128k", "ep-2024-zrc2x"),
    ]
    assert settings.providers[6].routes[0].upstream == "mattshumer/reflection-70b:free"
    assert [token.patterns for token in settings.tokens] == [("glm*", "all"), ("gpt-3.5-turbo",)]
    assert (settings.server.default_model, settings.server.password.reveal()) == ("glm-4-flash", "666666")
    assert [bool(block.unavailable) for block in settings.providers] == [True] + [False] * 6
    assert len(settings.warnings) == 2  # the placeholder, and the weight of a name that does not exist


def test_the_smallest_file() -> None:
    text = (
        "providers:\n  - provider: openai\n    name: d\n    base_url: https://d.example/v1\n    api_key: sk-x\n"
        "    model:\n      - chat\n      - coder\n\ntokens:\n  - api_key: sk-123456\n    model:\n      - all\n\n"
        "server:\n    default_model: chat\n"
    )
    assert load(text).warnings == ()


MANY_FAULTS = """\
providers:
  - provider: opnai
    api_key: 987654321
    model: all
  - provider: openai
    apikey: sk-secret-one
    model: [a]
    balance: [ {a: -1} ]
    headers: { authorization: [sk-secret-two] }
  - sk-secret-three
tokens:
  - api_key: 987654321
    model: all
  - {sk-secret-4: [all]}
  - sk-secret-five
server:
  pasword: sk-secret-six
  proxy_auth: sk-secret-seven
  cache_url: http://:sk-secret-eight@h
  db_path: sk-secret-nine
  strategy: quick
intercept:
  hosts: api.example.com
sever: {}
"""


def test_all_faults_are_told_at_once_each_with_line_and_path() -> None:
    places = [fault.partition(": found")[0] for fault in faults_of(MANY_FAULTS)]
    assert places == [
        "f:2: providers[0].provider",
        "f:3: providers[0].api_key",
        "f:4: providers[0].model",
        "f:5: providers[1].api_key",
        "f:6: providers[1].apikey",
        "f:8: providers[1].balance[0].a",
        "f:9: providers[1].headers.authorization",
        "f:10: providers[2]",
        "f:12: tokens[0].api_key",
        "f:13: tokens[0].model",
        "f:14: tokens[1].…",
        "f:14: tokens[1].api_key",
        "f:15: tokens[2]",
        "f:17: server.pasword",
        "f:18: server.proxy_auth",
        "f:19: server.cache_url",
        "f:20: server.db_path",
        "f:21: server.strategy",
        "f:23: intercept.hosts",
        "f:24: sever",
    ]


def test_no_fault_shows_a_secret() -> None:
    told = "\n".join(faults_of(MANY_FAULTS))
    assert "secret-" not in told
    assert "987654321" not in told


def test_no_fault_shows_the_value_of_a_variable() -> None:
    environment = {"V": "sk-hidden"}
    text = SEED_FILE.replace("username: admin", "strategy: ${V}\n    log_body_bytes: ${V}\n    proxy_auth: ${V}")
    told = "\n".join(faults_of(text.replace("https://glm.example/api/paas/v4", "${V}"), environment))
    assert told.count("found '${V}'") == 3
    assert "server.proxy_auth: found text (not shown)" in told
    assert "sk-hidden" not in told


def test_settings_and_warnings_show_no_secret() -> None:
    settings = load(SEED_FILE)
    assert not [word for word in ("k-gemini", "sk-111111", "666666") if word in repr(settings)]
    assert settings.providers[1].api_keys[0].reveal() == "k-gemini"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD_TOKENS, "f: providers: found nothing; allowed: a list of blocks"),
        (GOOD_PROVIDERS, "f: tokens: found nothing; allowed: a list of tokens"),
        ("providers:\n" + GOOD_TOKENS, "f:1: providers: found nothing"),
        ("providers: []\n" + GOOD_TOKENS, "f:1: providers: found nothing"),
        (GOOD_PROVIDERS + "tokens: []\n", "f:3: tokens: found nothing"),
        (GOOD_PROVIDERS + "tokens: {a: b}\n", "f:3: tokens: found a mapping; allowed: a list of tokens"),
        (GOOD_PROVIDERS + "tokens: sk-x\n", "f:3: tokens: found text (not shown); allowed: a list of tokens"),
        ("- a\n", "f:1: found a list; allowed: a mapping with the sections providers, tokens, server, intercept"),
        ("hello\n", "f:1: found text (not shown); allowed: a mapping"),
        ("", "f: found an empty file"),
        (GOOD_PROVIDERS + GOOD_TOKENS + "provider: x\n", "f:5: provider: found the unknown key provider; allowed: did"),
        (GOOD_PROVIDERS + GOOD_TOKENS + GOOD_TOKENS, "f:5: tokens: found the key a second time (first in line 3)"),
    ],
)
def test_sections(text: str, expected: str) -> None:
    assert faults_of(text)[0].startswith(expected)


def test_anchors_and_own_sections() -> None:
    text = (
        "x-defaults: &slow {timeout: {idle: 600}, api_key: sk-a}\n"
        "providers:\n- {<<: *slow, provider: openai, model: [m]}\n"
        "- {<<: *slow, provider: xai, api_key: sk-b, model: [n]}\n"
    )
    first, second = load(text + GOOD_TOKENS).providers
    assert (first.timeouts.idle, first.api_keys[0].reveal(), second.api_keys[0].reveal()) == (600, "sk-a", "sk-b")


def test_what_is_known_may_be_handed_in() -> None:
    known = {"only": known_providers()["cloudflare"]}
    text = f"providers:\n- {{provider: only, api_key: k, account_id: a, model: [m]}}\n{GOOD_TOKENS}"
    settings = load_settings(text, file="f", environment={}, known=known)
    assert dict(settings.providers[0].options) == {"account_id": "a"}


class TestLoadSettingsFile:
    def test_reads_utf8_with_or_without_a_mark(self, tmp_path: Path) -> None:
        path = tmp_path / "api.yaml"
        for encoding in ("utf-8", "utf-8-sig"):
            path.write_text(SEED_FILE, encoding=encoding)
            assert load_settings_file(path, {}).providers[0].name == "智谱"

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (None, ": found no file to read (No such file or directory); allowed: the path of an api.yaml"),
            (SEED_FILE.encode("gbk"), ":4: found bytes that are no UTF-8; allowed: a file saved as UTF-8"),
            (GOOD_PROVIDERS.encode("utf-16"), ":1: found bytes that are no UTF-8; allowed: a file saved as UTF-8"),
        ],
        ids=["absent", "gbk", "utf-16"],
    )
    def test_what_cannot_be_read_is_a_fault(self, tmp_path: Path, content: bytes | None, expected: str) -> None:
        path = tmp_path / "api.yaml"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(ConfigFaults) as raised:
            load_settings_file(path, {})
        assert str(raised.value) == f"{path}{expected}"

    def test_a_folder_is_a_fault(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigFaults, match="found no file to read"):
            load_settings_file(tmp_path, {})
