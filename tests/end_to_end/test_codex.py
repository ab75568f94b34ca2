"""OpenAI's Codex, as it comes, with a provider of its own at the base_url door, before a Claude that is replayed here.

It wants `codex` on the path (npm install -g @openai/codex); nothing of it is installed for the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.paced_backend import PacedBackend, ReceivedRequest, Reply
from tests.end_to_end.running_proxy import RunningProxy

CODEX = shutil.which("codex") or ""
pytestmark = pytest.mark.skipif(not CODEX, reason="codex (npm: @openai/codex) is not installed here")

CONFIG = """providers:
  - provider: anthropic
    base_url: {url}
    api_key: k
    model: [ claude-sonnet-4-5: some-agent-model ]
tokens:
  - api_key: {token}
    model: [ all ]
"""
CALL = {"type": "tool_use", "id": "toolu_1", "name": "exec_command", "input": {"cmd": "echo from-the-tool"}}
TEXT = {"type": "text", "text": "All done."}


def claude(block: dict[str, Any], stop_reason: str) -> Reply:
    """A signed thought, then the block."""
    thought = {"type": "thinking", "thinking": "I must look", "signature": "c2ln"}
    natives = [
        {"type": "message_start", "message": {"id": "m", "model": "claude", "usage": {"input_tokens": 3}}},
        {"type": "content_block_start", "index": 0, "content_block": thought},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": block},
        {"type": "content_block_stop", "index": 1},
        {"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    return Reply.stream([b"data: %s\n\n" % json.dumps(native).encode() for native in natives])


def answer(request: ReceivedRequest) -> Reply:
    """First a call of Codex's shell tool; then, when its result is there, the last word."""
    has_result = b'"tool_result"' in request.body
    return claude(TEXT, "end_turn") if has_result else claude(CALL, "tool_use")


def run_codex(proxy: RunningProxy, folder: Path) -> list[dict[str, Any]]:
    home, work = folder / "home", folder / "work"
    home.mkdir()
    work.mkdir()
    provider = f'{{name="proapi",base_url="{proxy.base_url}",env_key="PROAPI_KEY",wire_api="responses"}}'
    settings = ['model="some-agent-model"', 'model_provider="proapi"', f"model_providers.proapi={provider}"]
    options = [option for setting in settings for option in ("-c", setting)]
    unguarded = "--dangerously-bypass-approvals-and-sandbox"  # the one command that is run is ours
    command = [CODEX, "exec", "--skip-git-repo-check", "--json", "-C", str(work), *options, unguarded, "say hi"]
    done = subprocess.run(
        command,
        env={**os.environ, "CODEX_HOME": str(home), "PROAPI_KEY": TOKEN},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_codex_calls_a_tool_and_carries_the_thought(tmp_path: Path) -> None:
    with PacedBackend(answer=answer) as backend, RunningProxy(CONFIG.format(url=backend.url, token=TOKEN)) as proxy:
        told = run_codex(proxy, tmp_path)
        second = backend.requests[-1].json()
    items = [event["item"] for event in told if event["type"] == "item.completed"]
    assert [item["text"] for item in items if item["type"] == "agent_message"] == ["All done."]
    (run,) = [item for item in items if item["type"] == "command_execution"]
    assert (run["aggregated_output"], run["exit_code"]) == ("from-the-tool\n", 0)
    assert told[-1]["type"] == "turn.completed"
    thought, call = second["messages"][-2]["content"]
    assert thought == {"type": "thinking", "thinking": "I must look", "signature": "c2ln"}
    assert (call["type"], call["id"]) == ("tool_use", "toolu_1")
