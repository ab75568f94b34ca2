"""Exchanges for the addons' own tests: a small api.yaml as settings, and a flow that belongs to it."""

from __future__ import annotations

from mitmproxy import http
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from addons.doors import Door
from addons.exchange import Exchange
from proapi_gateway.config import load_settings
from proapi_gateway.gateway import Gateway
from proapi_gateway.settings import Settings

TOKEN = "sk-test-of-the-client"
CONFIG = f"""
providers:
  - provider: openai
    base_url: http://backend.test/v1
    api_key: sk-test-of-the-backend
    model: [ m ]
tokens:
  - api_key: {TOKEN}
    model: [ all ]
server: {{}}
"""


def settings(text: str = CONFIG) -> Settings:
    return load_settings(text, file="api.yaml", environment={})


def gateway(text: str = CONFIG) -> Gateway:
    return Gateway(settings(text), lambda: 1_764_000_000.0, lambda provider: provider == "openai")


def exchange(**fields: object) -> Exchange:
    made = Exchange("req_1", Door.BASE_URL, "POST", gateway().snapshot, started_s=100.0, created=1_764_000_000)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def flow(mode: str = "reverse:http://api.openai.com", sni: str | None = None, **request: object) -> http.HTTPFlow:
    """A flow that came in by a door of mitmproxy's `mode`."""
    made = tflow.tflow()
    made.client_conn.proxy_mode = ProxyMode.parse(mode)
    made.client_conn.sni = sni
    for name, value in request.items():
        setattr(made.request, name, value)
    return made
