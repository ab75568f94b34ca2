"""Encrypted configurations: two text forms, told apart by their beginning.

- The seed system's: base64 of AES-128-ECB with PKCS7 padding, the key being the passphrase's UTF-8, padded with NUL to
  16 bytes or cut there. Equal blocks show, and nothing tells a changed text from a good one: kept for old
  addresses only.
- Ours: "proapi1:" and base64 of salt (16 bytes) + nonce (12) + AES-256-GCM's text + tag (16), the key derived from
  passphrase and salt by scrypt. Whoever lacks the passphrase can neither read nor change it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any

_PREFIX = "proapi1:"
_SALT_BYTES, _NONCE_BYTES, _TAG_BYTES, _GCM_KEY_BYTES = 16, 12, 16, 32
# OWASP's password storage cheat sheet names 2^17, 8, 1 (128 MiB), read 2026-11-25; a small container has less to spare,
# and what is guessed here is a passphrase of the operator's, not a table of users': 2^15 (32 MiB, about 0.1 s).
_SCRYPT_N = 2**15
_SCRYPT_MEMORY_BYTES = 64 * 1024 * 1024
_ECB_KEY_BYTES = 16
_ECB_BLOCK_BYTES = 16


class DecryptionFault(Exception):
    """The text cannot be read with this key. The message tells what to look at, and never holds key or text."""


def encrypt(text: str, passphrase: str, random_bytes: Callable[[int], bytes]) -> str:
    """The authenticated form: encrypt("providers: …", "secret", os.urandom) == "proapi1:AbCd…"."""
    salt, nonce = random_bytes(_SALT_BYTES), random_bytes(_NONCE_BYTES)
    sealed, tag = _gcm(passphrase, salt, nonce).encrypt_and_digest(text.encode())
    return _PREFIX + base64.b64encode(salt + nonce + sealed + tag).decode()


def encrypt_ecb(text: str, passphrase: str) -> str:
    """The seed's form: encrypt_ecb("123", "666666") == "xjWq4K5Bl4J5nOkPd6a5uA=="."""
    from Crypto.Util.Padding import pad

    return base64.b64encode(_ecb(passphrase).encrypt(pad(text.encode(), _ECB_BLOCK_BYTES))).decode()


def decrypt(text: str, passphrase: str) -> str:
    """The plain text of either form. White space and line breaks in it do not matter. Raises DecryptionFault."""
    compact = "".join(text.removeprefix("\ufeff").split())
    if compact.startswith(_PREFIX):
        plain = _decrypt_gcm(_decode(compact.removeprefix(_PREFIX)), passphrase)
    else:
        plain = _decrypt_ecb(_decode(compact), passphrase)
    try:
        return plain.decode()
    except UnicodeDecodeError:
        raise DecryptionFault("it decrypts to no text: the key is wrong") from None


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DecryptionFault("it is no base64: is it encrypted at all?") from None


def _decrypt_gcm(data: bytes, passphrase: str) -> bytes:
    if len(data) < _SALT_BYTES + _NONCE_BYTES + _TAG_BYTES:
        raise DecryptionFault("it is too short: was it cut?")
    salt, nonce = data[:_SALT_BYTES], data[_SALT_BYTES : _SALT_BYTES + _NONCE_BYTES]
    sealed, tag = data[_SALT_BYTES + _NONCE_BYTES : -_TAG_BYTES], data[-_TAG_BYTES:]
    try:
        plain: bytes = _gcm(passphrase, salt, nonce).decrypt_and_verify(sealed, tag)
    except ValueError:
        raise DecryptionFault("the key is wrong, or the text has been changed") from None
    return plain


def _decrypt_ecb(data: bytes, passphrase: str) -> bytes:
    from Crypto.Util.Padding import unpad

    try:
        plain: bytes = unpad(_ecb(passphrase).decrypt(data), _ECB_BLOCK_BYTES)
    except ValueError:  # not whole blocks, or no padding at its end
        raise DecryptionFault("the key is wrong, or the text was cut") from None
    return plain


def _gcm(passphrase: str, salt: bytes, nonce: bytes) -> Any:
    from Crypto.Cipher import AES

    # "surrogateescape": an environment variable of any bytes is a passphrase too
    secret = passphrase.encode("utf-8", "surrogateescape")
    key = hashlib.scrypt(secret, salt=salt, n=_SCRYPT_N, r=8, p=1, maxmem=_SCRYPT_MEMORY_BYTES, dklen=_GCM_KEY_BYTES)
    return AES.new(key, AES.MODE_GCM, nonce=nonce)


def _ecb(passphrase: str) -> Any:
    from Crypto.Cipher import AES

    key = passphrase.encode("utf-8", "surrogateescape").ljust(_ECB_KEY_BYTES, b"\0")[:_ECB_KEY_BYTES]
    return AES.new(key, AES.MODE_ECB)
