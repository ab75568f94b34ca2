"""Machines made of network namespaces: one alone; or a client, the gateway on its way, and the network behind it.

    with LoneMachine.build() as machine:
        subprocess.run([*machine.run_in, "curl", ...])

    client 10.77.1.2 ── 10.77.1.1 gateway 10.77.2.1 ── 10.77.2.2 outside

    with TransparentNetwork.build({"api.openai.com": NOWHERE}, redirect_to=port) as network:
        subprocess.run([*network.run_in("client"), "curl", ...])
        network.within("outside", lambda: socket.create_server(...))

The names are unique to a run, all that was made is deleted, and the machine's own network is never touched.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Made = TypeVar("Made")

CLIENT_ADDRESS, OUTSIDE_ADDRESS = "10.77.1.2", "10.77.2.2"
NOWHERE = "192.0.2.10"  # RFC 5737: belongs to nobody
ROLES = ("client", "gateway", "outside")
_WATCHED = (
    ("to-nowhere", ("-d", NOWHERE)),
    ("to-outside", ("-d", OUTSIDE_ADDRESS)),
    ("to-dns", ("-p", "udp", "--dport", "53")),
    ("to-dns", ("-p", "tcp", "--dport", "53")),
)
_ETC = Path("/etc/netns")  # `ip netns exec` lays /etc/netns/NAME/hosts over /etc/hosts
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET


class CannotBuild(Exception):
    """Why this machine has no namespaces for us."""


@dataclass(frozen=True, slots=True)
class LoneMachine:
    """A namespace with a way out that leads nowhere, for IPv4 and IPv6: the gateway and its clients are both in it."""

    name: str

    @classmethod
    @contextlib.contextmanager
    def build(cls) -> Iterator[LoneMachine]:
        """Raises CannotBuild with the reason."""
        _check_machine()
        machine = cls(f"proapi-own-{secrets.token_hex(3)}")
        try:
            machine._set_up()
            yield machine
        finally:
            _delete(machine.name)

    @property
    def run_in(self) -> list[str]:
        """What to put before a command."""
        return ["ip", "netns", "exec", self.name]

    def within(self, make: Callable[[], Made]) -> Made:
        """Call `make` in a thread of it: sockets, threads and processes that come of it stay there."""
        return _within(self.name, make)

    def redirect(self, address: str, port: int) -> None:
        """What is sent to this address ends at the machine's own port."""
        nat = ("iptables", "-w", "-t", "nat", "-A", "OUTPUT", "-p", "tcp")
        _run(*self.run_in, *nat, "-d", address, "-j", "REDIRECT", "--to-ports", str(port))

    def _set_up(self) -> None:
        _run("ip", "netns", "add", self.name)
        for words in (
            "link set lo up",
            "link add uplink type veth peer name far",
            "link set far up",
            "address add 10.77.9.1/24 dev uplink",
            "address add fd77::1/64 dev uplink nodad",
            "link set uplink up",
            "route add default dev uplink",
            "-6 route add default dev uplink",
        ):
            _run("ip", "-n", self.name, *words.split())


@dataclass(frozen=True, slots=True)
class TransparentNetwork:
    """`mark`: what makes this run's names unique."""

    mark: str

    @classmethod
    @contextlib.contextmanager
    def build(cls, hosts: dict[str, str], redirect_to: int | None) -> Iterator[TransparentNetwork]:
        """`hosts`: what the client's /etc/hosts says, name → address. `redirect_to`: the gateway's port that all TCP of
        the client ends at; None: the test sets that up itself. Raises CannotBuild with the reason.
        """
        _check_machine()
        network = cls(secrets.token_hex(3))
        try:
            network._set_up(hosts)
            if redirect_to is not None:
                network._redirect_to(redirect_to)
            yield network
        finally:
            network._tear_down()

    def name_of(self, role: str) -> str:
        return f"proapi-{role}-{self.mark}"

    def run_in(self, role: str) -> list[str]:
        """What to put before a command."""
        return ["ip", "netns", "exec", self.name_of(role)]

    def within(self, role: str, make: Callable[[], Made]) -> Made:
        """Call `make` in a thread of that namespace: sockets that it opens stay there."""
        return _within(self.name_of(role), make)

    def packets_to(self, rule: str) -> int:
        """How many packets left the gateway "to-nowhere" (NOWHERE), "to-outside" or "to-dns" (port 53, anywhere)."""
        lines = [line.split() for line in self._table("filter", "-L", "-v", "-x", "-n").splitlines()]
        return sum(int(words[0]) for words in lines if words and rule in words)

    def _table(self, table: str, *arguments: str) -> str:
        return _run(*self.run_in("gateway"), "iptables", "-w", "-t", table, *arguments)

    def _set_up(self, hosts: dict[str, str]) -> None:
        for role in ROLES:
            _run("ip", "netns", "add", self.name_of(role))
            _run("ip", "-n", self.name_of(role), "link", "set", "lo", "up")
        self._connect("client", "1")
        self._connect("outside", "2")
        # without it nothing could be sent to NOWHERE, and a count of 0 would prove nothing
        _run("ip", "-n", self.name_of("gateway"), "route", "add", "default", "via", OUTSIDE_ADDRESS)
        for chain in ("OUTPUT", "FORWARD"):
            for name, matching in _WATCHED:
                # no target: these rules only count
                self._table("filter", "-A", chain, *matching, "-m", "comment", "--comment", name)
        own_etc = _ETC / self.name_of("client")
        own_etc.mkdir(parents=True)
        (own_etc / "hosts").write_text("".join(f"{address} {name}\n" for name, address in hosts.items()))

    def _redirect_to(self, port: int) -> None:
        from_client = ("-A", "PREROUTING", "-s", CLIENT_ADDRESS, "-p", "tcp")
        self._table("nat", *from_client, "-j", "REDIRECT", "--to-ports", str(port))

    def _connect(self, role: str, subnet: str) -> None:
        """A cable between the gateway (.1) and `role` (.2), whose default route it is."""
        ends = {"gateway": (f"to-{role}", f"10.77.{subnet}.1/24"), role: ("uplink", f"10.77.{subnet}.2/24")}
        (near, _), (far, _) = ends["gateway"], ends[role]
        gateway, other = self.name_of("gateway"), self.name_of(role)
        _run("ip", "link", "add", near, "netns", gateway, "type", "veth", "peer", "name", far, "netns", other)
        for place, (link, address) in ends.items():
            _run("ip", "-n", self.name_of(place), "address", "add", address, "dev", link)
            _run("ip", "-n", self.name_of(place), "link", "set", link, "up")
        _run("ip", "-n", other, "route", "add", "default", "via", f"10.77.{subnet}.1")

    def _tear_down(self) -> None:
        for role in ROLES:  # their links, routes and rules go with them
            _delete(self.name_of(role))
        shutil.rmtree(_ETC / self.name_of("client"), ignore_errors=True)
        with contextlib.suppress(OSError):  # there before us and in use by others: it stays
            _ETC.rmdir()


def _within(namespace: str, make: Callable[[], Made]) -> Made:
    def enter_and_make() -> Made:
        with open(f"/run/netns/{namespace}") as place:
            if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), _NEW_NETWORK):
                raise OSError(ctypes.get_errno(), "setns")
        return make()

    with ThreadPoolExecutor(1) as own_thread:  # ends afterwards: no other thread changes its namespace
        return own_thread.submit(enter_and_make).result()


def _delete(namespace: str) -> None:
    _finish(("ip", "netns", "delete", namespace))


def _check_machine() -> None:
    if not sys.platform.startswith("linux"):
        raise CannotBuild("network namespaces are Linux's")
    if os.geteuid() != 0:
        raise CannotBuild("network namespaces need root")
    for program in ("ip", "iptables", "curl"):
        if shutil.which(program) is None:
            raise CannotBuild(f"{program} is not installed")


def _run(*command: str) -> str:
    done = _finish(command)
    if done.returncode:
        raise CannotBuild(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _finish(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
