"""Reasoning effort → Claude's thinking, within the rules that the API checks.

Thinking with a budget is taken only if 1024 <= budget < max_tokens, no tool is forced, the answer's beginning is not
given, and the last assistant turn with a tool call starts with its thought (…/build-with-claude/thinking, read
2026-11-25). What does not fit goes without thinking: the client's own words are worth more than the effort.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...interface import RequestContext
from ...losses import Losses
from ...prompt import Prompt, Reasoning, Thinking, ToolCall, Turn
from .names import BUDGETS, MIN_BUDGET, ORIGIN, ModelTraits, traits_of

_NEAREST_EFFORTS = {"minimal": "low", "xhigh": "high"}


@dataclass(frozen=True, slots=True)
class Thought:
    """What goes into the body: `thinking` as it is sent ({} for none), and the effort beside it ("" for none)."""

    thinking: dict[str, Any] = field(default_factory=dict)
    effort: str = ""

    @property
    def is_on(self) -> bool:
        return self.thinking.get("type") in {"enabled", "adaptive"}


def settle_thinking(
    prompt: Prompt, turns: tuple[Turn, ...], context: RequestContext, max_tokens: int, *, forced: bool
) -> Thought:
    """The thinking of this request. A client's own `thinking` field (Anthropic's words) is not looked at here."""
    native = prompt.other.get("thinking")
    if isinstance(native, dict):
        return Thought(native)
    reasoning, traits, losses = prompt.reasoning, traits_of(context.model), context.losses
    if reasoning is None or (reasoning.summary and not reasoning.effort and reasoning.budget_tokens is None):
        return Thought()  # a summary is wanted of what is thought, but nobody asked for thinking
    if traits.thinking == "none":
        if reasoning.effort != "none":
            losses.drop("reasoning", "this model does not think")
        return Thought()
    if reasoning.effort == "none":
        return _switch_off(traits, losses)
    if forced:
        losses.drop("reasoning", "Claude does not think where a tool is forced")
        return Thought()
    if traits.thinking == "adaptive":
        return _adaptive(reasoning, traits, losses)
    if turns[-1].role == "assistant":
        losses.drop("reasoning", "Claude does not think where its answer's beginning is given")
        return Thought()
    if _lacks_a_thought(turns, context):
        losses.drop("reasoning", "the thought before the last tool call is not known any more")
        return Thought()
    return _budget(reasoning, max_tokens, losses)


def _switch_off(traits: ModelTraits, losses: Losses) -> Thought:
    if not traits.thinking_off:
        losses.approximate("reasoning", "this model always thinks: the least effort is asked for")
        return Thought(effort=traits.efforts[0])
    return Thought({"type": traits.thinking_off})


def _adaptive(reasoning: Reasoning, traits: ModelTraits, losses: Losses) -> Thought:
    effort = reasoning.effort or _effort_of_budget(reasoning.budget_tokens)
    if effort and effort not in traits.efforts:
        nearest = _NEAREST_EFFORTS.get(effort, "high")
        losses.approximate("reasoning", f"this model has no effort {effort!r}: {nearest!r} is sent")
        effort = nearest
    # Without `display` the newest models send thoughts without their text.
    return Thought({"type": "adaptive", "display": "summarized"}, effort)


def _effort_of_budget(budget_tokens: int | None) -> str:
    if budget_tokens is None:
        return ""
    return next((effort for effort in ("low", "medium", "high") if budget_tokens <= BUDGETS[effort]), "high")


def _budget(reasoning: Reasoning, max_tokens: int, losses: Losses) -> Thought:
    wanted = reasoning.budget_tokens or BUDGETS.get(reasoning.effort, BUDGETS["medium"])
    budget = min(max(wanted, MIN_BUDGET), max_tokens // 2 if reasoning.budget_tokens is None else max_tokens - 1)
    if budget < MIN_BUDGET:
        losses.drop("reasoning", f"thinking needs {MIN_BUDGET} tokens of its own within max_tokens")
        return Thought()
    return Thought({"type": "enabled", "budget_tokens": budget})


def _lacks_a_thought(turns: tuple[Turn, ...], context: RequestContext) -> bool:
    """Is the last assistant turn with a tool call without the thought that must stand before it?"""
    for turn in reversed(turns):
        if turn.role == "assistant":
            calls = [part for part in turn.parts if isinstance(part, ToolCall)]
            return bool(calls) and not thoughts_of(turn, context)
    return False


def thoughts_of(turn: Turn, context: RequestContext) -> tuple[Thinking, ...]:
    """Claude's own signed thoughts of an assistant turn: those that the client handed back, else those remembered."""
    own = tuple(part for part in turn.parts if isinstance(part, Thinking) and _is_ours(part))
    if own:
        return own
    for part in turn.parts:
        if isinstance(part, ToolCall):
            remembered = part.thoughts or context.recall(part.id)
            return tuple(thought for thought in remembered if _is_ours(thought))
    return ()


def _is_ours(thought: Thinking) -> bool:
    return thought.signature is not None and thought.signature.origin == ORIGIN
