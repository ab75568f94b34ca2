"""How long a client's connection may be silent before mitmproxy cuts it: as long as any backend may take to reply.

mitmproxy's own limit is 600 s for everything, also for a client that waits for a slow backend. In 12 it is the option
`tcp_timeout`, in 11 a constant of a module.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from mitmproxy import ctx
from mitmproxy.proxy import server

from proapi_gateway.gateway import Gateway

from .untyped_mitmproxy import set_options

_SHORTEST_S = 600
_MARGIN_S = 60
_OPTION = "tcp_timeout"


class ClientPatience:
    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        self._gateway = gateway

    def running(self) -> None:
        self._apply()

    def configure(self, updated: AbstractSet[str]) -> None:
        if _OPTION in updated:
            self._apply()

    def _apply(self) -> None:
        needed_s = longest_silence_s(self._gateway())
        if _OPTION in ctx.options:
            if ctx.options.tcp_timeout < needed_s:
                set_options(ctx.options, tcp_timeout=needed_s)
        else:
            vars(server)["TCP_TIMEOUT"] = needed_s


def longest_silence_s(gateway: Gateway) -> int:
    """The longest that a client may have to wait without a byte, in whole seconds, with a margin."""
    providers = gateway.snapshot.settings.providers
    longest = max((provider.timeouts.total for provider in providers), default=0.0)
    return max(_SHORTEST_S, int(longest) + _MARGIN_S)
