"""The sessions: signed cookies. A session names who logged in, and proves by which password, so that a change of the
password ends it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface

from proapi_gateway.settings import ServerSettings

from .services import services

_PROOF, _CSRF = "proof", "csrf"


class Sessions(SecureCookieSessionInterface):
    """`key()`: what signs them. Asked for at each request, as a reload may change it."""

    digest_method = staticmethod(hashlib.sha256)

    def __init__(self, key: Callable[[], bytes]) -> None:
        self._key = key

    def get_signing_serializer(self, app: Flask) -> Any:
        app.secret_key = self._key()
        return super().get_signing_serializer(app)

    def get_cookie_secure(self, app: Flask) -> bool:
        """Behind a proxy that speaks https, which is the one who can say so; who lies about it harms only himself."""
        return request.is_secure or request.headers.get("x-forwarded-proto", "") == "https"


def log_in() -> None:
    session.clear()  # nothing of before: a planted session must not become a good one
    session.permanent = True
    session[_PROOF] = _proof(services().settings().server)


def log_out() -> None:
    session.clear()


def is_logged_in() -> bool:
    proof = session.get(_PROOF)
    return isinstance(proof, str) and hmac.compare_digest(proof, _proof(services().settings().server))


def csrf_token() -> str:
    """Of this session; made when it is first asked for. Every form and every htmx request carries it."""
    if _CSRF not in session:
        session[_CSRF] = secrets.token_urlsafe(24)
    return str(session[_CSRF])


def carries_csrf_token() -> bool:
    given = request.headers.get("x-csrf-token", "") or request.form.get("csrf_token", "")
    wanted = session.get(_CSRF, "")
    return bool(wanted) and hmac.compare_digest(str(wanted).encode(), given.encode("utf-8", "replace"))


def _proof(server: ServerSettings) -> str:
    who = f"{server.username}\0{server.password.reveal()}".encode()
    return hmac.new(services().session_key(), who, hashlib.sha256).hexdigest()
