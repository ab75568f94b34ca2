"""`proapi import-seed [URL]`: the request log of a seed system's database, taken over into our flow log."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from .config import ConfigFaults
from .config_source import config_source
from .prices import Prices


def add_import_seed_arguments(parser: argparse.ArgumentParser) -> None:
    help_ = "the seed's database, such as sqlite:///./data/request_log.db; without it server.db_path, where both live"
    parser.add_argument("url", nargs="?", metavar="URL", help=help_)


def run_import_seed(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Into `server.db_path` of api.yaml; what was imported before is left out. Exit status 1 where that cannot be."""
    try:
        settings = config_source(environment.get("PROAPI_CONFIG") or "api.yaml", environment).read()
    except ConfigFaults as faults:
        print(faults, file=sys.stderr)
        return 1
    import peewee  # the other subcommands start without it

    from .flow_log.database import BadDatabaseUrl, open_database
    from .flow_log.migrations import migrate
    from .flow_log.seed_import import has_seed_rows, import_seed

    try:
        source = open_database(arguments.url or settings.server.db_path, as_it_is=True)
        if source.path and not Path(source.path).exists():
            return _fail(f"there is no file {source.path}")
        into = open_database(settings.server.db_path)
        now_ms = int(time.time() * 1000)
        with source.connected(), into.connected():
            if not has_seed_rows(source):
                return _fail("that database has no table req_logs")
            migrate(into, now_ms)
            imported = import_seed(source, into, settings.tokens, Prices(settings.server.prices), now_ms)
    except BadDatabaseUrl as fault:
        return _fail(str(fault))
    except (peewee.PeeweeException, OSError) as fault:
        return _fail(f"{type(fault).__name__}: {fault}")
    print(f"{imported.written} rows imported, {imported.skipped} left out")
    if days := settings.server.retention.days:
        print(f"server.retention.days is {days}: older ones go when the gateway runs, their daily sums stay")
    return 0


def _fail(why: str) -> int:
    print(f"proapi import-seed: {why}", file=sys.stderr)
    return 1
