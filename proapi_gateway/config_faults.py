"""What is wrong with a configuration: one `Fault` for each place, all of them raised at once as `ConfigFaults`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NoReturn

from .translatable import Translatable, say


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of api.yaml, for a person to mend.

    Fault("api.yaml", 12, "providers[2].balance[0]", "-1", "a weight of 0 or more") prints as
    `api.yaml:12: providers[2].balance[0]: found -1; allowed: a weight of 0 or more`. `line` counts from 1; 0 where the
    file has no line to show (it cannot be read). `found` never holds the value of a key or password.
    """

    file: str
    line: int
    path: str
    found: Translatable
    allowed: Translatable

    def __str__(self) -> str:
        return f"{_place(self.file, self.line, self.path)}: found {self.found}; allowed: {self.allowed}"


@dataclass(frozen=True, slots=True)
class Remark:
    """A loud remark on what is no fault: `api.yaml:9: tokens[0]: no client can send this key`. `line` 0: on the whole
    file."""

    file: str
    line: int
    path: str
    text: Translatable

    def __str__(self) -> str:
        return f"{_place(self.file, self.line, self.path)}: {self.text}"


class ConfigFaults(Exception):
    """The file has faults; nothing may start on it. `str()` is one line for each, in the file's order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


@dataclass(slots=True)
class Findings:
    """Gathers the faults and the loud remarks of one reading of one file."""

    file: str
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # provider blocks whose variables are not set: one remark for all

    def fault(self, line: int, path: str, found: Translatable, allowed: Translatable) -> None:
        self.faults.append(Fault(self.file, line, path, found, allowed))

    def fail(self, line: int, found: Translatable, allowed: Translatable) -> NoReturn:
        """Tells a fault of the file as a whole, after which there is nothing left to read."""
        self.fault(line, "", found, allowed)
        raise ConfigFaults(self.faults)

    def warn(self, line: int, path: str, remark: Translatable) -> None:
        self.warnings.append(Remark(self.file, line, path, remark))

    def remarks(self) -> tuple[Remark, ...]:
        """All warnings; the blocks that wait for variables in one, as a file may offer dozens of providers."""
        if not self.waiting:
            return tuple(self.warnings)
        waiting = say("not used until their variables are set: %(blocks)s", blocks=", ".join(self.waiting))
        return (*self.warnings, Remark(self.file, 0, "", waiting))

    def raise_faults(self) -> None:
        """Raises `ConfigFaults` if there is any fault."""
        if self.faults:
            raise ConfigFaults(self.faults)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that `word` is probably a slip of, or "": nearest("base-url", ["base_url"]) is "base_url"."""
    by_plain_form = {_plain(name): name for name in known}
    matches = get_close_matches(_plain(word), by_plain_form, n=1, cutoff=0.6)
    return by_plain_form[matches[0]] if matches else ""


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _place(file: str, line: int, path: str) -> str:
    return ":".join(part for part in (file, str(line) if line else "") if part) + (f": {path}" if path else "")
