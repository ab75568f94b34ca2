"""mitmweb's pages over a master that runs already: put up and taken down while flows run (`server.debug`)."""

from __future__ import annotations

import logging

from mitmproxy.addons import block, intercept, script
from mitmproxy.addons.eventstore import EventStore
from mitmproxy.addons.view import View
from mitmproxy.tools.web import app, webaddons
from mitmproxy.tools.web.master import WebMaster
from tornado.httpserver import HTTPServer

from .content_views import add_content_views
from .lean_master import LeanMaster
from .untyped_mitmproxy import addon_named, running_proxyserver, set_options_once_known, stock_addons

# Block would hang up on every client with a public address; scripts are for mitmdump and mitmweb themselves.
_LEFT_OUT = (block.Block, script.ScriptLoader)
# The list shows the comments that our flows get, too: the way that each took.
_COLUMNS = ["tls", "icon", "path", "comment", "method", "status", "size", "time"]
_MAX_BUFFER_BYTES = 2**32  # as mitmweb's own: for a file of flows that is opened in the page


class MitmwebPages(WebMaster):
    """What the pages take for their master: its flows and options are those of `master`, its signals tell browsers of
    them as each version of mitmproxy does."""

    def __init__(self, master: LeanMaster) -> None:
        # Not WebMaster's: that makes a second proxy, with doors of its own.
        self.event_loop, self.options, self.commands = master.event_loop, master.options, master.commands
        self.addons = self._table = master.addons
        self.view, self.events = View(), EventStore()
        self.proxyserver = running_proxyserver(master)
        web = [getattr(webaddons, name)() for name in ("WebAddon", "WebAuth") if hasattr(webaddons, name)]
        stock = [addon for addon in stock_addons() if not isinstance(addon, _LEFT_OUT)]
        missing = [addon for addon in stock if addon_named(master, type(addon).__name__.lower()) is None]
        self._added = [*missing, *web, intercept.Intercept(), self.view, self.events]
        self._server: HTTPServer | None = None
        self._tell_browsers()

    def _tell_browsers(self) -> None:
        # as WebMaster's __init__; who is told is known weakly, and forgotten with us
        self.view.sig_view_add.connect(self._sig_view_add)
        self.view.sig_view_remove.connect(self._sig_view_remove)
        self.view.sig_view_update.connect(self._sig_view_update)
        self.view.sig_view_refresh.connect(self._sig_view_refresh)
        self.events.sig_add.connect(self._sig_events_add)
        self.events.sig_refresh.connect(self._sig_events_refresh)
        self.options.changed.connect(self._sig_options_update)
        self.proxyserver.servers.changed.connect(self._sig_servers_changed)

    async def open(self) -> str:
        """The pages' address, with the password if it was made up. Raises OSError for a port that cannot be had, and
        OptionsError for a `--set` that cannot be read: then nothing is left of them."""
        set_options_once_known(self.options, web_open_browser=False)
        if "web_columns" not in self.options and "web_columns" not in self.options.deferred:
            set_options_once_known(self.options, web_columns=_COLUMNS)
        logging.getLogger("tornado.access").setLevel(logging.ERROR)  # a line for every look, the password in it
        try:
            await self._table.add_while_running(*self._added)
            add_content_views()
            self.app = app.Application(self, False)
            self._server = HTTPServer(self.app, max_buffer_size=_MAX_BUFFER_BYTES)
            self._server.listen(self.options.web_port, self.options.web_host)
        except BaseException:  # whatever it is: it goes on up
            await self.close()
            raise
        # mitmproxy 11 has no password
        return getattr(self, "web_url", "") or f"http://{self.options.web_host}:{self.options.web_port}/"

    async def close(self) -> None:
        """Hang up on who looks, and forget the flows."""
        if self._server is not None:
            self._server.stop()
            for browser in list(app.ClientConnection.connections):
                browser.close()
            await self._server.close_all_connections()
        await self._table.remove_while_running(*self._added)
