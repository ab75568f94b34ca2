"""LiteLLM's translation of one stream, timed: run by a Python that has litellm, driven by bench_translate.py.

Each line of standard input is {"model": "anthropic/claude-…", "content_type": …, "body": base64}; each answer is
{"seconds": …, "chunks": …} or {"error": …}. The bytes come from a transport in memory. What is timed is litellm's own
iteration and the serialisation of its chunks, as its proxy does both, from the first chunk on: its request, which it
makes late, is left out, and so is the work of its other threads.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches prices from the network

import httpx
import litellm
from litellm.llms.custom_httpx.http_handler import HTTPHandler

_MESSAGES = [{"role": "user", "content": "hi"}]
_CREDENTIALS = {"api_key": "none"}
_AWS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "none", "aws_region_name": "us-east-1"}


def measure(model: str, content_type: str, body: bytes) -> dict[str, Any]:
    handler = HTTPHandler()
    reply = httpx.Response(200, headers={"content-type": content_type}, content=body)
    handler.client = httpx.Client(transport=httpx.MockTransport(lambda request: reply))
    options = _AWS if model.startswith("bedrock/") else _CREDENTIALS
    chunks = litellm.completion(
        model=model, messages=_MESSAGES, stream=True, client=handler, stream_options={"include_usage": True}, **options
    )
    chunks = iter(chunks)
    next(chunks)
    start = time.thread_time()
    sizes = [len(chunk.model_dump_json(exclude_none=True, exclude_unset=True)) for chunk in chunks]
    return {"seconds": time.thread_time() - start, "chunks": len(sizes)}


def main() -> None:
    litellm.suppress_debug_info = True
    litellm.telemetry = False
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # litellm prints: standard output stays clean
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = measure(asked["model"], asked["content_type"], base64.b64decode(asked["body"]))
        except Exception as error:  # noqa: BLE001 - any fault of the other library is a row without a number
            answer = {"error": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps(answer), file=answers)


if __name__ == "__main__":
    main()
