"""Tools that a Responses client groups, brings along in its input, or searches for itself: to the model, and back."""

from __future__ import annotations

from typing import Any

import pytest

from proapi_translate import ClientFault
from proapi_translate.dialects.openai_responses import CLIENT
from proapi_translate.events import Event, Finish, PartEnd, PartStart, Start, TextDelta
from proapi_translate.interface import Asked, ReplyFacts
from proapi_translate.prompt import HostedTool, Prompt, Text, Tool, ToolCall, ToolChoice, ToolResult, Turn
from tests.translate.responses_contract import check_stream

from .lanes import CREATED, MODEL, REPLY_ID

F = {"type": "function", "name": "f"}
SEARCH = {"type": "tool_search", "execution": "client", "description": "d", "parameters": {"type": "object"}}
HI = {"role": "user", "content": "hi"}


def brought(*tools: Any) -> dict[str, Any]:
    return {"type": "additional_tools", "role": "developer", "tools": list(tools)}


def space(name: str, *tools: Any) -> dict[str, Any]:
    return {"type": "namespace", "name": name, "description": "d", "tools": list(tools)}


def read(**fields: Any) -> Prompt:
    return CLIENT.read_request({"model": "m", "input": "hi", **fields})


def told(name: str, arguments: str, **fields: Any) -> dict[str, Any]:
    """The one item of a reply that calls a tool; its stream and its whole form are the same."""
    events: list[Event] = [
        Start(), PartStart(0, "tool_call", id="c1", name=name), TextDelta(0, arguments), PartEnd(0),
        Finish("tool_calls"),
    ]  # fmt: skip
    facts = ReplyFacts(Asked("responses", MODEL, body={"model": MODEL, "input": "hi", **fields}), REPLY_ID, CREATED)
    writer = CLIENT.stream_writer(facts)
    stream = b"".join(writer.write(event) for event in events) + writer.end()
    (item,) = check_stream(stream, model=MODEL)[-1]["response"]["output"]
    assert CLIENT.write_body(events, facts)["output"] == [item]
    return {name: value for name, value in item.items() if name not in ("id", "status")}


# -- tools within the input ------------------------------------------------------------------------------------------
def test_tools_in_the_input_are_offered_after_the_others() -> None:
    custom = {"type": "custom", "name": "exec"}
    prompt = read(input=[brought(space("functions", custom), {"type": "web_search"}), HI], tools=[F])
    assert [tool.name for tool in prompt.tools] == ["f", "exec"]
    assert prompt.hosted_tools == (HostedTool("web_search", {"type": "web_search"}),)
    assert prompt.turns == (Turn("user", (Text("hi"),)),)
    assert prompt.other == {}


def test_a_call_of_a_tool_in_the_input_has_its_form_back() -> None:
    given = [brought(space("functions", {"type": "custom", "name": "exec"})), HI]
    item = told("exec", '{"input": "text(1)"}', input=given)
    assert item == {
        "type": "custom_tool_call", "call_id": "c1", "name": "exec", "namespace": "functions", "input": "text(1)",
    }  # fmt: skip


def test_a_faulty_tool_in_the_input_is_named() -> None:
    with pytest.raises(ClientFault) as caught:
        read(input=[brought({"type": "function"}), HI])
    assert caught.value.param == "input[0].tools[0].name"


# -- equal names -----------------------------------------------------------------------------------------------------
TWICE = [space("crm", F), space("wiki", F), {"type": "function", "name": "g"}]


def test_equal_names_of_two_namespaces_are_told_apart() -> None:
    assert [tool.name for tool in read(tools=TWICE).tools] == ["f", "wiki__f", "g"]


@pytest.mark.parametrize(("name", "namespace"), [("f", "crm"), ("wiki__f", "wiki"), ("g", ""), ("unknown", "")])
def test_the_client_gets_its_own_names(name: str, namespace: str) -> None:
    item = told(name, "{}", tools=TWICE)
    assert (item["name"], item.get("namespace", "")) == (name.removeprefix("wiki__"), namespace)


def test_the_clients_calls_and_choices_are_known_by_the_models_names() -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "f", "namespace": "wiki", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c1", "output": "4"}
    choice = {"type": "function", "name": "f", "namespace": "wiki"}
    prompt = read(input=[HI, call, result], tools=TWICE, tool_choice=choice)
    assert prompt.turns[1:] == (
        Turn("assistant", (ToolCall("c1", "wiki__f", "{}"),)),
        Turn("tool", (ToolResult("c1", (Text("4"),), "wiki__f"),)),
    )
    assert prompt.tool_choice == ToolChoice("named", ("wiki__f",))


def test_a_tool_that_is_declared_twice_is_one() -> None:
    assert read(tools=[F, F], input=[brought(F), HI]).tools == (Tool("f"),)


# -- the client's own search for tools -------------------------------------------------------------------------------
def test_the_clients_search_is_a_function() -> None:
    prompt = read(tools=[SEARCH])
    assert (prompt.tools, prompt.hosted_tools) == ((Tool("tool_search", "d", {"type": "object"}),), ())
    assert prompt.lost == ()


@pytest.mark.parametrize(("arguments", "found"), [('{"query":"x"}', {"query": "x"}), ("x", {}), ("[1]", {}), ("", {})])
def test_a_call_of_the_search_is_an_item_of_its_own(arguments: str, found: Any) -> None:
    item = told("tool_search", arguments, tools=[SEARCH])
    assert item == {"type": "tool_search_call", "execution": "client", "call_id": "c1", "arguments": found}


def test_what_the_client_has_found_is_told_and_offered() -> None:
    ids = {"execution": "client", "status": "completed", "call_id": "c1"}
    found = {"type": "function", "name": "later", "defer_loading": True}
    items = [
        HI,
        {"type": "tool_search_call", "arguments": {"query": "x"}, **ids},
        {"type": "tool_search_output", "tools": [space("crm", found)], **ids},
    ]
    prompt = read(input=items, tools=[SEARCH])
    assert prompt.turns[1:] == (
        Turn("assistant", (ToolCall("c1", "tool_search", '{"query":"x"}'),)),
        Turn("tool", (ToolResult("c1", (Text("These tools can be called now: later"),), "tool_search"),)),
    )
    assert [tool.name for tool in prompt.tools] == ["tool_search", "later"]
    assert (prompt.other, prompt.lost) == ({}, ())


def test_a_search_that_found_nothing_says_so() -> None:
    items = [
        HI,
        {"type": "tool_search_call", "arguments": "{}", "call_id": "c1"},
        {"type": "tool_search_output", "tools": [], "call_id": "c1"},
    ]
    (result,) = read(input=items, tools=[SEARCH]).turns[-1].parts
    assert result == ToolResult("c1", (Text("No tool was found."),), "tool_search")


def test_openais_own_search_offers_all_at_once() -> None:
    items = [
        HI,
        {"type": "tool_search_call", "execution": "server", "call_id": None, "arguments": {}},
        {"type": "tool_search_output", "execution": "server", "call_id": None, "tools": [F]},
    ]
    prompt = read(input=items, tools=[{"type": "tool_search"}, {"type": "function", "name": "g"}])
    assert [tool.name for tool in prompt.tools] == ["g", "f"]
    assert [(loss.field, loss.what) for loss in prompt.lost] == [
        ("input.tool_search_call", "dropped"), ("input.tool_search_output", "dropped"), ("tools", "approximated"),
    ]  # fmt: skip
