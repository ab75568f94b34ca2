"""The list of all pages, one file each."""

from . import (
    cache,
    config,
    flows,
    flows_export,
    flows_live,
    flows_xray,
    login,
    overview,
    preferences,
    providers,
    seed_urls,
    tokens,
)

BLUEPRINTS = (
    login.blueprint,
    preferences.blueprint,
    overview.blueprint,
    flows.blueprint,
    flows_live.blueprint,
    flows_export.blueprint,
    flows_xray.blueprint,
    providers.blueprint,
    tokens.blueprint,
    cache.blueprint,
    config.blueprint,
    seed_urls.blueprint,
)
