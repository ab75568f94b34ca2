"""The `response` object: what is the same in all three tellings of it (created, in progress, ended).

Source: types/responses/response.py of the `openai` package 3.57 and OpenAI's own replies, read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import BackendFailure
from ...events import Usage
from ...interface import ReplyFacts
from .names import ERROR_CODES, OTHER_ERROR, SERVED_TIERS

# The request's fields that the reply repeats → what OpenAI says where they were not given.
_REPEATED: Mapping[str, Any] = {
    "instructions": None, "max_output_tokens": None, "max_tool_calls": None, "parallel_tool_calls": True,
    "previous_response_id": None, "prompt_cache_key": None, "safety_identifier": None, "store": True,
    "temperature": 1.0, "tool_choice": "auto", "top_logprobs": 0, "top_p": 1.0, "truncation": "disabled",
    "user": None, "metadata": {},
}  # fmt: skip
_FUNCTION: Mapping[str, Any] = {"description": None, "parameters": None, "strict": None}
_SCHEMA: Mapping[str, Any] = {"description": None, "strict": False}


class ResponseFrame:
    """All of one reply's `response` object but what changes in it."""

    def __init__(self, facts: ReplyFacts) -> None:
        body = facts.asked.body
        self._head = {"id": facts.reply_id, "object": "response", "created_at": facts.created}
        repeated = {name: default if body.get(name) is None else body[name] for name, default in _REPEATED.items()}
        self._fixed = {
            "background": False,  # also where it was asked for: the reply was made at once
            "model": facts.asked.model,
            **repeated,
            "reasoning": _reasoning(body.get("reasoning")),
            "text": _text(body.get("text")),
            "tools": [_tool(tool) for tool in body.get("tools") or ()],
        }
        self._service_tier = body.get("service_tier") or "default"

    def fill(
        self,
        status: str,
        output: Sequence[Mapping[str, Any]] = (),
        *,
        service_tier: str = "",
        usage: Usage | None = None,
        incomplete: str = "",
        error: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The object in one state: fill("incomplete", output, incomplete="max_output_tokens")."""
        return {
            **self._head,
            "status": status,
            "error": error,
            "incomplete_details": {"reason": incomplete} if incomplete else None,
            **self._fixed,
            "output": list(output),
            "service_tier": service_tier if service_tier in SERVED_TIERS else self._service_tier,
            "usage": usage_object(usage) if usage is not None else None,
        }


def usage_object(usage: Usage) -> dict[str, Any]:
    """{"input_tokens", "input_tokens_details", "output_tokens", "output_tokens_details", "total_tokens"}."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens, "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens or usage.prompt_tokens + usage.completion_tokens,
    }  # fmt: skip


def failed_error(failure: BackendFailure) -> dict[str, Any]:
    """The error of a failed response. `code` is one of OpenAI's closed list, `type` the backend's own word."""
    code = ERROR_CODES.get(failure.status, OTHER_ERROR)
    return {"code": code, "message": failure.message, "type": failure.kind, "param": failure.param}


def _reasoning(given: Any) -> dict[str, Any]:
    return {"effort": None, "summary": None, **(given if isinstance(given, dict) else {})}


def _text(given: Any) -> dict[str, Any]:
    text = given if isinstance(given, dict) else {}
    form = text.get("format") or {"type": "text"}
    if form.get("type") == "json_schema":
        form = {**_SCHEMA, **form}
    return {"verbosity": "medium", **text, "format": form}


def _tool(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "function", **_FUNCTION, **tool} if tool.get("type") == "function" else tool
