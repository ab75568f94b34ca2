"""How OpenAI-compatible backends are told the reasoning effort, as data: one `EffortRule` a backend or model.

A backend without a rule gets `reasoning_effort` as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})  # as a plain default, Python 3.11 refuses it


@dataclass(frozen=True, slots=True)
class EffortRule:
    """`off`: the fields that say "none" (nothing: the word itself is sent). `on`: those that go with any other effort.
    `words`: OpenAI's word → the backend's nearest, where it lacks the former. `levels`: is there a field for a level
    at all, or only on and off?"""

    off: Mapping[str, Any] = field(default_factory=_nothing)
    on: Mapping[str, Any] = field(default_factory=_nothing)
    words: Mapping[str, str] = field(default_factory=_nothing)
    levels: bool = True


_THINKING_ON: Mapping[str, Any] = MappingProxyType({"thinking": {"type": "enabled"}})
_THINKING_OFF: Mapping[str, Any] = MappingProxyType({"thinking": {"type": "disabled"}})

# Pages read 2026-11-25.
# api-docs.deepseek.com/guides/thinking_mode: it maps the other words (minimal, medium, xhigh) itself.
DEEPSEEK = EffortRule(off=_THINKING_OFF)
# docs.z.ai/guides/capabilities/thinking-mode: on or off. GLM-5.2 takes every level; GLM-5.3 low, high and max, and
# always thinks.
GLM = EffortRule(off=_THINKING_OFF, on=_THINKING_ON, levels=False)
GLM_5_2 = EffortRule(off=_THINKING_OFF)
GLM_5_3 = EffortRule(words={"none": "low", "minimal": "low", "medium": "high", "xhigh": "max"})
# platform.kimi.ai/docs/api/chat: K2.5 and K2.6 can be switched; K3 always thinks: low, high or max; others just think.
KIMI_SWITCHED = EffortRule(off=_THINKING_OFF, on=_THINKING_ON, levels=False)
KIMI_ALWAYS_ON = EffortRule(levels=False)
KIMI_K3 = EffortRule(words={"none": "low", "minimal": "low", "medium": "high", "xhigh": "max"})
# help.aliyun.com/zh/model-studio/deep-thinking: enable_thinking for all; levels from Qwen 3.8 on.
QWEN = EffortRule(off={"enable_thinking": False}, on={"enable_thinking": True}, levels=False)
QWEN_3_8 = EffortRule(off={"enable_thinking": False}, on={"enable_thinking": True})
# volcengine.com/docs/82379/1449737: `thinking` switches, levels from minimal to high.
DOUBAO = EffortRule(off=_THINKING_OFF, words={"xhigh": "high", "max": "high"})
# docs.mistral.ai/capabilities/reasoning/adjustable: none and high. …/inference/conversations/reasoning: low to high for
# Large 4.
MISTRAL = EffortRule(words={"minimal": "none"} | dict.fromkeys(("low", "medium", "xhigh", "max"), "high"))
MISTRAL_LARGE_4 = EffortRule(words={"minimal": "low", "xhigh": "high", "max": "high"})
# docs.x.ai/docs/guides/reasoning: Grok 4.3 takes none to high, 4.5 and later low to high, Grok 3 mini low and high.
GROK_4_3 = EffortRule(words={"minimal": "low", "xhigh": "high", "max": "high"})
GROK_4_5 = EffortRule(words={"none": "low", "minimal": "low", "xhigh": "high", "max": "high"})
GROK_3_MINI = EffortRule(words={"none": "low", "minimal": "low", "medium": "high", "xhigh": "high", "max": "high"})
# console.groq.com/docs/reasoning: Qwen 3 takes none and default, GPT-OSS low to high.
GROQ_QWEN = EffortRule(words=dict.fromkeys(("minimal", "low", "medium", "high", "xhigh", "max"), "default"))
GROQ_GPT_OSS = EffortRule(words={"none": "low", "minimal": "low", "xhigh": "high", "max": "high"})
