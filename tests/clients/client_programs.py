"""Runs a client's program, in the client's own environment, before the gateway, and hands back what it says it saw.

    run_program("langchain_app.py", gateway, door="base_url") → {"gpt-5": {"tools": {"text": "I was told: …"}, …}, …}

scripts/client_environments.sh makes the environments; where one is missing, its tests skip.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.running_proxy import PROJECT_ROOT, RunningProxy

MODELS = ("gpt-5", "gpt-5-mini", "gpt-4.1")  # Claude, Gemini and DeepSeek: see conftest.py
_ENVIRONMENTS = PROJECT_ROOT / ".clients"
_PROGRAMS = Path(__file__).parent / "programs"
# What a developer's machine may have set for these clients must not decide over a test.
_FOREIGN_PREFIXES = ("OPENAI_", "CODEX_", "LLM_", "PROAPI_", "LANGCHAIN_", "LANGSMITH_", "NODE_", "PYTHON")
_FOREIGN = {"http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "requests_ca_bundle"}


def client_environment(kind: str) -> Path:
    """The folder of "python" or "node"; skips where it is not installed."""
    folder = _ENVIRONMENTS / kind
    if not (folder / "stamp").exists():
        pytest.skip(f"the {kind} clients are not installed here: run scripts/client_environments.sh")
    return folder


def client_variables(gateway: RunningProxy, door: str) -> dict[str, str]:
    """What a user would set for the door, "base_url" or "explicit"; nothing else is told to the client."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name.lower() not in _FOREIGN and not name.startswith(_FOREIGN_PREFIXES)
    }
    doors = {
        # the Agents SDK sends its traces to api.openai.com whatever the address is: not from a test
        "base_url": {"OPENAI_BASE_URL": gateway.base_url, "OPENAI_AGENTS_DISABLE_TRACING": "1"},
        "explicit": {
            "HTTPS_PROXY": gateway.proxy_url,
            "SSL_CERT_FILE": gateway.ca_path,
            "NODE_EXTRA_CA_CERTS": gateway.ca_path,
            "NODE_USE_ENV_PROXY": "1",
        },
    }
    return {**inherited, "OPENAI_API_KEY": TOKEN, **doors[door]}


def run_program(
    name: str, gateway: RunningProxy, door: str = "base_url", models: Sequence[str] = MODELS
) -> dict[str, Any]:
    """What the program printed: by model, by scenario."""
    command = _node_command(name, door) if name.endswith(".mjs") else _python_command(name)
    told = run_client([*command, *models], client_variables(gateway, door))
    return json.loads(told.splitlines()[-1])  # the AI SDK prints its warnings before


def run_client(command: Sequence[str], variables: Mapping[str, str], timeout_s: float = 90, **options: Any) -> str:
    """Its standard output; AssertionError with all that it said where it fails."""
    done = subprocess.run(
        command,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        **options,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def _python_command(name: str) -> list[str]:
    return [str(client_environment("python") / "bin" / "python"), str(_PROGRAMS / name)]


def _node_command(name: str, door: str) -> list[str]:
    """An ES module finds its packages beside itself, so the program is copied there."""
    folder = client_environment("node")
    for program in _PROGRAMS.glob("*.mjs"):
        shutil.copy(program, folder)
    agent = ["--import", str(folder / "proxy_agent.mjs")] if door == "explicit" and not _node_heeds_proxies() else []
    return ["node", *agent, str(folder / name)]


def _node_heeds_proxies() -> bool:
    """From 24 on Node reads HTTPS_PROXY by itself, if NODE_USE_ENV_PROXY says so."""
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    return int(told.strip().removeprefix("v").partition(".")[0]) >= 24
