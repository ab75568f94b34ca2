"""The text of a request to a model, as people read it: who says what, which tools there are, which dials are set.

    request_text(b'{"model": "m", "seed": 1, "messages": [{"role": "user", "content": "Hello"}]}') ==
        "model: m\\nseed: 1\\n\\n── user ──\\nHello"

No format is told apart: all of them (OpenAI's three, Anthropic, Gemini, Bedrock, Cohere, Workers AI) are turns of
parts, and each kind of part has a mark of its own. A part without one is shown as its JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

_TURNS = ("messages", "contents", "input", "prompt", "texts")
_SYSTEM = ("system", "instructions", "systemInstruction", "system_instruction", "preamble")
_TOOLS = ("tools", "toolConfig")
_PARTS = ("content", "parts")
_CALL_IDS = ("id", "call_id", "toolUseId", "tool_use_id", "tool_call_id")
_LONGEST_STRING = 200  # in what is shown as JSON: there long ones are data, not text
_LONGEST_DESCRIPTION = 100
_BASE64_BYTES = 3 / 4

_Part = Mapping[str, Any]


def request_text(body: bytes) -> str:
    """Raises ValueError for what is no JSON object."""
    tree = json.loads(body)
    if not isinstance(tree, dict):
        raise ValueError("no JSON object")
    spoken = {*_TURNS, *_SYSTEM, *_TOOLS}
    dials = [f"{name}: {compact_json(value)}" for name, value in tree.items() if name not in spoken]
    tools = [line for name in _TOOLS for line in _tool_lines(tree.get(name))]
    sections = ["\n".join(dials), "\n".join(["── tools ──", *tools]) if tools else ""]
    sections += [_section("system", tree[name]) for name in _SYSTEM if tree.get(name)]
    sections += [section for name in _TURNS for section in _turn_sections(tree.get(name))]
    return "\n\n".join(filter(None, sections))


def compact_json(value: Any) -> str:
    """On one line; a bare string without its quotes; what is long is cut, and says so."""
    if isinstance(value, str):
        return _shorten(value)
    return json.dumps(_shortened(value), ensure_ascii=False)


def heading(title: str, text: str) -> str:
    return f"── {title} ──\n{text}"


# -- turns -----------------------------------------------------------------------------------------------------------
def _turn_sections(turns: Any) -> Iterator[str]:
    if isinstance(turns, str):
        yield heading("user", turns)
    elif isinstance(turns, list):
        for turn in turns:
            yield _turn_section(turn)


def _turn_section(turn: Any) -> str:
    if not isinstance(turn, dict):
        return heading("user", compact_json(turn))
    parts = _first_of(turn, *_PARTS)
    role = turn.get("role")
    if not isinstance(role, str):  # an item of Responses that is no message
        return _section(str(turn.get("type", "user")), turn if parts is None or "type" in turn else parts)
    result_of = turn.get("tool_call_id")
    title = f"{role}, result of {result_of}" if result_of else role
    thought = turn.get("reasoning_content") or turn.get("reasoning") or turn.get("tool_plan")
    lines = [f"(thinking) {thought}"] if isinstance(thought, str) and thought else []
    lines += _part_lines(parts)
    lines += _part_lines(turn.get("tool_calls"))
    return heading(title, "\n".join(lines))


def _section(title: str, parts: Any) -> str:
    return heading(title, "\n".join(_part_lines(parts)))


# -- parts -----------------------------------------------------------------------------------------------------------
def _part_lines(parts: Any) -> list[str]:
    if parts is None:
        return []
    if isinstance(parts, dict) and isinstance(parts.get("parts"), list):  # Gemini's system instruction
        parts = parts["parts"]
    return [_part_line(part) for part in (parts if isinstance(parts, list) else [parts])]


def _part_line(part: Any) -> str:
    if not isinstance(part, dict):
        return part if isinstance(part, str) else compact_json(part)
    for mark, show in _SHOWN_BY_MARK:
        if mark in part:
            return show(part, part[mark])
    show_type = _SHOWN_BY_TYPE.get(str(part.get("type")))
    return show_type(part) if show_type else compact_json(part)


def _text(part: _Part, text: Any) -> str:
    shown = text if isinstance(text, str) else compact_json(text)
    return f"(thinking) {shown}" if part.get("thought") is True else shown


def _thinking(part: _Part, thought: Any) -> str:
    shown = thought.get("reasoningText", thought) if isinstance(thought, dict) else thought
    shown = shown.get("text", shown) if isinstance(shown, dict) else shown
    return f"(thinking) {compact_json(shown) if not isinstance(shown, str) else shown}"


def _reasoning_item(part: _Part) -> str:
    summary = " ".join(_part_lines(part.get("summary")))
    return f"(thinking) {summary or 'hidden'}"


def _call(part: _Part, call: Any = None) -> str:
    call = call if isinstance(call, dict) else part
    arguments = _first_of(call, "arguments", "args", "input") or {}
    return f"→ {call.get('name', '?')} {_as_json(arguments)}{_id_of(part, call)}"


def _result(part: _Part, result: Any = None) -> str:
    result = result if isinstance(result, dict) else part
    given = _first_of(result, "content", "output", "response")
    text = "\n".join(_part_lines(given)) if isinstance(given, list) else _as_text(given)
    return f"← {result.get('name', 'result')}{_id_of(part, result)}\n{text}"


def _media(part: _Part, media: Any = None) -> str:
    """What it is and how long, never its bytes: "[image/png, 12.3 kB]"."""
    strings = dict(_strings_in(part))
    kind = _first_of(strings, "media_type", "mimeType", "mime_type") or ""
    address = next((text for text in strings.values() if "://" in text[:12]), "")
    longest = max(strings.values(), key=len, default="")
    if longest.startswith("data:"):
        kind, _, longest = longest.removeprefix("data:").partition(";base64,")
    what = kind or strings.get("format") or strings.get("type") or "media"
    return f"[{what}, {address or f'{len(longest) * _BASE64_BYTES / 1000:.1f} kB'}]"


# The first mark that a part has says what it is. Chat's calls and Cohere's, Gemini's and Bedrock's parts.
_SHOWN_BY_MARK: tuple[tuple[str, Callable[[_Part, Any], str]], ...] = (
    ("text", _text),
    ("thinking", _thinking),
    ("reasoningContent", _thinking),
    ("function", _call),
    ("functionCall", _call),
    ("toolUse", _call),
    ("functionResponse", _result),
    ("toolResult", _result),
    ("inlineData", _media),
    ("fileData", _media),
    ("image_url", _media),
    ("file_data", _media),
    ("input_audio", _media),
    ("image", _media),
    ("source", _media),
)
# Anthropic's and Responses' parts say what they are by their type.
_SHOWN_BY_TYPE: dict[str, Callable[[_Part], str]] = {
    "tool_use": _call,
    "function_call": _call,
    "custom_tool_call": _call,
    "tool_result": _result,
    "function_call_output": _result,
    "custom_tool_call_output": _result,
    "reasoning": _reasoning_item,
    "message": lambda part: "\n".join(_part_lines(part.get("content"))),
}


def _id_of(*holders: _Part) -> str:
    found = (holder[name] for holder in holders for name in _CALL_IDS if holder.get(name))
    first = next(found, "")
    return f" ({first})" if first else ""


def _first_of(holder: _Part, *names: str) -> Any:
    return next((holder[name] for name in names if name in holder), None)


# -- tools -----------------------------------------------------------------------------------------------------------
def _tool_lines(tools: Any) -> Iterator[str]:
    """ "look_up(city, unit): Looks something up" for each, however deep its vendor wraps it."""
    if isinstance(tools, dict):
        if isinstance(tools.get("name"), str):
            yield _tool_line(tools)
            return
        inner = [value for value in tools.values() if isinstance(value, list | dict)]
        if not inner and isinstance(tools.get("type"), str):
            yield tools["type"]
        tools = inner
    if isinstance(tools, list):
        for tool in tools:
            yield from _tool_lines(tool)


def _tool_line(tool: _Part) -> str:
    schema = _first_of(tool, "parameters", "input_schema", "inputSchema")
    schema = schema.get("json", schema) if isinstance(schema, dict) else {}
    properties = schema.get("properties") if isinstance(schema, dict) else None
    names = ", ".join(properties) if isinstance(properties, dict) else ""
    described = str(tool.get("description") or "").partition("\n")[0]
    told = f": {described[:_LONGEST_DESCRIPTION]}" if described else ""
    return f"{tool['name']}({names}){told}"


# -- values ----------------------------------------------------------------------------------------------------------
def _as_json(value: Any) -> str:
    """Arguments are text in some formats, a value in others."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(_shortened(value), ensure_ascii=False, indent=2)


def _strings_in(value: Any, name: str = "") -> Iterable[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _strings_in(inner, key)


def _shortened(value: Any) -> Any:
    if isinstance(value, str):
        return _shorten(value)
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    return [_shortened(inner) for inner in value] if isinstance(value, list) else value


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST_STRING else f"{text[:_LONGEST_STRING]}… ({len(text)} characters)"
