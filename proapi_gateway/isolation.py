"""A program whose only way out is the gateway's explicit door, also where it knows no proxy. Linux only.

No firewall is needed, and no root where the kernel allows user namespaces: in the program's network namespace every
address is local, so whatever it connects to arrives at sockets of ours that listen there. They are handed out to this
process, which passes each connection on:

    program → 198.18.0.1:443 (what our own name server said api.openai.com is) → CONNECT api.openai.com:443 → gateway

Only the ports of `CAUGHT_PORTS` are caught; any other one is refused at once, like UDP (QUIC falls back to TCP).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from .client_trust import proxy_authorization
from .isolation_names import FakeNames
from .network_namespace import IsolationFault, enter_namespace
from .program import execute

CAUGHT_PORTS = (443, 80)
_DNS_PORT = 53
_PIECE_BYTES = 64 * 1024
_CANNOT_ISOLATE = 1
_SIGNALLED = 128  # a shell's status: 128 + the signal that ended the program
_GO = b"g"
_ESTABLISHED = b" 200"
_IP_PKTINFO = 8
_IN_PKTINFO = struct.Struct("=I4s4s")  # interface, local address, destination of the header


def run_isolated(command: Sequence[str], environment: Mapping[str, str], proxy_url: str) -> int:
    """The program's exit status, 128 + n where signal n ended it, or 1 where it cannot be isolated."""
    if not sys.platform.startswith("linux"):
        print("proapi run: --isolate works on Linux only", file=sys.stderr)
        return _CANNOT_ISOLATE
    address = urlsplit(proxy_url)
    proxy = (address.hostname or "", address.port or 0)
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        ours.close()
        os._exit(_become_isolated(list(command), environment, theirs, proxy[1]))
    theirs.close()
    _, inner, _, _ = socket.recv_fds(ours, 1, len(CAUGHT_PORTS) + 2)
    if not inner:  # it has said why
        return _exit_status(os.waitpid(child, 0)[1])
    sockets = [socket.socket(fileno=number) for number in inner]
    return asyncio.run(_Gate(proxy, proxy_authorization(proxy_url), child).run(ours, sockets))


def _become_isolated(command: list[str], environment: Mapping[str, str], parent: socket.socket, proxy_port: int) -> int:
    try:
        enter_namespace()
    except IsolationFault as fault:
        print(f"proapi run: {fault}", file=sys.stderr)
        return _CANNOT_ISOLATE
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    names.bind(("0.0.0.0", _DNS_PORT))
    ports = dict.fromkeys((*CAUGHT_PORTS, proxy_port))
    inner = [names, *(socket.create_server(("0.0.0.0", port), backlog=1024) for port in ports)]
    socket.send_fds(parent, [_GO], [each.fileno() for each in inner])
    for each in inner:
        each.close()
    if parent.recv(1) != _GO:
        return _CANNOT_ISOLATE
    parent.close()
    return execute(command, environment)


class _Gate:
    """Outside of the namespace: takes what the program connects to, and passes it on to the explicit door."""

    def __init__(self, proxy: tuple[str, int], authorization: str, child: int) -> None:
        self._proxy = proxy
        self._authorization = authorization
        self._child = child
        self._names = FakeNames()

    async def run(self, child_end: socket.socket, sockets: Sequence[socket.socket]) -> int:
        loop = asyncio.get_running_loop()
        # From the terminal they reach the program too, which decides; we end with it.
        for number in (signal.SIGINT, signal.SIGQUIT):
            loop.add_signal_handler(number, lambda: None)
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, os.kill, self._child, number)
        name_server, *listeners = sockets
        name_server.setblocking(False)
        loop.add_reader(name_server, self._answer, name_server)
        servers = [await asyncio.start_server(self._pass_on, sock=listener) for listener in listeners]
        child_end.send(_GO)
        child_end.close()
        _, status = await asyncio.to_thread(os.waitpid, self._child, 0)
        for server in servers:
            server.close()
        return _exit_status(status)

    def _answer(self, name_server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            query, ancillary, _, asker = name_server.recvmsg(4096, socket.CMSG_SPACE(_IN_PKTINFO.size))
            reply = self._names.answer(query)
            # It asked some address, all of which are ours: a reply from another one would not be taken.
            asked = next((data[8:12] for _, kind, data in ancillary if kind == _IP_PKTINFO), b"\0" * 4)
            source = (socket.IPPROTO_IP, _IP_PKTINFO, _IN_PKTINFO.pack(0, asked, b"\0" * 4))
            if reply:
                name_server.sendmsg([reply], [source], 0, asker)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = writer.get_extra_info("sockname")[:2]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            outer_reader, outer_writer = await self._connect(host, port)
            await asyncio.gather(_copy(reader, outer_writer), _copy(outer_reader, writer))
        writer.close()

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if (host, port) == self._proxy:  # a program that does read its proxy variables
            return await asyncio.open_connection(*self._proxy)
        if host.startswith("127."):
            return await asyncio.open_connection(host, port)
        reader, writer = await asyncio.open_connection(*self._proxy)
        authority = f"{self._names.name_of(host)}:{port}"
        writer.write(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{self._authorization}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if _ESTABLISHED not in head.partition(b"\r\n")[0]:
            writer.close()
            raise ConnectionRefusedError
        return reader, writer


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until the end of one direction, which is passed on as such: the other one may go on."""
    try:
        while data := await reader.read(_PIECE_BYTES):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        writer.close()  # the other direction has nobody left to speak to


def _exit_status(wait_status: int) -> int:
    code = os.waitstatus_to_exitcode(wait_status)
    return code if code >= 0 else _SIGNALLED - code
