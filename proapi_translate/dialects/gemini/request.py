"""Prompt → the body of generateContent (and of streamGenerateContent, which is the same).

Source: https://ai.google.dev/api/generate-content and types.py of google-genai 3.6, read 2026-11-25.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ...interface import RequestContext, Written
from ...json_text import encode
from ...losses import Losses, report_words
from ...prompt import OutputFormat, Prompt, Text, ToolCall, Turn
from ...repair import hoist_system
from .contents import write_contents
from .extras import write_extras
from .generation import write_generation_config
from .models import ModelFacts, facts_of
from .names import USER
from .tools import ToolNames, write_tool_config, write_tools


def write_request(prompt: Prompt, context: RequestContext) -> Written:
    """Prompt(turns=(Turn("user", (Text("hi"),)),)) → {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}.

    Nothing is sent that the client did not set. Raises ClientFault for what Gemini cannot do at all; what it cannot
    take is told in `context.losses`.
    """
    facts = facts_of(context.model)
    losses = context.losses
    names = ToolNames(_names_in(prompt))
    body: dict[str, Any] = {}
    if prompt.output is not None and prompt.tools and not facts.json_with_tools:
        prompt = _ask_for_json(prompt, prompt.output, losses)
    _write_conversation(prompt, names, facts, context, body)
    if tools := write_tools(prompt, names, losses):
        body["tools"] = tools
    if tool_config := write_tool_config(prompt, names, facts, losses):
        body["toolConfig"] = tool_config
    if config := write_generation_config(prompt, facts, losses):
        body["generationConfig"] = config
    write_extras(prompt, body, losses)
    report_words(prompt.turns, losses, "Gemini")
    return Written(body, tool_names=names.changed())


def _ask_for_json(prompt: Prompt, output: OutputFormat, losses: Losses) -> Prompt:
    """The answer's form as words: before Gemini 3, JSON output beside tools is a 400."""
    losses.approximate("output", "this model takes no answer format beside tools; it is asked for in words")
    schema = f" that follows this JSON schema: {encode(output.schema).decode()}" if output.schema else ""
    wish = Text(f"When you answer without calling a tool, answer with nothing but one JSON value{schema}")
    return replace(prompt, turns=(*prompt.turns, Turn("system", (wish,))), output=None)


def _write_conversation(
    prompt: Prompt, names: ToolNames, facts: ModelFacts, context: RequestContext, body: dict[str, Any]
) -> None:
    """`contents` and `systemInstruction`, in place."""
    system, turns = hoist_system(prompt.turns)
    contents = write_contents(turns, names, facts, context)
    instruction = [{"text": text.text} for text in system]
    if instruction and contents and facts.system:
        body["systemInstruction"] = {"parts": instruction}
    elif instruction:
        # Contents may not be empty, and Gemma has no system instruction.
        context.losses.approximate("messages", "the system text is sent as the user's: this request or model needs it")
        if contents and contents[0]["role"] == USER:
            contents[0]["parts"] = instruction + contents[0]["parts"]
        else:
            contents.insert(0, {"role": USER, "parts": instruction})
    if not contents:
        raise context.losses.refuse("messages", "Gemini needs at least one message that is not blank")
    body["contents"] = contents


def _names_in(prompt: Prompt) -> list[str]:
    calls = (part.name for turn in prompt.turns for part in turn.parts if isinstance(part, ToolCall))
    return [*(tool.name for tool in prompt.tools), *calls]
