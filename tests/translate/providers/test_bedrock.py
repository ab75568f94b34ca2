"""Bedrock's row: addresses, regions, the two ways to be let in."""

from __future__ import annotations

import pytest

from proapi_translate.errors import ClientFault
from proapi_translate.providers.bedrock import BEDROCK
from proapi_translate.providers.row import Operation
from proapi_translate.target import Target

WHOLE, STREAM = Operation("bedrock", streaming=False), Operation("bedrock", streaming=True)
AWS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0"


@pytest.mark.parametrize(
    ("target", "operation", "url"),
    [
        (
            Target("bedrock", "amazon.nova-lite-v1:0", options={"region": "eu-west-1"}),
            WHOLE,
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse",
        ),
        (
            Target("bedrock", "amazon.nova-lite-v1:0", options={"region": "eu-west-1"}),
            STREAM,
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/converse-stream",
        ),
        (
            Target("bedrock", ARN, base_url="http://127.0.0.1:9/x/"),
            WHOLE,
            "http://127.0.0.1:9/x/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2F"
            "us.amazon.nova-lite-v1%3A0/converse",
        ),
    ],
)
def test_addresses(target: Target, operation: Operation, url: str) -> None:
    assert BEDROCK.url(target, operation) == url


@pytest.mark.parametrize(
    ("options", "base_url", "region"),
    [
        ({"region": "eu-west-1"}, "", "eu-west-1"),
        ({"region": "eu-west-1"}, "https://bedrock-runtime.us-east-1.amazonaws.com", "eu-west-1"),
        ({}, "https://bedrock-runtime.us-east-1.amazonaws.com", "us-east-1"),
        ({}, "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ({}, "https://vpce-1-abc.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "eu-west-1"),
    ],
)
def test_the_region_that_is_signed_for(options: dict[str, str], base_url: str, region: str) -> None:
    target = Target("bedrock", "m", base_url=base_url, options=options | AWS)
    assert BEDROCK.sign is not None
    headers = BEDROCK.sign("POST", BEDROCK.url(target, WHOLE), {}, b"", target, 0.0)
    assert f"/19700101/{region}/bedrock/aws4_request" in headers["authorization"]


@pytest.mark.parametrize(
    "target", [Target("bedrock", "m"), Target("bedrock", "m", options=AWS, base_url="http://127.0.0.1:9")]
)
def test_no_region_is_ever_assumed(target: Target) -> None:
    assert BEDROCK.sign is not None
    with pytest.raises(ClientFault, match="region") as caught:
        BEDROCK.sign("POST", BEDROCK.url(target, WHOLE), {}, b"", target, 0.0)
    assert caught.value.status == 500


@pytest.mark.parametrize("options", [{}, {"aws_access_key_id": "AK"}, {"aws_secret_access_key": "secret"}])
def test_without_a_credential_nothing_is_sent(options: dict[str, str]) -> None:
    target = Target("bedrock", "m", options=options | {"region": "r"})
    assert BEDROCK.sign is not None
    with pytest.raises(ClientFault, match="aws_access_key_id") as caught:
        BEDROCK.sign("POST", "https://h.test/", {}, b"", target, 0.0)
    assert caught.value.status == 500
    assert "secret" not in caught.value.message.replace("aws_secret_access_key", "")


def test_an_api_key_is_a_bearer_and_needs_no_signature() -> None:
    target = Target("bedrock", "m", credential="br-key", options={"region": "r"} | AWS)
    assert BEDROCK.headers(target) == {"authorization": "Bearer br-key"}
    assert BEDROCK.sign is not None
    assert BEDROCK.sign("POST", "https://h.test/", {}, b"", target, 0.0) == {}


def test_a_session_token_is_sent_and_signed() -> None:
    target = Target("bedrock", "m", options={"region": "r", "aws_session_token": "tok"} | AWS)
    assert BEDROCK.sign is not None
    headers = BEDROCK.sign("POST", "https://h.test/", {}, b"", target, 0.0)
    assert headers["x-amz-security-token"] == "tok"
    assert "x-amz-security-token" in headers["authorization"]


def test_secrets_are_marked_as_such() -> None:
    assert set(BEDROCK.keys.secret) == {"aws_secret_access_key", "aws_session_token"}
    assert set(BEDROCK.keys.secret) < set(BEDROCK.keys.optional)
