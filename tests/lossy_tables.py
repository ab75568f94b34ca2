"""The tables of docs/providers.md and the pages in docs/providers/, made by asking the translator: what becomes of each
field of a chat request, and what each service that speaks OpenAI's format is.

python -m tests.lossy_tables        prints all, to be put into the page
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from proapi_translate import ClientFault, Context, Loss, Target, provider_keys, translate_request
from proapi_translate.providers.openai_quirks import RequestQuirks
from proapi_translate.providers.table import provider_of
from tests.translate.chat_fields import BASE, PAIRS

_REGION = {"region": "us-east-1"}
# Column → the backend that it stands for, by a newer model of each.
COLUMNS: Mapping[str, Target] = {
    "Claude": Target("anthropic", "claude-sonnet-4-5", credential="k"),
    "Gemini": Target("gemini", "gemini-2.5-pro", credential="k"),
    "Bedrock (Claude)": Target("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "", "k", _REGION),
    "Bedrock (Nova)": Target("bedrock", "amazon.nova-pro-v1:0", "", "k", _REGION),
    "Cohere": Target("cohere", "command-a-reasoning-08-2025", credential="k"),
    "Cloudflare": Target("cloudflare", "@cf/meta/llama-3.3-70b-instruct-fp8-fast", "", "k", {"account_id": "a"}),
}
# Row → its entry in the table of all fields.
ROWS: Mapping[str, str] = {
    "`temperature`": "temperature", "`top_p`": "top_p", "`max_tokens`": "max_completion_tokens",
    "`stop`": "stop", "`seed`": "seed", "`n` over 1": "n",
    "`frequency_penalty`": "frequency_penalty", "`presence_penalty`": "presence_penalty", "`logit_bias`": "logit_bias",
    "`logprobs`": "logprobs", "`top_logprobs`": "top_logprobs", "`reasoning_effort`": "reasoning_effort",
    "`response_format`: `json_object`": "response_format[json_object]",
    "`response_format`: `json_schema`": "response_format[json_schema].json_schema.schema",
    "tools": "tools[function].function.name", "a tool's `strict`": "tools[function].function.strict",
    "custom tools": "tools[custom].custom.name", "`tool_choice` with a name": "tool_choice[function].function.name",
    "`parallel_tool_calls`: false": "parallel_tool_calls",
    "pictures": "messages[user].content[image_url].image_url.url",
    "a picture's `detail`": "messages[user].content[image_url].image_url.detail",
    "sound": "messages[user].content[input_audio].input_audio.data",
    "a PDF's data": "messages[user].content[file].file.file_data",
    "`file_id`": "messages[user].content[file].file.file_id", "`name` of a message": "messages[user].name",
    "`web_search_options`": "web_search_options.user_location[approximate].approximate.country",
    "`user`": "user", "`metadata`": "metadata",
    "`service_tier`": "service_tier", "`store`": "store", "`verbosity`": "verbosity",
    "`prediction`": "prediction[content].content",
    "`prompt_cache_key`": "prompt_cache_key", "`safety_identifier`": "safety_identifier",
}  # fmt: skip
# Page → the backends whose own losses stand there.
PAGES: Mapping[str, tuple[Target, ...]] = {
    "anthropic.md": (COLUMNS["Claude"],),
    "gemini.md": (COLUMNS["Gemini"],),
    "vertex-ai.md": (
        Target("vertexai_gemini", "gemini-2.5-pro", "", "k", {"PROJECT_ID": "p"}),
        Target("vertexai_claude", "claude-sonnet-4-5", "", "k", {"PROJECT_ID": "p"}),
    ),
    "bedrock.md": (COLUMNS["Bedrock (Claude)"], COLUMNS["Bedrock (Nova)"]),
    "cohere.md": (COLUMNS["Cohere"],),
    "cloudflare.md": (COLUMNS["Cloudflare"],),
}
_OWN_FORMATS = ("anthropic", "gemini", "vertexai_gemini", "vertexai_claude", "bedrock", "cohere", "cloudflare", "echo")
_MARKS = {"dropped": "lost", "approximated": "nearly", "renamed": "kept"}
_ORDER = ("dropped", "approximated", "renamed")


def format_field_table() -> str:
    """| field | Claude | … with kept (an empty cell), nearly, lost, or 400 in each cell."""
    lines = [f"| field | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 1) + "|"]
    for label, name in ROWS.items():
        cells = [fate_of(PAIRS[name][0], target) for target in COLUMNS.values()]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def fate_of(fields: Mapping[str, Any], target: Target) -> str:
    try:
        losses = _losses_of(fields, target)
    except ClientFault:
        return "400"
    worst = next((what for what in _ORDER if any(loss.what == what for loss in losses)), "renamed")
    return _MARKS[worst]


def _losses_of(fields: Mapping[str, Any], target: Target) -> tuple[Loss, ...]:
    body = json.dumps({"model": "m", **BASE, **fields}).encode()
    return translate_request("chat", body, target, Context()).losses


def format_page_table(target: Target) -> str:
    """A row each: `nearly` and `lost` of every field of the official SDK's chat request, `400` of those in ROWS."""
    lost, nearly = _lost_and_nearly(target)
    refused = ", ".join(label for label, name in ROWS.items() if fate_of(PAIRS[name][0], target) == "400")
    rows = {"nearly": nearly, "lost": lost, "400": refused}
    return "|---|---|\n" + "".join(f"| `{fate}` | {fields} |\n" for fate, fields in rows.items() if fields)


def format_service_table() -> str:
    """| service | lost | nearly | of those services that take something else than OpenAI does, by a model that no
    rule of theirs names."""
    rows: dict[tuple[str, str], list[str]] = {}
    for name in provider_keys():
        if name in _OWN_FORMATS:
            continue
        lost, nearly = _lost_and_nearly(Target(name, "any-model", "https://h/v1"))
        if lost or nearly:
            rows.setdefault((lost, nearly), []).append(f"`{name}`")
    lines = ["| service | lost | nearly |", "|---|---|---|"]
    lines += [f"| {', '.join(names)} | {lost} | {nearly} |" for (lost, nearly), names in rows.items()]
    return "\n".join(lines) + "\n"


def format_known_services() -> str:
    """| service | address | APIs beside chat | the limit's name | highest temperature | thoughts back |, of the same
    services and by the same model; alike ones in one row."""
    rows: dict[str, list[str]] = {}
    for name, keys in provider_keys().items():
        if name in _OWN_FORMATS or keys.base_url:
            continue
        rows.setdefault(" | ".join(_facts(Target(name, "any-model"))), []).append(f"`{name}`")
    lines = ["| service | address | beside chat | limit | `temperature` to | thoughts back |", "|---" * 6 + "|"]
    lines += [f"| {', '.join(names)} | {facts} |" for facts, names in rows.items()]
    return "\n".join(lines) + "\n"


def _facts(target: Target) -> tuple[str, ...]:
    row = provider_of(target)
    dialects, quirks = row.dialects_of(target), row.profile_of(target)
    assert isinstance(quirks, RequestQuirks)
    return (
        f"`{row.base_url}`",
        ", ".join(f"`{api}`" for api in ("responses", "completions") if dialects[api] == f"openai_{api}"),
        f"`{quirks.max_tokens_name}`" if quirks.max_tokens_name else "",
        f"{quirks.temperature_max:g}" if quirks.temperature_max is not None else "",
        "`reasoning_details`" if quirks.signed_thoughts else "`reasoning_content`" if quirks.thoughts_back else "",
    )


def _lost_and_nearly(target: Target) -> tuple[str, str]:
    fields: dict[str, dict[str, None]] = {"dropped": {}, "approximated": {}}
    for given, _ in PAIRS.values():
        try:
            for loss in _losses_of(given, target):
                fields.get(loss.what, {})[loss.field] = None
        except ClientFault:
            continue
    lost, nearly = (", ".join(f"`{field}`" for field in names) for names in fields.values())
    return lost, nearly


if __name__ == "__main__":
    print(format_field_table())
    print(format_known_services())
    print(format_service_table())
    for page, targets in PAGES.items():
        for target in targets:
            print(page, target.provider, target.model, format_page_table(target), sep="\n")
