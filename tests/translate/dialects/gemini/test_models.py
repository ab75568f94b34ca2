"""What is known of each model, by its name."""

from __future__ import annotations

import pytest

from proapi_translate.dialects.gemini.models import facts_of


@pytest.mark.parametrize(
    ("model", "low", "can_rest"),
    [
        ("gemini-2.5-pro", 128, False),
        ("models/gemini-2.5-pro-preview-05-06", 128, False),
        ("gemini-2.5-flash", 1, True),
        ("google/gemini-2.5-flash-preview-09-2025", 1, True),
        ("gemini-2.5-flash-lite", 512, True),
    ],
)
def test_budgets(model: str, low: int, can_rest: bool) -> None:
    facts = facts_of(model)
    assert facts.budget is not None
    assert (facts.budget.low, facts.budget.can_rest, facts.levels, facts.signed_calls) == (low, can_rest, (), False)


@pytest.mark.parametrize(
    ("model", "levels"),
    [
        ("gemini-3-pro-preview", ("low", "high")),
        ("gemini-3.1-pro-preview", ("low", "medium", "high")),
        ("gemini-3-flash-preview", ("minimal", "low", "medium", "high")),
        ("Gemini-3.1-flash-lite", ("minimal", "low", "medium", "high")),
        ("gemini-3.8-flash", ("low", "medium", "high")),
        ("gemini-flash-latest", ("low", "medium", "high")),
        ("gemini-4-hydrogen", ("low", "medium", "high")),
    ],
)
def test_levels(model: str, levels: tuple[str, ...]) -> None:
    facts = facts_of(model)
    assert facts.budget is None
    assert facts.levels == levels
    assert facts.signed_calls


@pytest.mark.parametrize(
    "model", ["gemini-1.5-flash", "gemini-2.0-flash", "gemini-2.5-flash-image", "gemma-3-27b-it", "my-tuned"]
)
def test_models_that_do_not_think(model: str) -> None:
    facts = facts_of(model)
    assert (facts.budget, facts.levels, facts.signed_calls) == (None, (), False)


def test_gemma_has_no_system_instruction() -> None:
    assert not facts_of("gemma-3-27b-it").system
    assert facts_of("my-tuned").system
