"""The client of a trial: sends it to our own door, and tells what came back."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

from .settings import Secret

_TIMEOUT_S = 120.0
_MOST_BYTES = 1_000_000
_FIRST_WORDS = 300

TRIAL_KINDS: Mapping[str, tuple[str, dict[str, Any]]] = {  # what is asked for: (path, body without its model)
    "chat": (
        "/v1/chat/completions",
        {"messages": [{"role": "user", "content": "Reply with the one word: hello"}]},
    ),
    "embeddings": ("/v1/embeddings", {"input": "hello"}),
}


@dataclass(frozen=True, slots=True)
class TrialReply:
    """`status` 0: there was no reply at all. `text`: the first words, or the error's message."""

    status: int
    took_ms: int
    text: str
    request_id: str = ""

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def send_trial(address: tuple[str, int], bearer: Secret, kind: str, model: str) -> TrialReply:
    """Blocks until the reply is there. `address`: host and port of the base_url door; `kind`: of TRIAL_KINDS."""
    path, body = TRIAL_KINDS[kind]
    headers = {
        "authorization": f"Bearer {bearer.reveal()}",
        "content-type": "application/json",
        "cache-control": "no-store",  # the backend itself is meant, today
    }
    connection = HTTPConnection(*address, timeout=_TIMEOUT_S)
    began = time.monotonic()
    try:
        connection.request("POST", path, json.dumps({"model": model, **body}), headers)
        response = connection.getresponse()
        data = response.read(_MOST_BYTES)
    except (OSError, HTTPException) as error:
        return TrialReply(0, _since(began), str(error) or type(error).__name__)
    finally:
        connection.close()
    return TrialReply(response.status, _since(began), _first_words(data), _request_id(response))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _request_id(response: HTTPResponse) -> str:
    return response.headers.get("x-request-id", "")


def _first_words(data: bytes) -> str:
    """Of a completion, an embedding, an error; the beginning of whatever else it is."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return data[:_FIRST_WORDS].decode("utf-8", "replace")
    for read in (_message, _vector, _error):
        try:
            return str(read(tree))[:_FIRST_WORDS]
        except (LookupError, TypeError):
            continue
    return json.dumps(tree, ensure_ascii=False)[:_FIRST_WORDS]


def _message(tree: Any) -> str:
    message = tree["choices"][0]["message"]
    return str(message.get("content") or message.get("reasoning_content") or "")


def _vector(tree: Any) -> str:
    vector = tree["data"][0]["embedding"]
    return f"[{', '.join(f'{value:.4f}' for value in vector[:4])}, …] ({len(vector)})"


def _error(tree: Any) -> str:
    return str(tree["error"]["message"])
