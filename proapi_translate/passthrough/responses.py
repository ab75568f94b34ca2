"""The Responses API, passed through: the model's name changes, and a stream that is cut ends in response.failed.

Source: the types of the `openai` package (types/responses), read 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..error_bodies import failure_from
from ..errors import BackendFailure
from ..interface import ReplyFacts
from .chunk import Chunk
from .in_band_error import raise_for_error
from .tap import Told
from .usage import read_usage

_TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
_REASONS = {"max_output_tokens": "length", "content_filter": "content_filter"}
# The closed list of a failed response's codes that an app can act on; all else is a server_error to it.
_ERROR_CODES = frozenset({"rate_limit_exceeded", "invalid_prompt"})
_NO_OUTPUT = "The backend's reply holds no output."
_CALLS = frozenset({"function_call", "custom_tool_call"})


class ResponsesTap:
    """A `Tap`. Every event but those that hold the response itself goes on with its own bytes."""

    end_mark = b""

    def __init__(self, facts: ReplyFacts) -> None:
        self._facts = facts
        self._response: dict[str, Any] = {}  # as last told
        self._items: dict[int, Any] = {}  # finished output items, by their index
        self._sequence = -1
        self._ended = False
        self._failed: Chunk | None = None  # the backend's own response.failed
        self._reply_model = ""

    def take(self, name: str, value: dict[str, Any], data: bytes) -> Iterator[Chunk]:
        kind = value.get("type") or name
        if kind == "error" or value.get("error"):
            raise failure_from(value if value.get("error") else {"error": value})
        chunk = Chunk(value, data, False, name)
        sequence = value.get("sequence_number")
        self._sequence = sequence if isinstance(sequence, int) else self._sequence + 1
        response = value.get("response")
        if isinstance(response, dict):
            self._response = response
            chunk.changed = self._rename(response)
        elif kind == "response.output_item.done":
            self._items[_index(value)] = value.get("item")
        if kind == "response.failed":
            self._failed = chunk
            raise failure_from({"error": self._response.get("error")})
        self._ended = self._ended or kind in _TERMINAL
        yield chunk

    def end(self, *, marked: bool, broken: str) -> Iterator[Chunk]:
        if not self._ended:
            raise BackendFailure(broken, code="stream_cut")
        return iter(())

    def give_up(self, failure: BackendFailure) -> Iterator[Chunk]:
        """The last event is response.failed, the backend's own if it sent one; before any response an error event."""
        if self._failed is not None:
            yield self._failed
            return
        sequence = self._sequence + 1
        code = failure.code or failure.kind
        if not self._response:
            told = {"code": code, "message": failure.message, "param": failure.param}
            yield Chunk({"type": "error", "sequence_number": sequence, **told}, name="error")
            return
        error = {"code": code if code in _ERROR_CODES else "server_error", "message": failure.message}
        self._response = {**self._response, "status": "failed", "error": error}
        event = {"type": "response.failed", "sequence_number": sequence, "response": self._response}
        yield Chunk(event, name="response.failed")

    def mend_body(self, body: dict[str, Any]) -> set[str]:
        _check_output(body)
        self._response = body
        return {"id", "created_at", "completed_at", "model"} & set(body) if self._rename(body) else set()

    def as_chunks(self, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """The shortest stream that has everything: response.created, then the terminal event with all of it."""
        _check_output(body)
        terminal = f"response.{body.get('status')}"
        terminal = terminal if terminal in _TERMINAL else "response.completed"
        created = {**body, "status": "in_progress", "output": [], "usage": None}
        yield "response.created", {"type": "response.created", "sequence_number": 0, "response": created}
        yield terminal, {"type": terminal, "sequence_number": 1, "response": body}

    def fold(self, chunks: Iterable[Chunk]) -> dict[str, Any]:
        return self._response

    def told(self) -> Told:
        usage = read_usage(self._response.get("usage"))
        return Told(usage, self._finish_reason(), self._reply_model, self._whole_response())

    def _whole_response(self) -> dict[str, Any] | None:
        """The response with its output: some backends (Codex's own) tell the items only one by one."""
        if not self._response:
            return None
        output = self._response.get("output") or [item for _, item in sorted(self._items.items())]
        return {**self._response, "output": output}

    def _finish_reason(self) -> str:
        """In chat's words: {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}} → length."""
        status = self._response.get("status")
        if status == "incomplete":
            details = self._response.get("incomplete_details") or {}
            return _REASONS.get(str(details.get("reason")), "length")
        if status != "completed":
            return ""
        output = self._response.get("output") or []
        called = any(isinstance(item, dict) and item.get("type") in _CALLS for item in output)
        return "tool_calls" if called else "stop"

    def _rename(self, response: dict[str, Any]) -> bool:
        model = response.get("model")
        self._reply_model = self._reply_model or (model if isinstance(model, str) else "")
        response["model"] = self._facts.asked.model
        if self._facts.is_replay:
            response.update(id=self._facts.reply_id, created_at=self._facts.created)
            if "completed_at" in response:
                response["completed_at"] = self._facts.created if response["completed_at"] else None
        return bool(model != self._facts.asked.model) or self._facts.is_replay


def _check_output(body: dict[str, Any]) -> None:
    """Raises BackendFailure for an error inside a 200, and for what is no response at all. A failed response is one."""
    if not isinstance(body.get("output"), list):
        raise_for_error("", body)
        raise BackendFailure(_NO_OUTPUT, code="bad_upstream_reply")


def _index(value: dict[str, Any]) -> int:
    index = value.get("output_index")
    return index if isinstance(index, int) else 0
