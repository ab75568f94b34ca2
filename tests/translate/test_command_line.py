"""The command line of the translator, as others script it: contract, exit codes, byte-stable output."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proapi_translate.command_line import main

ROOT = Path(__file__).resolve().parents[2]
CHAT = {"model": "alias", "messages": [{"role": "user", "content": "hi"}]}
CLAUDE = ("--client", "chat", "--provider", "anthropic", "--model", "claude-sonnet-4-5")
REPLY = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "né"}], "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}  # fmt: skip
STREAM = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":3}}}\n\n'
    b'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
    b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"n\xc3\xa9"}}\n\n'
    b'data: {"type":"content_block_stop","index":0}\n\n'
    b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\n'
    b'data: {"type":"message_stop"}\n\n'
)


def run(*arguments: str, stdin: bytes = b"") -> tuple[int, bytes]:
    stdout = io.BytesIO()
    return main(arguments, io.BytesIO(stdin), stdout), stdout.getvalue()


def run_json(*arguments: str, stdin: Any = CHAT) -> tuple[int, Any]:
    code, output = run(*arguments, stdin=stdin if isinstance(stdin, bytes) else json.dumps(stdin).encode())
    return code, json.loads(output)


def test_request_tells_what_would_be_sent_and_what_is_lost() -> None:
    code, told = run_json("request", *CLAUDE, "--option", "api_key=k", stdin=CHAT | {"seed": 3})
    assert code == 0
    assert set(told) == {"method", "url", "headers", "body", "warnings"}
    assert (told["method"], told["url"]) == ("POST", "https://api.anthropic.com/v1/messages")
    assert told["headers"]["x-api-key"] == "k"
    assert told["body"]["model"] == "claude-sonnet-4-5"
    assert [(w["field"], w["what"]) for w in told["warnings"]] == [("seed", "dropped")]


@pytest.mark.parametrize(
    ("stdin", "param"),
    [(b"{", None), (b"[]", None), (CHAT | {"model": 3}, "model"), (CHAT | {"n": 3}, "n"), ({"model": "m"}, "messages")],
)
def test_a_request_that_cannot_be_served_exits_1(stdin: Any, param: str | None) -> None:
    code, told = run_json("request", *CLAUDE, stdin=stdin)
    assert (code, told["status"]) == (1, 400)
    assert set(told["body"]["error"]) == {"message", "type", "param", "code"}
    assert told["body"]["error"]["param"] == param


def test_strict_refuses_what_would_be_lost() -> None:
    code, told = run_json("request", *CLAUDE, "--strict", stdin=CHAT | {"seed": 3})
    assert (code, told["status"], told["body"]["error"]["param"]) == (1, 400, "seed")


def test_response_carries_the_name_that_was_asked_for() -> None:
    fixed = ("--id", "chatcmpl-1", "--created", "7")
    asked = ("--client", "chat", "--provider", "anthropic", "--model", "alias")
    code, told = run_json("response", *asked, *fixed, stdin=REPLY)
    assert (code, told["status"]) == (0, 200)
    assert (told["body"]["id"], told["body"]["created"], told["body"]["model"]) == ("chatcmpl-1", 7, "alias")
    assert told["body"]["choices"][0]["message"]["content"] == "né"


@pytest.mark.parametrize("provider", ["cloudflare", "bedrock"])
def test_a_reply_is_read_without_what_only_an_address_needs(provider: str) -> None:
    arguments = ("--client", "chat", "--provider", provider, "--model", "m", "--status", "429")
    code, told = run_json("response", *arguments, stdin={"message": "slow"})
    assert (code, told["status"]) == (0, 429)


def test_response_maps_an_error_and_keeps_retry_after() -> None:
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}
    code, told = run_json("response", *CLAUDE, "--status", "429", "--header", "Retry-After: 17", stdin=error)
    assert (code, told["status"], told["headers"]["retry-after"]) == (0, 429, "17")
    assert told["body"]["error"]["message"] == "slow"


def test_stream_is_the_same_for_every_split(tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    request.write_text(json.dumps(CHAT | {"stream": True, "stream_options": {"include_usage": True}}))
    fixed = ("--id", "chatcmpl-1", "--created", "7", "--request", str(request))
    outputs = {run("stream", *CLAUDE, *fixed, "--split", str(n), stdin=STREAM) for n in (0, 1, 2, 3, 7, 1000)}
    assert len(outputs) == 1
    code, output = outputs.pop()
    assert code == 0
    assert output.endswith(b"data: [DONE]\n\n")
    assert '"content":"né"'.encode() in output
    assert b'"prompt_tokens":3,"completion_tokens":2' in output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("request",),
        ("request", "--client", "chat"),
        ("request", "--client", "nope", "--provider", "openai", "--model", "m"),
        ("request", "--client", "chat", "--provider", "nobody", "--model", "m"),
        ("request", *CLAUDE, "--option", "novalue"),
        ("stream", *CLAUDE, "--request", "no/such/file"),
        ("stream", *CLAUDE, "--split", "x"),
        ("stream", "--client", "embeddings", "--provider", "anthropic", "--model", "m"),
        ("request", "--client", "chat", "--provider", "cloudflare", "--model", "m"),
        ("request", "--client", "chat", "--provider", "openai", "--model", "m", "--option", "api=nope"),
        ("request", *CLAUDE, "--base-url", "http://[::1"),
        ("request", *CLAUDE, "--base-url", "http://127.0.0.1:99999"),
        ("request", *CLAUDE, "--base-url", "api.example/v1"),
        ("response", *CLAUDE, "--status", "-1"),
        ("response", *CLAUDE, "--status", "600"),
        ("request", "--client", "chat", "--provider", "gemini", "--model", "\udcff"),
    ],
)
def test_usage_faults_exit_2_with_one_line(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, output = run(*arguments, stdin=json.dumps(CHAT).encode())
    assert (code, output) == (2, b"")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_unknown_name_with_a_base_url_is_openai_compatible() -> None:
    arguments = ("--client", "chat", "--provider", "nobody", "--model", "m", "--base-url", "http://127.0.0.1:9/v1")
    code, told = run_json("request", *arguments)
    assert (code, told["url"], told["body"]["model"]) == (0, "http://127.0.0.1:9/v1/chat/completions", "m")


def test_it_starts_without_mitmproxy_and_flask() -> None:
    names = ("mitmproxy", "flask", "peewee", "yaml")
    script = f"import sys, proapi_translate.command_line; print([m for m in {names} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
