"""The sessions: signed cookies, and for scripts the same value as a bearer. A session proves by which password somebody
logged in, so that a change of the password ends it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any, cast

from flask import Flask, Request, current_app, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature

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

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        bearer = bearer_of(request)
        if not bearer:
            return super().open_session(app, request)
        try:
            lifetime_s = app.permanent_session_lifetime.total_seconds()
            told = self.get_signing_serializer(app).loads(bearer, max_age=lifetime_s)
        except BadSignature:
            return self.session_class()
        return self.session_class(told)

    def write(self, app: Flask) -> str:
        """The session of this request as a text, for a script."""
        return str(self.get_signing_serializer(app).dumps(dict(session)))

    def get_cookie_secure(self, app: Flask) -> bool:
        """Behind a proxy that speaks https, which is the one who can say so; who lies about it harms only himself."""
        return request.is_secure or request.headers.get("x-forwarded-proto", "") == "https"


def bearer_of(request: Request) -> str:
    """What `Authorization: Bearer …` says: no browser sends it by itself, so no foreign page can make one do so."""
    given = request.authorization
    return given.token or "" if given is not None and given.type == "bearer" else ""


def session_as_bearer() -> str:
    return cast(Sessions, current_app.session_interface).write(current_app)


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
