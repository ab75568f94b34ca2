"""The files that apps trust us by, written once the CA is there: our certificate, and the bundle with the public roots.

They are in mitmproxy's folder, beside the CA's key. PROAPI_TRUST_DIR names a folder that gets copies: one that can be
shared with an app's container, where the key must not be seen. A reload tells what of it the CA in use is not made for.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine
from pathlib import Path

from mitmproxy import ctx

from proapi_gateway.client_trust import PUBLIC, Trust, TrustFault, trust_in, write_bundle
from proapi_gateway.settings import Settings
from proapi_gateway.whole_files import write_whole

from .configuration import Configuration
from .limited_ca import ca_remark

logger = logging.getLogger(__name__)


_LOOKS, _EACH_S = 100, 0.1


class TrustFiles:
    def __init__(self, configuration: Configuration) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._runs = False
        configuration.on_use(self._use)

    def running(self) -> None:
        # Not awaited here: mitmproxy makes a CA in its own default folder in a `running` hook that comes after ours.
        self._runs = True
        self._start(self._write_once_there_is_a_ca(ctx.options.confdir))

    def done(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _use(self, settings: Settings) -> None:
        if self._runs and settings.limit_ca:
            self._start(self._tell_of_the_ca(ctx.options.confdir, settings.intercept_hosts))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell_of_the_ca(self, confdir: str, hosts: tuple[str, ...]) -> None:
        remark = await asyncio.to_thread(_remark, confdir, hosts)
        if remark:
            logger.warning("%s", remark)

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


def _remark(confdir: str, hosts: tuple[str, ...]) -> str:
    return ca_remark(Path(confdir).expanduser(), hosts)


def _trust(confdir: str) -> Trust:
    return trust_in(Path(confdir).expanduser())


def _write(trust: Trust, folder: str) -> None:
    write_bundle(trust, os.environ)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for path in (trust.ca, trust.bundle):
            write_whole(Path(folder) / path.name, path.read_bytes(), PUBLIC)
