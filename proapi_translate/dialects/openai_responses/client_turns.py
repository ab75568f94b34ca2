"""The input of a Responses body → turns.

Items of one side that follow each other are one turn: a model's thought, words and calls are told as items of their
own, while every backend wants them in one message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from ...fields import Fields
from ...json_text import encode
from ...losses import Losses
from ...prompt import File, Image, Part, Role, Signature, Text, Thinking, ToolCall, ToolResult, Turn
from ...sealed_summaries import unseal_summary
from ...sealed_thoughts import unseal
from .client_content import read_content
from .client_tool_forms import ToolForms
from .names import (
    ADDITIONAL_TOOLS,
    COMPACTION,
    COMPACTION_TRIGGER,
    CUSTOM_INPUT,
    HOSTED_CALLS,
    SPELLING,
    TOOL_SEARCH,
    TOOL_SEARCH_OUTPUT,
)

_ROLES: Mapping[str, Role] = {
    "user": "user",
    "assistant": "assistant",
    "system": "system",
    "developer": "developer",
}
_SUMMARIZE = (
    "Now write a summary of this conversation. It will take the conversation's place, for a model that goes on with "
    "the work and sees nothing else of it: what is wanted and was agreed, what has been done and found out (with the "
    "names, paths, values and results that are still needed), and what is to be done next. Call no tool; answer with "
    "the summary alone."
)
# What an item carries for the client's own book-keeping.
_BOOK_KEEPING = ("id", "status", "phase", "type", "created_by", "namespace")


@dataclass(frozen=True, slots=True)
class GivenInput:
    """`tools`: the tools that items bring along, unread."""

    turns: tuple[Turn, ...]
    tools: tuple[Fields, ...]


def read_input(fields: Fields, forms: ToolForms, losses: Losses) -> GivenInput:
    """`instructions` and `input`, in order.

    {"instructions": "Be brief.", "input": "hi"} → GivenInput((system "Be brief.", user "hi"), ()). Raises ClientFault
    for an input that is missing or empty, for an unknown item, and for one that only OpenAI can serve (it is named).
    """
    reader = _TurnReader(forms, losses)
    if instructions := fields.text("instructions"):
        reader.add("system", Text(instructions))
    given = fields.raw("input")
    if isinstance(given, str):
        reader.add("user", Text(given))
    elif isinstance(given, list):
        for item in fields.objects("input"):
            reader.read(item)
    elif given is not None:
        raise fields.fault("input", "expected a string or an array of items")
    if not given:
        raise fields.fault("input", "is required")
    return GivenInput(reader.turns(), tuple(reader.tools))


def wants_summary(body: Mapping[str, Any]) -> bool:
    """Does the input end with the wish for a summary of it? Never raises."""
    items = body.get("input")
    last = items[-1] if isinstance(items, list) and items else None
    return isinstance(last, dict) and last.get("type") == COMPACTION_TRIGGER


class _TurnReader:
    """Reads items one by one. A signature that was given for a tool call finds it by the call's id."""

    def __init__(self, forms: ToolForms, losses: Losses) -> None:
        self._forms = forms
        self._losses = losses
        self.tools: list[Fields] = []
        self._turns: list[tuple[Role, list[Part]]] = []
        self._names: dict[str, str] = {}  # call id → tool name
        self._signatures: dict[str, Signature] = {}  # call id → the call's own
        self._readers: Mapping[str, Callable[[Fields], None]] = {
            "message": self._read_message,
            "reasoning": self._read_reasoning,
            "function_call": self._read_function_call,
            "custom_tool_call": self._read_custom_call,
            "function_call_output": self._read_result,
            "custom_tool_call_output": self._read_result,
            "tool_search_call": self._read_search_call,
            TOOL_SEARCH_OUTPUT: self._read_search_result,
            ADDITIONAL_TOOLS: self._read_additional_tools,
            COMPACTION: self._read_summary,
            COMPACTION_TRIGGER: self._ask_for_summary,
            "item_reference": _refuse_reference,
        }

    def add(self, role: Role, *parts: Part) -> None:
        """Only the assistant's items are put together: those of others are whole messages already."""
        if role == "assistant" and self._turns and self._turns[-1][0] == role:
            self._turns[-1][1].extend(parts)
        else:
            self._turns.append((role, list(parts)))

    def turns(self) -> tuple[Turn, ...]:
        return tuple(Turn(role, tuple(map(self._signed, parts))) for role, parts in self._turns)

    def read(self, item: Fields) -> None:
        kind = item.text("type") or ("message" if item.raw("role") is not None else "item_reference")
        reader = self._readers.get(kind)
        if reader is not None:
            item.pass_over(*_BOOK_KEEPING)
            reader(item)
        elif kind in HOSTED_CALLS:
            self._drop_foreign(item, kind)
        else:
            raise item.fault("type", f"items of the type {kind!r} cannot be served by this backend")

    def _signed(self, part: Part) -> Part:
        if isinstance(part, ToolCall) and (signature := self._signatures.get(part.id)):
            return replace(part, signature=signature)
        return part

    def _read_message(self, item: Fields) -> None:
        name = item.required_text("role")
        role = _ROLES.get(name)
        if role is None:
            raise item.fault("role", f"unknown role {name!r}; expected one of {', '.join(_ROLES)}")
        self.add(role, *read_content(item, "content"))

    def _read_reasoning(self, item: Fields) -> None:
        """A thought of ours comes back with its proof; one of another maker is left out, since nobody else can read it.

        Without any proof the summary is what there is (models that do not sign their thoughts)."""
        content, summary = _texts(item, "content"), _texts(item, "summary")
        text = item.text("encrypted_content")
        if not text:
            if content or summary:
                self.add("assistant", Thinking(content or summary))
            return
        sealed = unseal(text)
        if sealed is None:
            self._losses.drop(SPELLING["thoughts"], "these thoughts were sealed by another vendor, or came garbled")
        elif sealed.call_id:
            assert sealed.thought.signature is not None
            self._signatures[sealed.call_id] = sealed.thought.signature
        else:
            self.add("assistant", sealed.thought)

    def _read_function_call(self, item: Fields) -> None:
        arguments = item.text("arguments").strip()
        self._add_call(item, item.required_text("name"), arguments or "{}")

    def _read_custom_call(self, item: Fields) -> None:
        self._add_call(item, item.required_text("name"), encode({CUSTOM_INPUT: item.text("input")}).decode())

    def _add_call(self, item: Fields, name: str, arguments: str) -> None:
        known_as = self._forms.name_of(name, item.text("namespace"))
        call = ToolCall(item.required_text("call_id"), known_as, arguments)
        self._names[call.id] = call.name
        self.add("assistant", call)

    def _read_result(self, item: Fields) -> None:
        call_id = item.required_text("call_id")
        parts = read_content(item, "output")
        kept = tuple(part for part in parts if isinstance(part, Text | Image | File))
        name = item.text("name")
        self.add("tool", ToolResult(call_id, kept, self._names.get(call_id, name)))

    def _read_search_call(self, item: Fields) -> None:
        """A search that the client has made itself has a call id; one of OpenAI's own has none."""
        if item.raw("call_id") is None:
            self._drop_foreign(item, "tool_search_call")
            return
        item.pass_over("execution")
        arguments = item.raw("arguments")
        self._add_call(item, TOOL_SEARCH, arguments if isinstance(arguments, str) else encode(arguments or {}).decode())

    def _read_search_result(self, item: Fields) -> None:
        """The tools that were found can be called from now on; the model is told their names."""
        found = self._bring_tools(item)
        if item.raw("call_id") is None:
            self._drop_foreign(item, TOOL_SEARCH_OUTPUT)
            return
        item.pass_over("execution")
        text = f"These tools can be called now: {', '.join(found)}" if found else "No tool was found."
        self.add("tool", ToolResult(item.required_text("call_id"), (Text(text),), TOOL_SEARCH))

    def _read_summary(self, item: Fields) -> None:
        """What stands for earlier turns: without it they would be lost, so one that nobody here can read is refused."""
        words = unseal_summary(item.required_text("encrypted_content"))
        if words is None:
            raise item.fault("encrypted_content", "this summary of earlier turns can only be read by who has made it")
        self.add("user", Text(words))

    def _ask_for_summary(self, _item: Fields) -> None:
        self.add("user", Text(_SUMMARIZE))

    def _read_additional_tools(self, item: Fields) -> None:
        item.pass_over("role")
        self._bring_tools(item)

    def _bring_tools(self, item: Fields) -> list[str]:
        """Keep the tools of an item for who reads tools; gives the names that the model knows them by."""
        self.tools += item.objects("tools")
        return self._forms.names_in(item.peek("tools"))

    def _drop_foreign(self, item: Fields, kind: str) -> None:
        item.take_rest()
        self._losses.drop(f"input.{kind}", "only the vendor that ran the tool can read this item")


def _texts(item: Fields, name: str) -> str:
    """The texts of a thought's summary: [{"type": "summary_text", "text": "a"}, …] → "a\\n\\n…"."""
    parts = item.raw(name)
    given = [part.get("text") for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return "\n\n".join(text for text in given if isinstance(text, str) and text)


def _refuse_reference(item: Fields) -> None:
    raise item.fault("id", f"item {item.raw('id')!r} is not kept here: send the item itself")
