"""Bedrock's error replies: the message, the status, and the exception's name survive; nothing raises."""

from __future__ import annotations

import pytest

from proapi_translate.dialects.bedrock.error import read_error
from proapi_translate.dialects.bedrock.names import EXCEPTIONS

from . import service_model

CORAL = ":http://internal.amazon.com/coral/com.amazon.bedrock/"


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (
            404,
            {"x-amzn-errortype": f"ResourceNotFoundException{CORAL}"},
            b'{"message":"This model version has reached the end of its life."}',
            (
                "This model version has reached the end of its life.",
                404,
                "not_found_error",
                "ResourceNotFoundException",
            ),
        ),
        (
            403,
            {"X-Amzn-ErrorType": "UnrecognizedClientException"},
            b'{"message":"The security token included in the request is invalid."}',
            (
                "The security token included in the request is invalid.",
                403,
                "authentication_error",
                "UnrecognizedClientException",
            ),
        ),
        (403, {}, b'{"Message":"no bearer"}', ("no bearer", 403, "permission_error", None)),
        (
            429,
            {},
            b'{"__type":"com.amazon.coral.availability#ThrottlingException","message":"slow"}',
            ("slow", 429, "rate_limit_error", "ThrottlingException"),
        ),
        (
            400,
            {"x-amzn-errortype": f"ValidationException{CORAL}"},
            b'{"message":"Input is too long for requested model."}',
            ("Input is too long for requested model.", 400, "invalid_request_error", "context_length_exceeded"),
        ),
        (
            424,
            {"x-amzn-errortype": "ModelErrorException"},
            b'{"originalMessage":"the model said no","originalStatusCode":500}',
            ("the model said no", 424, "upstream_error", "ModelErrorException"),
        ),
        (
            502,
            {},
            b"<html>bad gateway</html>",
            ("Bedrock answered with status 502 and no message", 502, "upstream_error", None),
        ),
        (503, {}, b"try later", ("try later", 503, "server_overloaded", None)),
        (500, {}, b"", ("Bedrock answered with status 500 and no message", 500, "server_error", None)),
        (418, {}, b"[1]", ("Bedrock answered with status 418 and no message", 418, "invalid_request_error", None)),
    ],
)
def test_error_replies(status: int, headers: dict[str, str], body: bytes, expected: tuple[object, ...]) -> None:
    failure = read_error(status, headers, body)
    assert (failure.message, failure.status, failure.kind, failure.code) == expected


@pytest.mark.parametrize(("told", "seconds"), [("17", 17.0), ("0.5", 0.5), ("soon", None), ("-1", None), ("nan", None)])
def test_retry_after_is_kept(told: str, seconds: float | None) -> None:
    assert read_error(429, {"Retry-After": told}, b"{}").retry_after_s == seconds


@pytest.mark.parametrize("body", [b"\xff\xfe", b"null", b"1", b'"text"', b'{"message":1}', b"{" * 5000])
def test_any_body_gives_a_failure(body: bytes) -> None:
    assert read_error(500, {"x-amzn-errortype": "::#"}, body).message


def test_every_exception_of_the_service_model_has_its_status() -> None:
    for name, status in service_model.operation_errors().items():
        assert EXCEPTIONS[name[:1].lower() + name[1:]][0] == status
