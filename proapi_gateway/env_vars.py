"""`${NAME}` and `${NAME:-default}` in the values of api.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# One match is an escaped dollar, a well-formed variable, or an opening that is neither (a fault, not literal text:
# a key that was meant to be a variable must not travel to a backend as "${OPENAI_API_KEY").
_PIECE = re.compile(
    r"\$(?:(?P<dollar>\$)"
    r"|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^{}]*))?\}"
    r"|(?P<broken>\{))"
)


@dataclass(frozen=True, slots=True)
class Expanded:
    """A value after expansion. `variables`: the names it read; `unset`: those that had neither value nor default;
    `broken`: a `${` opens what is no variable."""

    text: str
    variables: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    broken: bool = False


def expand_variables(text: str, environment: Mapping[str, str]) -> Expanded:
    """Puts the environment's values in.

    expand_variables("Bearer ${KEY:-none} $$5", {}) has the text "Bearer none $5". As in the shell's `:-`, a variable
    that is set to nothing counts as unset: an empty key is of no use, and container files pass empty ones on.
    A dollar that opens nothing stands for itself.
    """
    if "$" not in text:
        return Expanded(text)
    variables: list[str] = []
    unset: list[str] = []
    broken = False

    def replace(match: re.Match[str]) -> str:
        nonlocal broken
        if match["dollar"]:
            return "$"
        if match["broken"]:
            broken = True
            return match[0]
        name, default = match["name"], match["default"]
        variables.append(name)
        value = environment.get(name, "")
        if not value and default is None:
            unset.append(name)
        return value or default or ""

    expanded = _PIECE.sub(replace, text)
    return Expanded(expanded, tuple(variables), tuple(unset), broken)
