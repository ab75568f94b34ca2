"""Tools, and which of them may or must be called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...losses import Losses
from ...prompt import HostedTool, Prompt, Tool, ToolChoice
from .models import ModelFacts
from .schema import WrittenSchema, write_schema

# FunctionDeclaration.name, types.py of google-genai 3.6, read 2026-11-25.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_.:-]")
_NAME_CHARS = 127

# Google's own tools, for clients that name them in Google's words.
_GOOGLE_TOOLS: Mapping[str, str] = {
    "web_search": "googleSearch",
    "web_search_preview": "googleSearch",
    "google_search": "googleSearch",
    "googleSearch": "googleSearch",
    "url_context": "urlContext",
    "urlContext": "urlContext",
    "code_execution": "codeExecution",
    "codeExecution": "codeExecution",
    "google_maps": "googleMaps",
    "googleMaps": "googleMaps",
}
_OPENAI_TOOLS = frozenset({"web_search", "web_search_preview"})  # whose settings are OpenAI's, not Google's
_MODES: Mapping[str, str] = {"auto": "AUTO", "none": "NONE", "required": "ANY", "named": "ANY"}


class ToolNames:
    """The client's tool names and those sent: OpenAI lets a name begin with a digit, Gemini does not."""

    def __init__(self, names: Iterable[str]) -> None:
        self._taken = {name for name in names if _NAME.fullmatch(name)}
        self._sent: dict[str, str] = {}

    def sent(self, name: str) -> str:
        """The name as Gemini takes it: sent("2fa") == "_2fa"."""
        if _NAME.fullmatch(name):
            return name
        if name not in self._sent:
            self._sent[name] = self._free("_" + _NOT_IN_NAME.sub("_", name)[:_NAME_CHARS])
        return self._sent[name]

    def changed(self) -> dict[str, str]:
        """Name sent → the client's, where they differ."""
        return {sent: name for name, sent in self._sent.items()}

    def _free(self, name: str) -> str:
        free, number = name, 2
        while free in self._taken:
            free, number = f"{name[: _NAME_CHARS - 4]}_{number}", number + 1
        self._taken.add(free)
        return free


def write_tools(prompt: Prompt, names: ToolNames, losses: Losses) -> list[dict[str, Any]]:
    """[{"functionDeclarations": […]}], then one object for each of Google's own tools.

    Raises ClientFault for the own tools of others.
    """
    tools = _allowed(prompt.tools, prompt.tool_choice)
    lost: set[str] = set()
    declarations = [_write_declaration(tool, names, lost) for tool in tools]
    if lost:
        losses.approximate("tools", f"Gemini does not hold arguments to {', '.join(sorted(lost))}")
    written: list[dict[str, Any]] = [{"functionDeclarations": declarations}] if declarations else []
    choice = prompt.tool_choice
    if choice is not None and choice.mode == "none":  # Google's own know no choice: what is not offered is not used
        return written
    return written + [_write_hosted(tool, losses) for tool in prompt.hosted_tools]


def write_tool_config(prompt: Prompt, names: ToolNames, facts: ModelFacts, losses: Losses) -> dict[str, Any]:
    """ToolChoice("named", ("f",)) → {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}.

    Tools that are all strict get VALIDATED, which holds their arguments to the schemas, where the client leaves the
    choice to the model. {} where nothing is to be said.
    """
    if prompt.parallel_tool_calls is False and prompt.tools:
        losses.drop("parallel_tool_calls", "Gemini may always call several tools at once")
    choice = _choice_of_functions(prompt, losses)
    _check_names(choice, prompt.tools, losses)
    if not prompt.tools:
        return {}
    strict = any(tool.strict for tool in prompt.tools)
    if choice is None or choice.mode == "auto":
        if strict and facts.validated and all(tool.strict for tool in prompt.tools):
            return {"functionCallingConfig": {"mode": "VALIDATED"}}
        if strict:
            losses.approximate("tools", "Gemini holds arguments to their schemas only where all tools are strict")
        if choice is None:
            return {}
    config: dict[str, Any] = {"mode": _MODES[choice.mode]}
    if choice.names and choice.mode != "auto":
        config["allowedFunctionNames"] = [names.sent(name) for name in choice.names]
    return {"functionCallingConfig": config}


def _choice_of_functions(prompt: Prompt, losses: Losses) -> ToolChoice | None:
    """The choice, without a demand for one of Google's own tools, which the model uses as it sees fit."""
    choice, hosted = prompt.tool_choice, {tool.type for tool in prompt.hosted_tools}
    if choice is None or choice.mode not in ("named", "required") or not hosted:
        return choice
    if choice.mode == "named" and choice.names[0] not in hosted:
        return choice
    losses.approximate("tool_choice", "Gemini cannot be made to use one of Google's own tools: it may")
    return None


def _allowed(tools: tuple[Tool, ...], choice: ToolChoice | None) -> tuple[Tool, ...]:
    """A free choice among some: only those are declared, since Gemini takes a list of names only where one must be
    called."""
    if choice is None or choice.mode != "auto" or not choice.names:
        return tools
    return tuple(tool for tool in tools if tool.name in choice.names)


def _check_names(choice: ToolChoice | None, tools: tuple[Tool, ...], losses: Losses) -> None:
    declared = {tool.name for tool in tools}
    missing = [name for name in choice.names if name not in declared] if choice is not None else []
    if missing:
        raise losses.refuse("tool_choice", f"there is no tool {missing[0]!r} in tools")


def _write_declaration(tool: Tool, names: ToolNames, lost: set[str]) -> dict[str, Any]:
    declaration: dict[str, Any] = {"name": names.sent(tool.name)}
    if tool.description:
        declaration["description"] = tool.description
    if tool.parameters:
        written = write_schema(tool.parameters, "tools")
        lost |= written.lost
        if not _is_bare(written):
            declaration["parametersJsonSchema" if written.json_form else "parameters"] = written.schema
    return declaration


def _is_bare(written: WrittenSchema) -> bool:
    """No parameters: an object without properties is a 400 here, and must be left out."""
    return not written.json_form and "properties" not in written.schema and "anyOf" not in written.schema


def _write_hosted(tool: HostedTool, losses: Losses) -> dict[str, Any]:
    own = _GOOGLE_TOOLS.get(tool.type)
    if own is None:
        raise losses.refuse("tools", f"Gemini has no tool of type {tool.type!r}")
    settings = {name: value for name, value in tool.body.items() if name != "type"}
    if tool.type in _OPENAI_TOOLS:
        for name in settings:
            losses.drop(f"tools.{tool.type}.{name}", "Google's search takes no such options")
        return {own: {}}
    nested = settings.get(tool.type)
    return {own: nested if isinstance(nested, dict) else settings}
