"""Holds a request against google-genai's own types, which forbid unknown fields."""

from __future__ import annotations

import json
from typing import Any

import pytest

types = pytest.importorskip("google.genai.types", reason="the google-genai package is not installed here")
pydantic = pytest.importorskip("pydantic", reason="the google-genai package is not installed here")

_FIELDS = {
    "contents": list[types.Content],
    "systemInstruction": types.Content,
    "tools": list[types.Tool],
    "toolConfig": types.ToolConfig,
    "generationConfig": types.GenerationConfig,
    "safetySettings": list[types.SafetySetting],
    "cachedContent": str,
    "labels": dict[str, str],
    "serviceTier": types.ServiceTier,
}


def faults_of(body: dict[str, Any]) -> list[str]:
    """What the SDK's types find wrong: [] for a request that is in order."""
    faults = [f"unknown field {name}" for name in body if name not in _FIELDS]
    for name, kind in _FIELDS.items():
        if name not in body:
            continue
        try:
            pydantic.TypeAdapter(kind).validate_json(json.dumps(body[name]))
        except pydantic.ValidationError as error:
            faults += [f"{name}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    if not body.get("contents") or not all(content["parts"] for content in body["contents"]):
        faults.append("contents may not be empty")
    return faults
