"""`proapi env`: the exports that send a shell's programs through the explicit door, and make them trust it."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping

from .client_trust import PROXY_FOR_ALL, Trust, TrustFault, trust_of, write_bundle
from .java_trust import java_options


def add_env_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = 'use it as: eval "$(proapi env)"'


def client_variables(trust: Trust, environment: Mapping[str, str]) -> dict[str, str]:
    """All of a shell's variables, after making the files that they name. Raises TrustFault."""
    write_bundle(trust, environment)
    java = java_options(trust, environment)
    # Not set where there is none: it is for every protocol. Where there is one, some programs prefer it to HTTPS_PROXY,
    # and Python's httpx does not even start before a SOCKS one whose library it lacks.
    for_all = {name: trust.proxy_url for name in PROXY_FOR_ALL if environment.get(name)}
    return trust.variables() | for_all | ({"JAVA_TOOL_OPTIONS": java} if java else {})


def run_env(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Prints `export NAME=value` lines, quoted for sh. Exit status 1 where the CA is not there yet."""
    try:
        variables = client_variables(trust_of(environment), environment)
    except TrustFault as fault:
        print(f"proapi env: {fault}", file=sys.stderr)
        return 1
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0
