"""OpenAI's reasoning effort → Gemini's thinkingConfig: a budget for 2.5, a level from 3 on."""

from __future__ import annotations

from typing import Any

from ...losses import Losses
from ...prompt import Reasoning
from .models import BudgetRange, ModelFacts
from .names import EFFORT_BUDGETS, EFFORTS

_FIELD = "reasoning"


def write_thinking(reasoning: Reasoning, facts: ModelFacts, losses: Losses) -> dict[str, Any]:
    """Reasoning("low") → {"thinkingLevel": "low", "includeThoughts": True} for Gemini 3,
    {"thinkingBudget": 1024, "includeThoughts": True} for 2.5, {} for a model that does not think.

    What the model cannot do exactly becomes the nearest that it can, and is told. Raises ClientFault for an effort that
    OpenAI does not know either.
    """
    if reasoning.effort and reasoning.effort not in EFFORTS:
        raise losses.refuse(_FIELD, f"unknown effort {reasoning.effort!r}; expected one of {', '.join(EFFORTS)}")
    if facts.budget is not None:
        return _write_budget(reasoning, facts.budget, losses)
    if facts.levels:
        return _write_level(reasoning, facts.levels, losses)
    if reasoning.effort != "none":
        losses.drop(_FIELD, "this model does not think")
    return {}


def _write_budget(reasoning: Reasoning, budget: BudgetRange, losses: Losses) -> dict[str, Any]:
    asked = reasoning.budget_tokens
    if asked is None and not reasoning.effort:
        return {"includeThoughts": True}  # only a summary was asked for
    if asked is None:
        asked = EFFORT_BUDGETS.get(reasoning.effort, budget.high)  # xhigh: all that the model has
    if asked == 0 and budget.can_rest:
        return {"thinkingBudget": 0}
    tokens = min(max(asked, budget.low), budget.high)
    if asked == 0:
        losses.approximate(_FIELD, "this model cannot stop thinking; it thinks as little as it can")
    elif tokens != reasoning.budget_tokens is not None:
        losses.approximate(_FIELD, f"this model thinks with {budget.low} to {budget.high} tokens")
    return {"thinkingBudget": tokens, "includeThoughts": True}


def _write_level(reasoning: Reasoning, levels: tuple[str, ...], losses: Losses) -> dict[str, Any]:
    effort = reasoning.effort or _effort_of(reasoning.budget_tokens)
    if not effort:
        return {"includeThoughts": True}
    rank = EFFORTS.index(effort)
    # The next higher level that there is; above the highest, that one.
    level = next((level for level in levels if EFFORTS.index(level) >= rank), levels[-1])
    if level != effort or not reasoning.effort:
        losses.approximate(_FIELD, f"this model's thinking levels are {', '.join(levels)}; sent as {level}")
    thoughts = {"includeThoughts": True} if effort != "none" else {}
    return {"thinkingLevel": level, **thoughts}


def _effort_of(budget_tokens: int | None) -> str:
    """The smallest effort whose budget holds so many tokens: 2000 → "medium"."""
    if budget_tokens is None:
        return ""
    return next((effort for effort, tokens in EFFORT_BUDGETS.items() if budget_tokens <= tokens), "high")
