"""The dials and the answer's form: what has a place, what is bent, what is refused, what is told."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate.errors import ClientFault

from .wire import FLASH_3, FLASH_25, body_of, function, told, write_chat

OBJECT = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def json_schema(schema: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, **fields}}}


@pytest.mark.parametrize(
    ("fields", "config"),
    [
        ({"max_tokens": 5}, {"maxOutputTokens": 5}),
        ({"max_completion_tokens": 5}, {"maxOutputTokens": 5}),
        ({"temperature": 0}, {"temperature": 0}),
        ({"top_p": 0.5, "top_k": 3}, {"topP": 0.5, "topK": 3}),
        ({"stop": "X"}, {"stopSequences": ["X"]}),
        ({"stop": ["X", "", "Y"]}, {"stopSequences": ["X", "Y"]}),
        ({"stop": [""]}, {}),
        ({"seed": 7}, {"seed": 7}),
        ({"n": 3}, {"candidateCount": 3}),
        ({"frequency_penalty": 0.1, "presence_penalty": -2}, {"frequencyPenalty": 0.1, "presencePenalty": -2}),
        ({"logprobs": True, "top_logprobs": 2}, {"responseLogprobs": True, "logprobs": 2}),
        ({"logprobs": True, "top_logprobs": 0}, {"responseLogprobs": True}),
        ({"logprobs": False}, {}),
        ({"response_format": {"type": "json_object"}}, {"responseMimeType": "application/json"}),
        ({"response_format": {"type": "text"}}, {}),
        (json_schema(OBJECT), {"responseMimeType": "application/json", "responseSchema": OBJECT}),
        (
            json_schema(OBJECT, description="d"),
            {"responseMimeType": "application/json", "responseSchema": {**OBJECT, "description": "d"}},
        ),
        (
            json_schema({"type": "object", "additionalProperties": OBJECT}),
            {
                "responseMimeType": "application/json",
                "responseJsonSchema": {"type": "object", "additionalProperties": OBJECT},
            },
        ),
    ],
)
def test_what_has_a_place(fields: dict[str, Any], config: dict[str, Any]) -> None:
    written, losses = write_chat(fields)
    assert written.body.get("generationConfig", {}) == config
    assert losses == ()


@pytest.mark.parametrize(
    ("fields", "config", "losses"),
    [
        ({"logit_bias": {"1": 2}}, {}, [("logit_bias", "dropped")]),
        ({"stop": list("abcdef")}, {"stopSequences": list("abcde")}, [("stop", "approximated")]),
        ({"seed": 2**31}, {"seed": 0}, [("seed", "approximated")]),
        ({"seed": -(2**31)}, {"seed": -(2**31)}, []),
    ],
)
def test_what_is_bent(fields: dict[str, Any], config: dict[str, Any], losses: list[Any]) -> None:
    written, report = write_chat(fields)
    assert written.body.get("generationConfig", {}) == config
    assert told(report) == losses


def test_more_choices_than_gemini_gives_are_refused() -> None:
    with pytest.raises(ClientFault) as caught:
        body_of({"n": 9})
    assert caught.value.param == "n"


def test_a_schema_that_cannot_be_held_is_told() -> None:
    written, losses = write_chat(json_schema({**OBJECT, "not": {}}))
    assert told(losses) == [("response_format", "approximated")]
    assert written.body["generationConfig"]["responseSchema"] == OBJECT


def test_json_beside_tools() -> None:
    fields = {**json_schema(OBJECT), "tools": [function("f")]}
    written, losses = write_chat(fields, FLASH_3)
    assert written.body["generationConfig"]["responseSchema"] == OBJECT
    assert losses == ()
    # Before Gemini 3 the two exclude each other: the form is asked for in words.
    written, losses = write_chat(fields, FLASH_25)
    assert "generationConfig" not in written.body
    assert '"city"' in written.body["systemInstruction"]["parts"][-1]["text"]
    assert told(losses) == [("response_format", "approximated")]
