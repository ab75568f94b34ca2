"""What Gemini models differ in, as data.

Sources: https://ai.google.dev/gemini-api/docs/thinking (budgets), the table of levels of
https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/thinking, and
https://ai.google.dev/gemini-api/docs/thought-signatures, all read 2026-11-25.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BudgetRange:
    """Thinking tokens that a 2.5 model takes. `can_rest`: 0 turns thinking off."""

    low: int
    high: int
    can_rest: bool


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """`budget` or `levels`: how thinking is set (neither: the model does not think, and refuses the setting).
    `signed_calls`: the first call of each step must carry a thought signature (400 without).
    `call_ids`: a call's id is sent back with its result. `result_media`: pictures may stand inside a function's result.
    `validated`: has the mode that holds calls to their schemas. `json_with_tools`: gives JSON output beside tools.
    `system`: takes a system instruction.
    """

    budget: BudgetRange | None = None
    levels: tuple[str, ...] = ()
    signed_calls: bool = False
    call_ids: bool = False
    result_media: bool = False
    validated: bool = False
    json_with_tools: bool = False
    system: bool = True


def _gemini_2_5(budget: BudgetRange | None) -> ModelFacts:
    return ModelFacts(budget=budget, validated=budget is not None)


def _gemini_3(*levels: str) -> ModelFacts:
    return ModelFacts(
        levels=levels, signed_calls=True, call_ids=True, result_media=True, validated=True, json_with_tools=True
    )


_ALL_LEVELS = ("minimal", "low", "medium", "high")
_NEWEST = _gemini_3("low", "medium", "high")
_UNKNOWN = ModelFacts()

# The longest prefix of the model's name decides.
_FACTS: dict[str, ModelFacts] = {
    "gemini-1": ModelFacts(),
    "gemini-2.0": ModelFacts(),
    "gemini-2.5-pro": _gemini_2_5(BudgetRange(128, 32768, can_rest=False)),
    "gemini-2.5-flash": _gemini_2_5(BudgetRange(1, 24576, can_rest=True)),
    "gemini-2.5-flash-lite": _gemini_2_5(BudgetRange(512, 24576, can_rest=True)),
    "gemini-2.5-flash-image": _gemini_2_5(None),
    "gemini-3-pro": _gemini_3("low", "high"),
    "gemini-3-flash": _gemini_3(*_ALL_LEVELS),
    "gemini-3.1-pro": _gemini_3("low", "medium", "high"),
    "gemini-3.1-flash": _gemini_3(*_ALL_LEVELS),
    "gemini-3.5-flash": _gemini_3(*_ALL_LEVELS),
    "gemini-3.6-flash": _gemini_3(*_ALL_LEVELS),
    "gemini-": _NEWEST,  # gemini-3.7-flash, gemini-flash-latest, and what is yet to come
    "gemma-3": ModelFacts(system=False),
}
_BY_LENGTH = sorted(_FACTS, key=len, reverse=True)


def facts_of(model: str) -> ModelFacts:
    """By the model's name, with or without its path: "models/gemini-2.5-pro", "google/gemini-2.5-pro"."""
    name = model.rpartition("/")[2].lower()
    return next((_FACTS[prefix] for prefix in _BY_LENGTH if name.startswith(prefix)), _UNKNOWN)
