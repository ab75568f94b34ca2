"""Whole requests: the fields beside messages, tools and dials; all kinds against Converse's service model."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from proapi_translate.errors import ClientFault

from .service_model import faults_of
from .test_messages import ANSWERED, ASKED
from .test_output import BY_SCHEMA
from .test_parts import PNG, file, image
from .test_tools import ALLOWED_G, NAMED_F, TOOLS, tool
from .wire import CLAUDE, LLAMA, NOVA, lost_fields, write_chat

GUARDRAIL = {"guardrailIdentifier": "abc1", "guardrailVersion": "DRAFT", "trace": "enabled"}
MODELS = [
    "anthropic.claude-v2:1",
    "anthropic.claude-3-haiku-20240307-v1:0",
    CLAUDE,
    "anthropic.claude-opus-4-6-v1",
    "us.anthropic.claude-opus-4-7",
    "anthropic.claude-opus-5",
    "anthropic.claude-opus-5-5",
    NOVA,
    "us.amazon.nova-2-lite-v1:0",
    "amazon.titan-text-express-v1",
    "openai.gpt-oss-120b-1:0",
    "qwen.qwen3-32b-v1:0",
    LLAMA,
    "mistral.mistral-large-2407-v1:0",
    "cohere.command-r-v1:0",
    "writer.palmyra-x5-v1:0",
    "deepseek.v3-v1:0",
]
MEDIA = [
    {"type": "text", "text": "see"},
    image(f"data:;base64,{PNG}"),
    file("a.pdf", "data:application/pdf;base64,JVBERi0="),
    file("a.pdf", "data:application/pdf;base64,JVBERi0="),
    file("v.mp4", "data:video/mp4;base64,AAAAGGZ0eXBpc29t"),
]
MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
KINDS: dict[str, dict[str, Any]] = {
    "text": {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}]},
    "media": {"messages": [{"role": "user", "content": MEDIA}]},
    "marks": {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "a", **MARK}]}],
        "tools": [{**tool("f"), **MARK}],
    },
    "tools": {
        "tools": [
            *TOOLS,
            tool("h", parameters={"type": "object", "properties": {"n": {"type": "integer"}}}, strict=True),
        ]
    },
    "required": {"tools": TOOLS, "tool_choice": "required", "parallel_tool_calls": False},
    "allowed": {"tools": TOOLS, "tool_choice": ALLOWED_G},
    "none": {"tools": TOOLS, "tool_choice": "none"},
    "history": {"messages": [*ANSWERED, {"role": "user", "content": "go"}]},
    "open call": {"messages": ASKED, "tools": [tool("add")]},
    "odd ids": {"messages": json.loads(json.dumps(ANSWERED).replace("call_1", "call|" + "x" * 80))},
    "schema": {"response_format": BY_SCHEMA},
    "object": {"response_format": {"type": "json_object"}},
    "schema and tools": {"response_format": BY_SCHEMA, "tools": TOOLS},
    "thinking": {"reasoning_effort": "high", "max_completion_tokens": 8000},
    "dials": {"max_tokens": 9, "temperature": 1.5, "top_p": 0.5, "top_k": 3, "stop": ["a", "b"], "seed": 1},
    "labels": {"metadata": {"team": "a b", "bad": "ü"}, "user": "u", "service_tier": "flex"},
    "own fields": {
        "guardrailConfig": GUARDRAIL,
        "performanceConfig": {"latency": "optimized"},
        "requestMetadata": {"a": "b"},
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
    },
    "prefill": {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b "}]},
    "assistant first": {"messages": [{"role": "assistant", "content": "b"}, {"role": "user", "content": "a"}]},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("model", MODELS)
def test_the_service_model_takes_every_kind_of_request(model: str, kind: str) -> None:
    for streaming in (False, True):
        written, _ = write_chat({**KINDS[kind], "stream": streaming}, model)
        assert faults_of(written.body, model, streaming=streaming) == []


def test_the_named_tool_too() -> None:
    for model in (CLAUDE, NOVA, "mistral.mistral-large-2407-v1:0"):
        written, _ = write_chat({"tools": TOOLS, "tool_choice": NAMED_F}, model)
        assert faults_of(written.body, model) == []


def test_the_judge_finds_faults() -> None:
    assert faults_of({"messages": [{"role": "user", "content": [{"txt": "a"}]}]}, CLAUDE)
    assert faults_of({"serviceTier": {"type": "fast"}}, CLAUDE)
    assert faults_of({"inferenceConfig": {"temperature": 1.5}}, CLAUDE)


def test_nothing_is_invented() -> None:
    written, losses = write_chat({})
    assert written.body == {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    assert losses == ()


def test_what_bedrock_knows_by_name_goes_through() -> None:
    fields = {"guardrailConfig": GUARDRAIL, "performanceConfig": {"latency": "optimized"}, "anthropic_beta": ["b"]}
    written, losses = write_chat({**fields, "additionalModelRequestFields": {"x": 1}, "top_k": 4})
    assert written.body["guardrailConfig"] == GUARDRAIL
    assert written.body["performanceConfig"] == {"latency": "optimized"}
    assert written.body["additionalModelRequestFields"] == {"x": 1, "anthropic_beta": ["b"], "top_k": 4}
    assert losses == ()


def test_the_clients_own_tree_is_left_as_it_is() -> None:
    body = {
        "additionalModelRequestFields": {"inferenceConfig": {"topP": 1}},
        "requestMetadata": {"a": "b"},
        "metadata": {"c": "d"},
        "top_k": 4,
        "reasoning_effort": "low",
    }
    before = copy.deepcopy(body)
    written, _ = write_chat(body, NOVA)
    assert body == before
    assert written.body["additionalModelRequestFields"] == {"inferenceConfig": {"topP": 1, "topK": 4}}
    assert written.body["requestMetadata"] == {"a": "b", "c": "d"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prediction", {"type": "content"}),
        ("store", True),
        ("verbosity", "low"),
        ("prompt_cache_key", "k"),
        ("audio", {}),
    ],
)
def test_what_it_does_not_know_is_reported(field: str, value: Any) -> None:
    written, losses = write_chat({field: value})
    assert field not in str(written.body)
    assert lost_fields(losses) == [field]


@pytest.mark.parametrize(("field", "value"), [("store", False), ("modalities", ["text"]), ("verbosity", "medium")])
def test_a_default_loses_nothing(field: str, value: Any) -> None:
    assert write_chat({field: value})[1] == ()


@pytest.mark.parametrize(
    ("told", "tier", "lost"),
    [
        ("auto", None, []),
        ("default", {"type": "default"}, []),
        ("flex", {"type": "flex"}, []),
        ("priority", {"type": "priority"}, []),
        ("scale", None, ["service_tier"]),
    ],
)
def test_service_tiers(told: str, tier: Any, lost: list[str]) -> None:
    written, losses = write_chat({"service_tier": told})
    assert written.body.get("serviceTier") == tier
    assert lost_fields(losses) == lost


def test_labels() -> None:
    written, losses = write_chat({"metadata": {"team": "a", "bad": "ü", "n": 1}, "user": "u"})
    assert written.body["requestMetadata"] == {"team": "a"}
    assert lost_fields(losses) == ["user", "metadata"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("requestMetadata", "a"),
        ("additionalModelRequestFields", [1]),
        ("guardrailConfig", 1),
        ("projectIdentifier", {}),
    ],
)
def test_a_field_of_its_own_of_the_wrong_type_is_the_clients_fault(field: str, value: Any) -> None:
    with pytest.raises(ClientFault) as caught:
        write_chat({field: value})
    assert (caught.value.status, caught.value.param) == (400, field)


@pytest.mark.parametrize("fields", [{"tool_choice": "any"}, {"inferenceConfig": 1}, {"thinking": "on"}])
def test_odd_values_among_the_models_fields_go_to_the_backend(fields: dict[str, Any]) -> None:
    request = {"additionalModelRequestFields": fields, "reasoning_effort": "low", "top_k": 2, "tools": TOOLS}
    for model in (CLAUDE, NOVA):
        assert write_chat(request, model)[0].body["additionalModelRequestFields"]
