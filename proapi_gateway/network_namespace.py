"""A network namespace for one process: lo is its only interface, and every IPv4 address is local to it. Linux only.

The kernel's "AnyIP": `ip route add local 0.0.0.0/0 dev lo`, said here by netlink, because a program started to say
it would lose the rights that a user namespace gives us.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
_MS_REC, _MS_PRIVATE = 0x4000, 0x40000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_RTM_NEWROUTE, _NLM_F_REQUEST, _NLM_F_ACK, _NLM_F_CREATE = 24, 1, 4, 0x400
_RT_TABLE_LOCAL, _RTPROT_BOOT, _RT_SCOPE_HOST, _RTN_LOCAL = 255, 3, 254, 2
_RTA_OIF = 4
# By these sockets glibc asks programs outside the namespace for names, past our own name server.
_NAME_SERVICES = ("/run/systemd/resolve", "/var/run/nscd")


class IsolationFault(Exception):
    """The kernel does not allow it. The message says what to do."""


def enter_namespace() -> None:
    """Put this process into a namespace of its own. Raises IsolationFault."""
    try:
        _unshare()
        _bring_up_loopback()
        _make_all_addresses_local()
        _hide_name_services()
    except OSError as error:
        message = (
            f"this kernel does not let us make a network namespace ({error.strerror}): try it as root; in a container,"
            " with --cap-add SYS_ADMIN"
        )
        raise IsolationFault(message) from None


def _unshare() -> None:
    user, group = os.getuid(), os.getgid()
    kinds = _CLONE_NEWNET | _CLONE_NEWNS | (_CLONE_NEWUSER if user else 0)
    _call("unshare", kinds)
    if user:  # the program keeps its own user and group
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = bytearray(struct.pack("16sh22x", b"lo", 0))
        fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request)
        (flags,) = struct.unpack_from("h", request, 16)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def _make_all_addresses_local() -> None:
    loopback = socket.if_nametoindex("lo")
    attributes = struct.pack("=HHI", 8, _RTA_OIF, loopback)
    # rtmsg: family, length of destination (0: every address), of source, tos, table, protocol, scope, type, flags
    route = struct.pack(
        "=BBBBBBBBI", socket.AF_INET, 0, 0, 0, _RT_TABLE_LOCAL, _RTPROT_BOOT, _RT_SCOPE_HOST, _RTN_LOCAL, 0
    )
    flags = _NLM_F_REQUEST | _NLM_F_ACK | _NLM_F_CREATE
    message = struct.pack("=IHHII", 16 + len(route) + len(attributes), _RTM_NEWROUTE, flags, 1, 0) + route + attributes
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(message)
        (code,) = struct.unpack_from("=i", netlink.recv(4096), 16)
    if code:
        raise OSError(-code, os.strerror(-code))


def _hide_name_services() -> None:
    _call("mount", b"none", b"/", None, _MS_REC | _MS_PRIVATE, None)
    for folder in _NAME_SERVICES:
        if os.path.isdir(folder):
            with contextlib.suppress(OSError):  # then names are looked up outside, and connections still come to us
                _call("mount", b"none", os.path.realpath(folder).encode(), b"tmpfs", 0, None)


def _call(name: str, *arguments: int | bytes | None) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
