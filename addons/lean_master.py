"""The lean master: Core, Proxyserver, NextLayer and TlsConfig of mitmproxy's, and our list."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Sequence

from mitmproxy.addons.core import Core
from mitmproxy.addons.dns_resolver import DnsResolver
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.strip_dns_https_records import StripDnsHttpsRecords
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.exceptions import OptionsError
from mitmproxy.options import Options
from mitmproxy.proxy.mode_servers import WireGuardServerInstance

from .addon_list import list_addons
from .configuration import Configuration
from .debug_pages import DebugPages
from .draining import Draining
from .hook_table import HookTable
from .listening import Listening
from .untyped_mitmproxy import running_proxyserver, set_options

_OF_PAGES = "web_"


class LeanMaster(Draining):
    """`exit_code` after `run`: 0, or 1 when a door could not be opened."""

    exit_code = 0

    addons: HookTable

    def __init__(self, options: Options, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(options, loop)
        self.addons = HookTable(self)
        # A hook for each line of the log, which mitmproxy keeps for old scripts: nobody here takes it.
        self._legacy_log_events.uninstall()

    async def running(self) -> None:
        failed = [server.last_exception for server in running_proxyserver(self).servers if server.last_exception]
        for fault in failed:
            print(f"proapi cannot start: {fault}", file=sys.stderr)
        if failed:
            self.exit_code = 1
            self.should_exit.set()
            return
        for server in running_proxyserver(self).servers:
            if isinstance(server, WireGuardServerInstance) and (client := server.client_conf()):
                print(client, flush=True)  # to be pasted into the device: in the log it would be one line
        await super().running()


def make_lean_master(configuration: Configuration, listening: Listening, options: Sequence[str]) -> LeanMaster:
    """A master that `run` can be called on. Raises OptionsError for an option that mitmproxy does not take."""
    # What it logs of a port in use is said in one line of ours instead.
    logging.getLogger("mitmproxy.addons.proxyserver").setLevel(logging.CRITICAL)
    master = LeanMaster(Options(), asyncio.get_running_loop())
    ours = list_addons(configuration)
    # Proxyserver's options are there before ours force them; our choice of layers comes before NextLayer's.
    more: list[object] = []
    if listening.more_modes:
        # A WireGuard client asks us for names; of HTTPS records it would learn to hide which host it means.
        more += [DnsResolver(), StripDnsHttpsRecords()]
    debug = DebugPages(configuration, os.environ)
    stock = (*more, NextLayer(), TlsConfig())
    master.addons.add(Core(), Proxyserver(), debug, *ours, *stock)  # type: ignore[no-untyped-call]
    master.options.set(*options, defer=True)
    # Those of mitmweb's pages are known once there are pages.
    unknown = [name for name in master.options.deferred if not name.startswith(_OF_PAGES)]
    if unknown and not configuration.gateway().snapshot.settings.server.debug:
        raise OptionsError(f"Unknown option(s): {', '.join(unknown)}")  # type: ignore[no-untyped-call]
    set_options(master.options, mode=listening.modes)
    return master
