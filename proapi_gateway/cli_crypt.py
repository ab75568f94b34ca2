"""`proapi crypt encrypt|decrypt [FILE]`: configurations for a remote address; from a file or standard input to standard
output."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from .config_encryption import DecryptionFault, decrypt, encrypt, encrypt_ecb

_KEY_VARIABLE = "secret_key"  # the seed system's name
_USAGE_FAULT = 2


def add_crypt_arguments(parser: argparse.ArgumentParser) -> None:
    key = argparse.ArgumentParser(add_help=False)
    # A key on the command line is seen by every user of the machine; for scripts of the seed's users it is there.
    key.add_argument("--key", metavar="KEY", help=f"the passphrase; better in the variable {_KEY_VARIABLE}")
    key.add_argument("file", nargs="?", metavar="FILE", help="what to read; standard input if not given, or for -")
    ways = parser.add_subparsers(dest="way", metavar="encrypt|decrypt", required=True)
    encrypting = ways.add_parser("encrypt", parents=[key], help="api.yaml → what config_url gives")
    encrypting.add_argument("--ecb", action="store_true", help="pro-api's old form, which proves nothing")
    ways.add_parser("decrypt", parents=[key], help="either form → api.yaml")


def run_crypt(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Exit status 1 for a text that the key does not open or a file that cannot be read, 2 without a key."""
    key = arguments.key or environment.get(_KEY_VARIABLE, "")
    if not key:
        print(f"proapi crypt: no key; set the variable {_KEY_VARIABLE}, or give --key", file=sys.stderr)
        return _USAGE_FAULT
    name = "standard input" if arguments.file in (None, "-") else arguments.file
    try:
        data = Path(name).read_bytes() if name == arguments.file else sys.stdin.buffer.read()
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        print(f"proapi crypt: {name} is no UTF-8 text", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"proapi crypt: {name} cannot be read: {error.strerror}", file=sys.stderr)
        return 1
    if arguments.way == "encrypt":
        print(encrypt_ecb(text, key) if arguments.ecb else encrypt(text, key, os.urandom))
        return 0
    try:
        sys.stdout.write(decrypt(text, key))
    except DecryptionFault as fault:
        print(f"proapi crypt: {fault}", file=sys.stderr)
        return 1
    return 0
