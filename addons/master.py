"""Our own master: mitmproxy's core without its forty addons, and ours. Half the CPU of mitmdump, and it keeps no flows.

    python -m addons.master [--set OPTION=VALUE …]

Doors and files come from the environment (see `listening.py`); `--set` reaches any option of mitmproxy's. Exit code 0
after a signal, 1 for a configuration, a port or a CA's folder that cannot be used, 2 for a usage fault.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from proapi_gateway.client_trust import PROXY_FOR_ALL, PROXY_FOR_HTTPS
from proapi_gateway.config import ConfigFaults
from proapi_gateway.config_source import ConfigSource, config_source
from proapi_gateway.default_addresses import CONFDIR
from proapi_gateway.log_output import log_formatter
from proapi_gateway.settings import Settings

from .ca_folder import CaFault, check_ca_folder
from .configuration import Configuration, config_path
from .limited_ca import ensure_limited_ca
from .listening import Listening, ListeningFault, read_listening
from .open_files import allow_many_open_files
from .workers import run_workers, shares_doors, stop_with_the_others

logger = logging.getLogger(__name__)

_EXIT_CANNOT_START = 1
_STANDARD_INPUT = 0


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parse(arguments)
    _set_up_log()
    _outlive_an_early_hang_up()
    allow_many_open_files()
    try:
        listening = read_listening(os.environ)
        source = config_source(config_path(os.environ), os.environ)
        settings = source.read()
        if not shares_doors(os.environ):  # else the process that started us has done it
            _begin(settings)
    except (ListeningFault, ConfigFaults, CaFault) as fault:
        print(fault, file=sys.stderr)
        return _EXIT_CANNOT_START
    options = mitmproxy_options(os.environ) + parsed.options
    if listening.workers > 1 and not settings.server.debug:  # the pages show the flows of one process
        return run_workers(listening, [f"--set={option}" for option in parsed.options])
    return asyncio.run(_serve(listening, source, settings, options))


def _outlive_an_early_hang_up() -> None:
    """A reload that is asked for while we start would end us. What is read after this is new enough."""
    if not os.isatty(_STANDARD_INPUT):  # else the terminal may have been closed
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _begin(settings: Settings) -> None:
    confdir = Path(os.environ.get("PROAPI_CONFDIR") or CONFDIR).expanduser()
    check_ca_folder(confdir)
    if settings.limit_ca and (remark := ensure_limited_ca(confdir, settings.intercept_hosts, datetime.now(UTC))):
        logger.warning("%s", remark)
    if remark := proxy_remark(settings, os.environ):
        logger.warning("%s", remark)


def proxy_remark(settings: Settings, environment: Mapping[str, str]) -> str:
    """For who expects that a proxy of the environment leads to the backends, as it did in the seed system; or ""."""
    named = next((name for name in PROXY_FOR_HTTPS + PROXY_FOR_ALL if environment.get(name)), "")
    if not named or any(block.proxy for block in settings.providers):
        return ""
    return f"{named} is not used for backends: `proxy: ${{{named}}}` in a provider's block does that"


def mitmproxy_options(environment: Mapping[str, str]) -> list[str]:
    """What of the environment concerns mitmproxy itself, spelled as for its --set."""
    options = []
    if confdir := environment.get("PROAPI_CONFDIR"):
        options.append(f"confdir={confdir}")
    if ca_file := environment.get("SSL_CERT_FILE"):  # a company's own CAs, as for any other program
        options.append(f"ssl_verify_upstream_trusted_ca={ca_file}")
    return options


async def _serve(listening: Listening, source: ConfigSource, settings: Settings, options: Sequence[str]) -> int:
    # mitmproxy takes half a second to import: faults of the configuration are told before
    from mitmproxy.exceptions import OptionsError

    from .lean_master import make_lean_master
    from .shared_doors import share_doors

    if shares_doors(os.environ):
        share_doors()
    try:
        master = make_lean_master(Configuration(source, settings), listening, options)
    except OptionsError as fault:
        print(fault, file=sys.stderr)
        return _EXIT_CANNOT_START
    _stop_on_signals(master.shutdown)
    if shares_doors(os.environ):
        stop_with_the_others(master.shutdown)
    await master.run()
    asyncio.get_running_loop().set_exception_handler(_tell_fault)
    return master.exit_code


def _tell_fault(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Python 3.11 calls it a fault of a connection that its task is cancelled, as all are when the loop ends."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)


def _stop_on_signals(stop: Callable[[], None]) -> None:
    # Not the loop's own handlers: with the loop they go, and a second signal while we end would be a death by signal.
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: object) -> None:
        if not loop.is_closed():
            stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m addons.master", description="proapi, the gateway")
    parser.add_argument(
        "--set", dest="options", metavar="OPTION=VALUE", action="append", default=[], help="an option of mitmproxy's"
    )
    return parser.parse_args(arguments)


def _set_up_log() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(log_formatter(os.environ.get("PROAPI_LOG", "")))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # a line for every connection, every read of a frame: not in a gateway's log
    for name in ("mitmproxy", "hpack", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
