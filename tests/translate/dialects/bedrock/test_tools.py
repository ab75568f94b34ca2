"""Tools and their choice → toolConfig."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from proapi_translate.errors import ClientFault

from .test_messages import ANSWERED
from .wire import CLAUDE, LLAMA, NOVA, lost_fields, write_chat

MISTRAL = "mistral.mistral-large-2407-v1:0"
OPUS_5_5 = "us.anthropic.claude-opus-5-5"
NOVA_2 = "us.amazon.nova-2-lite-v1:0"


def tool(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, **fields}}


def spec(name: str, **fields: Any) -> dict[str, Any]:
    return {"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}, **fields}}


TOOLS = [tool("f"), tool("g", description="G.")]
SPECS = [spec("f"), spec("g", description="G.")]
NAMED_F = {"type": "function", "function": {"name": "f"}}
ALLOWED_G = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "required", "tools": [NAMED_F | {"function": {"name": "g"}}]},
}


def test_a_tool_without_parameters_and_one_with() -> None:
    schema = {"properties": {"n": {"type": "integer"}}, "required": ["n"]}
    written, losses = write_chat({"tools": [tool("f"), tool("g", description="", parameters=schema)]})
    assert written.body["toolConfig"] == {
        "tools": [
            spec("f"),
            {"toolSpec": {"name": "g", "inputSchema": {"json": {"type": "object", **schema}}}},
        ]
    }
    assert losses == ()


@pytest.mark.parametrize(
    ("model", "choice", "config"),
    [
        (CLAUDE, None, {"tools": SPECS}),
        (CLAUDE, "auto", {"tools": SPECS, "toolChoice": {"auto": {}}}),
        (CLAUDE, "required", {"tools": SPECS, "toolChoice": {"any": {}}}),
        (CLAUDE, NAMED_F, {"tools": SPECS, "toolChoice": {"tool": {"name": "f"}}}),
        (CLAUDE, ALLOWED_G, {"tools": SPECS[1:], "toolChoice": {"any": {}}}),
        (CLAUDE, "none", None),
        (NOVA, NAMED_F, {"tools": SPECS, "toolChoice": {"tool": {"name": "f"}}}),
        (MISTRAL, NAMED_F, {"tools": SPECS[:1], "toolChoice": {"any": {}}}),
        (LLAMA, "auto", {"tools": SPECS}),
    ],
)
def test_every_choice(model: str, choice: Any, config: dict[str, Any] | None) -> None:
    written, losses = write_chat({"tools": TOOLS, "tool_choice": choice}, model)
    assert written.body.get("toolConfig") == config
    assert losses == ()


@pytest.mark.parametrize("model", [LLAMA, OPUS_5_5])
def test_a_model_that_cannot_be_forced(model: str) -> None:
    written, losses = write_chat({"tools": TOOLS, "tool_choice": "required"}, model)
    assert written.body["toolConfig"] == {"tools": SPECS}
    assert [(loss.field, loss.what) for loss in losses] == [("tool_choice", "approximated")]
    with pytest.raises(ClientFault) as caught:
        write_chat({"tools": TOOLS, "tool_choice": NAMED_F}, model)
    assert (caught.value.status, caught.value.param) == (400, "tool_choice")


def test_a_choice_of_a_tool_that_is_not_there() -> None:
    with pytest.raises(ClientFault, match="zzz") as caught:
        write_chat({"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "zzz"}}})
    assert caught.value.param == "tool_choice"


def test_no_choice_is_not_to_be_had_with_tools_in_the_history() -> None:
    written, losses = write_chat({"messages": ANSWERED, "tools": [tool("add")], "tool_choice": "none"})
    assert written.body["toolConfig"] == {"tools": [spec("add")]}
    assert lost_fields(losses) == ["tool_choice"]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (None, {"type": "auto"}),
        ("required", {"type": "any"}),
        (NAMED_F, {"type": "tool", "name": "f"}),
    ],
)
def test_one_call_at_a_time_is_claudes_own_field(choice: Any, sent: dict[str, Any]) -> None:
    written, losses = write_chat({"tools": TOOLS, "tool_choice": choice, "parallel_tool_calls": False})
    assert written.body["toolConfig"] == {"tools": SPECS}
    fields = {"tool_choice": {**sent, "disable_parallel_tool_use": True}}
    assert written.body["additionalModelRequestFields"] == fields
    assert losses == ()


def test_one_call_at_a_time_elsewhere_is_reported() -> None:
    _, losses = write_chat({"tools": TOOLS, "parallel_tool_calls": False}, NOVA)
    assert lost_fields(losses) == ["parallel_tool_calls"]


def test_several_calls_are_the_default_and_no_tools_no_choice() -> None:
    assert write_chat({"tools": TOOLS, "parallel_tool_calls": True}, NOVA)[1] == ()
    written, losses = write_chat({"parallel_tool_calls": False})
    assert (written.body.keys(), losses) == ({"messages"}, ())


class TestStrict:
    SCHEMA: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1, "description": "N"}},
    }

    def test_is_kept_where_it_is_enforced(self) -> None:
        written, losses = write_chat({"tools": [tool("f", parameters=self.SCHEMA, strict=True)]})
        assert written.body["toolConfig"]["tools"][0]["toolSpec"] == {
            "name": "f",
            "inputSchema": {
                "json": {
                    "type": "object",
                    "properties": {"n": {"type": "integer", "description": "N (minimum: 1)"}},
                    "additionalProperties": False,
                }
            },
            "strict": True,
        }
        assert [(loss.field, loss.what) for loss in losses] == [("tools.strict", "approximated")]

    def test_is_reported_where_it_is_not(self) -> None:
        written, losses = write_chat({"tools": [tool("f", parameters=self.SCHEMA, strict=True)]}, NOVA)
        assert written.body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"] == self.SCHEMA
        assert lost_fields(losses) == ["tools.strict"]


def test_names_are_made_to_fit_and_mapped_back() -> None:
    written, _ = write_chat(
        {"tools": [tool("files.read")], "tool_choice": {"type": "function", "function": {"name": "files.read"}}}
    )
    assert written.body["toolConfig"] == {"tools": [spec("files_read")], "toolChoice": {"tool": {"name": "files_read"}}}
    assert written.tool_names == {"files_read": "files.read"}


class TestHostedTools:
    def test_novas_own(self) -> None:
        tools = [{"type": "web_search_preview"}, {"type": "code_interpreter", "container": {"type": "auto"}}]
        written, losses = write_chat({"tools": tools}, NOVA_2)
        assert written.body["toolConfig"] == {
            "tools": [{"systemTool": {"name": "nova_grounding"}}, {"systemTool": {"name": "nova_code_interpreter"}}]
        }
        assert losses == ()

    def test_search_options_ask_for_search(self) -> None:
        written, losses = write_chat({"web_search_options": {}}, NOVA_2)
        assert written.body["toolConfig"] == {"tools": [{"systemTool": {"name": "nova_grounding"}}]}
        assert losses == ()

    @pytest.mark.parametrize("kind", ["web_search", "custom"])
    def test_others_are_refused_by_name(self, kind: str) -> None:
        with pytest.raises(ClientFault, match=kind) as caught:
            write_chat({"tools": [{"type": kind, "custom": {"name": "c"}}]})
        assert caught.value.param == "tools"

    def test_search_options_where_there_is_no_search_are_reported(self) -> None:
        written, losses = write_chat({"web_search_options": {}})
        assert "toolConfig" not in written.body
        assert set(lost_fields(losses)) == {"web_search_options"}
