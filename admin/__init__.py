"""The admin: pages for people who run the gateway. `create_app(services)` is its only door."""

from .app import create_app

__all__ = ["create_app"]
