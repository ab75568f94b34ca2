"""None of the recordings is left out: each is held by the tests of its format (whole, in pieces, against a fold).

Where those look at the neutral events, what a chat client gets is held here: the same bytes for every cut.
"""

from __future__ import annotations

import base64
import json
import re
from importlib import import_module
from typing import Any

import pytest

from proapi_translate import ReplyTranslator, Target, translate_request

from .recorded import SHARED, Recording, needs_recordings, recordings

contract = pytest.importorskip("tests.translate.chat_contract", reason="the openai package is not installed here")

pytestmark = needs_recordings
# Wire format → the module that holds all of its recordings.
HOLDERS = {
    "anthropic.messages": "dialects.anthropic",
    "bedrock.converse": "dialects.bedrock",
    "bedrock.converse-stream": "dialects.bedrock",
    "bedrock.invoke-claude": "dialects.anthropic",
    "bedrock.invoke-claude-stream": "dialects.anthropic",
    "cohere.v1.chat": "dialects.cohere",
    "cohere.v2.chat": "dialects.cohere",
    "google.generateContent": "dialects.gemini",
    "google.streamGenerateContent": "dialects.gemini",
    "openai.chat.completions": "passthrough",
    "openai.responses": "dialects.openai_responses.test_backend_recordings",
}
AWS = {"region": "us-east-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "none"}
TARGETS = {
    "bedrock.converse": Target("bedrock", "amazon.nova-lite-v1:0", options=AWS),
    "bedrock.converse-stream": Target("bedrock", "amazon.nova-lite-v1:0", options=AWS),
    "cohere.v1.chat": Target("cohere", "command-a-03-2025"),
    "cohere.v2.chat": Target("cohere", "command-a-03-2025"),
    "google.generateContent": Target("gemini", "gemini-2.5-flash"),
    "google.streamGenerateContent": Target("gemini", "gemini-2.5-flash"),
}
NATIVE = [(target, one) for api, target in TARGETS.items() for one in recordings(api) if one.status == 200]
# The lists that those modules' tests are made of.
LISTS = ("STREAMS", "FAILED_STREAMS", "BODIES", "UNFINISHED", "ERRORS", "V1", "FAILED", "WHOLE")


def held_names(api: str) -> set[str]:
    place = HOLDERS[api]
    name = place if "test_" in place else f"{place}.test_recordings"
    module = import_module(f"tests.translate.{name}")
    names: set[str] = set()
    for each in LISTS:
        for one in getattr(module, each, ()):
            names.add(one if isinstance(one, str) else one.name)
    return names


def test_all_recordings_are_held(capsys: pytest.CaptureFixture[str]) -> None:
    metas = sorted((SHARED / "recordings").glob("*/*/meta.json"))
    apis = {f"{meta.parent.parent.name}/{meta.parent.name}": json.loads(meta.read_text())["api"] for meta in metas}
    by_api = {api: held_names(api) for api in set(apis.values())}
    held = [name for name, api in apis.items() if name in by_api[api]]
    with capsys.disabled():
        print(f" [{len(held)} of {len(apis)} recordings held]", end="")
    assert sorted(set(apis) - set(held)) == []


def reply_for(target: Target, *, stream: bool) -> ReplyTranslator:
    body: dict[str, Any] = {"model": "asked", "messages": [{"role": "user", "content": "x"}], "stream": stream}
    body |= {"stream_options": {"include_usage": True}} if stream else {}
    return ReplyTranslator(translate_request("chat", json.dumps(body).encode(), target), "chatcmpl-x", 1)


def cuts_of(recording: Recording) -> list[list[bytes]]:
    """The whole, one byte at a time, seven, and at each event; frames, which hold their length, at each too."""
    wire = recording.body
    if b"data:" in wire or wire.lstrip()[:1] == b"[":
        events = re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)|(?<=\n,)", wire)
    else:
        wire, events, at = base64.b64decode(wire), [], 0
        while at < len(wire):
            end = at + int.from_bytes(wire[at : at + 4], "big")
            events.append(wire[at:end])
            at = end
    return [[wire], events, *([wire[at : at + size] for at in range(0, len(wire), size)] for size in (1, 7))]


@pytest.mark.parametrize(("target", "recording"), NATIVE, ids=[one.name for _, one in NATIVE])
def test_a_chat_client_gets_openais_own_types(target: Target, recording: Recording) -> None:
    if not recording.stream:
        contract.check_completion(json.loads(reply_for(target, stream=False).whole(recording.body)), model="asked")
        return
    outputs = set()
    for pieces in cuts_of(recording):
        reply = reply_for(target, stream=True)
        outputs.add(b"".join(map(reply.feed, pieces)) + reply.finish())
    assert len(outputs) == 1
    if b'"finish_reason":"ERROR"' in recording.body:  # of Cohere's
        contract.check_failed_stream(outputs.pop())
    else:
        contract.check_chat_stream(outputs.pop(), model="asked", include_usage=True)
