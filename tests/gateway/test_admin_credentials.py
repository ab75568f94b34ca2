"""Who is the administrator."""

import base64

import pytest
from werkzeug.security import generate_password_hash

from proapi_gateway.admin_credentials import Weakness, is_administrator, read_basic, weakness
from proapi_gateway.settings import Secret, ServerSettings

PASSWORD = "pass:word ü"


@pytest.mark.parametrize(
    "stored",
    [PASSWORD, generate_password_hash(PASSWORD), generate_password_hash(PASSWORD, "pbkdf2:sha256:1000")],
    ids=["plain", "scrypt", "pbkdf2"],
)
def test_name_and_password_must_both_be_right(stored: str) -> None:
    server = ServerSettings(username="root", password=Secret(stored))
    assert is_administrator(server, "root", PASSWORD)
    assert not is_administrator(server, "admin", PASSWORD)
    assert not is_administrator(server, "root", PASSWORD + "x")
    assert not is_administrator(server, "root", "")
    assert not is_administrator(server, "root", "\udcff")


def test_a_hash_is_no_password() -> None:
    stored = generate_password_hash(PASSWORD)
    assert not is_administrator(ServerSettings(username="root", password=Secret(stored)), "root", stored)


def test_without_a_password_nobody_is() -> None:
    assert not is_administrator(ServerSettings(), "admin", "")
    assert is_administrator(ServerSettings(), "admin", "", without_password=True)
    assert not is_administrator(ServerSettings(), "admin", "x", without_password=True)
    assert not is_administrator(ServerSettings(password=Secret("x")), "admin", "", without_password=True)


@pytest.mark.parametrize(
    ("username", "password", "why"),
    [
        ("admin", "", Weakness.NO_PASSWORD),
        ("admin", "admin", Weakness.WELL_KNOWN),
        ("admin", "666666", Weakness.WELL_KNOWN),
        ("root", "666666", None),
        ("admin", PASSWORD, None),
    ],
)
def test_what_everybody_knows_is_weak(username: str, password: str, why: Weakness | None) -> None:
    assert weakness(username, password) is why


def basic(text: bytes) -> str:
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("header", "read"),
    [
        (basic(b"admin:a:b"), ("admin", "a:b")),
        (basic("ü:ü".encode()).replace("Basic", "basic"), ("ü", "ü")),
        (basic(b"admin"), None),
        (basic(b"\xff:x"), None),
        ("Basic !!", None),
        ("Bearer sk-1", None),
        ("", None),
    ],
)
def test_the_header_of_http_basic(header: str, read: tuple[str, str] | None) -> None:
    assert read_basic(header) == read
