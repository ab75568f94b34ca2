"""What OpenAI's contract asks of a chat stream, as checks; and folds of a stream that know nothing of our code."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from typing import Any

from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import ValidationError

FINISH_REASONS = {"stop", "length", "tool_calls", "content_filter", "function_call"}


def feed_in_pieces(feed: Callable[[bytes], bytes], data: bytes, size: int) -> bytes:
    """The bytes given out for `data`, cut into pieces of `size` bytes (0: all at once)."""
    size = size or max(len(data), 1)
    return b"".join(feed(data[start : start + size]) for start in range(0, len(data), size))


def data_of(stream: bytes) -> list[Any]:
    """The values of a stream's events; "[DONE]" for the end mark. Every event must be one well-formed block."""
    blocks = stream.decode().split("\n\n")
    assert blocks.pop() == ""
    values = []
    for block in blocks:
        if block == ": keep-alive":
            continue
        assert block.startswith("data: ")
        assert "\n" not in block
        text = block[6:]
        values.append("[DONE]" if text == "[DONE]" else json.loads(text))
    return values


def check_chat_stream(stream: bytes, *, model: str, include_usage: bool) -> list[dict[str, Any]]:
    """Hold a whole stream against contract.md §3; its chunks."""
    values = data_of(stream)
    assert values.count("[DONE]") == 1
    assert values.pop() == "[DONE]"
    chunks: list[dict[str, Any]] = values
    assert not any(chunk.get("error") for chunk in chunks)
    assert {chunk["model"] for chunk in chunks} == {model}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert chunks[0]["id"]
    assert len({chunk["created"] for chunk in chunks}) == 1
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    for chunk in chunks:
        validate(ChatCompletionChunk, chunk)
    _check_usage(chunks, include_usage)
    _check_choices(chunks)
    _check_with_sdk(chunks)
    return chunks


def check_failed_stream(stream: bytes) -> list[dict[str, Any]]:
    """Hold a stream that failed against the contract: an error at its end, and nothing that looks like success."""
    values = data_of(stream)
    assert values.count("[DONE]") == 1
    assert values.pop() == "[DONE]"
    error = values[-1]["error"]
    assert {"message", "type", "param", "code"} <= set(error)
    assert isinstance(error["message"], str)
    assert error["message"]
    assert error["code"] is None or isinstance(error["code"], str)
    assert not any(value.get("error") for value in values[:-1])
    assert all(value["choices"] for value in values[:-1])
    return values


def validate(kind: Any, value: dict[str, Any]) -> Any:
    """Parse by the SDK's type. The service tier is the backend's own word (Groq: on_demand), passed on as it is."""
    try:
        return kind.model_validate(value)
    except ValidationError as fault:
        others = [error for error in fault.errors() if error["loc"] != ("service_tier",)]
        assert not others, others
        return kind.model_validate({**value, "service_tier": None})


def check_completion(body: dict[str, Any], *, model: str) -> ChatCompletion:
    completion = validate(ChatCompletion, body)
    assert isinstance(completion, ChatCompletion)
    assert body["model"] == model
    assert body["id"]
    assert body["created"] > 0
    for choice in body["choices"]:
        assert choice["finish_reason"] in FINISH_REASONS
        assert "content" in choice["message"]
        for call in choice["message"].get("tool_calls") or ():
            assert call["id"]
            if choice["finish_reason"] != "length":
                json.loads(call["function"]["arguments"])
    return completion


def joined(chunks: Iterable[dict[str, Any]], field: str, choice: int = 0) -> str:
    """One text of a choice, over all chunks."""
    deltas = [c["delta"] for chunk in chunks for c in chunk["choices"] if c["index"] == choice]
    return "".join(delta.get(field) or "" for delta in deltas)


def calls_of(chunks: Iterable[dict[str, Any]], choice: int = 0) -> list[tuple[str, str, str]]:
    """(id, name, arguments) of each tool call of a choice, assembled by index as the SDKs do."""
    calls: dict[int, list[str]] = {}
    for chunk in chunks:
        for piece in chunk["choices"]:
            for delta in piece["delta"].get("tool_calls") or () if piece["index"] == choice else ():
                call = calls.setdefault(delta["index"], ["", "", ""])
                function = delta.get("function") or {}
                for place, text in enumerate((delta.get("id"), function.get("name"), function.get("arguments"))):
                    call[place] += text or ""
    assert sorted(calls) == list(range(len(calls)))
    return [(call[0], call[1], call[2]) for _, call in sorted(calls.items())]


def finish_reasons(chunks: Iterable[dict[str, Any]]) -> list[str]:
    reasons = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]]
    return [reason for reason in reasons if reason is not None]


def _check_usage(chunks: list[dict[str, Any]], include_usage: bool) -> None:
    told = [position for position, chunk in enumerate(chunks) if chunk.get("usage") is not None]
    bare = [position for position, chunk in enumerate(chunks) if not chunk["choices"]]
    if not include_usage:
        # OpenAI's own moderation results come in a last chunk without choices, asked for by a field of their own.
        assert (told, bare) == ([], [] if "moderation" not in chunks[-1] else [len(chunks) - 1])
    else:
        assert told in ([], [len(chunks) - 1])
        assert bare == told


def _check_choices(chunks: list[dict[str, Any]]) -> None:
    opened: set[int] = set()
    ended: set[int] = set()
    for chunk in chunks:
        for choice in chunk["choices"]:
            index = choice["index"]
            assert ("role" in choice["delta"]) == (index not in opened)
            assert index in opened or choice["delta"]["role"] == "assistant"
            opened.add(index)
            assert "finish_reason" in choice
            assert index not in ended
            if choice["finish_reason"] is not None:
                assert choice["finish_reason"] in FINISH_REASONS
                ended.add(index)
    assert opened
    assert opened == ended
    for index in opened:
        for call_id, name, arguments in calls_of(chunks, index):
            assert call_id
            assert name
            assert arguments or "length" in finish_reasons(chunks)


def _check_with_sdk(chunks: list[dict[str, Any]]) -> None:
    """The SDK's own assembly finds the same text and the same calls.

    It cannot add up lists without an `index`, such as OpenRouter's annotations, which it therefore does not get here.
    """
    state = ChatCompletionStreamState()
    for chunk in copy.deepcopy(chunks):
        for choice in chunk["choices"]:
            choice["delta"].pop("annotations", None)
        state.handle_chunk(ChatCompletionChunk.construct(**chunk))
    for choice in state.current_completion_snapshot.choices:
        assert (choice.message.content or "") == joined(chunks, "content", choice.index)
        calls = [(c.id, c.function.name, c.function.arguments) for c in choice.message.tool_calls or ()]
        assert [(i, n, a or "") for i, n, a in calls] == calls_of(chunks, choice.index)
