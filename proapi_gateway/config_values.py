"""Reads single values of api.yaml: expands variables, checks the type, and tells every fault to the findings.

Every `read` gives None where no usable value stands (the fault is told, or the variable is unset); the caller then
keeps the default and reads on, so that all faults of a file are found in one go.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .config_faults import Findings, nearest
from .config_yaml import Node
from .env_vars import Expanded, expand_variables
from .settings import Secret

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_KIND_NAMES = {
    "null": "nothing",
    "bool": "true or false",
    "int": "an integer",
    "float": "a number",
    "str": "text",
    "list": "a list",
    "mapping": "a mapping",
}
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_CONTAINERS = ("list", "mapping")
_SHOWN_CHARACTERS = 60

Read = Callable[["ValueReader", Node], Any]


def describe(node: Node, *, secret: bool = False) -> str:
    """What stands at a node, in words. A secret's value is never part of it, nor is a variable's."""
    if node.kind in (*_CONTAINERS, "null"):
        return _KIND_NAMES[node.kind]
    if secret:
        return f"{_KIND_NAMES[node.kind]} (not shown)"
    text = node.text if len(node.text) <= _SHOWN_CHARACTERS else node.text[:_SHOWN_CHARACTERS] + "…"
    return f"'{text}'" if node.kind == "str" else text


@dataclass(frozen=True, slots=True)
class ValueReader:
    """One reading of one file. `unset`: where it is a list, variables without a value are noted there and are no fault
    (a provider block then waits for them); where it is None they are faults."""

    findings: Findings
    environment: Mapping[str, str]
    unset: list[str] | None = None

    def noting_unset(self) -> ValueReader:
        """A reader of the same file that notes unset variables in a list of its own."""
        return ValueReader(self.findings, self.environment, [])

    def fault(self, node: Node, allowed: str, *, found: str = "", secret: bool = False) -> None:
        self.findings.fault(node.line, node.path, found or describe(node, secret=secret), allowed)

    def warn(self, node: Node, remark: str) -> None:
        self.findings.warn(node.line, node.path, remark)

    def read_text(self, node: Node, allowed: str = "text", *, secret: bool = False) -> str | None:
        """A text; a bare number counts as its digits (`password: 666666`), true, false and nothing do not."""
        value = self._expand(node, allowed, secret=secret)
        if value is None:
            return None
        if node.kind == "null" or (node.kind == "bool" and not value.variables):
            self.fault(node, allowed if node.kind == "null" else f"{allowed}, in quotes", secret=secret)
            return None
        return value.text.strip()

    def read_word(self, node: Node, allowed: str, *, secret: bool = False) -> str | None:
        """A text that is not blank, and is in quotes where YAML would take it for a number."""
        if node.kind in ("int", "float"):
            self.fault(node, f"{allowed}, in quotes", secret=secret)
            return None
        text = self.read_text(node, allowed, secret=secret)
        if text == "":
            self.fault(node, allowed, found="nothing")
            return None
        return text

    def read_secret(self, node: Node) -> Secret | None:
        text = self.read_text(node, secret=True)
        return None if text is None else Secret(text)

    def read_flag(self, node: Node) -> bool | None:
        text = self._read_bare(node, "true or false")
        if text is not None and text.lower() not in _FLAGS:
            self.fault(node, "true or false")
            return None
        return None if text is None else _FLAGS[text.lower()]

    def read_number(
        self, node: Node, allowed: str, *, above: float = -math.inf, least: float = -math.inf
    ) -> float | None:
        text = self._read_bare(node, allowed)
        if text is None:
            return None
        number = float(text) if _DECIMAL.fullmatch(text) else math.nan
        if not math.isfinite(number) or number <= above or number < least:
            self.fault(node, allowed)
            return None
        return number

    def read_count(self, node: Node, *, least: int = 0) -> int | None:
        allowed = f"a whole number of {least} or more"
        text = self._read_bare(node, allowed)
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < least:
            self.fault(node, allowed)
            return None
        return int(text)

    def read_choice(self, node: Node, choices: Collection[str]) -> str | None:
        """One of a few words; a blank is no choice, and no fault."""
        allowed = " or ".join(choices)
        text = self.read_text(node, allowed)
        if text and text not in choices:
            self.fault(node, allowed)
        return text if text in choices else None

    def read_items(self, node: Node, allowed: str, *, secret: bool = False) -> tuple[Node, ...]:
        """The members of a list. A single value in its place is a fault: taken as a list it would be its letters."""
        if node.kind != "list":
            self.fault(node, allowed, secret=secret)
        return node.items()

    def read_entries(self, node: Node, allowed: str) -> dict[str, Node]:
        """The pairs of a mapping. What stands there instead may be a key in the wrong place: it is not shown."""
        if node.kind != "mapping":
            self.fault(node, allowed, secret=True)
        return node.entries()

    def read_fields(self, node: Node, table: Mapping[str, Read], what: str) -> dict[str, Any]:
        """A mapping whose keys are known: each read by its row; keys without a value keep their default.

        read_fields(node, {"connect": read_seconds}, "timeout") is {"connect": 10.0} for `timeout: {connect: 10}`.
        """
        entries = self.read_entries(node, f"a mapping of {', '.join(table)}")
        self.tell_unknown_keys(entries, table, what)
        return self.read_rows(entries, table)

    def read_rows(self, entries: Mapping[str, Node], table: Mapping[str, Read]) -> dict[str, Any]:
        """Those of `entries` that `table` knows, read; without those that have no (usable) value."""
        given = {key: entries[key] for key in table if key in entries and entries[key].kind != "null"}
        values = {key: table[key](self, child) for key, child in given.items()}
        return {key: value for key, value in values.items() if value is not None}

    def is_given(self, node: Node | None) -> bool:
        """Does anything stand there: more than nothing, blanks, or a variable with an empty default?"""
        if node is None or node.kind == "null":
            return False
        value = expand_variables(node.text, self.environment)
        return node.kind in _CONTAINERS or bool(value.text.strip() or value.unset)

    def tell_unknown_keys(self, entries: Mapping[str, Node], known: Iterable[str], what: str) -> None:
        for key, child in entries.items():
            if key in known:
                continue
            match = nearest(key, known)
            # A key of a mapping may be a token that someone put there: only what looks like a setting's name is shown.
            shown = key if match or re.fullmatch(r"[A-Za-z_]+", key) else "…"
            path = child.path if shown == key else child.path.removesuffix(key).rstrip(".") + ".…"
            advice = f"did you mean {match}?" if match else f"the keys of {what}: {', '.join(known)}"
            self.findings.fault(child.line, path, f"the unknown key {shown}", advice)

    def _read_bare(self, node: Node, allowed: str) -> str | None:
        """The text of a value that is no text: "5" and "true" in quotes are faults, unless a variable is in them."""
        value = self._expand(node, allowed)
        if value is None:
            return None
        if node.quoted and not value.variables:
            self.fault(node, f"{allowed}, without quotes")
            return None
        return value.text.strip()

    def _expand(self, node: Node, allowed: str, *, secret: bool = False) -> Expanded | None:
        if node.kind in _CONTAINERS:
            self.fault(node, allowed, secret=secret)
            return None
        value = expand_variables(node.text, self.environment)
        if value.broken:
            self.fault(node, "${NAME} or ${NAME:-default}; $$ for a plain dollar", found="a ${ that opens no variable")
            return None
        if not value.unset:
            return value
        if self.unset is None:
            names = ", ".join(value.unset)
            found = f"the variable {names}, which is not set"
            self.fault(node, f"a variable that is set, or ${{{value.unset[0]}:-default}}", found=found)
        else:
            self.unset.extend(value.unset)
        return None
