"""The environment variables of the doors."""

import pytest

from addons.doors import Door
from addons.listening import Listening, ListeningFault, read_listening


def test_the_defaults_are_the_contracts() -> None:
    assert read_listening({}) == Listening("127.0.0.1", 8000, 8080, None, 1)
    assert read_listening({"PROAPI_PORT": "", "PROAPI_TRANSPARENT_PORT": ""}) == Listening()


def test_all_variables_are_read() -> None:
    listening = read_listening(
        {
            "PROAPI_HOST": "0.0.0.0",
            "PROAPI_PORT": "1",
            "PROAPI_PROXY_PORT": " 2 ",
            "PROAPI_TRANSPARENT_PORT": "3",
            "PROAPI_WORKERS": "4",
        }
    )
    assert listening.doors == {Door.BASE_URL: 1, Door.PROXY: 2, Door.TRANSPARENT: 3}
    assert listening.modes[:3] == [
        "reverse:http://api.openai.com@0.0.0.0:1",
        "regular@0.0.0.0:2",
        "transparent@0.0.0.0:3",
    ]
    assert listening.modes[3:] == [f"transparent@{listening.ipv6_host}:3"] * bool(listening.ipv6_host)
    assert listening.workers == 4


def test_port_0_takes_free_ones() -> None:
    listening = read_listening({"PROAPI_PORT": "0", "PROAPI_PROXY_PORT": "0"})
    assert 0 not in listening.doors.values()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PROAPI_PORT", "eighty"),
        ("PROAPI_PORT", "-1"),
        ("PROAPI_PROXY_PORT", "65536"),
        ("PROAPI_TRANSPARENT_PORT", "8.2"),
        ("PROAPI_WORKERS", "0"),
        ("PROAPI_WORKERS", "²"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(variable: str, value: str) -> None:
    with pytest.raises(ListeningFault, match=f"{variable}.*{value}.*allowed"):
        read_listening({variable: value})


def test_two_doors_on_one_port_are_refused() -> None:
    with pytest.raises(ListeningFault, match="same port"):
        read_listening({"PROAPI_PORT": "8080"})


def test_modes_of_mitmproxys_own_beside_the_doors() -> None:
    assert read_listening({"PROAPI_MODES": " wireguard local:curl "}).modes[2:] == ["wireguard", "local:curl"]
    with pytest.raises(ListeningFault, match=r"PROAPI_MODES.*PROAPI_WORKERS"):
        read_listening({"PROAPI_MODES": "wireguard", "PROAPI_WORKERS": "2"})
