"""The guard before every page: who is not logged in gets the login, and no change happens without the CSRF token."""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, abort, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from .sessions import carries_csrf_token, is_logged_in

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
        abort(HTTPStatus.FORBIDDEN, gettext("The form is too old, or came from another site: load the page again."))
    return None


def _comes_from_our_page() -> bool:
    # A foreign page cannot send JSON without asking first (CORS), and we never allow it: scripts log in so, as at
    # the seed system. Everything that a login protects wants the token.
    return carries_csrf_token() or (request.endpoint == "login.enter" and request.is_json)


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
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
