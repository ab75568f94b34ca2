"""Encrypted configurations: the seed's vector, ours, and every way to fail."""

import base64
import os

import pytest

from proapi_gateway.config_encryption import DecryptionFault, decrypt, encrypt, encrypt_ecb

KEY = "correct horse"


def test_the_seeds_vector() -> None:
    assert encrypt_ecb("123", "666666") == "xjWq4K5Bl4J5nOkPd6a5uA=="
    assert decrypt("xjWq4K5Bl4J5nOkPd6a5uA==", "666666") == "123"


def test_the_seeds_key_is_cut_at_sixteen_bytes() -> None:
    assert encrypt_ecb("x", "0123456789abcdef") == encrypt_ecb("x", "0123456789abcdef and more")
    assert encrypt_ecb("x", "密钥密钥密钥") == encrypt_ecb("x", "密钥密钥密钥密钥")  # in bytes, not characters


@pytest.mark.parametrize("text", ["", "a", "providers: []\n", "名字: 值\n" * 5000])
def test_both_forms_come_back_as_they_were(text: str) -> None:
    assert decrypt(encrypt(text, KEY, os.urandom), KEY) == text
    assert decrypt(encrypt_ecb(text, KEY), KEY) == text


def test_white_space_does_not_matter() -> None:
    sealed = encrypt("a: 1", KEY, os.urandom)
    assert decrypt("\ufeff  " + sealed[:30] + "\r\n" + sealed[30:] + "\n", KEY) == "a: 1"


def test_the_same_text_never_looks_the_same() -> None:
    assert encrypt("a" * 64, KEY, os.urandom) != encrypt("a" * 64, KEY, os.urandom)


def test_a_changed_text_is_refused() -> None:
    sealed = encrypt("providers: []", KEY, os.urandom)
    data = bytearray(base64.b64decode(sealed.removeprefix("proapi1:")))
    for place in range(0, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises(DecryptionFault, match="changed"):
            decrypt("proapi1:" + base64.b64encode(bytes(changed)).decode(), KEY)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("providers:\n- provider: echo", "no base64"),
        ("proapi1:AAAA", "too short"),
        (encrypt("a: 1", "another", os.urandom), "key is wrong"),
        (base64.b64encode(b"seventeen bytes!!").decode(), "cut"),
        ("", "cut"),
    ],
    ids=["plain text", "cut", "another key", "no whole blocks", "nothing"],
)
def test_what_cannot_be_read_is_told_without_key_or_text(text: str, told: str) -> None:
    with pytest.raises(DecryptionFault, match=told) as fault:
        decrypt(text, KEY)
    assert KEY not in str(fault.value)


def test_no_wrong_key_opens_the_seeds_form_unnoticed() -> None:
    sealed = encrypt_ecb("providers:\n- provider: echo\n" * 3, KEY)
    for number in range(300):  # one in 256 has a last byte that looks like padding: then it is no text
        with pytest.raises(DecryptionFault):
            decrypt(sealed, f"wrong-{number}")
