"""A sealed summary opens as its words, and as nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_translate.sealed_summaries import seal_summary, unseal_summary

SEALED = seal_summary("they want tea")


@given(st.text())
def test_what_is_sealed_is_opened(text: str) -> None:
    words = unseal_summary(seal_summary(text))
    assert words is not None
    assert words.endswith("\n\n" + text)


def test_it_is_opaque_and_says_what_it_is() -> None:
    assert SEALED.startswith("proapi1.summary.")
    assert "tea" not in SEALED


@pytest.mark.parametrize("place", range(len(SEALED)))
def test_a_changed_or_cut_seal_opens_as_nothing(place: int) -> None:
    changed = "0" if SEALED[place] != "0" else "1"
    assert unseal_summary(SEALED[:place] + changed + SEALED[place + 1 :]) is None
    assert unseal_summary(SEALED[:place]) is None


@pytest.mark.parametrize("text", ["", "gAAAAABo5kfx", "proapi1.anthropic.e30.0123456789abcdef"])
def test_what_is_anothers_opens_as_nothing(text: str) -> None:
    assert unseal_summary(text) is None
