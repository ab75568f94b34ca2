"""One choice of a chat stream: what makes each of its pieces keep OpenAI's contract."""

from __future__ import annotations

from typing import Any

from .finish_reasons import read_finish_reason, with_tool_calls
from .messages import calls_function, copy_reasoning, flatten_content, has_payload
from .tool_calls import ToolCallLedger

_WIRE_FIELDS = frozenset({"index", "delta", "finish_reason"})


class ChoiceMender:
    """Mends one choice's pieces in order of arrival, in place. Each method returns True if it changed something.

    `mend` for each piece; then `finish` for the one that ends the choice. The caller decides which one that is: some
    backends say "stop" in every piece.
    """

    def __init__(self, index: int, id_prefix: str) -> None:
        self.index = index
        self.reason = ""  # OpenAI's word, as soon as a piece told one
        self.finished = False
        self.opening = True  # is the piece that was mended last the first one?
        self._pieces = 0
        self._id_prefix = f"{id_prefix}_{index}" if index else id_prefix
        self._calls: ToolCallLedger | None = None
        self._function_called = False
        self._last: dict[str, Any] = {}

    def mend(self, choice: dict[str, Any]) -> bool:
        """Mend all but the finish reason. Raises BackendFailure for a finish reason that means a failed reply."""
        changed = False
        delta = choice.get("delta")
        if delta.__class__ is not dict:
            # A piece of another API's shape (the whole message so far), or of a content filter alone (Azure).
            delta = choice.pop("message", None) if "delta" not in choice else None
            delta = choice["delta"] = delta if isinstance(delta, dict) else {}
            changed = True
        self.opening = self._pieces == 0
        self._pieces += 1
        if self._mend_role(delta):
            changed = True
        if delta.get("content").__class__ is list:
            flatten_content(delta)
            changed = True
        if copy_reasoning(delta):
            changed = True
        if delta.get("tool_calls") and self._mend_calls(delta):
            changed = True
        if calls_function(delta):
            self._function_called = True
        return self._read_reason(choice) or changed

    def finish(self, choice: dict[str, Any]) -> bool:
        """This piece ends the choice: give it the reason (the last one told), and what else the end calls for."""
        self.finished = True
        self._last = choice
        reason = with_tool_calls(self.reason or "stop", calls=bool(self._calls), function=self._function_called)
        changed = choice.get("finish_reason") != reason
        choice["finish_reason"] = reason
        self.reason = reason
        if self._calls and reason == "tool_calls" and self._calls.fill_empty_arguments(choice["delta"]):
            changed = True
        return changed

    def adds_nothing(self, choice: dict[str, Any]) -> bool:
        """After the end: does a further piece only repeat what the last one said?"""
        if has_payload(choice["delta"]):
            return False
        return not any(
            value and value != self._last.get(name) for name, value in choice.items() if name not in _WIRE_FIELDS
        )

    def _mend_role(self, delta: dict[str, Any]) -> bool:
        """The role comes in the first delta and in no other."""
        if not self.opening:
            return delta.pop("role", delta) is not delta
        if delta.get("role") == "assistant":
            return False
        rest = {**delta, "role": "assistant"}
        delta.clear()
        delta["role"] = "assistant"
        delta.update(rest)
        return True

    def _mend_calls(self, delta: dict[str, Any]) -> bool:
        calls = delta["tool_calls"]
        changed = not isinstance(calls, list)
        if changed:
            calls = delta["tool_calls"] = [calls]
        if self._calls is None:
            self._calls = ToolCallLedger(self._id_prefix)
        changed = self._calls.mend(calls) or changed
        if not calls:
            del delta["tool_calls"]
        return changed

    def _read_reason(self, choice: dict[str, Any]) -> bool:
        """Keep the reason; a missing one becomes null: apps compare with null, and OpenAI always has the field."""
        raw = choice.get("finish_reason")
        if raw is None and "finish_reason" in choice:
            return False
        self.reason = read_finish_reason(raw) or self.reason
        if not raw:
            choice["finish_reason"] = None
            return True
        return False
