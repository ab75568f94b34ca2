"""The debug master (`server.debug: true`): mitmweb with the same addons, the same doors and the same graceful end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from mitmproxy.tools import cmdline
from mitmproxy.tools.main import run
from mitmproxy.tools.web.master import WebMaster

from .draining import Draining
from .listening import Listening

_SCRIPT = Path(__file__).with_name("proapi.py")
# The list shows the comments that our flows get, too: the way that each took.
_COLUMNS = ("tls", "icon", "path", "comment", "method", "status", "size", "time")


class DebugMaster(Draining, WebMaster):
    pass


def run_mitmweb(listening: Listening, options: Sequence[str]) -> int:
    """Run until a signal; the exit code. mitmweb prints its address with its password."""
    arguments = ["--no-web-open-browser", "-s", str(_SCRIPT)]
    for mode in listening.modes:
        arguments += ["--mode", mode]
    if not any(option.startswith("web_columns=") for option in options):
        options = [*(f"web_columns={column}" for column in _COLUMNS), *options]
    for option in options:
        arguments += ["--set", option]
    logging.getLogger().handlers.clear()  # mitmweb writes the log itself
    # its address with the password: else lost, as mitmproxy's own remarks are kept out of our log (`master.py`)
    logging.getLogger(WebMaster.__module__).setLevel(logging.INFO)
    run(DebugMaster, cmdline.mitmweb, arguments)
    return 0
