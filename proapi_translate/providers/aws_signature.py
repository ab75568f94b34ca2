"""AWS Signature Version 4: the headers that sign one request with an access key.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, read 2026-11-25.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
_PORTS = {"http": 80, "https": 443}
# Headers that a proxy on the way may change are left out; these are all that the signature must cover.
_SIGNED_BESIDE_HOST = ("content-type",)


@dataclass(frozen=True, slots=True)
class AwsKey:
    """An access key; `session_token` with temporary ones."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AwsScope:
    """Where and for what a signature is valid: AwsScope("us-east-1", "bedrock")."""

    region: str
    service: str


def sign_request(
    key: AwsKey, scope: AwsScope, request: tuple[str, str, Mapping[str, str], bytes], now: float
) -> dict[str, str]:
    """The headers to add. `request`: (method, url, headers with lower-case names, body); `now`: Unix seconds.

    → {"x-amz-date": "20261125T120000Z", "authorization": "AWS4-HMAC-SHA256 Credential=…", "x-amz-security-token": …}.
    The url is signed as it stands: its path must already be percent-encoded as it will be sent.
    """
    method, url, headers, body = request
    time = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(url)
    added = {"x-amz-date": time}
    if key.session_token:
        added["x-amz-security-token"] = key.session_token
    signed = {"host": _host(parts)} | {name: headers[name] for name in _SIGNED_BESIDE_HOST if name in headers} | added
    names = ";".join(sorted(signed))
    canonical = "\n".join(
        [
            method,
            quote(parts.path or "/", safe="/~"),  # encoded once more: only S3 takes its path as it is
            _canonical_query(parts.query),
            *(f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    credential_scope = f"{time[:8]}/{scope.region}/{scope.service}/aws4_request"
    to_sign = "\n".join([_ALGORITHM, time, credential_scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.digest(_signing_key(key, scope, time[:8]), to_sign.encode(), "sha256").hex()
    credential = f"Credential={key.access_key_id}/{credential_scope}"
    return added | {"authorization": f"{_ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"}


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


def _canonical_query(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return "&".join(sorted(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs))


def _signing_key(key: AwsKey, scope: AwsScope, date: str) -> bytes:
    derived = f"AWS4{key.secret_access_key}".encode()
    for step in (date, scope.region, scope.service, "aws4_request"):
        derived = hmac.digest(derived, step.encode(), "sha256")
    return derived
