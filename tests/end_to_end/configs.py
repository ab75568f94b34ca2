"""Texts of api.yaml for the end-to-end tests, and the one token that they all know."""

from __future__ import annotations

TOKEN = "sk-test-of-the-client"
BACKEND_KEY = "sk-test-of-the-backend"
AUTHORIZATION = {"authorization": f"Bearer {TOKEN}"}


def one_backend(url: str, *, extra: str = "", server: str = "", model: str = "upstream-model: m") -> str:
    """One OpenAI-compatible backend that clients know as `m`. `extra`: further lines of its block, unindented."""
    return several_backends((url, extra), server=server, model=model)


def several_backends(*backends: tuple[str, str], server: str = "", model: str = "upstream-model: m") -> str:
    """All of them serve `m`, in this order: (base_url, further lines)."""
    blocks = [_block(place, url, extra, model) for place, (url, extra) in enumerate(backends)]
    return "\n".join(
        [
            "providers:",
            *blocks,
            "tokens:",
            f"  - api_key: {TOKEN}",
            "    model: [ all ]",
            "server:",
            "  default_model: m",
            *_indented(server, 2),
        ]
    )


def _block(place: int, url: str, extra: str, model: str) -> str:
    lines = [
        "  - provider: openai",
        f"    name: b{place}",
        f"    base_url: {url}/v1",
        *([] if "api_key:" in extra else [f"    api_key: {BACKEND_KEY}"]),
        *_indented(extra, 4),
        f"    model: [ {{ {model} }} ]" if ":" in model else f"    model: [ {model} ]",
    ]
    return "\n".join(lines)


def _indented(text: str, columns: int) -> list[str]:
    return [" " * columns + line for line in text.splitlines()]


def chat_body(**changes: object) -> dict[str, object]:
    return {"model": "m", "messages": [{"role": "user", "content": "hi"}], **changes}


def chat_chunk(text: str = "", **changes: object) -> bytes:
    """One event of a backend's stream."""
    import json

    chunk = {
        "id": "up-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "upstream-model",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
        **changes,
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def chat_end() -> bytes:
    """The last events of a backend's stream."""
    return chat_chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]) + b"data: [DONE]\n\n"


def chat_reply(text: str = "hello") -> dict[str, object]:
    """A backend's whole reply."""
    return {
        "id": "up-1",
        "object": "chat.completion",
        "created": 1,
        "model": "upstream-model",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
