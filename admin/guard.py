"""The guard before every page: who is not logged in gets the login, and no change happens without the CSRF token."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from .sessions import bearer_of, carries_csrf_token, is_logged_in

# Shown to everybody. All other endpoints, of whatever page, need the login.
PUBLIC = frozenset({"static", "healthz", "login.page", "login.enter"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def install_guard(app: Flask) -> None:
    app.before_request(_guard)


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None:  # no such page, or not by this method: nothing to guard
        return None
    if request.endpoint not in PUBLIC and not is_logged_in():
        return _to_login()
    if request.method not in _SAFE_METHODS and not _comes_from_our_page():
        abort(HTTPStatus.FORBIDDEN, _no_csrf_token())
    return None


def _comes_from_our_page() -> bool:
    """Or from a script, which logs in by JSON and then sends a bearer. A foreign page cannot send either without asking
    first (CORS), and we never allow it."""
    return carries_csrf_token() or bool(bearer_of(request)) or (request.endpoint == "login.enter" and request.is_json)


def _no_csrf_token() -> str:
    if wants_json():
        return str(
            gettext(
                "A script sends the token that it got at /admin/login as Authorization: Bearer, and to this port: "
                "redirects lose it."
            )
        )
    return str(gettext("The form is too old, or came from another site: load the page again."))


def _to_login() -> ResponseReturnValue:
    here = request.full_path.rstrip("?") if request.method in _SAFE_METHODS else ""
    login = url_for("login.page", back=here or None)
    if "hx-request" in request.headers:  # htmx would put the login into a corner of the page
        return Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": url_for("login.page")})
    if wants_json():
        return jsonify(status=1, msg="未登录"), HTTPStatus.UNAUTHORIZED  # the seed system's words
    return redirect(login)


def wants_json() -> bool:
    """A script, and no browser."""
    if request.is_json or bearer_of(request):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
