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
from .translatable import Translatable, say, verbatim

_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_KIND_NAMES = {
    "null": say("nothing"),
    "bool": say("true or false"),
    "int": say("an integer"),
    "float": say("a number"),
    "str": say("text"),
    "list": say("a list"),
    "mapping": say("a mapping"),
}
NOTHING = _KIND_NAMES["null"]
EMPTY_LIST = say("an empty list")
_TEXT, _FLAG = _KIND_NAMES["str"], _KIND_NAMES["bool"]
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_CONTAINERS = ("list", "mapping")
_SHOWN_CHARACTERS = 60

Read = Callable[["ValueReader", Node], Any]


def describe(node: Node, *, secret: bool = False) -> Translatable:
    """What stands at a node, in words. A secret's value is never part of it, nor is a variable's."""
    if node.kind in (*_CONTAINERS, "null"):
        return _KIND_NAMES[node.kind]
    if secret:
        return say("%(kind)s (not shown)", kind=_KIND_NAMES[node.kind])
    text = node.text if len(node.text) <= _SHOWN_CHARACTERS else node.text[:_SHOWN_CHARACTERS] + "…"
    return verbatim(f"'{text}'" if node.kind == "str" else text)


def in_quotes(value: Translatable) -> Translatable:
    return say("%(value)s, in quotes", value=value)


def one_of(choices: Iterable[str]) -> Translatable:
    return say("one of %(choices)s", choices=", ".join(choices))


def did_you_mean(name: str) -> Translatable:
    return say("did you mean %(name)s?", name=name)


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

    def fault(
        self, node: Node, allowed: Translatable, *, found: Translatable | None = None, secret: bool = False
    ) -> None:
        self.findings.fault(node.line, node.path, found or describe(node, secret=secret), allowed)

    def warn(self, node: Node, remark: Translatable) -> None:
        self.findings.warn(node.line, node.path, remark)

    def read_text(self, node: Node, allowed: Translatable = _TEXT, *, secret: bool = False) -> str | None:
        """A text; a bare number counts as its digits (`password: 666666`), true, false and nothing do not."""
        value = self._expand(node, allowed, secret=secret)
        if value is None:
            return None
        if node.kind == "null" or (node.kind == "bool" and not value.variables):
            self.fault(node, allowed if node.kind == "null" else in_quotes(allowed), secret=secret)
            return None
        return value.text.strip()

    def read_word(self, node: Node, allowed: Translatable, *, secret: bool = False) -> str | None:
        """A text that is not blank, and is in quotes where YAML would take it for a number."""
        if node.kind in ("int", "float"):
            self.fault(node, in_quotes(allowed), secret=secret)
            return None
        text = self.read_text(node, allowed, secret=secret)
        if text == "":
            self.fault(node, allowed, found=NOTHING)
            return None
        return text

    def read_secret(self, node: Node) -> Secret | None:
        text = self.read_text(node, secret=True)
        return None if text is None else Secret(text)

    def read_flag(self, node: Node) -> bool | None:
        text = self._read_bare(node, _FLAG)
        if text is not None and text.lower() not in _FLAGS:
            self.fault(node, _FLAG)
            return None
        return None if text is None else _FLAGS[text.lower()]

    def read_number(
        self, node: Node, allowed: Translatable, *, above: float = -math.inf, least: float = -math.inf
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
        allowed = say("a whole number of %(least)s or more", least=least)
        text = self._read_bare(node, allowed)
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < least:
            self.fault(node, allowed)
            return None
        return int(text)

    def read_choice(self, node: Node, choices: Collection[str]) -> str | None:
        """One of a few words; a blank is no choice, and no fault."""
        allowed = one_of(choices)
        text = self.read_text(node, allowed)
        if text and text not in choices:
            self.fault(node, allowed)
        return text if text in choices else None

    def read_items(self, node: Node, allowed: Translatable, *, secret: bool = False) -> tuple[Node, ...]:
        """The members of a list. A single value in its place is a fault: taken as a list it would be its letters."""
        if node.kind != "list":
            self.fault(node, allowed, secret=secret)
        return node.items()

    def read_entries(self, node: Node, allowed: Translatable) -> dict[str, Node]:
        """The pairs of a mapping. What stands there instead may be a key in the wrong place: it is not shown."""
        if node.kind != "mapping":
            self.fault(node, allowed, secret=True)
        return node.entries()

    def read_fields(self, node: Node, table: Mapping[str, Read], what: Translatable) -> dict[str, Any]:
        """A mapping whose keys are known: each read by its row; keys without a value keep their default.

        read_fields(node, {"connect": read_seconds}, what) is {"connect": 10.0} for `timeout: {connect: 10}`.
        """
        entries = self.read_entries(node, say("a mapping of %(keys)s", keys=", ".join(table)))
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

    def tell_unknown_keys(self, entries: Mapping[str, Node], known: Iterable[str], what: Translatable) -> None:
        for key, child in entries.items():
            if key in known:
                continue
            match = nearest(key, known)
            # A key of a mapping may be a token that someone put there: only what looks like a setting's name is shown.
            shown = key if match or re.fullmatch(r"[A-Za-z_]+", key) else "…"
            path = child.path if shown == key else child.path.removesuffix(key).rstrip(".") + ".…"
            advice = (
                did_you_mean(match)
                if match
                else say("the keys of %(what)s: %(keys)s", what=what, keys=", ".join(known))
            )
            self.findings.fault(child.line, path, say("the unknown key %(key)s", key=shown), advice)

    def _read_bare(self, node: Node, allowed: Translatable) -> str | None:
        """The text of a value that is no text: "5" and "true" in quotes are faults, unless a variable is in them."""
        value = self._expand(node, allowed)
        if value is None:
            return None
        if node.quoted and not value.variables:
            self.fault(node, say("%(value)s, without quotes", value=allowed))
            return None
        return value.text.strip()

    def _expand(self, node: Node, allowed: Translatable, *, secret: bool = False) -> Expanded | None:
        if node.kind in _CONTAINERS:
            self.fault(node, allowed, secret=secret)
            return None
        value = expand_variables(node.text, self.environment)
        if value.broken:
            allowed = say("${NAME} or ${NAME:-default}; $$ for a plain dollar")
            self.fault(node, allowed, found=say("a ${ that opens no variable"))
            return None
        if not value.unset:
            return value
        if self.unset is None:
            names = ", ".join(value.unset)
            found = say("the variable %(names)s, which is not set", names=names)
            self.fault(node, say("a variable that is set, or ${%(name)s:-default}", name=value.unset[0]), found=found)
        else:
            self.unset.extend(value.unset)
        return None
