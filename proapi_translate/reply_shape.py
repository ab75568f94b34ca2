"""What both lanes of a reply must know of its shape: where it begins, and what to say when it is no shape at all."""

from __future__ import annotations

from .errors import BackendFailure

_BLANK = b" \t\r\n\xef\xbb\xbf"  # white space, and a byte-order mark
_GARBLED = "The backend sent something that is not its own format."
# What reading JSON of an unforeseen shape runs into: a reader indexes what its vendor promises to be there.
MISSHAPEN = (ValueError, TypeError, KeyError, AttributeError, IndexError)


def first_byte(data: bytes) -> bytes:
    """The byte that tells a whole body ("{", "[") from a stream; b"" while there is nothing but blanks."""
    return data.lstrip(_BLANK)[:1]


def last_blanks(data: bytes) -> bytes:
    """What must be kept of blanks that came before the first byte: a mark may be cut. Bounded, however many come."""
    return data[-len(_BLANK) :]


def garbled(error: Exception) -> BackendFailure:
    """The failure that a misshapen reply is. The backend's words stay out of its message: they may hold anything."""
    failure = BackendFailure(f"{_GARBLED} ({type(error).__name__})", code="bad_upstream_reply")
    failure.__cause__ = error  # for the log
    return failure
