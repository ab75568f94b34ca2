"""The files that apps trust us by, written once the CA is there: our certificate, and the bundle with the public roots.

They are in mitmproxy's folder, beside the CA's key. PROAPI_TRUST_DIR names a folder that gets copies: one that can be
shared with an app's container, where the key must not be seen. A reload tells what of it the CA in use is not made for.
"""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path

from mitmproxy import ctx

from proapi_gateway.client_trust import PUBLIC, Trust, TrustFault, trust_in, write_bundle
from proapi_gateway.settings import Settings
from proapi_gateway.whole_files import write_whole

from .background_tasks import BackgroundTasks
from .ca_folder import CaFault
from .configuration import Configuration
from .limited_ca import ca_remark

logger = logging.getLogger(__name__)

_LOOKS, _EACH_S = 100, 0.1
_NOT_WRITTEN = "the files that apps trust us by could not be written"


class TrustFiles:
    def __init__(self, configuration: Configuration) -> None:
        self._tasks = BackgroundTasks()
        self._runs = False
        configuration.on_use(self._use)

    def running(self) -> None:
        # Not awaited here: mitmproxy makes a CA in its own default folder in a `running` hook that comes after ours.
        self._runs = True
        self._tasks.start(self._write_once_there_is_a_ca(ctx.options.confdir), _NOT_WRITTEN)

    def done(self) -> None:
        self._tasks.cancel()

    def _use(self, settings: Settings) -> None:
        if self._runs and settings.limit_ca:
            told = self._tell_of_the_ca(ctx.options.confdir, settings.intercept_hosts)
            self._tasks.start(told, "limit_ca: the CA in use has not been looked at")

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
            logger.warning("%s: %s", _NOT_WRITTEN, fault)


def _remark(confdir: str, hosts: tuple[str, ...]) -> str:
    try:
        return ca_remark(Path(confdir).expanduser(), hosts)
    except CaFault as fault:
        return str(fault)


def _trust(confdir: str) -> Trust:
    return trust_in(Path(confdir).expanduser())


def _write(trust: Trust, folder: str) -> None:
    write_bundle(trust, os.environ)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for path in (trust.ca, trust.bundle):
            write_whole(Path(folder) / path.name, path.read_bytes(), PUBLIC)
