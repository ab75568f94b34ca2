"""The hosts whose traffic is opened: `intercept.hosts` of api.yaml as a question with one answer.

    hosts = InterceptedHosts(["api.openai.com", "llm.local:8443"])
    hosts.opens("API.OpenAI.com", 443)      # True
    hosts.opens("eu.api.openai.com", 443)   # False: exact, no suffixes
    hosts.opens("llm.local", 443)           # False: that entry names its port

An entry without a port means the two that web apps use, 443 and 80.
"""

from __future__ import annotations

from collections.abc import Iterable

_WEB_PORTS = frozenset({80, 443})


class InterceptedHosts:
    def __init__(self, entries: Iterable[str]) -> None:
        self._ports: dict[str, frozenset[int]] = {}
        for entry in entries:
            host, ports = _split_entry(entry)
            self._ports[host] = self._ports.get(host, frozenset()) | ports

    def opens(self, host: str | None, port: int) -> bool:
        """May traffic to `host`:`port` be opened? A host that is not known (None) never is."""
        return bool(host) and port in self._ports.get(_fold(host or ""), ())

    def __contains__(self, host: str) -> bool:
        return _fold(host) in self._ports


def _split_entry(entry: str) -> tuple[str, frozenset[int]]:
    host, colon, port = entry.strip().rpartition(":")
    # "::1" is an address with colons in it and no port; "[::1]:8443" has one
    if colon and port.isdigit() and (":" not in host or host.startswith("[")):
        return _fold(host), frozenset({int(port)})
    return _fold(entry.strip()), _WEB_PORTS


def _fold(host: str) -> str:
    # a fully qualified name may end with a dot and is the same host
    return host.lower().strip("[]").rstrip(".")
