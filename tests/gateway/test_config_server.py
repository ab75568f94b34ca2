from dataclasses import fields

import pytest

from proapi_gateway.config_server import SERVER_KEYS
from proapi_gateway.settings import Retention, ServerSettings, Settings

from .config_text import GOOD_PROVIDERS, GOOD_TOKENS, faults_of, load, with_server

GOOD = GOOD_PROVIDERS + GOOD_TOKENS


def test_every_field_has_its_key() -> None:
    assert set(SERVER_KEYS) == {field.name for field in fields(ServerSettings)}


@pytest.mark.parametrize("section", ["", "server:\n", "server: {}\n", "intercept:\n", "intercept: {hosts: }\n"])
def test_an_absent_section_is_its_defaults(section: str) -> None:
    settings = load(GOOD + section)
    assert settings.server == ServerSettings()
    assert settings.intercept_hosts == Settings((), ()).intercept_hosts


def test_keys_without_a_value_keep_their_default() -> None:
    assert load(with_server("\n".join(f"{key}:" for key in SERVER_KEYS))).server == ServerSettings()


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("default_model: m", "default_model", "m"),
        ("default_model: false", "default_model", ""),
        ("default_model: False", "default_model", ""),
        ("debug: true", "debug", True),
        ("debug: ${ON:-false}", "debug", False),
        ("debug: '${ON:-yes}'", "debug", True),
        ("admin_server: True", "admin_server", True),
        ("db_cache: on", "db_cache", True),
        ("save_log_file: true", "save_log_file", True),
        ("db_path: mysql://u:p@h/db", "db_path", "mysql://u:p@h/db"),
        ("db_path: sqlite:////abs/log.db", "db_path", "sqlite:////abs/log.db"),
        ("db_path: ''", "db_path", ServerSettings().db_path),
        ("username: root", "username", "root"),
        ("username: 1000", "username", "1000"),
        ("username: ''", "username", "admin"),
        ("password: 666666", "password", "666666"),
        ("password: 0666", "password", "0666"),
        ("password: pa$$word", "password", "pa$word"),
        ("jwt_secret_key: 5", "jwt_secret_key", "5"),
        ("jwt_secret_key: ''", "jwt_secret_key", ""),
        ("strategy: least_busy", "strategy", "least_busy"),
        ("fallback: {m: [m2, m3]}", "fallback", {"m": ("m2", "m3")}),
        ("context_fallback: {m: [m2]}", "context_fallback", {"m": ("m2",)}),
        ("on_disconnect: drain", "on_disconnect", "drain"),
        ("proxy_auth: user:pa:ss", "proxy_auth", "user:pa:ss"),
        ("passthrough_provider: echo", "passthrough_provider", "echo"),
        ("log_bodies: none", "log_bodies", "none"),
        ("log_body_bytes: 0", "log_body_bytes", 0),
        ("log_body_bytes: ${BYTES:-5}", "log_body_bytes", 5),
        ("retention: {days: 1}", "retention", Retention(days=1)),
        ("cache_scope: all", "cache_scope", "all"),
        ("cache_seconds: 60", "cache_seconds", 60),
        ("cache_bytes: 1000", "cache_bytes", 1000),
        ("cache_tools: true", "cache_tools", True),
        ("cache_url: rediss://:pw@h:1/0", "cache_url", "rediss://:pw@h:1/0"),
        ("state_url: unix:///run/redis.sock", "state_url", "unix:///run/redis.sock"),
    ],
)
def test_values(line: str, field: str, value: object) -> None:
    server = load(with_server(line)).server
    assert getattr(server, field) == value
    assert type(getattr(server, field)) is type(getattr(ServerSettings(), field))


@pytest.mark.parametrize(
    ("line", "path", "found", "allowed"),
    [
        ("default_model: true", "default_model", "true", "or false"),
        ("default_model: [m]", "default_model", "a list", "a name that clients use"),
        ("debug: maybe", "debug", "'maybe'", "true or false"),
        ("debug: 'false'", "debug", "'false'", "without quotes"),
        ("debgu: true", "debgu", "the unknown key debgu", "did you mean debug?"),
        ("db_path: ./log.db", "db_path", "text (not shown)", "sqlite:///./data/request_log.db"),
        ("password: ${NONE}", "password", "the variable NONE", "${NONE:-default}"),
        ("password: [x]", "password", "a list", "text"),
        ("password: true", "password", "true or false (not shown)", "in quotes"),
        ("strategy: random", "strategy", "'random'", "one of weighted, least_busy, lowest_latency"),
        ("fallback: [m]", "fallback", "a list", "a mapping: { gpt-4o: [ claude, gemini ] }"),
        ("fallback: {m: x}", "fallback.m", "'x'", "a list of names: m: [ … ]"),
        ("fallback: {m: [5]}", "fallback.m[0]", "5", "in quotes"),
        ("on_disconnect: wait", "on_disconnect", "'wait'", "one of cancel, drain"),
        ("proxy_auth: nocolon", "proxy_auth", "text (not shown)", "user:password"),
        ("proxy_auth: ':pw'", "proxy_auth", "text (not shown)", "user:password"),
        ("passthrough_provider: openai", "passthrough_provider", "'openai'", "the name of a provider block: echo"),
        ("log_bodies: some", "log_bodies", "'some'", "one of full, errors, none"),
        ("log_body_bytes: -1", "log_body_bytes", "-1", "a whole number of 0 or more"),
        ("log_body_bytes: 1MB", "log_body_bytes", "'1MB'", "a whole number of 0 or more"),
        ("retention: {weeks: 1}", "retention.weeks", "the unknown key weeks", "keys of retention: days, rows, bytes"),
        ("cache_scope: none", "cache_scope", "'none'", "one of token, all"),
        ("cache_seconds: 0", "cache_seconds", "0", "a whole number of 1 or more"),
        ("cache_bytes: 0", "cache_bytes", "0", "a whole number of 1 or more"),
        ("cache_url: http://:pw@h", "cache_url", "text (not shown)", "redis://127.0.0.1:6379/0"),
        ("state_url: 'redis://'", "state_url", "text (not shown)", "a Redis URL"),
    ],
)
def test_faults(line: str, path: str, found: str, allowed: str) -> None:
    (fault,) = faults_of(with_server(line))
    assert f": server.{path}: found {found}" in fault
    assert allowed in fault.partition("; allowed: ")[2]


def test_a_section_of_the_wrong_shape() -> None:
    assert faults_of(GOOD + "server: [debug]\n")[0].startswith("f:5: server: found a list; allowed: a mapping of def")
    told = faults_of(GOOD + "intercept: [h]\n")
    assert told == ["f:5: intercept: found a list; allowed: a mapping of hosts, limit_ca"]


def test_intercept_adds_hosts_to_openais() -> None:
    settings = load(GOOD + "intercept: {hosts: [API.Example.com., api.openai.com, 127.0.0.1]}\n")
    assert settings.intercept_hosts == ("api.openai.com", "api.example.com", "127.0.0.1")


@pytest.mark.parametrize("host", ["https://x.com", "x.com:443", "x.com/v1", "'*.x'", "'a b'", "[x]", "''", "-x.com"])
def test_what_is_no_host_is_a_fault(host: str) -> None:
    (fault,) = faults_of(f"{GOOD}intercept: {{hosts: [{host}]}}\n")
    assert "f:5: intercept.hosts[0]: found" in fault
    assert "a host name, such as api.openai.com" in fault
