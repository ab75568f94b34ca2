"""The tool calls of one streamed choice: gives each delta its index, and each call its id and name exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..json_text import read_reply
from .messages import arguments_text


@dataclass(slots=True)
class _Call:
    index: int
    id: str = ""
    name: str = ""
    is_function: bool = True
    pieces: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, fragment: str) -> None:
        if fragment.strip():
            self.pieces.append(fragment)
            self.length += len(fragment)

    def is_complete(self) -> bool:
        return bool(self.pieces) and self.pieces[-1].rstrip().endswith("}") and _is_object("".join(self.pieces))

    def is_repeated_by(self, fragment: str) -> bool:
        """Does a later delta bring the whole call again? Both texts must be whole objects, so neither is a part of the
        other. A repeat is about as long as the call: looking at no shorter ones keeps the work linear."""
        return len(fragment) * 4 >= self.length > 0 and _is_object(fragment) and self.is_complete()


class ToolCallLedger:
    """Mends the `tool_calls` lists of one choice's deltas, in order of arrival.

    Calls are numbered from 0 as they appear, whatever the backend's own numbers are (none: Mistral; all 0: Gemini's
    OpenAI address). `id_prefix` seeds ids for calls that come without one: "call_<prefix>_<n>".
    """

    def __init__(self, id_prefix: str) -> None:
        self._id_prefix = id_prefix
        self._calls: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_native_index: dict[int, _Call] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def mend(self, deltas: list[Any]) -> bool:
        """Mend one list in place; True if it changed. Entries that only repeat a whole call are taken out."""
        kept: list[Any] = []
        changed = False
        for position, delta in enumerate(deltas):
            if not isinstance(delta, dict):
                changed = True
                continue
            entry_changed, repeated = self._mend_entry(delta, position if len(deltas) > 1 else -1)
            changed = changed or entry_changed or repeated
            if not repeated:
                kept.append(delta)
        if changed:
            deltas[:] = kept
        return changed

    def fill_empty_arguments(self, delta: dict[str, Any]) -> bool:
        """At the end of a choice: a call without arguments is the JSON object {}. Puts it into the last delta."""
        empty = [call for call in self._calls if call.is_function and not call.pieces]
        if not empty:
            return False
        entries = delta.get("tool_calls") or []
        for call in empty:
            call.add("{}")
            own = [entry for entry in entries if entry["index"] == call.index]
            if own:
                own[-1]["function"] = {**(own[-1].get("function") or {}), "arguments": "{}"}
            else:
                entries.append({"index": call.index, "function": {"arguments": "{}"}})
        delta["tool_calls"] = entries
        return True

    def _mend_entry(self, delta: dict[str, Any], position: int) -> tuple[bool, bool]:
        """(changed, repeated) of one entry."""
        function = delta.get("function")
        if not isinstance(function, dict):
            function = {}
        arguments = function.get("arguments")
        fragment = arguments_text(arguments)
        changed = fragment is not arguments and "arguments" in function
        if changed:
            function["arguments"] = fragment
        call = self._find(delta, function, position)
        if call is None:
            changed = self._open(delta, function) or changed
            self._calls[-1].add(fragment)
            return changed, False
        if fragment and (delta.get("id") or function.get("name")) and call.is_repeated_by(fragment):
            return True, True
        changed = self._strip_repeats(delta, function, call) or changed
        if delta.get("index") != call.index:
            delta["index"] = call.index
            changed = True
        call.add(fragment)
        return changed, False

    def _find(self, delta: dict[str, Any], function: dict[str, Any], position: int) -> _Call | None:
        """The call that a delta continues; None for a new one. `position` in its list, -1 in a list of one."""
        call_id = delta.get("id")
        if isinstance(call_id, str) and call_id in self._by_id:
            return self._by_id[call_id]
        name = function.get("name")
        native = delta.get("index")
        call = self._by_native_index.get(native) if isinstance(native, int) else None
        if call is not None:
            return None if call_id and name and self._is_another(call, name) else call
        # A nameless entry under a number not told before is no new call: the last one has begun without its number.
        if call_id or name or _custom_name(delta) or not self._calls:
            return None
        return self._calls[position] if 0 <= position < len(self._calls) else self._calls[-1]

    def _is_another(self, call: _Call, name: str) -> bool:
        """A known index with a new id: another call under the same number, or a backend that makes up an id for each
        delta (older vLLM)? The same name with arguments still under way is the latter."""
        return call.id != "" and (call.name != name or call.is_complete())

    def _open(self, delta: dict[str, Any], function: dict[str, Any]) -> bool:
        call = _Call(len(self._calls))
        self._calls.append(call)
        native = delta.get("index")
        if isinstance(native, int):
            self._by_native_index[native] = call
        changed = False
        if native != call.index or isinstance(native, bool):
            delta["index"] = call.index
            changed = True
        if not isinstance(delta.get("id"), str) or not delta["id"]:
            delta["id"] = f"call_{self._id_prefix}_{call.index}"
            changed = True
        call.is_function = bool(function) or "custom" not in delta
        if not delta.get("type"):
            delta["type"] = "function" if call.is_function else "custom"
            changed = True
        call.id = delta["id"]
        call.name = function.get("name") or ""
        self._by_id[call.id] = call
        return changed

    def _strip_repeats(self, delta: dict[str, Any], function: dict[str, Any], call: _Call) -> bool:
        """Take id, type and name out of a continuation. A name that comes late passes once; null harms nobody."""
        changed = False
        for name in ("id", "type"):
            if delta.get(name) is not None:
                del delta[name]
                changed = True
        told = function.get("name")
        if told and not call.name:
            call.name = told
        elif told is not None:
            del function["name"]
            changed = True
        return changed


def _custom_name(delta: dict[str, Any]) -> Any:
    custom = delta.get("custom")
    return custom.get("name") if isinstance(custom, dict) else None


def _is_object(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        return isinstance(read_reply(text.encode("utf-8", "surrogatepass")), dict)
    except ValueError:
        return False
