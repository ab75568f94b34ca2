"""The administrator's name and password, `server.username` and `server.password`: for what changes the gateway."""

from __future__ import annotations

import base64
import binascii
import hmac
from enum import Enum

from .settings import ServerSettings


class Weakness(Enum):
    NO_PASSWORD = "no password is set"
    WELL_KNOWN = "name and password are those of the examples, which everybody knows"


# The second is the seed system's default.
_WELL_KNOWN = frozenset({("admin", "admin"), ("admin", "666666"), ("admin", "password")})

# What werkzeug's generate_password_hash makes: "scrypt:32768:8:1$salt$hash", "pbkdf2:sha256:600000$salt$hash".
_HASH_BEGINNINGS = ("scrypt:", "pbkdf2:")


def is_administrator(
    server: ServerSettings, username: str, password: str, *, without_password: bool = False
) -> bool:
    """In constant time for plain passwords. A hash takes 0.1 s: not on the event loop. No password set: nobody is,
    unless `without_password`: then who gives none."""
    wanted = server.password.reveal()
    if not wanted and not without_password:
        return False
    right_name = hmac.compare_digest(username.encode("utf-8", "replace"), server.username.encode())
    return _matches(wanted, password) and right_name


def weakness(username: str, password: str) -> Weakness | None:
    """Why these let in anybody who guesses a little; None: they do not. Never a hash, but what a person types."""
    if not password:
        return Weakness.NO_PASSWORD
    return Weakness.WELL_KNOWN if (username, password) in _WELL_KNOWN else None


def read_basic(authorization: str) -> tuple[str, str] | None:
    """Name and password of an HTTP header, read_basic("Basic YWRtaW46c2VjcmV0") == ("admin", "secret"); else None."""
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, password) if colon else None


def _matches(wanted: str, given: str) -> bool:
    given_bytes = given.encode("utf-8", "replace")  # a lone surrogate must be a wrong password, not a fault of ours
    if wanted.startswith(_HASH_BEGINNINGS) and wanted.count("$") == 2:
        from werkzeug.security import check_password_hash

        return check_password_hash(wanted, given_bytes.decode())
    return hmac.compare_digest(wanted.encode(), given_bytes)
