"""Amazon Bedrock's runtime address: one row; signed with an AWS key, or opened by a Bedrock API key.

Sources: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html, read 2026-11-25.
"""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import quote, urlsplit

from ..errors import ClientFault
from ..target import Target
from .aws_signature import AwsKey, AwsScope, sign_request
from .row import PROMPT_APIS, Operation, Provider, ProviderKeys

_SERVICE = "bedrock"
# (the backend's dialect, streaming) → the operation, as it ends the address.
_OPERATIONS = {
    ("bedrock", False): "converse",
    ("bedrock", True): "converse-stream",
    ("bedrock_embeddings", False): "invoke",
}
_HOST_PREFIX = "bedrock-runtime"


def _url(target: Target, operation: Operation) -> str:
    """…/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream: the id is one segment, also an ARN."""
    base = target.base_url.rstrip("/") or f"https://{_HOST_PREFIX}.{_region(target)}.amazonaws.com"
    return f"{base}/model/{quote(target.model, safe='')}/{_OPERATIONS[operation.dialect, operation.streaming]}"


def _region(target: Target) -> str:
    """The `region` key, or what base_url says. None is ever assumed: prompts would leave the user's own region."""
    region = target.options.get("region", "") or _region_of(target.base_url)
    if not region:
        raise _misconfigured("`region` is missing (for example us-east-1)")
    return region


def _region_of(base_url: str) -> str:
    """"https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com" → "eu-west-1"; "" for a host that tells none."""
    labels = (urlsplit(base_url).hostname or "").split(".")
    return next((region for label, region in pairwise(labels) if label.startswith(_HOST_PREFIX)), "")


def _headers(target: Target) -> dict[str, str]:
    return {"authorization": f"Bearer {target.credential}"} if target.credential else {}


def _sign(method: str, url: str, headers: dict[str, str], body: bytes, target: Target, now: float) -> dict[str, str]:
    if target.credential:
        return {}
    options = target.options
    key = AwsKey(
        options.get("aws_access_key_id", ""),
        options.get("aws_secret_access_key", ""),
        options.get("aws_session_token", ""),
    )
    if not key.access_key_id or not key.secret_access_key:
        raise _misconfigured("set `api_key`, or `aws_access_key_id` and `aws_secret_access_key`")
    return sign_request(key, AwsScope(_region(target), _SERVICE), (method, url, headers, body), now)


def _misconfigured(what: str) -> ClientFault:
    return ClientFault(f"the provider bedrock is not configured: {what}", status=500, type="server_error")


BEDROCK = Provider(
    name="bedrock",
    dialects=dict.fromkeys(PROMPT_APIS, "bedrock") | {"embeddings": "bedrock_embeddings"},
    base_url="",
    url=_url,
    headers=_headers,
    keys=ProviderKeys(
        optional=("region", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "input_type"),
        secret=("aws_secret_access_key", "aws_session_token"),
        api_key=False,
    ),
    sign=_sign,
    static_headers={"accept": "*/*"},
)
PROVIDERS = (BEDROCK,)
