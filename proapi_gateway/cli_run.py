"""`proapi run -- CMD …`: one unmodified program through the running gateway."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from .cli_env import client_variables
from .client_trust import Trust, TrustFault, proxy_authorization, trust_of
from .program import execute

_CANNOT_RUN = 1
_CONNECT_S, _ANSWER_S = 3.0, 20.0
_ASKED = "api.openai.com:443"  # answered by the gateway itself


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "proapi run [--isolate] -- CMD [ARGUMENT …]"
    parser.add_argument(
        "--isolate",
        action="store_true",
        help="Linux: in a network namespace of its own, whose only way out is the gateway; for programs that ignore"
        " proxy variables",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD", help="the program and its arguments")


def run_run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """The program's exit status; 1 where the gateway does not run, 126 and 127 as a shell's."""
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        print("proapi run: no command; proapi run -- CMD …", file=sys.stderr)
        return 2
    trust = trust_of(environment)
    try:
        check_door(trust)
        variables = {**environment, **client_variables(trust, environment)}
    except TrustFault as fault:
        print(f"proapi run: {fault}", file=sys.stderr)
        return _CANNOT_RUN
    if arguments.isolate:
        from .isolation import run_isolated

        return run_isolated(command, variables, trust.proxy_url)
    sys.stdout.flush()
    return execute(command, variables)


def check_door(trust: Trust) -> None:
    """Raises TrustFault where nothing listens, or what listens wants a password."""
    address = urlsplit(trust.proxy_url)
    ask = f"CONNECT {_ASKED} HTTP/1.1\r\nHost: {_ASKED}\r\n{proxy_authorization(trust.proxy_url)}\r\n"
    try:
        with socket.create_connection((address.hostname or "", address.port or 0), _CONNECT_S) as door:
            door.settimeout(_ANSWER_S)
            door.sendall(ask.encode())
            answer = door.recv(64)
    except OSError:
        place = trust.proxy_url.rpartition("@")[2].removeprefix("http://")
        message = f"nothing listens at http://{place}: start scripts/run_proxy.sh (PROAPI_PROXY_PORT as it has it)"
        raise TrustFault(message) from None
    if b" 407 " in answer:
        raise TrustFault("the door asks for server.proxy_auth: export PROAPI_PROXY_AUTH=user:password")
