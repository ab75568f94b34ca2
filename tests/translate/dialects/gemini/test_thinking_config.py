"""Reasoning effort and budget to thinkingConfig, by model, with what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.dialects.gemini.models import facts_of
from proapi_translate.dialects.gemini.thinking_config import write_thinking
from proapi_translate.errors import ClientFault
from proapi_translate.losses import Losses
from proapi_translate.prompt import Reasoning

from .wire import FLASH_3, FLASH_20, FLASH_25, LITE_25, PRO_3, PRO_25, body_of, write_chat

SHOWN = {"includeThoughts": True}


@pytest.mark.parametrize(
    ("model", "reasoning", "expected", "exact"),
    [
        (FLASH_25, Reasoning("none"), {"thinkingBudget": 0}, True),
        (FLASH_25, Reasoning("minimal"), {"thinkingBudget": 1024, **SHOWN}, True),
        (FLASH_25, Reasoning("low"), {"thinkingBudget": 1024, **SHOWN}, True),
        (FLASH_25, Reasoning("medium"), {"thinkingBudget": 8192, **SHOWN}, True),
        (FLASH_25, Reasoning("high"), {"thinkingBudget": 24576, **SHOWN}, True),
        (FLASH_25, Reasoning("xhigh"), {"thinkingBudget": 24576, **SHOWN}, True),
        (FLASH_25, Reasoning(budget_tokens=2000), {"thinkingBudget": 2000, **SHOWN}, True),
        (FLASH_25, Reasoning(budget_tokens=0), {"thinkingBudget": 0}, True),
        (FLASH_25, Reasoning(budget_tokens=99999), {"thinkingBudget": 24576, **SHOWN}, False),
        (FLASH_25, Reasoning(summary="auto"), SHOWN, True),
        (LITE_25, Reasoning(budget_tokens=100), {"thinkingBudget": 512, **SHOWN}, False),
        (PRO_25, Reasoning("none"), {"thinkingBudget": 128, **SHOWN}, False),
        (PRO_25, Reasoning("xhigh"), {"thinkingBudget": 32768, **SHOWN}, True),
        (FLASH_3, Reasoning("none"), {"thinkingLevel": "minimal"}, False),
        (FLASH_3, Reasoning("minimal"), {"thinkingLevel": "minimal", **SHOWN}, True),
        (FLASH_3, Reasoning("medium"), {"thinkingLevel": "medium", **SHOWN}, True),
        (FLASH_3, Reasoning("xhigh"), {"thinkingLevel": "high", **SHOWN}, False),
        (FLASH_3, Reasoning(budget_tokens=2000), {"thinkingLevel": "medium", **SHOWN}, False),
        (FLASH_3, Reasoning(budget_tokens=99999), {"thinkingLevel": "high", **SHOWN}, False),
        (FLASH_3, Reasoning(summary="detailed"), SHOWN, True),
        (PRO_3, Reasoning("none"), {"thinkingLevel": "low"}, False),
        (PRO_3, Reasoning("minimal"), {"thinkingLevel": "low", **SHOWN}, False),
        (PRO_3, Reasoning("medium"), {"thinkingLevel": "high", **SHOWN}, False),
        (FLASH_20, Reasoning("none"), {}, True),
        (FLASH_20, Reasoning("high"), {}, False),
    ],
)
def test_efforts(model: str, reasoning: Reasoning, expected: dict[str, Any], exact: bool) -> None:
    losses = Losses({"reasoning": "reasoning_effort"})
    assert write_thinking(reasoning, facts_of(model), losses) == expected
    assert [loss.field for loss in losses.report()] == ([] if exact else ["reasoning_effort"])


def test_an_unknown_effort_is_refused() -> None:
    with pytest.raises(ClientFault, match="reasoning_effort") as caught:
        body_of({"reasoning_effort": "much"})
    assert caught.value.param == "reasoning_effort"


def test_what_was_not_asked_for_is_not_sent() -> None:
    assert "generationConfig" not in body_of({})
    assert "generationConfig" not in body_of({}, PRO_3)


def test_googles_own_setting_wins() -> None:
    extra = {"reasoning_effort": "high", "extra_body": {"google": {"thinking_config": {"thinking_budget": 7}}}}
    written, losses = write_chat(extra)
    assert written.body["generationConfig"] == {"thinkingConfig": {"thinkingBudget": 7}}
    assert losses == ()
