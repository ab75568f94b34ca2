"""The line that people and scripts wait for."""

from pathlib import Path

from addons.doors import Door
from addons.own_addresses import with_other_names
from addons.ready_line import ready_line

CA = Path("/conf/mitmproxy-ca-cert.pem")


def test_every_address_stands_in_it() -> None:
    addresses = {
        ("0.0.0.0", 8080): Door.PROXY,
        ("127.0.0.1", 8000): Door.BASE_URL,
        ("::1", 8000): Door.BASE_URL,
        ("::", 8082): Door.TRANSPARENT,
    }
    assert ready_line(addresses, "http://127.0.0.1:8001/admin", CA, (3, 13), "12.3.1") == (
        "proapi ready base_url=http://127.0.0.1:8000/v1 proxy=http://0.0.0.0:8080 transparent=[::]:8082"
        " admin=http://127.0.0.1:8001/admin ca=/conf/mitmproxy-ca-cert.pem"
    )


def test_on_an_old_python_it_says_what_a_newer_one_brings() -> None:
    line = ready_line({("127.0.0.1", 8000): Door.BASE_URL}, "", CA, (3, 11), "11.0.2")
    assert "Python 3.12 or later brings mitmproxy's security fixes" in line
    assert "11.0.2" in line
    assert "admin=" not in line


def test_a_door_on_every_interface_is_localhost_too() -> None:
    names = with_other_names({("0.0.0.0", 8000): Door.BASE_URL, ("10.0.0.1", 8080): Door.PROXY})
    assert names[("localhost", 8000)] is Door.BASE_URL
    assert names[("::1", 8000)] is Door.BASE_URL
    assert ("localhost", 8080) not in names
