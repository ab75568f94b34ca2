"""Converse's own service model, as botocore carries it: the judge of the requests that we write."""

from __future__ import annotations

import re
from typing import Any

import pytest

loaders = pytest.importorskip("botocore.loaders", reason="botocore is not installed")
from botocore.model import ServiceModel, Shape  # noqa: E402
from botocore.validate import ParamValidator  # noqa: E402

_MODEL = ServiceModel(loaders.create_loader().load_service_model("bedrock-runtime", "service-2"), "bedrock-runtime")
_OPERATIONS = {False: "Converse", True: "ConverseStream"}


def faults_of(body: dict[str, Any], model_id: str, *, streaming: bool = False) -> list[str]:
    """Everything that the service model says against this body: types, unknown fields, enums, patterns, lengths."""
    shape = _MODEL.operation_model(_OPERATIONS[streaming]).input_shape
    assert shape is not None
    whole = {"modelId": model_id, **body}
    report = ParamValidator().validate(whole, shape)
    return [report.generate_report()] if report.has_errors() else list(_walk(shape, whole, "body"))


def operation_errors() -> dict[str, int]:
    """Each modelled exception's HTTP status: {"ThrottlingException": 429, …}."""
    shapes = _MODEL.operation_model("ConverseStream").error_shapes
    return {shape.name: shape.metadata.get("error", {})["httpStatusCode"] for shape in shapes}


def stop_reasons() -> list[str]:
    return list(_MODEL.shape_for("StopReason").enum)


def _walk(shape: Shape, value: Any, path: str) -> Any:
    """What botocore's own validator leaves to the service: enums, patterns, lengths, one member per union."""
    if shape.type_name == "structure" and not shape.metadata.get("document"):
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            yield f"{path}: a union with {sorted(value)}"
        for name, inner in value.items():
            yield from _walk(shape.members[name], inner, f"{path}.{name}")
    elif shape.type_name == "list":
        yield from _check_size(shape, len(value), path)
        for index, inner in enumerate(value):
            yield from _walk(shape.member, inner, f"{path}[{index}]")
    elif shape.type_name == "map":
        for name, inner in value.items():
            yield from _walk(shape.key, name, f"{path} key")
            yield from _walk(shape.value, inner, f"{path}.{name}")
    elif shape.type_name == "string":
        yield from _check_text(shape, value, path)
    elif shape.type_name in ("integer", "float", "double", "long"):
        yield from _check_size(shape, value, path)


def _check_text(shape: Any, value: str, path: str) -> Any:
    if shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {shape.enum}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        yield f"{path}: {value!r} does not match {pattern}"
    yield from _check_size(shape, len(value), path)


def _check_size(shape: Any, size: float, path: str) -> Any:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        yield f"{path}: {size} is outside {low} to {high}"
