"""Doors that several processes listen at: each asks the kernel for a share of the port (SO_REUSEPORT).

The kernel deals out connections, not requests: a few clients that keep theirs alive may all land on one worker.
"""

from __future__ import annotations

import asyncio
from typing import Any

from mitmproxy.proxy import mode_servers


def share_doors() -> None:
    """Call before the master runs: mitmproxy has no option for it, and binds its sockets early in `run`."""
    mode_servers.AsyncioServerInstance.listen = _listen_shared  # type: ignore[method-assign]


async def _listen_shared(self: mode_servers.AsyncioServerInstance[Any], host: str, port: int) -> list[Any]:
    return [await asyncio.start_server(self.handle_stream, host, port, reuse_port=True)]
