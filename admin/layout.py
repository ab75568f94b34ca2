"""What the frame around every page needs: navigation, theme, language, the CSRF token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from flask_babel import LazyString, lazy_gettext

from .languages import LANGUAGES, chosen_language
from .services import services
from .sessions import csrf_token, is_logged_in

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "proapi_theme"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One page of the navigation. `icon`: its symbol in static/icons.svg."""

    endpoint: str
    title: LazyString
    icon: str


_NAVIGATION = (
    _Entry("overview.page", lazy_gettext("Overview"), "overview"),
    _Entry("flows.page", lazy_gettext("Flows"), "flows"),
    _Entry("providers.page", lazy_gettext("Providers"), "providers"),
    _Entry("tokens.page", lazy_gettext("Tokens"), "tokens"),
    _Entry("cache.page", lazy_gettext("Cache"), "cache"),
    _Entry("config.page", lazy_gettext("Configuration"), "config"),
)


def layout_context() -> dict[str, Any]:
    logged_in = is_logged_in()
    return {
        "navigation": [entry for entry in _NAVIGATION if entry.endpoint in current_app.view_functions],
        "here": (request.blueprint or "").partition("_")[0],  # flows_xray: a page of Flows
        "theme": chosen_theme(),
        "themes": THEMES,
        "language": chosen_language(),
        "languages": LANGUAGES,
        "csrf_token": csrf_token,
        "logged_in": logged_in,
        "several_workers": services().several_workers,
        "this_url": request.full_path.rstrip("?"),
    }


def chosen_theme() -> str:
    theme = request.cookies.get(THEME_COOKIE, "")
    return theme if theme in THEMES else "auto"
