"""A seal opens as what was sealed, and as nothing else."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proapi_translate import Signature, Thinking
from proapi_translate.sealed_thoughts import MARK, Sealed, seal, unseal

SIGNED = Thinking("plan", Signature("c2ln", "anthropic"))


@given(st.text(), st.text(min_size=1), st.booleans(), st.text())
def test_what_is_sealed_is_opened(text: str, value: str, redacted: bool, call_id: str) -> None:
    thought = Thinking(text, Signature(value, "google"), redacted)
    assert unseal(seal(thought, call_id)) == Sealed(thought, call_id)


def test_the_seal_tells_whose_it_is_and_nothing_else() -> None:
    sealed = seal(SIGNED)
    assert sealed.startswith("proapi1.anthropic.")
    assert "plan" not in sealed
    assert sealed == seal(SIGNED)


@pytest.mark.parametrize("place", range(0, len(seal(SIGNED)), 3))
def test_a_changed_or_cut_seal_opens_as_nothing(place: int) -> None:
    sealed = seal(SIGNED)
    changed = "A" if sealed[place] != "A" else "B"
    assert unseal(sealed[:place] + changed + sealed[place + 1 :]) is None
    assert unseal(sealed[:place]) is None


@given(st.text())
@example("gAAAAABo5kfxLc0mW1zaOXGjnG239Cj0")
@example(MARK)
@example(MARK + "anthropic.e30.0000000000000000")
@example(MARK + "anthropic." + "A" * 100_000 + ".0000000000000000")
def test_anything_else_opens_as_nothing(text: str) -> None:
    assert unseal(text) is None
