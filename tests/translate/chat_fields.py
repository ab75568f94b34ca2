"""Every field of the `openai` package's chat request, walked from its types; and two requests that differ in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NotRequired, Required, get_args, get_origin

from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from typing_extensions import get_type_hints, is_typeddict

Body = dict[str, Any]
_TELLS_THE_VARIANT = ("role", "type")
_WRAPPERS = (Required, NotRequired)


def walk() -> Iterator[str]:
    """Paths of all fields: "seed", "messages[user].name", "messages[user].content[text].text" …"""
    yield from dict.fromkeys(_walk_object(CompletionCreateParamsStreaming, ""))


def _walk_object(kind: Any, path: str) -> Iterator[str]:
    hints = get_type_hints(kind, include_extras=True)
    label = _label(hints)
    for name, hint in hints.items():
        if name != label:
            yield from _walk_value(hint, f"{path}.{name}" if path else name)


def _label(hints: Mapping[str, Any]) -> str:
    """The field whose one value tells this variant from others: "role" of a message, "type" of a part; "" for none."""
    return next((name for name in _TELLS_THE_VARIANT if len(_literals(hints.get(name))) == 1), "")


def _literals(hint: Any) -> tuple[Any, ...]:
    while get_origin(hint) in _WRAPPERS:
        (hint,) = get_args(hint)
    return get_args(hint) if get_origin(hint) is Literal else ()


def _walk_value(hint: Any, path: str) -> Iterator[str]:
    if is_typeddict(hint):
        hints = get_type_hints(hint, include_extras=True)
        label = _label(hints)
        yield from _walk_object(hint, f"{path}[{_literals(hints[label])[0]}]" if label else path)
    elif get_origin(hint) in (dict, Literal) or not (inner := get_args(hint)):
        yield path
    else:
        for kind in inner:
            if kind is not type(None):
                yield from _walk_value(kind, path)


BASE: Body = {"messages": [{"role": "user", "content": "hi"}]}
USER: Body = {"role": "user", "content": "go"}
PNG = "iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0xLjQK"
TEXT_FILE = "data:text/plain;base64,aGVsbG8="
SCHEMA: Body = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}
MARK: Body = {"mode": "explicit"}


def _function(**more: Any) -> Body:
    return {"tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA, **more}}]}


def _custom(**more: Any) -> Body:
    return {"tools": [{"type": "custom", "custom": {"name": "c", **more}}]}


def _messages(*messages: Body) -> Body:
    return {"messages": list(messages)}


def _user_parts(*parts: Body) -> Body:
    return _messages({"role": "user", "content": [*parts, {"type": "text", "text": "see"}]})


def _image(**more: Any) -> Body:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", **more}}


def _audio(data: str = "UklGRgAAAABXQVZF", kind: str = "wav") -> Body:
    return {"type": "input_audio", "input_audio": {"data": data, "format": kind}}


def _file(**file: Any) -> Body:
    return {"type": "file", "file": file}


def _after_call(call: Body, **more: Any) -> Body:
    result = {"role": "tool", "tool_call_id": call["id"], "content": "4", **more}
    return _messages(USER, {"role": "assistant", "content": None, "tool_calls": [call]}, result)


def _called(call_id: str = "call_1", name: str = "f", arguments: str = '{"q": "a"}') -> Body:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _called_custom(call_id: str = "call_1", name: str = "c", text: str = "a") -> Body:
    return {"id": call_id, "type": "custom", "custom": {"name": name, "input": text}}


def _assistant(**more: Any) -> Body:
    return _messages(USER, {"role": "assistant", "content": "yes", **more}, USER)


def _after_old_call(name: str = "f", arguments: str = '{"q": "a"}', result: str = "4") -> Body:
    call = {"role": "assistant", "content": None, "function_call": {"name": name, "arguments": arguments}}
    return _messages(USER, call, {"role": "function", "name": name, "content": result})


def _schema_format(**more: Any) -> Body:
    holder = {"name": "answer", "schema": SCHEMA, **more}
    return {"response_format": {"type": "json_schema", "json_schema": holder}}


def _search(**options: Any) -> Body:
    return {"web_search_options": options}


def _located(**place: Any) -> Body:
    return _search(user_location={"type": "approximate", "approximate": {"country": "CH", **place}})


_ALLOWED: Body = {
    "type": "allowed_tools",
    "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "f"}}]},
}
_TWO: Body = {"tools": [*_function()["tools"], {"type": "function", "function": {"name": "g"}}]}


def _allow(**more: Any) -> Body:
    allowed = {**_ALLOWED["allowed_tools"], **more}
    return {**_TWO, "tool_choice": {"type": "allowed_tools", "allowed_tools": allowed}}


def _choose(name: str) -> Body:
    return {**_TWO, "tool_choice": {"type": "function", "function": {"name": name}}}


def _moderate(**policy: Any) -> Body:
    return {"moderation": {"model": "omni", "policy": policy}}


def _speak(**audio: Any) -> Body:
    return {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav", **audio}}


def _predict(**more: Any) -> Body:
    return {"prediction": {"type": "content", "content": [{"type": "text", "text": "x", **more}]}}


# Field → (a request with it, the same without it or with another value).
PAIRS: Mapping[str, tuple[Body, Body]] = {
    "frequency_penalty": ({"frequency_penalty": 0.5}, {}),
    "presence_penalty": ({"presence_penalty": 0.5}, {}),
    "logit_bias": ({"logit_bias": {"50256": -100}}, {}),
    "logprobs": ({"logprobs": True}, {}),
    "top_logprobs": ({"logprobs": True, "top_logprobs": 3}, {"logprobs": True}),
    "max_completion_tokens": ({"max_completion_tokens": 77}, {}),
    "max_tokens": ({"max_tokens": 77}, {}),
    "metadata": ({"metadata": {"k": "v"}}, {}),
    "modalities": ({"modalities": ["audio"]}, {}),
    "audio.format": (_speak(format="mp3"), _speak()),
    "audio.voice": (_speak(voice="ash"), _speak()),
    "audio.voice.id": (_speak(voice={"id": "v1"}), _speak()),
    "moderation.model": ({"moderation": {"model": "omni"}}, {}),
    "moderation.policy.input.mode": (_moderate(input={"mode": "block"}), _moderate()),
    "moderation.policy.output.mode": (_moderate(output={"mode": "block"}), _moderate()),
    "n": ({"n": 2}, {}),
    "parallel_tool_calls": ({**_function(), "parallel_tool_calls": False}, _function()),
    "prediction[content].content": ({"prediction": {"type": "content", "content": "x"}}, {}),
    "prediction[content].content[text].text": (_predict(text="y"), _predict()),
    "prediction[content].content[text].prompt_cache_breakpoint.mode": (
        _predict(prompt_cache_breakpoint=MARK),
        _predict(),
    ),
    "prediction[content].content[text].prompt_cache_breakpoint.ttl": (
        _predict(prompt_cache_breakpoint={**MARK, "ttl": "30m"}),
        _predict(prompt_cache_breakpoint=MARK),
    ),
    "prompt_cache_key": ({"prompt_cache_key": "k"}, {}),
    "prompt_cache_options.mode": ({"prompt_cache_options": {"mode": "explicit"}}, {}),
    "prompt_cache_options.ttl": ({"prompt_cache_options": {"ttl": "30m"}}, {}),
    "prompt_cache_retention": ({"prompt_cache_retention": "24h"}, {}),
    "reasoning_effort": ({"reasoning_effort": "high"}, {}),
    "response_format[json_object]": ({"response_format": {"type": "json_object"}}, {}),
    "response_format[json_schema].json_schema.name": (_schema_format(name="other"), _schema_format()),
    "response_format[json_schema].json_schema.description": (_schema_format(description="d"), _schema_format()),
    "response_format[json_schema].json_schema.schema": (_schema_format(), {}),
    "response_format[json_schema].json_schema.strict": (_schema_format(strict=True), _schema_format()),
    "safety_identifier": ({"safety_identifier": "s"}, {}),
    "seed": ({"seed": 7}, {}),
    "service_tier": ({"service_tier": "fast"}, {}),
    "stop": ({"stop": "END"}, {}),
    "store": ({"store": True}, {}),
    "stream": ({"stream": True}, {}),
    "temperature": ({"temperature": 0.3}, {}),
    "top_p": ({"top_p": 0.4}, {}),
    "user": ({"user": "u"}, {}),
    "verbosity": ({"verbosity": "low"}, {}),
    "web_search_options.search_context_size": (_search(search_context_size="high"), _search()),
    "web_search_options.user_location[approximate].approximate.city": (_located(city="Bern"), _located()),
    "web_search_options.user_location[approximate].approximate.country": (_located(country="DE"), _located()),
    "web_search_options.user_location[approximate].approximate.region": (_located(region="BE"), _located()),
    "web_search_options.user_location[approximate].approximate.timezone": (_located(timezone="UTC"), _located()),
    # tools
    "tools[function].function.name": (_function(name="g"), _function()),
    "tools[function].function.description": (_function(description="d"), _function()),
    "tools[function].function.parameters": (_function(), _function(parameters={"type": "object"})),
    "tools[function].function.strict": (_function(strict=True), _function()),
    "tools[custom].custom.name": (_custom(name="d"), _custom()),
    "tools[custom].custom.description": (_custom(description="d"), _custom()),
    "tools[custom].custom.format": (_custom(format={"type": "text"}), _custom()),
    "tools[custom].custom.format[grammar].grammar.definition": (
        _custom(format={"type": "grammar", "grammar": {"definition": "a: x", "syntax": "lark"}}),
        _custom(),
    ),
    "tools[custom].custom.format[grammar].grammar.syntax": (
        _custom(format={"type": "grammar", "grammar": {"definition": "a", "syntax": "regex"}}),
        _custom(format={"type": "grammar", "grammar": {"definition": "a", "syntax": "lark"}}),
    ),
    "tool_choice": ({**_function(), "tool_choice": "required"}, _function()),
    "tool_choice[allowed_tools].allowed_tools.mode": (_allow(mode="required"), _allow()),
    "tool_choice[allowed_tools].allowed_tools.tools": (
        _allow(tools=[{"type": "function", "function": {"name": "g"}}]),
        _allow(),
    ),
    "tool_choice[function].function.name": (_choose("g"), _choose("f")),
    "tool_choice[custom].custom.name": (
        {**_custom(), "tool_choice": {"type": "custom", "custom": {"name": "c"}}},
        _custom(),
    ),
    "functions.name": ({"functions": [{"name": "g"}]}, {"functions": [{"name": "f"}]}),
    "functions.description": ({"functions": [{"name": "f", "description": "d"}]}, {"functions": [{"name": "f"}]}),
    "functions.parameters": ({"functions": [{"name": "f", "parameters": SCHEMA}]}, {"functions": [{"name": "f"}]}),
    "function_call": ({"functions": [{"name": "f"}], "function_call": "none"}, {"functions": [{"name": "f"}]}),
    "function_call.name": (
        {"functions": [{"name": "f"}, {"name": "g"}], "function_call": {"name": "g"}},
        {"functions": [{"name": "f"}, {"name": "g"}]},
    ),
    # messages
    "messages[tool].tool_call_id": (_after_call(_called("call_2")), _after_call(_called())),
    "messages[tool].content": (_after_call(_called(), content="5"), _after_call(_called())),
    "messages[function].name": (_after_old_call(name="g"), _after_old_call()),
    "messages[function].content": (_after_old_call(result="5"), _after_old_call()),
    "messages[assistant].content": (_assistant(content="no"), _assistant()),
    "messages[assistant].content[text].text": (_assistant(content=[{"type": "text", "text": "no"}]), _assistant()),
    "messages[assistant].content[refusal].refusal": (
        _assistant(content=[{"type": "refusal", "refusal": "no"}]),
        _assistant(),
    ),
    "messages[assistant].name": (_assistant(name="n"), _assistant()),
    "messages[assistant].refusal": (_assistant(refusal="no"), _assistant()),
    "messages[assistant].audio.id": (_assistant(audio={"id": "audio_1"}), _assistant()),
    "messages[assistant].function_call.name": (_after_old_call(name="g"), _after_old_call()),
    "messages[assistant].function_call.arguments": (_after_old_call(arguments='{"q": "b"}'), _after_old_call()),
    "messages[assistant].tool_calls[function].id": (_after_call(_called("call_2")), _after_call(_called())),
    "messages[assistant].tool_calls[function].function.name": (_after_call(_called(name="g")), _after_call(_called())),
    "messages[assistant].tool_calls[function].function.arguments": (
        _after_call(_called(arguments='{"q": "b"}')),
        _after_call(_called()),
    ),
    "messages[assistant].tool_calls[custom].id": (_after_call(_called_custom("call_2")), _after_call(_called_custom())),
    "messages[assistant].tool_calls[custom].custom.name": (
        _after_call(_called_custom(name="d")),
        _after_call(_called_custom()),
    ),
    "messages[assistant].tool_calls[custom].custom.input": (
        _after_call(_called_custom(text="b")),
        _after_call(_called_custom()),
    ),
    "messages[user].content": (_messages({"role": "user", "content": "other"}), {}),
    "messages[user].content[text].text": (_user_parts({"type": "text", "text": "a"}), _user_parts()),
    "messages[user].content[image_url].image_url.url": (_user_parts(_image()), _user_parts()),
    "messages[user].content[image_url].image_url.detail": (_user_parts(_image(detail="low")), _user_parts(_image())),
    "messages[user].content[input_audio].input_audio.data": (_user_parts(_audio()), _user_parts()),
    "messages[user].content[input_audio].input_audio.format": (
        _user_parts(_audio("//uQxAAA", "mp3")),
        _user_parts(_audio()),
    ),
    "messages[user].content[file].file.file_data": (_user_parts(_file(file_data=PDF)), _user_parts()),
    "messages[user].content[file].file.file_id": (_user_parts(_file(file_id="file-1")), _user_parts()),
    "messages[user].content[file].file.filename": (
        _user_parts(_file(file_data=TEXT_FILE, filename="a.txt")),
        _user_parts(_file(file_data=TEXT_FILE)),
    ),
    **{
        f"messages[{role}].{name}": pair
        for role in ("system", "developer")
        for name, pair in {
            "content": (_messages({"role": role, "content": "be"}, USER), _messages(USER)),
            "content[text].text": (
                _messages({"role": role, "content": [{"type": "text", "text": "be"}]}, USER),
                _messages(USER),
            ),
            "name": (
                _messages({"role": role, "content": "be", "name": "n"}, USER),
                _messages({"role": role, "content": "be"}, USER),
            ),
        }.items()
    },
    "messages[user].name": (_messages({**USER, "name": "n"}), _messages(USER)),
    "messages[tool].content[text].text": (
        _after_call(_called(), content=[{"type": "text", "text": "5"}]),
        _after_call(_called()),
    ),
}


def _marked_pairs() -> Iterable[tuple[str, tuple[Body, Body]]]:
    """A cache breakpoint on every part that may carry one."""
    text: Body = {"type": "text", "text": "a"}

    def in_message(role: str, part: Body) -> Body:
        if role == "tool":
            return _after_call(_called(), content=[part])
        return _messages(USER, {"role": role, "content": [part]}, USER)

    places = [(role, "text", text) for role in ("system", "developer", "user", "assistant", "tool")]
    places += [("user", "image_url", _image()), ("user", "input_audio", _audio())]
    places += [("user", "file", _file(file_data=PDF))]
    for role, kind, part in places:
        path = f"messages[{role}].content[{kind}].prompt_cache_breakpoint"
        plain, marked = in_message(role, part), in_message(role, {**part, "prompt_cache_breakpoint": MARK})
        yield f"{path}.mode", (marked, plain)
        yield f"{path}.ttl", (in_message(role, {**part, "prompt_cache_breakpoint": {**MARK, "ttl": "12h"}}), plain)


ALL_PAIRS: Mapping[str, tuple[Body, Body]] = {**PAIRS, **dict(_marked_pairs())}
# Labels, which no answer depends on. Gemini before 3 pairs results with calls by their order, and needs no ids.
LABELS = frozenset(
    {
        "response_format[json_schema].json_schema.name", "messages[tool].tool_call_id",
        "messages[assistant].tool_calls[function].id", "messages[assistant].tool_calls[custom].id",
    }
)  # fmt: skip
# Backends that hold every answer to its schema, asked or not.
STRICT = "response_format[json_schema].json_schema.strict"
ALWAYS_STRICT = frozenset({"anthropic", "vertexai_claude", "gemini", "vertexai_gemini", "cohere", "bedrock"})
# What decides who is asked and the reply's form, and is no part of what the model is told.
ABOUT_THE_REPLY = frozenset({"model", "stream_options.include_usage", "stream_options.include_obfuscation"})
