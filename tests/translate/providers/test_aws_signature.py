"""Signature Version 4, held against botocore's own signer."""

from __future__ import annotations

import datetime

import pytest

from proapi_translate.providers.aws_signature import AwsKey, AwsScope, sign_request

auth = pytest.importorskip("botocore.auth", reason="botocore is not installed")
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402

NOW = 1764072000.75  # 2025-11-25T12:00:00Z
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1%3A0"
ARN = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-lite-v1%3A0"
KEY, TEMPORARY = AwsKey("AKIDEXAMPLE", "wJalrXUt+/EXAMPLE"), AwsKey("ASIAEXAMPLE", "s3cret/", "tok=en//")
SCOPE = AwsScope("us-east-1", "bedrock")


def botocores(
    key: AwsKey, url: str, headers: dict[str, str], body: bytes, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """What botocore adds at the same time. Its clock is a module's function: the one thing that is put in its place."""
    fixed = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    monkeypatch.setattr(auth, "get_current_datetime", lambda: fixed)
    request = AWSRequest("POST", url, dict(headers), body)
    credentials = Credentials(key.access_key_id, key.secret_access_key, key.session_token or None)
    auth.SigV4Auth(credentials, SCOPE.service, SCOPE.region).add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


@pytest.mark.parametrize("key", [KEY, TEMPORARY], ids=["lasting", "temporary"])
@pytest.mark.parametrize(
    "url",
    [
        f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{MODEL}/converse-stream",
        f"https://bedrock-runtime.us-east-1.amazonaws.com/model/{ARN}/converse",
        f"http://127.0.0.1:9999/base/model/{MODEL}/converse",
        "https://relay.example.test:443/model/a~b_c-d.e/converse?x=1&a=b%20c&a=&z",
        "https://relay.example.test",
    ],
)
@pytest.mark.parametrize("body", [b"", '{"messages":[{"text":"né"}]}'.encode()])
def test_the_same_as_botocores(key: AwsKey, url: str, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = {"content-type": "application/json", "accept": "*/*"}
    ours = sign_request(key, SCOPE, ("POST", url, headers, body), NOW)
    theirs = botocores(key, url, {"content-type": "application/json"}, body, monkeypatch)
    assert ours["x-amz-date"] == theirs["x-amz-date"] == "20251125T120000Z"
    assert ours["authorization"] == theirs["authorization"]
    assert ours.get("x-amz-security-token") == theirs.get("x-amz-security-token")


def test_every_part_of_the_request_counts() -> None:
    headers = {"content-type": "application/json"}
    request = ("POST", "https://h.test/a", headers, b"x")
    base = sign_request(KEY, SCOPE, request, NOW)
    others = [
        sign_request(KEY, SCOPE, ("GET", *request[1:]), NOW),
        sign_request(KEY, SCOPE, ("POST", "https://h.test/b", headers, b"x"), NOW),
        sign_request(KEY, SCOPE, ("POST", "https://h.test/a", {}, b"x"), NOW),
        sign_request(KEY, SCOPE, ("POST", "https://h.test/a", headers, b"y"), NOW),
        sign_request(KEY, AwsScope("eu-west-1", "bedrock"), request, NOW),
        sign_request(KEY, SCOPE, request, NOW + 1),
        sign_request(AwsKey(KEY.access_key_id, "other"), SCOPE, request, NOW),
    ]
    assert len({headers["authorization"] for headers in [base, *others]}) == len(others) + 1


def test_a_key_does_not_show_its_secret() -> None:
    assert "s3cret" not in repr(TEMPORARY)
    assert "tok=en" not in repr(TEMPORARY)
