"""The request side of /v1/embeddings to backends that speak it themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault
from proapi_translate.passthrough_embeddings import prepare_embeddings
from proapi_translate.providers.openai_quirks import OLLAMA, OPENAI, RELAY, RequestQuirks


def prepare(quirks: RequestQuirks, **fields: Any) -> dict[str, Any]:
    body = json.dumps({"model": "asked", **fields}).encode()
    sent = prepare_embeddings(body, "up", quirks, lambda model, tokens: f"{model}{list(tokens)}")
    tree: dict[str, Any] = json.loads(sent)
    assert tree.pop("model") == "up"
    return tree


@pytest.mark.parametrize("quirks", [OPENAI, RELAY])
def test_openais_own_models_get_what_was_sent(quirks: RequestQuirks) -> None:
    fields = {"input": [[1], [2, 3]], "encoding_format": "base64", "dimensions": 8, "user": "u"}
    assert prepare(quirks, **fields) == fields
    body = b'{ "model": "up", "input": "\\u00e9" }'
    assert prepare_embeddings(body, "up", quirks, None) == body


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"input": "kelp"}, {"input": "kelp"}),
        ({"input": ["kelp"], "encoding_format": "base64", "user": "u"}, {"input": ["kelp"], "user": "u"}),
        ({"input": [1, 2]}, {"input": ["asked[1, 2]"]}),
        ({"input": ["kelp", [3]]}, {"input": ["kelp", "asked[3]"]}),
    ],
)
def test_others_get_texts_and_give_numbers(given: dict[str, Any], sent: dict[str, Any]) -> None:
    assert prepare(OLLAMA, **given) == sent


@pytest.mark.parametrize("given", [[], "", ["kelp", ""]])
def test_empty_inputs_are_a_400(given: Any) -> None:
    with pytest.raises(ClientFault) as raised:
        prepare(OLLAMA, input=given)
    assert (raised.value.status, raised.value.param) == (400, "input")


@pytest.mark.parametrize("body", [b"", b"[]", b"{"])
@pytest.mark.parametrize("quirks", [OLLAMA, OPENAI])
def test_what_is_no_object_is_a_400(body: bytes, quirks: RequestQuirks) -> None:
    with pytest.raises(ClientFault):
        prepare_embeddings(body, "up", quirks, None)
