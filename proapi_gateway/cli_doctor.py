"""`proapi doctor`: does each runtime of this machine, as the shell stands, trust the explicit door?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from .cli_run import check_door
from .client_trust import TrustFault, trust_of, write_bundle
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
    if not (environment.get("HTTPS_PROXY") or environment.get("https_proxy")):
        print(f"{'this shell':16} export HTTPS_PROXY={trust.proxy_url}    (not set; set here for the checks)")
    checker = Checker(trust, environment)
    good = True
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for finding in threads.map(checker.check, RUNTIMES):
            if finding is not None:
                good = good and finding.trusts
                print(f"{finding.name:16} {'ok' if finding.trusts else finding.line}", flush=True)
    return 0 if good else 1
