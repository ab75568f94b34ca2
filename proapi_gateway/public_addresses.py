"""The addresses of the public internet, told from those of this machine, its network and its cloud."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

IpAddress = IPv4Address | IPv6Address

# Public by their number, private by what answers there: Azure's host, and a block of which Oracle's metadata is one.
_BY_NUMBER_PUBLIC = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))
_NAT64 = IPv6Network("64:ff9b::/96")
_FOUR_BYTES = 0xFFFFFFFF


def is_public(address: IpAddress) -> bool:
    """May a stranger's request make us connect there? Not to loopback, private, link-local (metadata), multicast and
    reserved addresses, nor to an IPv6 address that carries such an IPv4 one."""
    carried = _carried_ipv4(address)
    if carried is not None:
        return is_public(carried)
    if isinstance(address, IPv4Address) and any(address in network for network in _BY_NUMBER_PUBLIC):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried_ipv4(address: IpAddress) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, Teredo (the client's), NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & _FOUR_BYTES)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
