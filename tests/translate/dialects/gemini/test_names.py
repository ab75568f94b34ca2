"""The tables cover google-genai's words."""

from __future__ import annotations

import pytest

from proapi_translate.dialects.gemini.names import DIALS, FAILED_TURNS, FINISH_REASONS, SERVICE_TIERS
from proapi_translate.prompt import Sampling

types = pytest.importorskip("google.genai.types", reason="the google-genai package is not installed here")


def test_every_finish_reason_has_its_place() -> None:
    words = {reason.value for reason in types.FinishReason}
    # An older package may know fewer of them.
    assert words - {"FINISH_REASON_UNSPECIFIED"} <= set(FINISH_REASONS) | FAILED_TURNS
    assert not set(FINISH_REASONS) & FAILED_TURNS


def test_every_dial_is_a_field() -> None:
    fields = {field.alias for field in types.GenerationConfig.model_fields.values()}
    assert set(DIALS.values()) <= fields
    assert set(Sampling.__struct_fields__) - set(DIALS) == {"logit_bias"}


def test_tiers() -> None:
    assert {tier for tier in SERVICE_TIERS.values() if tier} == {tier.value for tier in types.ServiceTier} - {
        "unspecified"
    }
