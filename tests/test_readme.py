"""The READMEs are held to the product: their commands run and answer as shown, and their tables name what there is.

A reply is shown shortened: what is shown must be in the reply, and "…" stands for any text.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from proapi_gateway.config import load_settings
from proapi_translate import provider_keys
from tests.end_to_end.running_proxy import RunningProxy

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README_CN.md")
MODULES_THAT_READ_VARIABLES = ("listening.py", "configuration.py", "master.py", "trust_files.py")

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"\s+#.*$", re.MULTILINE)
_VARIABLE_ROW = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#:]+)\)")

both = pytest.mark.parametrize("readme", READMES)


@cache
def text_of(readme: str) -> str:
    return (ROOT / readme).read_text(encoding="utf-8")


def blocks_of(readme: str, language: str = "") -> list[tuple[str, str]]:
    """[("sh", "curl …\\n"), ("json", "{…}\\n"), …]; `language`: only those."""
    found = [match.group(1, 2) for match in _BLOCK.finditer(text_of(readme))]
    return [(kind, text) for kind, text in found if language in ("", kind)]


def shown_after(readme: str, *marks: str) -> tuple[str, str]:
    """The one command that holds all marks, and the block that shows its output."""
    blocks = blocks_of(readme)
    found = [
        (command, output)
        for (kind, command), (_, output) in pairwise(blocks)
        if kind == "sh" and all(mark in command for mark in marks)
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


def run_shown(command: str, proxy: RunningProxy | None = None) -> str:
    """The standard output of a shown command, its ports and its CA put right."""
    if proxy is not None:
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed")
        command = command.replace("127.0.0.1:8000", f"127.0.0.1:{proxy.port}")
        command = command.replace("127.0.0.1:8080", f"127.0.0.1:{proxy.proxy_port}")
        command = command.replace("~/.mitmproxy/mitmproxy-ca-cert.pem", proxy.ca_path).replace("curl ", "curl -sS ")
    command = command.replace("python -m", f"{shlex.quote(sys.executable)} -m")
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        ["bash", "-c", command], check=False, capture_output=True, cwd=ROOT, env=inherited, timeout=30
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


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
    command = next(text for _, text in blocks_of(readme, "sh") if "export HTTPS_PROXY" in text)
    assert "gpt-4o-mini" in [model["id"] for model in json.loads(run_shown(command, proxy))["data"]]


@both
def test_error_is_as_shown(proxy: RunningProxy, readme: str) -> None:
    shown = next(text for kind, text in blocks_of(readme, "json") if '"error"' in text)
    command, _ = shown_after(readme, "curl http://127.0.0.1:8000/v1/chat/completions")
    assert json.loads(run_shown(command.replace("gpt-4o-mini", "nope"), proxy)) == json.loads(shown)


@both
def test_translator_prints_what_is_shown(readme: str) -> None:
    command, shown = shown_after(readme, "python -m proapi_translate")
    check_shown(json.loads(shown), json.loads(run_shown(command)))


@both
def test_shown_configuration_loads_without_remarks(readme: str) -> None:
    for _, text in blocks_of(readme, "yaml"):
        names = re.findall(r"\$\{(\w+)\}", text)
        settings = load_settings(text, file=readme, environment={name: f"sk-{name}" for name in names})
        assert settings.warnings == ()


def test_both_show_the_same_commands() -> None:
    english, chinese = ([_COMMENT.sub("", text) for _, text in blocks_of(readme, "sh")] for readme in READMES)
    assert english == chinese
    assert "scripts/run_proxy.sh\nscripts/test.sh\n" in english


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
    packages.pop("zod")  # the language of schemas, not a client
    rows = [line for line in text_of(readme).splitlines() if line.startswith("| `")]
    for name, version in [*pins, *packages.items()]:
        assert [row for row in rows if f"`{name}`" in row and version in row], (name, version)


@both
def test_links_lead_somewhere(readme: str) -> None:
    for link in _LINK.findall(text_of(readme)):
        assert (ROOT / link).exists(), link
