"""OpenAI's Codex, as it comes from its package: a provider of its own at the base_url door, and over the proxy alone.

Each kind of model has Codex speak otherwise: a name that it does not know gets plain functions, gpt-5.5 custom tools
and a search for tools, the newest ones one tool that runs scripts, brought along in the input.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.clients.client_programs import client_environment, client_variables, run_client
from tests.clients.scripted_model import SUMMARY, last_word
from tests.end_to_end.configs import TOKEN
from tests.end_to_end.running_proxy import RunningProxy

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="its commands are a Linux shell's here")
NO_SEARCH = ("-c", 'web_search="disabled"')


def run_codex(variables: Mapping[str, str], folder: Path, *options: str) -> list[dict[str, Any]]:
    """The events of one run in a folder of its own, with a home of its own."""
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    codex = str(client_environment("node") / "node_modules" / ".bin" / "codex")
    unguarded = "--dangerously-bypass-approvals-and-sandbox"  # the commands that are run are ours
    command = [codex, "exec", "--skip-git-repo-check", "--json", "-C", str(work), *options, unguarded, "say hi"]
    told = run_client(command, {**variables, "CODEX_HOME": str(home)})
    return [json.loads(line) for line in told.splitlines() if line.startswith("{")]


def check_run(events: list[dict[str, Any]]) -> list[str]:
    """The shell command was run, its output came back, and the turn is complete; the kinds of all that was done."""
    items = [event["item"] for event in events if event["type"] == "item.completed"]
    (run,) = [item for item in items if item["type"] == "command_execution"]
    assert (run["aggregated_output"].splitlines()[-1], run["exit_code"]) == ("from-the-tool", 0)
    (message,) = [item["text"] for item in items if item["type"] == "agent_message"]
    assert message.startswith("I was told: ")
    assert "from-the-tool" in message
    assert events[-1]["type"] == "turn.completed"
    return [item["type"] for item in items]


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("gpt-6-sol", ()),  # Claude
        ("gpt-5.6-luna", ()),  # Gemini
        ("gpt-5.5", NO_SEARCH),  # DeepSeek, which has no search of its own
        ("gpt-5", ("-c", 'model_reasoning_effort="low"')),  # Claude with its own search
    ],
)
def test_with_a_provider_of_its_own(
    gateway: RunningProxy, tmp_path: Path, model: str, options: tuple[str, ...]
) -> None:
    provider = f'{{name="proapi",base_url="{gateway.base_url}",env_key="PROAPI_KEY",wire_api="responses"}}'
    ours = ("-m", model, "-c", 'model_provider="proapi"', "-c", f"model_providers.proapi={provider}")
    variables = {**client_variables(gateway, "base_url"), "PROAPI_KEY": TOKEN}
    done = check_run(run_codex(variables, tmp_path, *ours, *options))
    assert "reasoning" in done
    if model == "gpt-5.5":
        assert "file_change" in done
        assert (tmp_path / "work" / "made.txt").read_text() == "from the patch\n"


def test_over_the_proxy_it_needs_no_word_of_us(gateway: RunningProxy, tmp_path: Path) -> None:
    """It also tries a WebSocket, and asks other hosts for models, plug-ins and updates: none of it is in the way."""
    variables = {**client_variables(gateway, "explicit"), "CODEX_API_KEY": TOKEN}
    check_run(run_codex(variables, tmp_path, "-m", "gpt-6-sol"))


def test_over_the_proxy_a_long_session_is_summed_up(gateway: RunningProxy, tmp_path: Path) -> None:
    """With OpenAI's own provider Codex leaves the summary to the server, and carries it sealed."""
    variables = {**client_variables(gateway, "explicit"), "CODEX_API_KEY": TOKEN}
    after_each_turn = ("-c", "model_auto_compact_token_limit=20")
    events = run_codex(variables, tmp_path, "-m", "gpt-6-sol", *after_each_turn)
    (message,) = [event["item"]["text"] for event in events if event.get("item", {}).get("type") == "agent_message"]
    assert message == last_word(SUMMARY)
    assert events[-1]["type"] == "turn.completed"
