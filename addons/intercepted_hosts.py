"""The hosts whose traffic is opened: `intercept.hosts` of api.yaml as a question with one answer."""

from __future__ import annotations

from collections.abc import Iterable


class InterceptedHosts:
    """Exact names, whatever their case and port.

    hosts = InterceptedHosts(["api.openai.com"])
    hosts.opens("API.OpenAI.com")      # True
    hosts.opens("eu.api.openai.com")   # False: no suffixes
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(_fold(name) for name in names)

    def opens(self, host: str | None) -> bool:
        """May traffic to this host be opened? A host that is not known (None) never is."""
        return bool(host) and _fold(host or "") in self._names


def _fold(host: str) -> str:
    # a fully qualified name may end with a dot and is the same host
    return host.lower().strip("[]").rstrip(".")
