"""The loss report: what of a request a backend cannot take, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

from .errors import ClientFault
from .prompt import Image, Part, Prompt, ToolResult, Turn

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


def respell(fault: ClientFault, spelling: Mapping[str, str]) -> ClientFault:
    """A fault of a writer, which speaks chat's words, in the client's: for a Responses client "messages: no sound" (its
    param "messages.content") becomes "input: no sound" (param "input")."""
    ours = (fault.param or "").partition(".")[0]
    theirs = spelling.get(ours, ours)
    if theirs != ours:
        fault.message = fault.message.replace(f"{ours}:", f"{theirs}:", 1)
        fault.param = theirs
    return fault


# Client's fields whose value asks for what every backend does anyway: nothing is lost with them.
_ALREADY_SO: Mapping[str, Any] = {"store": False, "modalities": ["text"], "verbosity": "medium"}
_PLAIN_TIERS = frozenset({"", "auto", "default"})
_PLAIN_DETAILS = frozenset({"", "auto"})
NAME, DETAIL = "messages[].name", "messages[].content[].image_url.detail"


def report_fields(prompt: Prompt, losses: Losses, backend: str, taken: Collection[str] = ()) -> None:
    """Report the client's fields that a backend has no place for; `taken` names those that it has."""
    tier = "" if prompt.service_tier in _PLAIN_TIERS else prompt.service_tier
    neutral = {"user": prompt.user, "metadata": prompt.metadata, "service_tier": tier}
    given = {name: value for name, value in neutral.items() if value} | dict(prompt.other)
    for name, value in given.items():
        if name not in taken and not (name in _ALREADY_SO and value == _ALREADY_SO[name]):
            losses.drop(name, f"{backend} has no such field")


def report_words(turns: Iterable[Turn], losses: Losses, backend: str, taken: Collection[str] = ()) -> None:
    """Report what turns and their parts carry that a backend has no place for: names of speakers, the detail of
    pictures, marks of one vendor (cache_control). `taken` names those that it has."""
    for turn in turns:
        if turn.name and NAME not in taken:
            losses.drop(NAME, f"{backend} has no names for speakers")
        for part in _all_parts(turn):
            if isinstance(part, Image) and part.detail not in _PLAIN_DETAILS and DETAIL not in taken:
                losses.drop(DETAIL, f"{backend} chooses the detail of a picture itself")
            for name in _marks(part):
                if name not in taken:
                    losses.drop(name, f"{backend} has no such mark")


def _all_parts(turn: Turn) -> Iterable[Part]:
    for part in turn.parts:
        yield part
        if isinstance(part, ToolResult):
            yield from part.parts


def _marks(part: Part) -> Iterable[str]:
    extra: Mapping[str, Any] = getattr(part, "extra", {})
    return (name for family in extra.values() for name in family)
