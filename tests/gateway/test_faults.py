from __future__ import annotations

import msgspec
import pytest

from proapi_gateway import faults


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("gpt-4o", "gpt-4o"),
        ("通义千问 max", "通义千问 max"),
        ("gpt-5\udcff", "gpt-5?"),
        ("a\r\nb\x00\x1b[31m", "a??b??[31m"),
        ("x" * 201, "x" * 200 + "…"),
    ],
)
def test_quoted_words_are_printable_encodable_and_short(text: str, quoted: str) -> None:
    assert faults.quote(text) == quoted
    msgspec.json.encode(faults.quote(text))


def test_an_unknown_model_is_openais_404() -> None:
    fault = faults.model_not_found("gpt-9")
    assert (fault.status, fault.type, fault.code) == (404, "invalid_request_error", "model_not_found")
    assert "`gpt-9`" in fault.message


def test_what_is_missing_is_named_with_a_503() -> None:
    fault = faults.nothing_available("gpt-4o", ["openai: environment variable A is not set", "glm: weight 0"])
    assert (fault.status, fault.kind, fault.code) == (503, "service_unavailable", "no_backend_available")
    assert fault.message == (
        "No backend can serve the model `gpt-4o`: openai: environment variable A is not set; glm: weight 0."
    )
