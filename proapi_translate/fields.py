"""Typed reading of a client's JSON object: each wrong type is OpenAI's 400, which names the field by its path.

    fields = Fields(body)
    fields.number("temperature")     # 0.2, or None where it is absent or null
    fields.rest()                    # what nobody asked for: the loss report's raw material
    fields.rest_within()             # the same of the objects within: {"messages[].audio": {"id": "audio_1"}}
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import ClientFault

_WORDS = {
    str: "a string", int: "an integer", float: "a number", bool: "a boolean", list: "an array", dict: "an object",
}  # fmt: skip
_EMPTY: tuple[Any, ...] = ("", [], {})
_PLACE = re.compile(r"\[\d+\]")


class Fields:
    """One JSON object with its path ("" for the body, "messages[2]" within)."""

    __slots__ = ("_read", "_values", "_within", "path")

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self._values = values
        self._read: set[str] = set()
        self._within: list[Fields] = []
        self.path = path

    def raw(self, name: str) -> Any:
        """The value as it stands; None where it is absent."""
        self._read.add(name)
        return self._values.get(name)

    def peek(self, name: str) -> Any:
        """The same, but it does not count as read."""
        return self._values.get(name)

    def text(self, name: str, default: str = "") -> str:
        value: str = self._typed(name, str, default)
        return value

    def required_text(self, name: str) -> str:
        value: str = self._typed(name, str, "")
        if not value:
            raise self.fault(name, "is required")
        return value

    def integer(self, name: str) -> int | None:
        value = self.raw(name)
        if isinstance(value, float) and value.is_integer():
            return int(value)  # JavaScript and Go clients write 100.0
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._wrong(name, int, value)

    def number(self, name: str) -> float | None:
        value = self.raw(name)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        raise self._wrong(name, float, value)

    def number_in(self, name: str, low: float, high: float) -> float | None:
        value = self.number(name)
        if value is not None and not low <= value <= high:
            raise self.fault(name, f"must be between {low} and {high}, found {value}")
        return value

    def flag(self, name: str) -> bool | None:
        value = self.raw(name)
        if value is None or isinstance(value, bool):
            return value
        raise self._wrong(name, bool, value)

    def items(self, name: str) -> list[Any]:
        value: list[Any] = self._typed(name, list, [])
        return value

    def mapping(self, name: str) -> dict[str, Any] | None:
        value: dict[str, Any] | None = self._typed(name, dict, None)
        return value

    def object(self, name: str) -> Fields | None:
        """The object under `name`, with its own path."""
        value = self.mapping(name)
        return None if value is None else self._go_within(value, self.at(name))

    def objects(self, name: str) -> Iterator[Fields]:
        """The objects of the array under `name`."""
        for index, value in enumerate(self.items(name)):
            path = f"{self.at(name)}[{index}]"
            if not isinstance(value, dict):
                raise ClientFault(f"{path}: expected an object, found {_word(value)}", param=path)
            yield self._go_within(value, path)

    def rest(self) -> dict[str, Any]:
        """The fields that were not read and are not null."""
        return {name: value for name, value in self._values.items() if name not in self._read and value is not None}

    def take_rest(self) -> dict[str, Any]:
        """The same, and from now on they count as read."""
        rest = self.rest()
        self._read.update(rest)
        return rest

    def pass_over(self, *names: str) -> None:
        """Count these as read: what they say is known to need no place."""
        self._read.update(names)

    def holds(self, name: str) -> bool:
        """Is there such a field, here or in an object within?"""
        return name in self._values or any(inner.holds(name) for inner in self._within)

    def rest_within(self) -> dict[str, Any]:
        """The fields of the objects within, however deep, that were not read and say something: path → value.

        A place in a list is left out of its path: what one message loses, the next one does too.
        """
        rest: dict[str, Any] = {}
        for inner in self._within:
            for name, value in inner.rest().items():
                if value not in _EMPTY:
                    rest.setdefault(_PLACE.sub("[]", inner.at(name)), value)
            for path, value in inner.rest_within().items():
                rest.setdefault(path, value)
        return rest

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def fault(self, name: str, what: str) -> ClientFault:
        path = self.at(name)
        return ClientFault(f"{path}: {what}", param=path)

    def _go_within(self, value: Mapping[str, Any], path: str) -> Fields:
        inner = Fields(value, path)
        self._within.append(inner)
        return inner

    def _typed(self, name: str, kind: type, default: Any) -> Any:
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise self._wrong(name, kind, value)
        return value

    def _wrong(self, name: str, kind: type, value: Any) -> ClientFault:
        return self.fault(name, f"expected {_WORDS[kind]}, found {_word(value)}")


def _word(value: Any) -> str:
    return "null" if value is None else _WORDS.get(type(value), type(value).__name__)
