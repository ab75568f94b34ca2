"""`server.debug`: mitmweb's pages beside the traffic, on and off with a reload.

Nothing of them is imported while it is false. A port that somebody else has costs the pages, and is told; the traffic
goes on.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mitmproxy import ctx
from mitmproxy.exceptions import OptionsError

from proapi_gateway.settings import Settings

from .background_tasks import BackgroundTasks
from .configuration import Configuration
from .workers import serves_admin, shares_doors

if TYPE_CHECKING:
    from .mitmweb_pages import MitmwebPages

logger = logging.getLogger(__name__)


class DebugPages:
    """An addon of our lean master; mitmproxy's own programs have pages of their own. Of several workers the first one
    serves them."""

    def __init__(self, configuration: Configuration, environment: Mapping[str, str]) -> None:
        self._configuration = configuration
        self._environment = environment
        self._runs = False
        self._pages: MitmwebPages | None = None
        self._changing = asyncio.Lock()
        self._tasks = BackgroundTasks()
        configuration.on_use(self._use)

    # -- hooks -------------------------------------------------------------------------------------------------------
    async def running(self) -> None:
        self._runs = True
        await self._adopt(self._configuration.gateway().snapshot.settings)

    def done(self) -> None:
        self._tasks.cancel()

    # -- on and off --------------------------------------------------------------------------------------------------
    def _use(self, settings: Settings) -> None:
        if self._runs:
            self._tasks.start(self._adopt(settings), "mitmweb's pages are not as api.yaml wants them")

    async def _adopt(self, settings: Settings) -> None:
        wanted = settings.server.debug and serves_admin(self._environment)
        async with self._changing:
            if wanted and self._pages is None:
                await self._open()
            elif not wanted and self._pages is not None:
                pages, self._pages = self._pages, None
                await pages.close()
                logger.info("server.debug: mitmweb's pages are not served any more")

    async def _open(self) -> None:
        module = await asyncio.to_thread(importlib.import_module, "addons.mitmweb_pages")  # a third of a second
        pages: MitmwebPages = module.MitmwebPages(ctx.master)
        try:
            address = await pages.open()
        except (OSError, OptionsError) as fault:
            remedy = "--set web_port=… names another port"
            logger.error("server.debug: mitmweb's pages are not served: %s (%s)", fault, remedy)
            return
        self._pages = pages
        logger.info("server.debug: mitmweb's pages are at %s", address)
        if shares_doors(self._environment):
            logger.warning("the pages show the flows of one of several workers; started with `debug` there is only one")
