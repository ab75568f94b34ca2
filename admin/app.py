"""The Flask application: what holds for every page, and the list of pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus

from flask import Flask, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext, lazy_gettext
from werkzeug.exceptions import HTTPException

from proapi_gateway.admin_services import AdminServices

from .blueprints import BLUEPRINTS
from .formats import FILTERS
from .guard import install_guard, wants_json
from .languages import install_languages
from .layout import layout_context
from .security_headers import add_security_headers
from .services import SERVICES
from .sessions import Sessions

_SESSION_LIFETIME = timedelta(days=7)  # as the seed system's
_FORM_BYTES = 4 * 1024 * 1024  # an api.yaml is far smaller
# Where the page itself says nothing; werkzeug's own words are English.
_STATUS_WORDS: Mapping[int, LazyString] = {
    HTTPStatus.BAD_REQUEST: lazy_gettext("This cannot be understood."),
    HTTPStatus.NOT_FOUND: lazy_gettext("There is no such page, or what it showed is gone."),
    HTTPStatus.METHOD_NOT_ALLOWED: lazy_gettext("This address is not for that."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: lazy_gettext("This is too much at once."),
    HTTPStatus.INTERNAL_SERVER_ERROR: lazy_gettext("A fault of ours; the gateway's own log says more."),
}


def create_app(services: AdminServices) -> Flask:
    """A WSGI application that serves everything below /admin."""
    app = Flask(__name__, static_url_path="/admin/static")
    app.extensions[SERVICES] = services
    app.session_interface = Sessions(services.session_key)
    app.config.update(
        SESSION_COOKIE_NAME="proapi_admin",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=_SESSION_LIFETIME,
        MAX_CONTENT_LENGTH=_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=_FORM_BYTES,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(FILTERS)
    install_languages(app)
    install_guard(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.context_processor(layout_context)
    app.after_request(add_security_headers)
    app.register_error_handler(HTTPException, _show_error)
    app.register_error_handler(TimeoutError, _show_busy)
    app.add_url_rule("/healthz", "healthz", _healthz)
    return app


def _show_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 0) < HTTPStatus.BAD_REQUEST:  # a redirect of the router's
        return error
    code = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    told = error.description if error.description != type(error).description else None
    why = told or _STATUS_WORDS.get(code) or error.description
    if wants_json():
        return jsonify(status=1, msg=str(why)), code
    return render_template("error.html", code=code, why=why), code


def _show_busy(error: Exception) -> ResponseReturnValue:
    """The event loop did not answer (AdminServices)."""
    why = gettext("The gateway is too busy to say.")
    return render_template("error.html", code=HTTPStatus.SERVICE_UNAVAILABLE.value, why=why), 503


def _healthz() -> tuple[dict[str, str], int]:
    return {"status": "ok"}, HTTPStatus.OK
