"""Requests to models as people read them, in every format that a backend may get."""

from __future__ import annotations

import json

import pytest

from addons.llm_request_text import request_text
from proapi_translate import Context, Target, translate_request

PNG = "iVBORw0KGgo" + "A" * 4001  # whole groups of four
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks a city up\nand more",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "unit": {"type": "string"}}},
    },
}
CHAT = {
    "model": "m",
    "temperature": 0.25,
    "messages": [
        {"role": "system", "content": "Be terse."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "look_up", "arguments": '{"city": "Oslo"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "12 degrees"},
        {"role": "assistant", "content": "12 °C."},
        {"role": "user", "content": "Thanks"},
    ],
    "tools": [TOOL],
}
TARGETS = {
    "openai": Target("openai", "gpt-x", options={"api_key": "k"}),
    "openai responses": Target("openai", "gpt-x", options={"api_key": "k", "api": "responses"}),
    "anthropic": Target("anthropic", "claude-haiku-4-5", options={"api_key": "k"}),
    "gemini": Target("gemini", "gemini-2.5-flash", options={"api_key": "k"}),
    "cohere": Target("cohere", "command-a-vision", options={"api_key": "k"}),
    "cloudflare": Target("cloudflare", "@cf/meta/llama", options={"api_key": "k", "account_id": "a"}),
    "bedrock": Target(
        "bedrock", "us.amazon.nova", options={"region": "r", "aws_access_key_id": "a", "aws_secret_access_key": "s"}
    ),
}


@pytest.mark.parametrize("name", TARGETS)
def test_what_a_backend_is_sent_reads_the_same_in_every_format(name: str) -> None:
    body = translate_request("chat", json.dumps(CHAT).encode(), TARGETS[name], Context()).upstream.body
    text = request_text(body)
    lines = text.splitlines()
    assert "look_up(city, unit): Looks a city up" in lines
    assert "Be terse." in lines
    assert "What is this?" in lines
    assert any(line.startswith("[") and line.endswith("3.0 kB]") for line in lines)
    assert any(line.startswith("→ look_up {") and "Oslo" in line for line in lines)
    assert any("12 degrees" in line for line in lines)
    assert lines.index("12 °C.") < lines.index("Thanks")
    assert "0.25" in text
    assert PNG not in text


def test_a_chat_request_as_a_whole() -> None:
    assert request_text(json.dumps(CHAT).encode()) == (
        "model: m\ntemperature: 0.25\n\n"
        "── tools ──\nlook_up(city, unit): Looks a city up\n\n"
        "── system ──\nBe terse.\n\n"
        "── user ──\nWhat is this?\n[image/png, 3.0 kB]\n\n"
        '── assistant ──\n→ look_up {"city": "Oslo"} (c1)\n\n'
        "── tool, result of c1 ──\n12 degrees\n\n"
        "── assistant ──\n12 °C.\n\n"
        "── user ──\nThanks"
    )


@pytest.mark.parametrize(
    ("turn", "shown"),
    [
        ({"type": "thinking", "thinking": "hm", "signature": "s"}, "(thinking) hm"),
        ({"text": "hm", "thought": True}, "(thinking) hm"),
        ({"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}}, "(thinking) hm"),
        ({"type": "tool_use", "id": "t1", "name": "f", "input": {"a": "é"}}, '→ f {"a": "é"} (t1)'),
        ({"functionCall": {"name": "f", "args": {"a": 1}}}, '→ f {"a": 1}'),
        ({"toolUse": {"toolUseId": "t1", "name": "f", "input": {}}}, "→ f {} (t1)"),
        ({"type": "tool_result", "tool_use_id": "t1", "content": "12"}, "← result (t1)\n12"),
        ({"functionResponse": {"name": "f", "response": {"r": 1}}}, '← f\n{\n  "r": 1\n}'),
        ({"toolResult": {"toolUseId": "t1", "content": [{"text": "12"}]}}, "← result (t1)\n12"),
        ({"image": {"format": "png", "source": {"bytes": "A" * 4000}}}, "[png, 3.0 kB]"),
        ({"type": "image_url", "image_url": "https://x.test/a.png"}, "[image_url, https://x.test/a.png]"),
        ({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://x/y"}}, "[video/mp4, gs://x/y]"),
        ({"something": "new"}, '{"something": "new"}'),
        (None, "null"),
    ],
)
def test_parts(turn: object, shown: str) -> None:
    text = request_text(json.dumps({"messages": [{"role": "user", "content": [turn]}]}).encode())
    assert text == f"── user ──\n{shown}"


@pytest.mark.parametrize(
    ("item", "shown"),
    [
        ({"role": "user", "content": "hi"}, "── user ──\nhi"),
        (
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
            "── function_call ──\n→ f {} (c1)",
        ),
        (
            {"type": "function_call_output", "call_id": "c1", "output": "12"},
            "── function_call_output ──\n← result (c1)\n12",
        ),
        (
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            "── reasoning ──\n(thinking) hm",
        ),
        ({"type": "reasoning", "encrypted_content": "x"}, "── reasoning ──\n(thinking) hidden"),
        ("only text", "── user ──\nonly text"),
    ],
)
def test_items_of_responses(item: object, shown: str) -> None:
    assert request_text(json.dumps({"input": [item]}).encode()) == shown


def test_what_is_long_and_no_text_is_cut() -> None:
    text = request_text(json.dumps({"x": "A" * 300, "y": {"z": ["B" * 300]}}).encode())
    assert text == f'x: {"A" * 200}… (300 characters)\ny: {{"z": ["{"B" * 200}… (300 characters)"]}}'


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff"])
def test_what_is_no_request(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        request_text(body)


@pytest.mark.parametrize(
    "body",
    [
        {"messages": 7, "tools": "x", "system": {"parts": None}},
        {"messages": [7, None, {"role": 1}, {"role": "user", "content": {"a": 1}}, {"content": []}, {}]},
        {"tools": [None, 7, {"name": 7}, {"function": None}, {"name": "f", "parameters": 7}, {"type": "web_search"}]},
        {"input": {"a": 1}, "contents": [{"parts": "x"}], "prompt": [1, 2]},
        {"messages": [{"role": "user", "content": [{"text": 7}, {"thinking": []}, {"function": 1}, {"image": None}]}]},
    ],
)
def test_odd_shapes_are_shown_somehow(body: object) -> None:
    assert isinstance(request_text(json.dumps(body).encode()), str)
