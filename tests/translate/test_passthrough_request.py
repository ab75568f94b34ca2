"""The passed-through chat body: byte for byte, but for what its backend refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proapi_translate import ClientFault, Target, translate_request
from proapi_translate.passthrough_request import prepare
from proapi_translate.providers import openai_quirks as known
from proapi_translate.providers.openai_quirks import RequestQuirks
from tests.translate.recorded import case_input, needs_cases

PLAIN = RequestQuirks()
ALL = [value for value in vars(known).values() if isinstance(value, RequestQuirks)]
USER = {"role": "user", "content": "hi"}


def adapt(
    body: dict[str, Any], quirks: RequestQuirks, *, streaming: bool = False
) -> tuple[dict[str, Any], dict[str, str]]:
    """(the body sent, what was lost by field)."""
    sent, losses = prepare(json.dumps({"model": "m", **body}).encode(), "m", quirks, streaming)
    value = json.loads(sent)
    del value["model"]
    return value, {loss.field: loss.what for loss in losses}


def test_without_a_change_the_very_same_bytes_come_back() -> None:
    body = b'{ "temperature": 1.50,\n"model":"m", "x": {"y": [1e2]}, "messages": [{"content": "\\u00e9"}] }'
    sent, losses = prepare(body, "m", PLAIN, False)
    assert sent is body
    assert losses == ()


def test_only_the_model_changes_and_every_other_value_keeps_its_bytes() -> None:
    body = b'{"n":1.50,"model":"alias","x":{"b": 2, "a" :1e2},"messages":[ {"role":"user"} ]}'
    sent, _ = prepare(body, "glm-4.6", PLAIN, False)
    assert sent == b'{"n":1.50,"model":"glm-4.6","x":{"b": 2, "a" :1e2},"messages":[ {"role":"user"} ]}'


@pytest.mark.parametrize(
    ("quirks", "streaming", "options", "sent"),
    [
        (PLAIN, True, None, {"include_usage": True}),
        (
            PLAIN,
            True,
            {"include_usage": False, "include_obfuscation": False},
            {"include_usage": True, "include_obfuscation": False},
        ),
        (PLAIN, True, {"include_usage": True}, {"include_usage": True}),
        (PLAIN, False, None, None),
        (known.MISTRAL, True, None, None),
        (known.MISTRAL, True, {"include_usage": True}, None),
        (known.DEEPSEEK, True, None, {"include_usage": True}),
    ],
)
def test_usage_is_always_asked_for(quirks: RequestQuirks, streaming: bool, options: Any, sent: Any) -> None:
    body = {"messages": [USER], "stream": streaming, **({} if options is None else {"stream_options": options})}
    assert adapt(body, quirks, streaming=streaming)[0].get("stream_options") == sent


@pytest.mark.parametrize(("given_stream", "streaming"), [("true", True), (1, True), ("off", False), (0, False)])
def test_lax_booleans_are_said_plainly(given_stream: Any, streaming: bool) -> None:
    assert adapt({"stream": given_stream}, PLAIN, streaming=streaming)[0]["stream"] is streaming


@pytest.mark.parametrize(
    ("quirks", "given_fields", "sent", "losses"),
    [
        (known.DEEPSEEK, {"max_completion_tokens": 5}, {"max_tokens": 5}, {"max_completion_tokens": "renamed"}),
        (known.DEEPSEEK, {"max_tokens": 5}, {"max_tokens": 5}, {}),
        (
            known.DEEPSEEK,
            {"max_tokens": 7, "max_completion_tokens": 5},
            {"max_tokens": 5},
            {"max_completion_tokens": "renamed"},
        ),
        (known.DEEPSEEK, {"max_tokens": None}, {}, {}),
        (known.OPENAI_REASONING, {"max_tokens": 5}, {"max_completion_tokens": 5}, {"max_tokens": "renamed"}),
        (known.OPENAI, {"max_tokens": 5}, {"max_tokens": 5}, {}),
        (known.OPENAI_NO_SAMPLING, {"temperature": 0.2, "top_p": 1}, {}, {"temperature": "dropped"}),
        (
            known.MISTRAL,
            {"seed": 3, "user": "u", "logit_bias": {}},
            {"random_seed": 3},
            {"user": "dropped", "seed": "renamed"},
        ),
        (known.GROQ, {"logit_bias": {"1": 1}, "store": False, "n": 2}, {"n": 2}, {"logit_bias": "dropped"}),
        (known.CEREBRAS, {"presence_penalty": 0, "frequency_penalty": 1}, {}, {"frequency_penalty": "dropped"}),
        (known.GLM, {"temperature": 0.4}, {"temperature": 0.4}, {}),
        (known.GLM, {"temperature": "warm"}, {"temperature": "warm"}, {}),
    ],
)
def test_fields(
    quirks: RequestQuirks, given_fields: dict[str, Any], sent: dict[str, Any], losses: dict[str, str]
) -> None:
    assert adapt(given_fields, quirks) == (sent, losses)


def test_renamed_fields_keep_their_places() -> None:
    body = b'{"a":1,"seed":3,"model":"m","max_completion_tokens":5,"b":2}'
    assert (
        prepare(body, "m", known.MISTRAL, False)[0] == b'{"a":1,"random_seed":3,"model":"m","max_tokens":5,"b":2}'
    )


@pytest.mark.parametrize("backend", ["glm", "zhipu"])
@needs_cases
def test_C035_temperature_is_lowered_to_the_highest_legal_one(backend: str) -> None:
    asked = next(request for request in case_input("C035")["requests"] if request["backend"] == "zhipu")
    body = {"model": "asked", "messages": [USER], "temperature": asked["temperature"]}
    translation = translate_request("chat", json.dumps(body).encode(), Target(backend, asked["model"]))
    assert json.loads(translation.upstream.body)["temperature"] == 1
    assert [(loss.field, loss.what) for loss in translation.losses] == [("temperature", "approximated")]


def test_a_schema_is_told_in_words_to_who_knows_only_json_object() -> None:
    schema = {"type": "object", "properties": {"é": {"type": "string"}}}
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    system = {"role": "system", "content": "Be terse."}
    sent, losses = adapt({"messages": [system, USER], "response_format": wanted}, known.DEEPSEEK)
    assert sent["response_format"] == {"type": "json_object"}
    assert [message["role"] for message in sent["messages"]] == ["system", "system", "user"]
    words, _, told = sent["messages"][1]["content"].partition("\n")
    assert "JSON" in words
    assert json.loads(told) == schema
    assert losses == {"response_format": "approximated"}


@pytest.mark.parametrize("wanted", [{"type": "json_object"}, {"type": "text"}, None, "json_schema"])
def test_other_forms_pass(wanted: Any) -> None:
    body = {"messages": [USER], "response_format": wanted}
    assert adapt(body, known.DEEPSEEK) == (body, {})
    full = {"messages": [USER], "response_format": {"type": "json_schema", "json_schema": {"name": "n"}}}
    assert adapt(full, known.OPENAI) == (full, {})


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": nope}', b"\xff", b'{"model":"m","temperature":01}'])
def test_what_is_no_json_object_is_the_clients_fault(body: bytes) -> None:
    with pytest.raises(ClientFault) as caught:
        prepare(body, "m", known.GLM, False)
    assert caught.value.status == 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    [
        "messages", "temperature", "stream", "stream_options", "max_tokens", "max_completion_tokens", "seed", "user",
        "response_format", "tools",
    ]
)  # fmt: skip
odd_messages = st.lists(
    st.dictionaries(
        st.sampled_from(["role", "content", "tool_calls", "tool_call_id", "reasoning_content", "name"]),
        json_values | st.sampled_from(["developer", "user", "assistant", "tool"]),
    ),
    max_size=3,
)


@given(st.dictionaries(names, json_values, max_size=6), st.none() | odd_messages, st.sampled_from(ALL), st.booleans())
def test_any_json_is_adapted_or_refused_never_broken(
    fields: dict[str, Any], messages: Any, quirks: RequestQuirks, streaming: bool
) -> None:
    body = {"model": "alias", **fields, **({} if messages is None else {"messages": messages})}
    sent, _ = prepare(json.dumps(body).encode(), "m", quirks, streaming)
    assert json.loads(sent)["model"] == "m"


NAMED = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("choice", "sent", "lost"),
    [
        ("auto", {"tools": [1], "tool_choice": "auto"}, {}),
        ("none", {}, {}),
        ("required", {"tools": [1], "tool_choice": "auto"}, {"tool_choice": "approximated"}),
        (NAMED, {"tools": [1], "tool_choice": NAMED}, {}),
        (None, {"tools": [1], "tool_choice": None}, {}),
    ],
)
def test_glm_chooses_its_tools_itself(choice: Any, sent: dict[str, Any], lost: dict[str, str]) -> None:
    assert adapt({"tools": [1], "tool_choice": choice}, known.GLM) == (sent, lost)
    assert adapt({"tools": [1], "tool_choice": choice}, known.QWEN)[0]["tool_choice"] == choice


ALLOWED = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [NAMED]}}


def test_allowed_tools_are_openais_own_form() -> None:
    body = {"tools": [NAMED, {"type": "function", "function": {"name": "g"}}, 7], "tool_choice": ALLOWED}
    assert adapt(body, known.OPENAI) == (body, {})
    assert adapt(body, known.QWEN) == ({"tools": [NAMED], "tool_choice": "required"}, {})
    assert adapt(body, known.GLM) == (
        {"tools": [NAMED], "tool_choice": "auto"}, {"tool_choice": "approximated"},
    )  # fmt: skip
    odd = {"tool_choice": {"allowed_tools": {"tools": [1, {}]}}}
    assert adapt(odd, known.QWEN)[0] == {"tools": [], "tool_choice": "auto"}


def test_qwens_two_limits_are_two() -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        assert adapt({name: 9}, known.QWEN) == ({name: 9}, {})
