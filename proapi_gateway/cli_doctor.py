"""`proapi doctor`: does each runtime of this machine, as the shell stands, trust the explicit door?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from .cli_run import check_door
from .client_trust import PROXY_FOR_HTTPS, TrustFault, trust_of, write_bundle
from .runtime_checks import RUNTIMES, Checker

_AT_ONCE = 4


def add_doctor_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "exit status 0 if all trust the gateway, else 1"


def run_doctor(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """One line for each runtime found: `curl             ok`, or `node             export NODE_EXTRA_CA_CERTS='…'`."""
    trust = trust_of(environment)
    try:
        write_bundle(trust, environment)
        check_door(trust)
    except TrustFault as fault:
        print(f"proapi doctor: {fault}", file=sys.stderr)
        return 1
    if line := _shell_line(trust.proxy_url, environment):
        print(f"{'this shell':16} {line}")
    checker = Checker(trust, environment)
    good = True
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for finding in threads.map(checker.check, RUNTIMES):
            if finding is not None:
                good = good and finding.trusts
                print(f"{finding.name:16} {'ok' if finding.trusts else finding.line}", flush=True)
    return 0 if good else 1


def _shell_line(proxy_url: str, environment: Mapping[str, str]) -> str:
    """`export HTTPS_PROXY=http://127.0.0.1:8080    # not set; …`; "" where the shell's own leads to us."""
    given = [name for name in PROXY_FOR_HTTPS if environment.get(name)]
    if given and all(_is_ours(environment[name], proxy_url) for name in given):
        return ""
    exports = " ".join(f"{name}={proxy_url}" for name in given or PROXY_FOR_HTTPS[:1])
    return f"export {exports}    # {'another proxy' if given else 'not set'}; set here for the checks"


def _is_ours(given: str, proxy_url: str) -> bool:
    """Also without a scheme, by the name localhost, and with a user and password."""
    ours = urlsplit(proxy_url)
    address = urlsplit(given if "://" in given else f"http://{given}").netloc.rpartition("@")[2]
    return address in (ours.netloc.rpartition("@")[2], f"localhost:{ours.port}")
