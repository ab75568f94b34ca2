"""The published JSON Schema, the loader, the example and the reference say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from proapi_gateway.config import SECTIONS, load_settings
from proapi_gateway.config_faults import Findings
from proapi_gateway.config_options import option_keys
from proapi_gateway.config_providers import COMMON_KEYS, TIMEOUT_KEYS
from proapi_gateway.config_server import INTERCEPT_KEYS, RETENTION_KEYS, SERVER_KEYS
from proapi_gateway.config_tokens import BUDGET_KEYS, LIMIT_KEYS, TOKEN_KEYS
from proapi_gateway.config_yaml import Node, parse_yaml
from proapi_gateway.known_providers import known_providers
from proapi_gateway.settings import Limits, Retention, ServerSettings, Timeouts

from . import config_text
from .config_text import GOOD_PROVIDERS, GOOD_TOKENS, with_block, with_server, with_token
from .test_config import MANY_FAULTS, SEED_FILE

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "api.yaml.example"
SCHEMA: dict[str, Any] = json.loads((ROOT / "proapi_gateway" / "api.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
PROPERTIES = SCHEMA["properties"]
BLOCK = PROPERTIES["providers"]["items"]
TOKEN = PROPERTIES["tokens"]["items"]
SERVER = PROPERTIES["server"]

_SCALARS: dict[str, Callable[[str], object]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": lambda text: float(re.sub(r"\.(?=[a-zA-Z])", "", text)),  # `.inf` and `.nan` are Python's without the dot
    "str": str,
}


def as_json(node: Node) -> Any:
    """What an editor sees: YAML 1.2's types."""
    if node.kind == "list":
        return [as_json(item) for item in node.items()]
    if node.kind == "mapping":
        return {key: as_json(child) for key, child in node.entries().items()}
    return _SCALARS[node.kind](node.text)


def schema_accepts(text: str) -> bool:
    return VALIDATOR.is_valid(as_json(parse_yaml(text, Findings("f"))))


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("properties", "keys"),
    [
        (PROPERTIES, SECTIONS),
        (BLOCK["properties"], (*COMMON_KEYS, *option_keys(known_providers().values()))),
        (BLOCK["properties"]["timeout"]["properties"], TIMEOUT_KEYS),
        (TOKEN["properties"], TOKEN_KEYS),
        (TOKEN["properties"]["limits"]["properties"], LIMIT_KEYS),
        (TOKEN["properties"]["budget"]["properties"], BUDGET_KEYS),
        (SERVER["properties"], SERVER_KEYS),
        (SERVER["properties"]["retention"]["properties"], RETENTION_KEYS),
        (PROPERTIES["intercept"]["properties"], INTERCEPT_KEYS),
    ],
)
def test_it_has_the_loaders_keys_each_with_a_description(properties: dict[str, Any], keys: tuple[str, ...]) -> None:
    assert set(properties) == set(keys)
    assert all(entry["description"] for entry in properties.values())


def test_it_has_the_loaders_providers_and_what_each_needs() -> None:
    known = known_providers()
    assert BLOCK["properties"]["provider"]["anyOf"][0]["enum"] == sorted(known)
    for name, keys in known.items():
        needed = {*keys.required, *(["base_url"] if keys.base_url else [])}
        block = {"provider": name, "model": ["m"]}
        errors = VALIDATOR.iter_errors({"providers": [block], "tokens": [{"api_key": "k"}]})
        missing = {error.message.split("'")[1] for error in errors}
        assert missing == needed, name


@pytest.mark.parametrize(
    ("properties", "settings"),
    [
        (BLOCK["properties"]["timeout"]["properties"], Timeouts()),
        (TOKEN["properties"]["limits"]["properties"], Limits()),
        (SERVER["properties"]["retention"]["properties"], Retention()),
        (SERVER["properties"], ServerSettings()),
    ],
)
def test_its_defaults_are_those_of_the_settings(properties: dict[str, Any], settings: object) -> None:
    for field in fields(settings):  # type: ignore[arg-type]
        if "default" in properties[field.name]:
            assert (properties[field.name]["default"] or None) == (getattr(settings, field.name) or None), field.name


GOOD_FILES = {
    "seed": SEED_FILE,
    "example": EXAMPLE.read_text(encoding="utf-8"),
    "smallest": GOOD_PROVIDERS + GOOD_TOKENS,
    "null sections": f"{GOOD_PROVIDERS}{GOOD_TOKENS}server:\nintercept:\n",
    "own section": f"x-a: [1]\n{GOOD_PROVIDERS}{GOOD_TOKENS}",
    "null keys": with_server("\n".join(f"{key}:" for key in SERVER_KEYS)),
    "blank keys": with_server('db_path: ""\nproxy_auth: ""\ncache_url: ""\npassthrough_provider: ""\nusername: ""'),
    "variables": with_server("debug: ${D:-no}\nlog_body_bytes: ${B:-1}\nstrategy: ${S:-weighted}\ndb_path: ${P:-a://}"),
    "bare words": with_server("debug: yes\nadmin_server: OFF\npassword: 666666\ndefault_model: false"),
    "chains": with_server("fallback: {m: [n]}\ncontext_fallback: {}\nproxy_auth: 'u:p'\ncache_url: redis://h"),
    "retention": with_server("retention: {days: 0}\nlog_body_bytes: 0\ncache_seconds: 1"),
    "hosts": f"{GOOD_PROVIDERS}{GOOD_TOKENS}intercept: {{hosts: [A.example.com., '${{H:-h}}']}}\n",
    "pool": with_block("provider: openai\napi_key: ['${A}', b]\nmodel: [m, {a: b, c: d}]\nbalance: [{m: 0.5}, {b: 0}]"),
    "numbers": with_block("provider: cloudflare\nname: 5\napi_key: k\naccount_id: 0123\nmodel: [m]\nbalance: {m: 2}"),
    "url": with_block("provider: openai\nbase_url: http://h:1/\nproxy: http://u:p@h:1\nheaders: {x: 1}\nmodel: [m]"),
    "seconds": with_block("provider: echo\nmodel: [m]\ntimeout: {idle: 0.5, total: '${T:-3}'}\nstrict: no"),
    "token": with_token("api_key: sk-1\nname: 5\nmodel:\nlimits: {rpm: 1}\nbudget: {usd: 0.5, per: day}"),
}


@pytest.mark.parametrize("text", GOOD_FILES.values(), ids=GOOD_FILES)
def test_both_accept(text: str) -> None:
    assert config_text.faults_of(text) == []
    assert schema_accepts(text)


BAD_FILES = {
    "many": MANY_FAULTS,
    "no tokens": GOOD_PROVIDERS,
    "no providers": GOOD_TOKENS,
    "empty list": f"providers: []\n{GOOD_TOKENS}",
    "list": "- a\n",
    "section": f"{GOOD_PROVIDERS}{GOOD_TOKENS}servers: {{}}\n",
    "provider": with_block("provider: opnai\napi_key: k\nmodel: [m]"),
    "merlin": with_block("provider: merlin\napi_key: k\nmodel: [m]"),
    "no model": with_block("provider: echo"),
    "scalar model": with_block("provider: echo\nmodel: all"),
    "mapped model": with_block("provider: echo\nmodel: {a: b}"),
    "integer model": with_block("provider: echo\nmodel: [5]"),
    "no alias": with_block("provider: echo\nmodel: [{a: }]"),
    "integer key": with_block("provider: openai\napi_key: 5\nmodel: [m]"),
    "integer in pool": with_block("provider: openai\napi_key: [5]\nmodel: [m]"),
    "no account": with_block("provider: cloudflare\napi_key: k\nmodel: [m]"),
    "no base_url": with_block("provider: azure\napi_key: k\nmodel: [m]"),
    "unknown key": with_block("provider: echo\nbase-url: https://x\nmodel: [m]"),
    "no url": with_block("provider: echo\nbase_url: relay.example\nmodel: [m]"),
    "query": with_block("provider: echo\nbase_url: https://x?y\nmodel: [m]"),
    "negative weight": with_block("provider: echo\nmodel: [m]\nbalance: [{m: -1}]"),
    "quoted weight": with_block("provider: echo\nmodel: [m]\nbalance: [{m: '1'}]"),
    "scalar timeout": with_block("provider: echo\nmodel: [m]\ntimeout: 5"),
    "zero timeout": with_block("provider: echo\nmodel: [m]\ntimeout: {idle: 0}"),
    "header name": with_block("provider: echo\nmodel: [m]\nheaders: {a b: c}"),
    "socks": with_block("provider: echo\nmodel: [m]\nproxy: socks5://h:1"),
    "integer token": with_token("api_key: 5\nmodel: [all]"),
    "no token key": with_token("model: [all]"),
    "scalar token model": with_token("api_key: sk-1\nmodel: all"),
    "negative limit": with_token("api_key: sk-1\nmodel: [m]\nlimits: {rpm: -1}"),
    "half a budget": with_token("api_key: sk-1\nmodel: [m]\nbudget: {usd: 1}"),
    "quoted flag": with_server("debug: 'true'"),
    "word for flag": with_server("debug: maybe"),
    "choice": with_server("strategy: quick"),
    "db_path": with_server("db_path: ./x.db"),
    "chain": with_server("fallback: {m: n}"),
    "proxy_auth": with_server("proxy_auth: nocolon"),
    "cache_seconds": with_server("cache_seconds: 0"),
    "host": f"{GOOD_PROVIDERS}{GOOD_TOKENS}intercept: {{hosts: ['https://x']}}\n",
    "scalar hosts": f"{GOOD_PROVIDERS}{GOOD_TOKENS}intercept: {{hosts: x.example}}\n",
}


@pytest.mark.parametrize("text", BAD_FILES.values(), ids=BAD_FILES)
def test_both_refuse(text: str) -> None:
    assert config_text.faults_of(text)
    assert not schema_accepts(text)


class TestExample:
    text = EXAMPLE.read_text(encoding="utf-8")

    def test_it_starts_without_any_variable_and_echo_answers(self) -> None:
        settings = load_settings(self.text, file="f", environment={})
        (usable,) = [block for block in settings.providers if not block.unavailable]
        assert usable.provider == "echo"
        assert [route.alias for route in usable.routes] == ["gpt-4o-mini", "gpt-4o", "echo"]
        assert [token.api_key.reveal() for token in settings.tokens] == ["sk-proapi-example"]
        assert len(settings.warnings) == 1

    def test_with_its_variables_every_block_is_usable(self) -> None:
        names = set(re.findall(r"\$\{(\w+)\}", self.text)) - {"NAME"}
        environment = {name: f"http://{name.replace('_', '-')}.example/v1" for name in names}
        settings = load_settings(self.text, file="f", environment=environment)
        assert [block.label for block in settings.providers if block.unavailable] == []

    def test_no_two_blocks_share_a_name(self) -> None:
        settings = load_settings(self.text, file="f", environment={})
        aliases = [route.alias for block in settings.providers for route in block.routes]
        assert len(set(aliases)) == len(aliases)

    def test_it_shows_every_provider_and_every_key(self) -> None:
        known = known_providers()
        words = set(re.findall(r"\w+", self.text))
        keys = {*COMMON_KEYS, *option_keys(known.values()), *TIMEOUT_KEYS, *TOKEN_KEYS, *LIMIT_KEYS, *BUDGET_KEYS}
        keys |= {*SERVER_KEYS, *RETENTION_KEYS, *INTERCEPT_KEYS, *SECTIONS}
        assert (keys | set(known)) - words == set()

    def test_it_explains_every_key(self) -> None:
        """By a remark on a line of its own key, or in the lines of remarks above."""
        keys = {*COMMON_KEYS, *option_keys(known_providers().values()), *TOKEN_KEYS, *SERVER_KEYS, *INTERCEPT_KEYS}
        prose = re.findall(r"^ *# (?!\W*\w+: ).*", self.text, re.MULTILINE)
        remarks = [line for line in self.text.splitlines() if re.search(r"\w+:.* # \S", line)]
        explained = set(re.findall(r"\w+", "\n".join(prose + remarks)))
        assert keys - explained == set()

    def test_its_server_section_is_the_defaults(self) -> None:
        assert load_settings(self.text, file="f", environment={}).server == ServerSettings()
        assert set(yaml.safe_load(self.text)["server"]) == set(SERVER_KEYS)

    def test_its_first_line_leads_editors_to_the_schema(self) -> None:
        marker, _, path = self.text.splitlines()[0].partition("$schema=")
        assert marker == "# yaml-language-server: "
        assert json.loads((ROOT / path).read_text(encoding="utf-8")) == SCHEMA

    def test_other_yaml_readers_see_the_same(self) -> None:
        assert yaml.safe_load(self.text) == as_json(parse_yaml(self.text, Findings("f")))


def test_the_reference_names_every_key_and_provider() -> None:
    reference = (ROOT / "docs" / "api-yaml.md").read_text(encoding="utf-8")
    known = known_providers()
    names = {*SECTIONS, *COMMON_KEYS, *TIMEOUT_KEYS, *TOKEN_KEYS, *LIMIT_KEYS, *SERVER_KEYS, *RETENTION_KEYS, *known}
    names |= {*option_keys(known.values()), *INTERCEPT_KEYS}
    assert {name for name in names if f"`{name}`" not in reference} == set()
