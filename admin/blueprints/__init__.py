"""The list of all pages, one file each."""

from . import login, overview, preferences, providers

BLUEPRINTS = (
    login.blueprint,
    preferences.blueprint,
    overview.blueprint,
    providers.blueprint,
)
