"""The admin's application over services that a test chooses, and a browser-like client that is logged in.

    client = logged_in(admin_app(settings=load(CONFIG)))
    client.get("/admin/overview").text
    client.post("/admin/config", data={"text": …})     # the CSRF token goes along
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from admin import create_app
from proapi_gateway.admin_services import AdminServices
from proapi_gateway.config_source import FileSource
from proapi_gateway.health import Health
from proapi_gateway.settings import Settings
from proapi_gateway.trial_client import TrialReply
from tests.gateway.config_text import load, with_server

PASSWORD = "a long password"
CONFIG = with_server(f"admin_server: true\npassword: {PASSWORD}")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Clock:
    now: float = 1_764_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeGateway:
    """What the services of a test do; a test changes what it is about."""

    settings: Settings = field(default_factory=lambda: load(CONFIG))
    clock: Clock = field(default_factory=Clock)
    health: Health = field(default_factory=lambda: Health(lambda: 100.0, lambda: 0.5))
    path: Path = Path("api.yaml")
    services: dict[str, Any] = field(default_factory=dict)

    def admin_services(self) -> AdminServices:
        chosen: dict[str, Any] = {
            "settings": lambda: self.settings,
            "source": lambda: FileSource(str(self.path), {}),
            "reload": lambda: (),
            "health": lambda: (),
            "health_of": lambda candidates: tuple(self.health.state_of(candidate) for candidate in candidates),
            "limits": lambda: (),
            "send_trial": lambda trial, kind: TrialReply(200, 12, f"{trial} {kind}"),
            "reply_cache": lambda: None,
            "flow_log": lambda: None,
            "session_key": lambda: b"k" * 32,
            "clock": self.clock,
        }
        return AdminServices(**(chosen | self.services))


def admin_app(gateway: FakeGateway | None = None) -> Flask:
    app = create_app((gateway or FakeGateway()).admin_services())
    app.testing = True
    app.test_client_class = PageClient
    return app


class PageClient(FlaskClient):
    """Sends the CSRF token of the last page with each form, as a browser does."""

    csrf_token = ""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if self.csrf_token and kwargs.get("json") is None:
            kwargs["headers"] = {"x-csrf-token": self.csrf_token, **(kwargs.get("headers") or {})}
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and (found := _TOKEN.search(response.text)):
            self.csrf_token = found[1]
        return response

    def log_in(self, username: str = "admin", password: str = PASSWORD, **kwargs: Any) -> TestResponse:
        self.get("/admin/login", **kwargs)
        return self.post("/admin/login", data={"username": username, "password": password}, **kwargs)


def logged_in(app: Flask) -> PageClient:
    client = app.test_client()
    assert isinstance(client, PageClient)
    assert client.log_in().status_code == 302
    client.get("/admin/providers")
    return client
