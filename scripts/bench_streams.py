"""The streams that are translated: the recorded ones beside the project, else streams made here."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proapi_translate.eventstream import write_frame

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "recordings"
_SSE_END = re.compile(rb"\r?\n\r?\n")
_WORDS = ("The", " answer", " to", " that", " is", " näher", " than", " it", " seems", ".\n") * 30


@dataclass(frozen=True)
class Format:
    """A backend's stream format. `litellm`: its name there, "" where it is not compared."""

    name: str
    api: str
    provider: str
    content_type: str = "text/event-stream"
    litellm: str = ""
    base_url: str = ""
    options: dict[str, str] = field(default_factory=dict)


AWS = {"region": "us-east-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "none"}
FORMATS = (
    Format("anthropic", "anthropic.messages", "anthropic", litellm="anthropic/"),
    Format("gemini", "google.streamGenerateContent", "gemini", litellm="gemini/"),
    Format("cohere", "cohere.v2.chat", "cohere"),
    Format(
        "bedrock",
        "bedrock.converse-stream",
        "bedrock",
        content_type="application/vnd.amazon.eventstream",
        litellm="bedrock/converse/",
        options=AWS,
    ),
    Format("openai (passed through)", "openai.chat.completions", "openai", base_url="http://127.0.0.1:9/v1"),
    Format("openai responses", "openai.responses", "openai", options={"api": "responses"}),
)


@dataclass(frozen=True)
class Stream:
    """One reply, cut at its events."""

    model: str
    events: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        return b"".join(self.events)


def load_streams(form: Format) -> tuple[Stream, ...]:
    """All recorded streams of this format that ended well; one made here where none are recorded."""
    return tuple(_recorded(form)) or (_MADE[form.api](),)


def _recorded(form: Format) -> Iterator[Stream]:
    for meta_file in sorted(RECORDINGS.glob("*/*/meta.json")):
        meta = json.loads(meta_file.read_text())
        file = meta_file.parent / meta["response_file"]
        if meta["api"] == form.api and meta["http_status"] == 200 and file.suffix in (".sse", ".b64"):
            raw = file.read_bytes()
            events = _cut_frames(base64.b64decode(raw)) if file.suffix == ".b64" else _cut_sse(raw)
            yield Stream(meta["model"] or "unknown", tuple(events))


def _cut_sse(body: bytes) -> Iterator[bytes]:
    start = 0
    for end in _SSE_END.finditer(body):
        yield body[start : end.end()]
        start = end.end()
    if body[start:].strip():
        yield body[start:]


def _cut_frames(body: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(body):
        end = start + int.from_bytes(body[start : start + 4], "big")
        yield body[start:end]
        start = end


# -- made streams: a plain answer of 300 words -------------------------------------------------------------------------
def _sse(value: Any, name: str = "") -> bytes:
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def _made_anthropic() -> Stream:
    usage = {"input_tokens": 9, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": []}
    values: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
            for word in _WORDS
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 300},
        },
        {"type": "message_stop"},
    ]
    return Stream("claude-sonnet-4-5", tuple(_sse(value, value["type"]) for value in values))


def _made_gemini() -> Stream:
    def chunk(word: str, **fields: Any) -> bytes:
        candidate = {"content": {"parts": [{"text": word}], "role": "model"}, "index": 0, **fields}
        usage = {"promptTokenCount": 9, "candidatesTokenCount": 300, "totalTokenCount": 309}
        return _sse({"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash"})

    return Stream("gemini-2.5-flash", (*map(chunk, _WORDS), chunk("", finishReason="STOP")))


def _made_cohere() -> Stream:
    usage = {"tokens": {"input_tokens": 9, "output_tokens": 300}}
    values: list[dict[str, Any]] = [
        {"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant", "content": []}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        *({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": word}}}} for word in _WORDS),
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}},
    ]
    return Stream("command-r-08-2024", tuple(_sse(value, value["type"]) for value in values))


def _made_bedrock() -> Stream:
    def frame(name: str, payload: dict[str, Any]) -> bytes:
        headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
        return write_frame(headers, json.dumps(payload, ensure_ascii=False).encode())

    usage = {"inputTokens": 9, "outputTokens": 300, "totalTokens": 309}
    events = (
        frame("messageStart", {"role": "assistant"}),
        *(frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}}) for word in _WORDS),
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("messageStop", {"stopReason": "end_turn"}),
        frame("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}),
    )
    return Stream("amazon.nova-lite-v1:0", events)


def _made_openai() -> Stream:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1764000000, "model": "gpt-4o"}
        return _sse({**head, "choices": [choice]})

    words = (chunk({"content": word}) for word in _WORDS)
    return Stream(
        "gpt-4o", (chunk({"role": "assistant", "content": ""}), *words, chunk({}, "stop"), b"data: [DONE]\n\n")
    )


def _made_responses() -> Stream:
    usage = {"input_tokens": 9, "output_tokens": 300, "total_tokens": 309}
    response = {"id": "resp_1", "object": "response", "model": "gpt-4o", "status": "in_progress", "output": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": []}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    content = {"type": "output_text", "text": "".join(_WORDS), "annotations": []}
    values: list[dict[str, Any]] = [
        {"type": "response.created", "response": response},
        {"type": "response.output_item.added", "output_index": 0, "item": message},
        *({"type": "response.output_text.delta", **place, "delta": word, "logprobs": []} for word in _WORDS),
        {"type": "response.output_item.done", "output_index": 0, "item": {**message, "content": [content]}},
        {"type": "response.completed", "response": {**response, "status": "completed", "usage": usage}},
    ]
    return Stream("gpt-4o", tuple(_sse(value, value["type"]) for value in values))


_MADE: dict[str, Callable[[], Stream]] = {
    "anthropic.messages": _made_anthropic,
    "google.streamGenerateContent": _made_gemini,
    "cohere.v2.chat": _made_cohere,
    "bedrock.converse-stream": _made_bedrock,
    "openai.chat.completions": _made_openai,
    "openai.responses": _made_responses,
}
