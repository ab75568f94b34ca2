"""How a Responses client spells its tools, and the one name that each of them has for the model.

For a backend a tool is a name. The client's may stand in a namespace, take free text, or be its own search for further
tools; and it may be declared in `tools` or in the middle of the input.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .names import CUSTOM, FUNCTION, TOOL_BRINGERS, TOOL_SEARCH


@dataclass(frozen=True, slots=True)
class ToolForm:
    """The client's spelling of a tool. `namespace` "": it has none. `kind`: "function", "custom" or "tool_search"."""

    name: str
    namespace: str = ""
    kind: str = FUNCTION


class ToolForms:
    """The tools of a body. Never raises: whatever is no tool is passed over.

    {"tools": [{"type": "namespace", "name": "crm", "tools": [{"type": "custom", "name": "f"}]}]}:
    `form_of("f")` → ToolForm("f", "crm", "custom"), `name_of("f", "crm")` → "f".
    """

    __slots__ = ("_forms", "_names")

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._forms: dict[str, ToolForm] = {}
        self._names: dict[tuple[str, str], str] = {}
        for form in _declared(body):
            if (form.namespace, form.name) not in self._names:
                self._add(form)

    def _add(self, form: ToolForm) -> None:
        # Backends refuse two tools of one name: the later one, of another namespace, has that in its name.
        name = f"{form.namespace}__{form.name}" if form.name in self._forms else form.name
        self._names[form.namespace, form.name] = name
        self._forms[name] = form

    def name_of(self, name: str, namespace: str = "") -> str:
        """The name for the model."""
        return self._names.get((namespace, name), name)

    def names_in(self, tools: Any) -> list[str]:
        """The same for each of a list of tools as the client declares them."""
        return [self.name_of(form.name, form.namespace) for form in _forms_in(tools)]

    def form_of(self, name: str) -> ToolForm:
        """The client's spelling of what the model calls by this name."""
        return self._forms.get(name) or ToolForm(name)


def _declared(body: Mapping[str, Any]) -> Iterator[ToolForm]:
    yield from _forms_in(body.get("tools"))
    for item in _dicts(body.get("input")):
        if str(item.get("type")) in TOOL_BRINGERS:
            yield from _forms_in(item.get("tools"))


def _forms_in(tools: Any) -> Iterator[ToolForm]:
    for tool in _dicts(tools):
        yield from _forms_of(tool)


def _forms_of(tool: Mapping[str, Any]) -> Iterator[ToolForm]:
    kind = tool.get("type")
    if kind == "namespace":
        inner = _dicts(tool.get("tools"))
        yield from (ToolForm(_name(one), str(tool.get("name")), _kind(one)) for one in inner)
    elif kind == TOOL_SEARCH:
        yield ToolForm(TOOL_SEARCH, kind=TOOL_SEARCH)
    elif kind in (FUNCTION, CUSTOM):
        yield ToolForm(_name(tool), kind=_kind(tool))


def _name(tool: Mapping[str, Any]) -> str:
    nested = tool.get("function")  # chat's form, sent by clients that speak both
    return str((nested if isinstance(nested, dict) else tool).get("name"))


def _kind(tool: Mapping[str, Any]) -> str:
    return CUSTOM if tool.get("type") == CUSTOM else FUNCTION


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
