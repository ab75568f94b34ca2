"""The command `proapi`: a table of subcommands, each a small function.

    proapi check [api.yaml]            tells every fault of a configuration
    proapi import-seed [URL]           the seed system's request log into ours
    proapi crypt encrypt|decrypt       a configuration for a remote address, file or standard input to standard output
    proapi env                         the exports that send a shell's programs through the gateway
    proapi run [--isolate] -- CMD …    one program through the gateway
    proapi doctor                      which runtimes of this machine trust the gateway, and what is missing
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .cli_crypt import add_crypt_arguments, run_crypt
from .cli_doctor import add_doctor_arguments, run_doctor
from .cli_env import add_env_arguments, run_env
from .cli_import_seed import add_import_seed_arguments, run_import_seed
from .cli_run import add_run_arguments, run_run
from .config import ConfigFaults
from .config_source import FileSource, config_source


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand. `add_arguments` declares them; `run` gets them with the environment, returns the exit status."""

    name: str
    purpose: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Mapping[str, str]], int]


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", metavar="api.yaml", help="the configuration; PROAPI_CONFIG or api.yaml if not given"
    )


def run_check(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Prints every fault, or every remark and a summary. Exit status 1 for a file that nothing starts on, else 0."""
    named = arguments.file
    default = environment.get("PROAPI_CONFIG") or "api.yaml"
    source = FileSource(named, environment) if named else config_source(default, environment)
    file = source.name
    try:
        settings = source.read()
    except ConfigFaults as faults:
        print(faults)
        count = len(faults.faults)
        print(f"{file}: {count} fault{'s' if count > 1 else ''}")
        return 1
    for warning in settings.warnings:
        print(f"warning: {warning}")
    aliases = {route.alias for provider in settings.providers for route in provider.routes}
    waiting = sum(1 for provider in settings.providers if provider.unavailable)
    blocks = f"{len(settings.providers)} provider blocks ({waiting} not usable now)"
    print(f"{file}: good. {blocks}; model names: {len(aliases)}; tokens: {len(settings.tokens)}")
    return 0


COMMANDS = (
    Command("check", "tell every fault of a configuration", add_check_arguments, run_check),
    Command("crypt", "encrypt or decrypt a remote configuration", add_crypt_arguments, run_crypt),
    Command("doctor", "check that this machine's runtimes trust the gateway", add_doctor_arguments, run_doctor),
    Command("env", "print the exports for a shell", add_env_arguments, run_env),
    Command("import-seed", "take a seed system's request log over", add_import_seed_arguments, run_import_seed),
    Command("run", "run one program through the gateway", add_run_arguments, run_run),
)


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="proapi", description="any OpenAI app, any model, no change to the app")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        subparser = subparsers.add_parser(command.name, help=command.purpose, description=command.purpose)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand; its exit status, or 2 for a usage fault."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal in the C locale must not make us fail
    try:
        arguments = build_parser().parse_args(argv)
    except SystemExit as exit_:  # argparse has printed the help (0) or the usage fault (2)
        return int(exit_.code or 0)
    try:
        status: int = arguments.run(arguments, os.environ)
        sys.stdout.flush()
    except BrokenPipeError:  # `proapi check | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as bug:
        # Wide on purpose: nobody is ever shown a traceback. Its message may quote a value: log only.
        logging.getLogger("proapi").debug("bug in proapi %s", arguments.command, exc_info=True)
        print(f"proapi {arguments.command}: a bug of ours ({type(bug).__name__}), please report it", file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
