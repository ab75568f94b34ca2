"""echo's embeddings: small, of length 1, the same each time."""

from __future__ import annotations

import math

import pytest

from proapi_translate import ClientFault, answer_locally

from ...embedding_wire import answer, lost, translate, vectors_of


def embed(*texts: str, **fields: object) -> list[list[float]]:
    translation = translate("echo", "echo", list(texts), **fields)
    return vectors_of(answer(translation, answer_locally(translation)))


def alike(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_equal_texts_have_equal_vectors_of_length_one() -> None:
    kelp, eel, again = embed("the kelp", "an eel swims by", "the kelp")
    assert kelp == again != eel
    assert len(kelp) == 8
    assert [math.hypot(*vector) for vector in (kelp, eel)] == pytest.approx([1, 1])


def test_texts_that_share_words_are_close() -> None:
    one, near, far = embed("red kelp in water", "green kelp in water", "money", dimensions=512)
    assert alike(one, near) > 0.7 > alike(one, far)


def test_a_size_can_be_asked_for_within_reason() -> None:
    assert len(embed("kelp", dimensions=3)[0]) == 3
    with pytest.raises(ClientFault) as raised:
        embed("kelp", dimensions=10**9)
    assert (raised.value.status, raised.value.param) == (400, "dimensions")
    assert lost(translate("echo", "echo", input_type="query")) == {"input_type"}


def test_blanks_have_a_vector_too() -> None:
    assert len(embed(" ", "\t\n", "é")) == 3
