"""The official OpenAI SDK as an application makes it, pointed at each door of a running proxy; without the SDK: skip.

    with sdk_client(proxy, "explicit") as client:
        client.chat.completions.create(...)
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.running_proxy import RunningProxy

if TYPE_CHECKING:
    import openai
else:
    openai = pytest.importorskip("openai", reason="the openai SDK is not installed beside this mitmproxy")

DOORS = ("base_url", "explicit", "explicit http2")


def sdk_client(proxy: RunningProxy, door: str = "base_url", **options: Any) -> openai.OpenAI:
    transport = openai.DefaultHttpxClient(**_transport(proxy, door))
    return openai.OpenAI(http_client=transport, **_account(proxy, door, options))


def async_sdk_client(proxy: RunningProxy, door: str = "base_url", **options: Any) -> openai.AsyncOpenAI:
    transport = openai.DefaultAsyncHttpxClient(**_transport(proxy, door))
    return openai.AsyncOpenAI(http_client=transport, **_account(proxy, door, options))


def _account(proxy: RunningProxy, door: str, options: dict[str, Any]) -> dict[str, Any]:
    # max_retries 0: what the SDK would hide by trying again is what the tests look at
    base_url = proxy.base_url if door == "base_url" else "https://api.openai.com/v1"
    return {"base_url": base_url, "api_key": TOKEN, "max_retries": 0, "timeout": 20.0, **options}


def _transport(proxy: RunningProxy, door: str) -> dict[str, Any]:
    if door == "base_url":
        return {"trust_env": False}
    trusted = ssl.create_default_context(cafile=proxy.ca_path)
    http2 = door.endswith("http2")
    return {"proxy": proxy.proxy_url, "verify": trusted, "http2": http2, "http1": not http2, "trust_env": False}
