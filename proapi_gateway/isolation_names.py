"""The name server of an isolated program: every name is an address that stands for it, and nothing is looked up."""

from __future__ import annotations

import ipaddress
import struct
from itertools import cycle

# RFC 2544's range for tests of network devices: no host on the Internet has such an address. 131,070 names.
_RANGE = ipaddress.ip_network("198.18.0.0/15")
_HEADER = struct.Struct("!HHHHHH")
_TYPE_A, _CLASS_IN = 1, 1
_ANSWER_FLAGS = 0x8180  # a reply, recursion asked for and done, no error
_POINTER_TO_QUESTION = 0xC00C
_TTL_S = 60


class FakeNames:
    """Hands out addresses, one a name, and knows them again. When all are taken, the first ones are used anew, and the
    names that they stood for are forgotten."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._places = cycle(range(1, _RANGE.num_addresses - 1))

    def address_of(self, name: str) -> str:
        """address_of("api.openai.com") == "198.18.0.1", the same each time."""
        address = self._addresses.get(name)
        if address is None:
            address = str(_RANGE[next(self._places)])
            self._addresses.pop(self._names.get(address, ""), None)
            self._addresses[name] = address
            self._names[address] = name
        return address

    def name_of(self, address: str) -> str:
        """The name that an address stands for; the address itself where we did not give it out."""
        return self._names.get(address, address)

    def answer(self, query: bytes) -> bytes:
        """A DNS query's reply: one A record, none for other types (no IPv6: clients take IPv4). b"" for no query."""
        try:
            ident, _, questions, *_ = _HEADER.unpack_from(query)
            name, end = _read_name(query, _HEADER.size)
            kind, klass = struct.unpack_from("!HH", query, end)
        except (struct.error, ValueError, IndexError):
            return b""
        if questions != 1:
            return b""
        found = kind == _TYPE_A and klass == _CLASS_IN
        head = _HEADER.pack(ident, _ANSWER_FLAGS, 1, int(found), 0, 0) + query[_HEADER.size : end + 4]
        if not found:
            return head
        record = struct.pack("!HHHIH", _POINTER_TO_QUESTION, _TYPE_A, _CLASS_IN, _TTL_S, 4)
        return head + record + ipaddress.ip_address(self.address_of(name)).packed


def _read_name(query: bytes, start: int) -> tuple[str, int]:
    """(the name in lower case, where it ends). Raises ValueError for what no client's question has."""
    labels = []
    while length := query[start]:
        label = query[start + 1 : start + 1 + length]
        if length > 63 or len(label) < length:
            raise ValueError("no name")
        labels.append(label.decode("ascii").lower())
        start += 1 + length
    if not labels:
        raise ValueError("the root")
    return ".".join(labels), start + 1
