"""A client's embeddings request: what is taken, and each fault by its name."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate import ClientFault

from ...embedding_wire import bodies_of, lost, translate


def decode(model: str, tokens: Any) -> str:
    return f"{model}:" + "+".join(map(str, tokens))


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ("kelp", ["kelp"]),
        (["kelp", "eel"], ["kelp", "eel"]),
        (["eel", "kelp", "eel"], ["eel", "kelp", "eel"]),
        ([9906, 11], ["asked:9906+11"]),
        ([[9906, 11], [1917]], ["asked:9906+11", "asked:1917"]),
        (["kelp", [1917]], ["kelp", "asked:1917"]),
    ],
)
def test_every_form_of_input_becomes_texts_in_order(given: Any, texts: list[str]) -> None:
    assert bodies_of(translate("cohere", "embed-v4.0", given, decode=decode))[0]["texts"] == texts


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"given": None}, "input"),
        ({"given": []}, "input"),
        ({"given": ""}, "input"),
        ({"given": ["a", ""]}, "input"),
        ({"given": [[]]}, "input"),
        ({"given": [1.5]}, "input"),
        ({"given": [[1, "a"]]}, "input"),
        ({"given": {"text": "a"}}, "input"),
        ({"given": ["a"] * 2049}, "input"),
        ({"given": ["a" * 3_000_001, "a" * 3_000_000]}, "input"),
        ({"given": [1] * 8193, "decode": decode}, "input"),
        ({"given": [9906]}, "input"),  # nobody here can read token ids
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": "256"}, "dimensions"),
        ({"encoding_format": "int8"}, "encoding_format"),
        ({"encoding_format": 1}, "encoding_format"),
        ({"input_type": "poem"}, "input_type"),
    ],
)
def test_what_cannot_be_taken_is_a_400_with_its_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(ClientFault) as raised:
        translate("gemini", "gemini-embedding-001", **fields)
    assert (raised.value.status, raised.value.param) == (400, param)


def test_token_ids_that_nobody_reads_are_told_with_the_way_out() -> None:
    with pytest.raises(ClientFault, match="check_embedding_ctx_length=False"):
        translate("cohere", "embed-v4.0", [9906])


def test_as_many_inputs_as_openai_takes_are_taken() -> None:
    assert len(bodies_of(translate("gemini", "m", ["a"] * 2048))) == 21


def test_what_no_backend_knows_is_lost_in_the_open() -> None:
    translation = translate("gemini", "m", user="u", safety_identifier="s", encoding_format="base64", stream=True)
    assert lost(translation) == {"user", "safety_identifier"}


@pytest.mark.parametrize(
    ("asked", "of_the_block", "sent"),
    [
        (None, "", "search_document"),
        (None, "search_query", "search_query"),
        ("search_document", "search_query", "search_document"),
        ("clustering", "", "clustering"),
        ("RETRIEVAL_QUERY", "", "search_query"),
        ("passage", "", "search_document"),
    ],
)
def test_what_the_texts_are_for_is_the_clients_word_first(asked: str | None, of_the_block: str, sent: str) -> None:
    translation = translate("cohere", "embed-v4.0", options={"input_type": of_the_block}, input_type=asked)
    assert bodies_of(translation)[0]["input_type"] == sent
