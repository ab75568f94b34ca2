"""The list of all pages, one file each."""

from . import config, login, overview, preferences, providers

BLUEPRINTS = (
    login.blueprint,
    preferences.blueprint,
    overview.blueprint,
    providers.blueprint,
    config.blueprint,
)
