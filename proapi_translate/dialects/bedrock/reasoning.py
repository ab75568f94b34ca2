"""How much the model thinks: OpenAI's effort in each model's own fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...prompt import Reasoning
from .draft import Draft
from .messages import calls_without_thoughts

_RANKS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
# Tokens to think with, for the Claude models that count (3.7 to 4.5). The least that Anthropic takes is 1,024
# (docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html, read 2026-11-25).
_BUDGETS: Mapping[str, int] = {
    "minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768, "max": 32768,
}  # fmt: skip
_LEAST_BUDGET = 1024
_FORCED = frozenset({"any", "tool"})


def write_reasoning(draft: Draft) -> None:
    """Fill the model's own thinking fields. Needs the messages and the tool choice: both may forbid thinking."""
    own = draft.model_fields.get("thinking")
    if own is not None:  # the client speaks Claude's own words
        draft.thinks = isinstance(own, dict) and own.get("type") in ("enabled", "adaptive")
        return
    wanted = draft.prompt.reasoning
    if wanted is None or not (wanted.effort or wanted.budget_tokens):
        return
    if wanted.effort and wanted.effort not in _RANKS:
        raise draft.losses.refuse("reasoning", f"unknown effort {wanted.effort!r}; expected one of {', '.join(_RANKS)}")
    if wanted.effort == "none":
        _switch_off(draft)
    else:
        _WRITERS[draft.model.thinking](wanted, draft)


def _switch_off(draft: Draft) -> None:
    if draft.model.always_thinks or draft.model.thinking in ("effort_field", "qwen"):
        draft.losses.approximate("reasoning", "this model cannot stop thinking: it thinks as little as it can")
        _WRITERS[draft.model.thinking](Reasoning("minimal"), draft)
    elif draft.model.thinking_off is not None:
        draft.model_fields[_FIELDS.get(draft.model.thinking, "thinking")] = dict(draft.model.thinking_off)


def _write_nothing(wanted: Reasoning, draft: Draft) -> None:
    draft.losses.drop("reasoning", "this model has no setting for it")


def _write_budget(wanted: Reasoning, draft: Draft) -> None:
    """Claude 3.7 to 4.5. What the rest of the request forbids it to go with wins over it."""
    budget = wanted.budget_tokens or _BUDGETS[wanted.effort]
    limit = draft.prompt.sampling.max_tokens
    if limit is not None:
        budget = min(budget, limit // 2)  # the answer needs the other half
    if budget < _LEAST_BUDGET:
        draft.losses.drop("reasoning", "thinking needs 1024 tokens, and the answer's limit leaves no room for them")
    elif _forces_a_tool(draft):
        draft.losses.drop("reasoning", "this model does not think when it must call a tool")
    elif draft.body["messages"][-1]["role"] == "assistant":
        draft.losses.drop("reasoning", "this model does not think where its answer's beginning is given")
    elif calls_without_thoughts(draft.body["messages"]):
        draft.losses.drop("reasoning", "the last tool call came without the thought that must stand before it")
    else:
        draft.model_fields["thinking"] = {"type": "enabled", "budget_tokens": budget}
        draft.thinks = True


def _write_adaptive(wanted: Reasoning, draft: Draft) -> None:
    """Claude from 4.6 on decides itself; effort is a field of Converse's own."""
    if wanted.effort:
        draft.body.setdefault("outputConfig", {})["effort"] = _fit_effort(wanted.effort, draft)
    else:
        draft.losses.approximate("reasoning", "this model sets its own budget")
    shown = {"display": "summarized"} if draft.model.hides_thoughts else {}
    draft.model_fields["thinking"] = {"type": "adaptive"} | shown
    draft.thinks = True


def _write_effort_field(wanted: Reasoning, draft: Draft) -> None:
    draft.model_fields["reasoning_effort"] = _fit_effort(wanted.effort or _effort_of(wanted.budget_tokens), draft)


def _write_qwen(wanted: Reasoning, draft: Draft) -> None:
    draft.model_fields["reasoning_config"] = _fit_effort(wanted.effort or _effort_of(wanted.budget_tokens), draft)


def _write_nova(wanted: Reasoning, draft: Draft) -> None:
    """Nova 2 refuses "high" together with maxTokens, temperature and topP."""
    effort = _fit_effort(wanted.effort or _effort_of(wanted.budget_tokens), draft)
    sampling = draft.prompt.sampling
    if effort == "high" and (sampling.max_tokens, sampling.temperature, sampling.top_p) != (None, None, None):
        draft.losses.approximate("reasoning", "Nova's high effort takes no limit and no temperature: medium was sent")
        effort = "medium"
    draft.model_fields["reasoningConfig"] = {"type": "enabled", "maxReasoningEffort": effort}


def _fit_effort(effort: str, draft: Draft) -> str:
    """The model's own word that is as strong, else the next stronger one, else its strongest."""
    fitting = _nearest(effort, draft.model.efforts)
    if fitting != effort:
        draft.losses.approximate("reasoning", f"this model knows {', '.join(draft.model.efforts)}: {fitting} was sent")
    return fitting


def _nearest(effort: str, known: Sequence[str]) -> str:
    rank = _RANKS.index(effort)
    return next((word for word in known if _RANKS.index(word) >= rank), known[-1])


def _effort_of(budget_tokens: int | None) -> str:
    """The weakest effort whose budget covers this many tokens."""
    return next((effort for effort, budget in _BUDGETS.items() if budget >= (budget_tokens or 0)), "high")


def _forces_a_tool(draft: Draft) -> bool:
    choice = draft.body.get("toolConfig", {}).get("toolChoice", {})
    own = draft.model_fields.get("tool_choice")
    return bool(_FORCED & choice.keys()) or (isinstance(own, dict) and own.get("type") in _FORCED)


_FIELDS: Mapping[str, str] = {"nova": "reasoningConfig"}
_WRITERS: Mapping[str, Callable[[Reasoning, Draft], None]] = {
    "none": _write_nothing,
    "budget": _write_budget,
    "adaptive": _write_adaptive,
    "effort_field": _write_effort_field,
    "nova": _write_nova,
    "qwen": _write_qwen,
}
