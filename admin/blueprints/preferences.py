"""Language and theme, chosen by hand and kept in cookies of this browser."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from ..languages import LANGUAGE_COOKIE, LANGUAGES
from ..layout import THEME_COOKIE, THEMES

blueprint = Blueprint("preferences", __name__)

_KEPT_FOR_S = 365 * 24 * 3600
_CHOICES = {"language": (LANGUAGE_COOKIE, tuple(LANGUAGES)), "theme": (THEME_COOKIE, THEMES)}


@blueprint.post("/admin/preferences")
def choose() -> ResponseReturnValue:
    response = redirect(local_address(request.form.get("back", "")))
    for name, value in request.form.items():
        set_preference(response, name, value)
    return response


def set_preference(response: Response, name: str, value: str) -> None:
    """Anything that is no choice of ours is passed over."""
    cookie, choices = _CHOICES.get(name, ("", ()))
    if value in choices:
        response.set_cookie(cookie, value, max_age=_KEPT_FOR_S, httponly=True, samesite="Lax")


def local_address(address: str) -> str:
    """The address, if it is one of our pages; else the first page. "//elsewhere" and "/\\elsewhere" are other sites."""
    if address.startswith("/admin") and "\\" not in address and not any(ord(letter) < 0x21 for letter in address):
        return address
    return url_for("overview.page")
