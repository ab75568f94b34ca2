"""The loss report: what of a request a backend cannot take, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from .errors import ClientFault

What = Literal["dropped", "approximated", "renamed"]


class Loss(Struct, frozen=True):
    """Loss("seed", "dropped", "Anthropic has no seed"). `field` is the client's own name for it."""

    field: str
    what: What
    why: str


class Losses:
    """Collects the losses of one request, in order, each once."""

    def __init__(self, spelling: Mapping[str, str]) -> None:
        self._spelling = spelling
        self._losses: dict[tuple[str, str], Loss] = {}

    def add(self, field: str, what: What, why: str) -> None:
        """`field` is the neutral name; the report gives the client's spelling of it."""
        field = self._spelling.get(field, field)
        self._losses.setdefault((field, what), Loss(field, what, why))

    def drop(self, field: str, why: str) -> None:
        self.add(field, "dropped", why)

    def approximate(self, field: str, why: str) -> None:
        self.add(field, "approximated", why)

    def report(self) -> tuple[Loss, ...]:
        return tuple(self._losses.values())

    def refuse(self, field: str, why: str) -> ClientFault:
        """A fault that names the field in the client's words; the caller raises it."""
        field = self._spelling.get(field, field)
        return ClientFault(f"{field}: {why}", param=field)
