"""Logging in and out."""

from __future__ import annotations

import ipaddress
import logging
import math
from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, current_app, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from proapi_gateway.admin_credentials import Weakness, is_administrator, weakness

from ..languages import LANGUAGES
from ..login_throttle import LoginThrottle
from ..services import services
from ..sessions import is_logged_in, log_in, log_out, session_as_bearer
from .preferences import local_address, set_preference

logger = logging.getLogger(__name__)

blueprint = Blueprint("login", __name__)

_THROTTLE = "proapi_login_throttle"
# What a proxy in front of us adds: then whoever asks may sit anywhere.
_FORWARDED_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


@blueprint.record_once
def _make_throttle(state: object) -> None:
    app = state.app  # type: ignore[attr-defined]
    app.extensions[_THROTTLE] = LoginThrottle(app.extensions["proapi"].clock)


@blueprint.get("/admin/login")
def page() -> ResponseReturnValue:
    if is_logged_in():
        return redirect(url_for("overview.page"))
    if request.args.get("language") in LANGUAGES:  # a link, as there is no session yet that could carry a form's token
        response = make_response(redirect(url_for("login.page", back=request.args.get("back"))))
        set_preference(response, "language", request.args["language"])
        return response
    return _show("")


@blueprint.post("/admin/login")
def enter() -> ResponseReturnValue:
    """By the form, or as the seed system's scripts do it: JSON in, JSON with a bearer (and a cookie) out."""
    fault, status = _try_to_log_in(*_credentials())
    if request.is_json:
        if fault:
            return jsonify(status=1, msg=fault), status
        return jsonify(status=0, msg="登录成功", data={"token": session_as_bearer()})
    if fault:
        return _show(fault), status
    return redirect(local_address(request.form.get("back", "")))


@blueprint.post("/admin/logout")
def leave() -> ResponseReturnValue:
    log_out()
    return redirect(url_for("login.page"))


def _credentials() -> tuple[str, str]:
    given: object = request.get_json(silent=True) if request.is_json else request.form
    if not isinstance(given, Mapping):
        return "", ""
    return str(given.get("username", "")), str(given.get("password", ""))


def _try_to_log_in(username: str, password: str) -> tuple[str, HTTPStatus]:
    """("", 200), or why not."""
    throttle: LoginThrottle = current_app.extensions[_THROTTLE]
    address = request.remote_addr or ""
    if wait_s := math.ceil(throttle.wait_s(address)):
        told = ngettext("Too many tries. Wait %(num)s second.", "Too many tries. Wait %(num)s seconds.", wait_s)
        return told, HTTPStatus.TOO_MANY_REQUESTS
    weak = weakness(username, password)
    is_here = asks_from_here()
    throttle.note_failure(address)
    if not is_administrator(services().settings().server, username, password, without_password=is_here):
        logger.warning("admin: a wrong name or password, from %s", address)
        if _nobody_can():
            return gettext("No password is set: from another machine nobody can log in."), HTTPStatus.FORBIDDEN
        return gettext("The name or the password is wrong."), HTTPStatus.UNAUTHORIZED
    throttle.forget(address)
    if weak is not None and not is_here:
        logger.warning("admin: refused, since %s, and it came from %s", weak.value, address)
        return _WEAK_IS_REFUSED[weak](), HTTPStatus.FORBIDDEN
    log_in()
    logger.info("admin: %s logged in from %s", "somebody" if weak is None else f"somebody ({weak.value})", address)
    return "", HTTPStatus.OK


_WEAK_IS_REFUSED = {
    Weakness.NO_PASSWORD: lambda: gettext("No password is set: from another machine nobody can log in."),
    Weakness.WELL_KNOWN: lambda: gettext(
        "Name and password are right, but everybody knows them: from another machine they are refused. "
        "Set a better server.password."
    ),
}


def _nobody_can() -> bool:
    return not services().settings().server.password


def asks_from_here() -> bool:
    """Is it a browser of this machine, and can no other one reach us? The name in the address counts, too: a foreign
    page may let its own name point to 127.0.0.1, and would then be the same site as we."""
    if not _is_loopback(services().host) or any(name in request.headers for name in _FORWARDED_HEADERS):
        return False
    host = request.host.rpartition(":")[0] if not request.host.endswith("]") and ":" in request.host else request.host
    return _is_loopback(host.strip("[]"))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _show(fault: str) -> str:
    server = services().settings().server
    weak = weakness(server.username, server.password.reveal())
    return render_template(
        "login.html",
        fault=fault,
        back=local_address(request.values.get("back", "")),
        weak=weak.name if weak else "",
        is_here=asks_from_here(),
        username=request.form.get("username", server.username if asks_from_here() else ""),
    )
