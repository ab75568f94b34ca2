"""What a backend refuses of a chat body, taken out or put in its own words: the request side of the same-dialect lane.

Only the fields that change are read; every other one keeps its own bytes and its place. Messages are looked into only
where a cheap search of the bytes says that a quirk may apply. A body that was written here (dialects/openai_chat) is
fitted to its backend by the same rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from .errors import ClientFault
from .json_text import encode
from .losses import Loss, Losses
from .passthrough_effort import fit_effort
from .passthrough_messages import fix_messages, may_need_fixing
from .passthrough_thoughts import give_back_thoughts, recall_nothing
from .prompt import Recall
from .providers.openai_quirks import RequestQuirks

Fields = dict[str, msgspec.Raw]

_decode_fields = msgspec.json.Decoder(Fields).decode
_decode = msgspec.json.Decoder().decode
_NULL = msgspec.Raw(b"null")
_BOOLEANS = {True: msgspec.Raw(b"true"), False: msgspec.Raw(b"false")}
_JSON_OBJECT = msgspec.Raw(b'{"type":"json_object"}')
_SCHEMA_NOTE = "Answer with one JSON object that is valid against this JSON schema, and with nothing else:\n"
# The two names of one limit; the first wins where a body has both.
_MAX_TOKENS_NAMES = ("max_completion_tokens", "max_tokens")
# OpenAI's own defaults: where a refused field holds its default, leaving it out loses nothing.
_DEFAULTS: dict[str, object] = {
    "temperature": 1, "top_p": 1, "presence_penalty": 0, "frequency_penalty": 0, "logit_bias": {}, "metadata": {},
    "store": False,
}  # fmt: skip


def prepare(
    body: bytes, model: str, quirks: RequestQuirks, streaming: bool, recall: Recall = recall_nothing
) -> tuple[bytes, tuple[Loss, ...]]:
    """The body for the backend, and what of it was lost.

    prepare(b'{"model": "alias", "x": 1.50}', "glm-4.6", …) → (b'{"model":"glm-4.6","x":1.50}', ()). Where nothing has
    to change the very same `body` comes back. A stream is asked for its usage even if the client did not: the log wants
    it, and the reply's side keeps it from the client. `recall(call_id)`: the thoughts before an earlier tool call, for
    backends that want them back. Raises ClientFault (400) for what is no JSON object.
    """
    losses = Losses({})
    try:
        fields = _decode_fields(body)
        adapted = _adapt(dict(fields) | {"model": msgspec.Raw(encode(model))}, quirks, losses)
        _set_streaming(adapted, quirks, streaming)
        _fit_messages(adapted, quirks, losses, body, recall)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ClientFault(f"could not parse the JSON body of your request: {error}") from None
    return (body if adapted == fields else encode(adapted)), losses.report()


def fit_written(
    body: Mapping[str, Any], quirks: RequestQuirks, losses: Losses, streaming: bool, recall: Recall = recall_nothing
) -> Fields:
    """A body that was written here, as this backend takes it: name → the value's JSON text, ready to be encoded.

    {"model": "m", "seed": 3, "messages": […]} → {"model": "m", "random_seed": 3, "messages": […]} for Mistral.
    """
    fields = {name: msgspec.Raw(encode(value)) for name, value in body.items()}
    adapted = _adapt(fields, quirks, losses)
    _set_streaming(adapted, quirks, streaming)
    _fit_messages(adapted, quirks, losses, bytes(adapted["messages"]), recall)
    return adapted


def ask_for_usage(body: bytes, quirks: RequestQuirks) -> dict[str, Any]:
    """What a completions body must change to ask its stream for the usage, which the log wants.

    b'{"stream": true}' → {"stream_options": {"include_usage": True}}; {} for a backend without that field.
    """
    options: Any = _decode(_decode_fields(body).get("stream_options", _NULL)) or {}
    if not quirks.stream_options or not isinstance(options, dict):
        return {}
    return {"stream_options": options | {"include_usage": True}}


def _adapt(fields: Fields, quirks: RequestQuirks, losses: Losses) -> Fields:
    fields = _rename(_drop_refused(fields, quirks, losses), quirks, losses)
    _bound_temperature(fields, quirks, losses)
    fit_effort(fields, quirks, losses)
    _fit_tool_choice(fields, quirks, losses)
    for name, value in quirks.added.items():
        fields.setdefault(name, msgspec.Raw(encode(value)))
    return fields


def _fit_messages(
    fields: Fields, quirks: RequestQuirks, losses: Losses, searched: bytes, recall: Recall = recall_nothing
) -> None:
    """`searched`: bytes that hold the messages, for the search that tells whether a look into them is needed."""
    note = _loosen_schema(fields, quirks, losses)
    if "messages" in fields and (note or may_need_fixing(searched, quirks)):
        fields["messages"] = fix_messages(fields["messages"], quirks, losses, note)
    if quirks.thoughts_back is not None and "messages" in fields:
        fields["messages"] = give_back_thoughts(fields["messages"], quirks, recall)


def _drop_refused(fields: Fields, quirks: RequestQuirks, losses: Losses) -> Fields:
    for name in quirks.refused & fields.keys():
        value = _decode(fields[name])
        if value is not None and value != _DEFAULTS.get(name):
            losses.drop(name, f"{quirks.backend} does not take it")
    return {name: value for name, value in fields.items() if name not in quirks.refused}


def _rename(fields: Fields, quirks: RequestQuirks, losses: Losses) -> Fields:
    """Renamed fields keep their places."""
    names = dict(quirks.renamed)
    if quirks.max_tokens_name:
        given = [name for name in _MAX_TOKENS_NAMES if fields.get(name, _NULL) != _NULL]
        fields = {name: value for name, value in fields.items() if name not in _MAX_TOKENS_NAMES or name in given[:1]}
        names.update(dict.fromkeys(given[:1], quirks.max_tokens_name))
    for name, its_name in names.items():
        if name != its_name and name in fields:
            losses.add(name, "renamed", f"{quirks.backend} calls it {its_name}")
    return {names.get(name, name): value for name, value in fields.items()}


def _bound_temperature(fields: Fields, quirks: RequestQuirks, losses: Losses) -> None:
    if (quirks.temperature_max, quirks.temperature_min) == (None, None) or "temperature" not in fields:
        return
    value = _decode(fields["temperature"])
    if not isinstance(value, int | float):
        return
    if quirks.temperature_max is not None and value > quirks.temperature_max:
        fields["temperature"] = msgspec.Raw(encode(quirks.temperature_max))
        losses.approximate("temperature", f"{quirks.backend} takes at most {quirks.temperature_max:g}")
    elif quirks.temperature_min is not None and value < quirks.temperature_min:
        fields["temperature"] = msgspec.Raw(encode(quirks.temperature_min))
        losses.approximate("temperature", f"{quirks.backend} takes at least {quirks.temperature_min:g}")


def _fit_tool_choice(fields: Fields, quirks: RequestQuirks, losses: Losses) -> None:
    """For a backend whose model always chooses itself: "none" takes the tools away, "required" is only a wish. A named
    tool stays, and with it the backend's own refusal: any other answer is not what was asked for."""
    if "tool_choice" not in fields or (quirks.forced_tools and quirks.allowed_tools):
        return
    choice: Any = _decode(fields["tool_choice"])
    if not quirks.allowed_tools and isinstance(choice, dict) and isinstance(choice.get("allowed_tools"), dict):
        choice = _leave_allowed(fields, choice["allowed_tools"])
    if quirks.forced_tools:
        return
    if choice == "none":
        del fields["tool_choice"]
        fields.pop("tools", None)
    elif choice == "required":
        fields["tool_choice"] = msgspec.Raw(b'"auto"')
        losses.approximate("tool_choice", f"{quirks.backend} cannot be made to call a tool: it may")


def _leave_allowed(fields: Fields, allowed: dict[str, Any]) -> Any:
    """Only the allowed tools go on, and with them the mode alone, which is given back."""
    names = {_tool_name(tool) for tool in allowed.get("tools") or ()}
    tools: Any = _decode(fields.get("tools", _NULL)) or ()
    fields["tools"] = msgspec.Raw(encode([tool for tool in tools if _tool_name(tool) in names]))
    mode = allowed.get("mode", "auto")
    fields["tool_choice"] = msgspec.Raw(encode(mode))
    return mode


def _tool_name(tool: Any) -> str:
    """{"type": "function", "function": {"name": "f"}} → "f"; the same of a custom tool."""
    inner = tool.get(tool.get("type")) if isinstance(tool, dict) else None
    return str(inner.get("name")) if isinstance(inner, dict) else ""


def _set_streaming(fields: Fields, quirks: RequestQuirks, streaming: bool) -> None:
    if fields.get("stream", _NULL) != _NULL or streaming:
        fields["stream"] = _BOOLEANS[streaming]  # lax clients send "true" or 1
    if not quirks.stream_options:
        fields.pop("stream_options", None)
    elif streaming:
        options: Any = _decode(fields.get("stream_options", _NULL)) or {}
        if isinstance(options, dict) and options.get("include_usage") is not True:
            fields["stream_options"] = msgspec.Raw(encode(options | {"include_usage": True}))


def _loosen_schema(fields: Fields, quirks: RequestQuirks, losses: Losses) -> str:
    """For a backend that knows only json_object: the schema as words, to be put among the messages; "" for none."""
    if quirks.json_schema or b"json_schema" not in bytes(fields.get("response_format", _NULL)):
        return ""
    wanted: Any = _decode(fields["response_format"])
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return ""
    fields["response_format"] = _JSON_OBJECT
    losses.approximate("response_format", f"{quirks.backend} knows only json_object: the schema is told in words")
    holder = wanted.get("json_schema")
    if not isinstance(holder, dict):
        return ""
    about = {name: told for name in ("description",) if isinstance(told := holder.get(name), str)}
    schema = holder.get("schema")
    return _SCHEMA_NOTE + encode(about | (schema if isinstance(schema, dict) else {})).decode()
