"""Hosts as a URL writes them."""

from __future__ import annotations

_EVERY_INTERFACE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def url_host(host: str) -> str:
    """url_host("::1") == "[::1]"; names and IPv4 addresses as they are."""
    return f"[{host}]" if ":" in host else host


def reachable_host(listening: str) -> str:
    """By which host a door that listens at this one is reached from here: reachable_host("0.0.0.0") == "127.0.0.1"."""
    return _EVERY_INTERFACE.get(listening, listening)
