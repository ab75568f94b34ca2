"""The READMEs are held to the product: their commands run and answer as shown, and their tables name what there is.

A reply is shown shortened: what is shown must be in the reply, and "…" stands for any text.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from proapi_gateway.config import load_settings
from proapi_translate import provider_keys
from tests.end_to_end.running_proxy import RunningProxy
from tests.shown_blocks import ROOT, blocks_of, run_shown, text_of

READMES = ("README.md", "README_CN.md")
MODULES_THAT_READ_VARIABLES = ("listening.py", "configuration.py", "master.py", "trust_files.py")

_COMMENT = re.compile(r"\s+#.*$", re.MULTILINE)
_VARIABLE_ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)

both = pytest.mark.parametrize("readme", READMES)


def shown_after(readme: str, *marks: str) -> tuple[str, str]:
    """The one command that holds all marks, and the block that shows its output."""
    found = [
        (command.text, output.text)
        for command, output in pairwise(blocks_of(readme))
        if command.language == "sh" and all(mark in command.text for mark in marks)
    ]
    assert len(found) == 1, f"{readme}: {len(found)} commands have {marks}"
    return found[0]


def check_shown(shown: Any, real: Any, path: str = "reply") -> None:
    """AssertionError, with the place, where something shown is not in the real value."""
    if isinstance(shown, dict):
        assert isinstance(real, dict), path
        for key, value in shown.items():
            assert key in real, f"{path}.{key} is shown, and not there"
            check_shown(value, real[key], f"{path}.{key}")
    elif isinstance(shown, list):
        assert isinstance(real, list), path
        assert len(real) == len(shown), path
        for index, (left, right) in enumerate(zip(shown, real, strict=True)):
            check_shown(left, right, f"{path}[{index}]")
    elif isinstance(shown, str) and "…" in shown:
        assert re.fullmatch(".+".join(map(re.escape, shown.split("…"))), real), path
    else:
        assert shown == real, path


def events_of(stream: str) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in stream.splitlines() if line]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def proxy() -> Iterator[RunningProxy]:
    """The example's configuration, with no provider's key set."""
    example = (ROOT / "api.yaml.example").read_text(encoding="utf-8")
    with RunningProxy(example) as running:
        yield running


@both
def test_first_reply_is_as_shown(proxy: RunningProxy, readme: str) -> None:
    command, shown = shown_after(readme, "curl http://127.0.0.1:8000/v1/chat/completions")
    check_shown(json.loads(shown), json.loads(run_shown(command, proxy)))


@both
def test_first_stream_is_as_shown(proxy: RunningProxy, readme: str) -> None:
    command, shown = shown_after(readme, "curl -N")
    check_shown(events_of(shown), events_of(run_shown(command, proxy)))


@both
def test_explicit_door_answers_the_shown_command(proxy: RunningProxy, readme: str) -> None:
    command = next(block.text for block in blocks_of(readme, "sh") if "export HTTPS_PROXY" in block.text)
    assert "gpt-4o-mini" in [model["id"] for model in json.loads(run_shown(command, proxy))["data"]]


@both
def test_error_is_as_shown(proxy: RunningProxy, readme: str) -> None:
    shown = next(block.text for block in blocks_of(readme, "json") if '"error"' in block.text)
    command, _ = shown_after(readme, "curl http://127.0.0.1:8000/v1/chat/completions")
    assert json.loads(run_shown(command.replace("gpt-4o-mini", "nope"), proxy)) == json.loads(shown)


@both
def test_translator_prints_what_is_shown(readme: str) -> None:
    command, shown = shown_after(readme, "python -m proapi_translate")
    check_shown(json.loads(shown), json.loads(run_shown(command)))


@both
def test_shown_configuration_loads_without_remarks(readme: str) -> None:
    for block in blocks_of(readme, "yaml"):
        names = re.findall(r"\$\{(\w+)\}", block.text)
        settings = load_settings(block.text, file=readme, environment={name: f"sk-{name}" for name in names})
        assert settings.warnings == ()


@both
def test_the_two_commands_are_shown(readme: str) -> None:
    shown = [_COMMENT.sub("", block.text) for block in blocks_of(readme, "sh")]
    assert "scripts/run_proxy.sh\nscripts/test.sh\n" in shown


@both
def test_scripts_that_are_named_are_there(readme: str) -> None:
    for name in re.findall(r"scripts/\w+\.sh", text_of(readme)):
        assert os.access(ROOT / name, os.X_OK), name


@both
def test_table_of_variables_is_what_is_read(readme: str) -> None:
    sources = [(ROOT / "addons" / name).read_text(encoding="utf-8") for name in MODULES_THAT_READ_VARIABLES]
    read = {name for source in sources for name in re.findall(r'"(PROAPI_[A-Z_]+|SSL_CERT_FILE)"', source)}
    assert "PROAPI_TRANSPARENT_PORT" in read
    assert set(_VARIABLE_ROW.findall(text_of(readme))) == read


@both
def test_table_of_providers_names_every_one(readme: str) -> None:
    table = re.search(r"^\| `provider` \|.*?\n\n", text_of(readme), re.MULTILINE | re.DOTALL)
    assert table is not None
    named = {name for row in table.group().splitlines()[2:] for name in re.findall(r"`(\w+)`", row)}
    keys = {key for row in provider_keys().values() for key in (*row.required, *row.optional, "api_key", "base_url")}
    assert named - keys == set(provider_keys())


@both
def test_table_of_clients_names_what_is_run(readme: str) -> None:
    """Each package that the tests install as a client stands in the table, with its version in that row."""
    clients = ROOT / "tests" / "clients"
    pins = [line.split("==") for line in (clients / "requirements.txt").read_text(encoding="utf-8").split()]
    packages = json.loads((clients / "package.json").read_text(encoding="utf-8"))["dependencies"]
    for name in ("zod", "undici"):  # the language of schemas, and Node's agent for proxies: no clients
        packages.pop(name)
    rows = [line for line in text_of(readme).splitlines() if line.startswith("| `")]
    for name, version in [*pins, *packages.items()]:
        assert [row for row in rows if f"`{name}`" in row and version in row], (name, version)
