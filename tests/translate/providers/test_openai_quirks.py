"""Which quirks a model has."""

from __future__ import annotations

import pytest

from proapi_translate.providers.openai_quirks import (
    DEEPSEEK,
    DEEPSEEK_RULES,
    OPENAI,
    OPENAI_RULES,
    RequestQuirks,
    pick_quirks,
)


@pytest.mark.parametrize(
    ("model", "limit_name", "takes_temperature"),
    [
        ("gpt-4o", "", True),
        ("gpt-3.5-turbo", "", True),
        ("o3-mini", "max_completion_tokens", False),
        ("gpt-5", "max_completion_tokens", False),
        ("GPT-5-mini-2025-08-07", "max_completion_tokens", False),
        ("gpt-5.2", "max_completion_tokens", True),
        ("gpt-5-chat-latest", "max_completion_tokens", True),
    ],
)
def test_openais_reasoning_models(model: str, limit_name: str, takes_temperature: bool) -> None:
    quirks = pick_quirks(OPENAI, OPENAI_RULES, model)
    assert quirks.max_tokens_name == limit_name
    assert ("temperature" not in quirks.refused) == takes_temperature


@pytest.mark.parametrize(
    ("model", "keeps"), [("deepseek-v4-pro", True), ("deepseek-chat", True), ("deepseek-reasoner", False)]
)
def test_deepseeks_rule_on_earlier_thoughts(model: str, keeps: bool) -> None:
    assert pick_quirks(DEEPSEEK, DEEPSEEK_RULES, model).earlier_thoughts == keeps


def test_without_quirks_all_is_taken() -> None:
    quirks = RequestQuirks()
    assert quirks.developer_role
    assert quirks.stream_options
    assert quirks == RequestQuirks(quirks.backend)
    assert {*quirks.refused, *quirks.renamed, *quirks.message_refused, *quirks.call_refused} == set()
