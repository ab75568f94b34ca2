"""The files that apps trust us by, written once the CA is there: our certificate, and the bundle with the public roots.

They are in mitmproxy's folder, beside the CA's key. PROAPI_TRUST_DIR names a folder that gets copies: one that can be
shared with an app's container, where the key must not be seen.
"""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

from mitmproxy import ctx

from proapi_gateway.client_trust import PUBLIC, Trust, TrustFault, trust_in, write_bundle
from proapi_gateway.whole_files import write_whole

logger = logging.getLogger(__name__)


_LOOKS, _EACH_S = 100, 0.1


class TrustFiles:
    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def running(self) -> None:
        # Not awaited here: mitmproxy makes a CA in its own default folder in a `running` hook that comes after ours.
        self._task = asyncio.get_running_loop().create_task(self._write_once_there_is_a_ca(ctx.options.confdir))

    def done(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _write_once_there_is_a_ca(self, confdir: str) -> None:
        trust = await asyncio.to_thread(_trust, confdir)
        for _ in range(_LOOKS):
            if await asyncio.to_thread(trust.ca.exists):
                break
            await asyncio.sleep(_EACH_S)
        try:
            await asyncio.to_thread(_write, trust, os.environ.get("PROAPI_TRUST_DIR", ""))
        except (TrustFault, OSError) as fault:
            logger.warning("the files that apps trust us by could not be written: %s", fault)


def _trust(confdir: str) -> Trust:
    return trust_in(Path(confdir).expanduser())


def _write(trust: Trust, folder: str) -> None:
    write_bundle(trust, os.environ)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for path in (trust.ca, trust.bundle):
            write_whole(Path(folder) / path.name, path.read_bytes(), PUBLIC)
