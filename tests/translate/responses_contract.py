"""What OpenAI's contract asks of a Responses stream, as checks; and a fold of a stream that knows none of our code."""

from __future__ import annotations

import copy
import json
from typing import Any

from openai import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
TERMINAL = {"response.completed", "response.incomplete", "response.failed"}
# Which event may come after which, about one item of a kind; "" is before the first.
_PART = {
    "": {"response.content_part.added"},
    "response.content_part.added": {
        "response.output_text.delta", "response.output_text.annotation.added", "response.refusal.delta",
        "response.output_text.done",
    },
    "response.output_text.delta": {
        "response.output_text.delta", "response.output_text.annotation.added", "response.output_text.done",
    },
    "response.output_text.annotation.added": {
        "response.output_text.annotation.added", "response.output_text.delta", "response.output_text.done",
    },
    "response.refusal.delta": {"response.refusal.delta", "response.refusal.done"},
    "response.output_text.done": {"response.content_part.done"},
    "response.refusal.done": {"response.content_part.done"},
    "response.content_part.done": {"response.content_part.added"},
}  # fmt: skip
_SUMMARY = "response.reasoning_summary_"
_THOUGHT = {
    "": {_SUMMARY + "part.added"},
    _SUMMARY + "part.added": {_SUMMARY + "text.delta"},
    _SUMMARY + "text.delta": {_SUMMARY + "text.delta", _SUMMARY + "text.done"},
    _SUMMARY + "text.done": {_SUMMARY + "part.done"},
}
_CALL = {
    "": {"response.function_call_arguments.delta", "response.function_call_arguments.done"},
    "response.function_call_arguments.delta": {
        "response.function_call_arguments.delta", "response.function_call_arguments.done",
    },
}  # fmt: skip
_CUSTOM = {
    "": {"response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"},
    "response.custom_tool_call_input.delta": {
        "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done",
    },
}  # fmt: skip
_SEARCH = {
    "": {"response.web_search_call.in_progress"},
    "response.web_search_call.in_progress": {"response.web_search_call.searching"},
    "response.web_search_call.searching": {"response.web_search_call.completed"},
}
_ORDERS = {
    "message": _PART,
    "reasoning": _THOUGHT,
    "function_call": _CALL,
    "custom_tool_call": _CUSTOM,
    "tool_search_call": {},
    "compaction": {},
    "web_search_call": _SEARCH,
}
_LAST = {
    "message": {"", "response.content_part.done"},
    "reasoning": {"", _SUMMARY + "part.done"},
    "function_call": {"response.function_call_arguments.done"},
    "custom_tool_call": {"response.custom_tool_call_input.done"},
    "tool_search_call": {""},
    "compaction": {""},
    "web_search_call": {"response.web_search_call.searching", "response.web_search_call.completed"},
}


def events_of(stream: bytes) -> list[dict[str, Any]]:
    """The values of a stream's events; each must be one well-formed block, under its own name and in its own number."""
    blocks = stream.decode().split("\n\n")
    assert blocks.pop() == ""
    values = []
    for number, block in enumerate(block for block in blocks if block != ": keep-alive"):
        name, data = block.split("\n")
        value = json.loads(data.removeprefix("data: "))
        assert name == f"event: {value['type']}"
        assert value["sequence_number"] == number
        EVENT.validate_python(value)
        values.append(value)
    return values


def check_stream(stream: bytes, *, model: str) -> list[dict[str, Any]]:
    """Hold a whole, good stream against the contract; its events."""
    events = events_of(stream)
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    assert [event["type"] for event in events if event["type"] in TERMINAL] == [events[-1]["type"]]
    assert events[-1]["type"] != "response.failed"
    _check_frames(events, model)
    assert fold(events) == events[-1]["response"]["output"]
    _check_with_sdk(events)
    return events


def check_failed_stream(stream: bytes) -> list[dict[str, Any]]:
    """Hold a stream that failed against the contract: it says so last, and nothing looks like success."""
    events = events_of(stream)
    assert [event["type"] for event in events if event["type"] in TERMINAL] == ["response.failed"]
    last = events[-1]["response"]
    assert events[-1]["type"] == "response.failed"
    assert last["status"] == "failed"
    assert last["error"]["message"]
    _check_frames(events, last["model"])
    state = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in copy.deepcopy(events):
        state.handle_event(EVENT.validate_python(event))
    return events


def check_response(response: dict[str, Any], *, model: str) -> Response:
    """One whole response: complete, and of the SDK's type."""
    parsed = Response.model_validate(response)
    assert response["model"] == model
    assert response["object"] == "response"
    ids = [item["id"] for item in response["output"]]
    assert len(set(ids)) == len(ids)
    for item in response["output"]:
        if item["type"] == "function_call" and item["status"] == "completed":
            json.loads(item["arguments"])
    return parsed


def fold(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items that the events tell, in order; each event must be in its place."""
    items: dict[int, dict[str, Any]] = {}
    last: dict[int, str] = {}
    done: set[int] = set()
    for event in events[2:-1]:
        kind, index = event["type"], event["output_index"]
        if kind == "response.output_item.added":
            assert index == len(items)
            items[index], last[index] = copy.deepcopy(event["item"]), ""
            continue
        assert index not in done
        item = items[index]
        if kind == "response.output_item.done":
            assert last[index] in _LAST[item["type"]], (item["type"], last[index])
            done.add(index)
            _check_told(item, event["item"])
            items[index] = event["item"]
            continue
        assert event["item_id"] == item["id"]
        assert kind in _ORDERS[item["type"]].get(last[index], set()), (last[index], kind)
        last[index] = kind
        _FOLDS[kind](item, event)
    assert len(done) == len(items)
    return [item for _, item in sorted(items.items())]


def _check_told(folded: dict[str, Any], final: dict[str, Any]) -> None:
    """What was told piece by piece is what the item's end says."""
    if final["type"] == "tool_search_call":  # there are no events for its arguments
        folded = {**folded, "arguments": final["arguments"]}
    for name in ("id", "type", "call_id", "name", "role", "arguments", "input", "summary"):
        assert folded.get(name) == final.get(name), name
    assert folded.get("content") == final.get("content")


def _add_part(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert event["content_index"] == len(item["content"])
    item["content"].append(copy.deepcopy(event["part"]))


def _add_text(item: dict[str, Any], event: dict[str, Any]) -> None:
    part = item["content"][event["content_index"]]
    part["text"] += event["delta"]
    part["logprobs"] += event["logprobs"]


def _add_refusal(item: dict[str, Any], event: dict[str, Any]) -> None:
    item["content"][event["content_index"]]["refusal"] += event["delta"]


def _add_annotation(item: dict[str, Any], event: dict[str, Any]) -> None:
    annotations = item["content"][event["content_index"]]["annotations"]
    assert event["annotation_index"] == len(annotations)
    annotations.append(event["annotation"])


def _end_text(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert item["content"][event["content_index"]]["text"] == event["text"]


def _end_refusal(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert item["content"][event["content_index"]]["refusal"] == event["refusal"]


def _end_part(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert item["content"][event["content_index"]] == event["part"]


def _add_summary(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert event["summary_index"] == len(item["summary"])
    item["summary"].append(dict(event["part"]))


def _add_thought(item: dict[str, Any], event: dict[str, Any]) -> None:
    item["summary"][event["summary_index"]]["text"] += event["delta"]


def _end_thought(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert item["summary"][event["summary_index"]]["text"] == event["text"]


def _end_summary(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert item["summary"][event["summary_index"]] == event["part"]


def _add_arguments(item: dict[str, Any], event: dict[str, Any]) -> None:
    item["arguments"] += event["delta"]


def _end_arguments(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert item["arguments"] == event["arguments"]


def _add_input(item: dict[str, Any], event: dict[str, Any]) -> None:
    item["input"] += event["delta"]


def _end_input(item: dict[str, Any], event: dict[str, Any]) -> None:
    assert item["input"] == event["input"]


_FOLDS = {
    "response.content_part.added": _add_part,
    "response.output_text.delta": _add_text,
    "response.refusal.delta": _add_refusal,
    "response.output_text.annotation.added": _add_annotation,
    "response.output_text.done": _end_text,
    "response.refusal.done": _end_refusal,
    "response.content_part.done": _end_part,
    _SUMMARY + "part.added": _add_summary,
    _SUMMARY + "text.delta": _add_thought,
    _SUMMARY + "text.done": _end_thought,
    _SUMMARY + "part.done": _end_summary,
    "response.function_call_arguments.delta": _add_arguments,
    "response.function_call_arguments.done": _end_arguments,
    "response.custom_tool_call_input.delta": _add_input,
    "response.custom_tool_call_input.done": _end_input,
    **dict.fromkeys(
        [f"response.web_search_call.{state}" for state in ("in_progress", "searching", "completed")],
        lambda item, event: None,
    ),
}


def _check_frames(events: list[dict[str, Any]], model: str) -> None:
    frames = [event["response"] for event in events if "response" in event]
    for frame in frames:
        check_response(frame, model=model)
    same = [{**frame, "status": "", "output": [], "usage": None} for frame in frames]
    ends = {"error": frames[-1]["error"], "incomplete_details": frames[-1]["incomplete_details"]}
    assert all({**frame, **ends} == same[-1] for frame in same)


def _check_with_sdk(events: list[dict[str, Any]]) -> None:
    """The SDK's own assembly takes every event, and ends with the same response."""
    state = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in copy.deepcopy(events):
        state.handle_event(EVENT.validate_python(event))
    if events[-1]["type"] == "response.completed":
        final = state._completed_response
        assert final is not None
        assert final.output_text == text_of(events[-1]["response"])


def text_of(response: dict[str, Any]) -> str:
    """All visible text of a response."""
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    return "".join(part["text"] for part in parts if part["type"] == "output_text")


def refusal_of(response: dict[str, Any]) -> str:
    parts = [part for item in response["output"] if item["type"] == "message" for part in item["content"]]
    return "".join(part["refusal"] for part in parts if part["type"] == "refusal")


def thoughts_of(response: dict[str, Any]) -> str:
    items = [item for item in response["output"] if item["type"] == "reasoning"]
    return "".join(part["text"] for item in items for part in item["summary"])


def calls_of(response: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(call id, name, arguments) of each function call."""
    items = [item for item in response["output"] if item["type"] == "function_call"]
    return [(item["call_id"], item["name"], item["arguments"]) for item in items]
