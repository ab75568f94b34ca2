"""scripts/transparent.sh on a machine of its own: one network namespace, the gateway and its clients in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.network_namespaces import NOWHERE, CannotBuild, LoneMachine, TransparentNetwork
from tests.end_to_end.running_proxy import PROJECT_ROOT, RunningProxy, free_port

CONFIG = f"providers:\n- {{provider: echo, model: [m]}}\ntokens:\n- {{api_key: {TOKEN}, model: [all]}}\n"
SCRIPT = str(PROJECT_ROOT / "scripts" / "transparent.sh")
NOBODY = 65534
ANSWER = '{"status":"ok"}'
NEEDED = ("setpriv", "ss", "ip6tables")
_SHELL_TOOLS = ("bash", "cat", "cut", "env", "grep", "head", "id", "sed", "ss", "stat")


@dataclass(frozen=True, slots=True)
class Machine:
    """`namespace`: where the gateway and its clients are. `door`: its transparent door."""

    namespace: LoneMachine
    door: int

    def run(self, *command: str, path: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **({"PATH": path} if path else {})}
        inside = [shutil.which("ip") or "ip", *self.namespace.run_in[1:], *command]
        return subprocess.run(inside, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def gateway(self, host: str) -> RunningProxy:
        command = [*self.namespace.run_in, sys.executable, "-m", "addons.master"]
        environment = {"PROAPI_HOST": host, "PROAPI_TRANSPARENT_PORT": str(self.door)}
        return RunningProxy(CONFIG, command=command, environment=environment)

    def ask(
        self, proxy: RunningProxy, address: str, user: int = NOBODY, within_s: int = 20
    ) -> subprocess.CompletedProcess[str]:
        """What an app of this user gets that thinks api.openai.com has that address."""
        become = ("setpriv", f"--reuid={user}", "--clear-groups") if user else ()
        ca = Path(tempfile.gettempdir()) / f"{self.namespace.name}.pem"  # where nobody may read it
        shutil.copyfile(proxy.ca_path, ca)
        ca.chmod(0o644)
        try:
            url = "https://api.openai.com/healthz"
            options = ("-sS", "-m", str(within_s), "--noproxy", "*", "--cacert", str(ca))
            return self.run(*become, "curl", *options, "--resolve", f"api.openai.com:443:{address}", url)
        finally:
            ca.unlink()


@pytest.fixture
def machine() -> Iterator[Machine]:
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    with contextlib.ExitStack() as stack:
        try:
            namespace = stack.enter_context(LoneMachine.build())
        except CannotBuild as reason:
            pytest.skip(f"no machine of its own here: {reason}")
        yield Machine(namespace, free_port())


Tool = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(params=["nft", "iptables"])
def transparent(request: pytest.FixtureRequest, machine: Machine, tmp_path: Path) -> Tool:
    """The script, with nft or as on a machine without it."""
    if request.param == "nft" and shutil.which("nft") is None:
        pytest.skip("nft is not installed")
    path = ""
    if request.param == "iptables":
        for name in (*_SHELL_TOOLS, "iptables", "ip6tables", "iptables-save", "ip6tables-save"):
            (tmp_path / name).symlink_to(shutil.which(name) or f"/no/{name}")
        path = str(tmp_path)
    return lambda *arguments: machine.run("bash", SCRIPT, *arguments, path=path)


V4, V6 = "192.0.2.10", "[2001:db8::10]"


def test_up_catches_every_app_but_the_gateways_user_and_down_undoes_it(machine: Machine, transparent: Tool) -> None:
    with machine.gateway("127.0.0.1") as proxy:
        assert machine.ask(proxy, V4, within_s=1).returncode != 0
        up = transparent("up", "--port", str(machine.door), "--user", "0")
        assert up.returncode == 0, up.stderr
        assert "except for user 0" in up.stdout
        caught = machine.ask(proxy, V4)
        assert caught.stdout == ANSWER, caught.stderr
        assert machine.ask(proxy, V4, user=0, within_s=1).returncode != 0  # exempt: it goes on to where nobody is
        assert transparent("up", "--port", str(machine.door), "--user", "0").returncode == 0  # again: nothing doubles
        assert transparent("status").returncode == 0
        assert proxy.stop(signal.SIGKILL) != 0
        for _ in range(2):
            assert transparent("down").returncode == 0
        assert transparent("status").returncode == 3
        assert machine.ask(proxy, V4, within_s=1).stdout == ""


def test_ipv6_is_caught_where_the_door_listens_on_it_and_refused_where_not(machine: Machine, transparent: Tool) -> None:
    options = ("--port", str(machine.door), "--user", "0")
    with machine.gateway("127.0.0.1") as proxy:
        before = transparent("up", "--port", "9", "--user", "0")
        assert "nothing listens on port 9" in before.stderr
        refused = machine.ask(proxy, V6)
        assert refused.returncode == 7, refused.stderr  # at once: an app with both addresses takes IPv4
        assert transparent("up", *options).returncode == 0
        assert [machine.ask(proxy, address).stdout for address in (V4, V6)] == [ANSWER, ANSWER]


def test_a_router_catches_what_other_machines_send_through_it() -> None:
    door = free_port()
    with contextlib.ExitStack() as stack:
        try:
            hosts = {"api.openai.com": NOWHERE}
            network = stack.enter_context(TransparentNetwork.build(hosts, redirect_to=None))
        except CannotBuild as reason:
            pytest.skip(f"no transparent network here: {reason}")
        command = [*network.run_in("gateway"), sys.executable, "-m", "addons.master"]
        environment = {"PROAPI_HOST": "0.0.0.0", "PROAPI_TRANSPARENT_PORT": str(door)}
        proxy = stack.enter_context(RunningProxy(CONFIG, command=command, environment=environment))

        def run(role: str, *words: str) -> subprocess.CompletedProcess[str]:
            inside = [*network.run_in(role), *words]
            return subprocess.run(inside, capture_output=True, text=True, timeout=30, check=False)

        ask = ("curl", "-sS", "-m", "20", "--cacert", proxy.ca_path, "https://api.openai.com/healthz")
        script = ("bash", SCRIPT)
        up = run("gateway", *script, "up", "--router", "--user", "0", "--port", str(door))
        assert up.returncode == 0, up.stderr
        assert run("client", *ask).stdout == ANSWER
        assert network.packets_to("to-nowhere") == 0
        assert run("gateway", *script, "down").returncode == 0
        assert run("client", *ask, "-m", "1").stdout == ""


QUIC = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as quic:
    quic.settimeout(3)
    quic.connect(("192.0.2.10", 443))
    try:
        quic.send(b"x")
        quic.recv(10)
    except (ConnectionRefusedError, PermissionError) as error:
        print(type(error).__name__)
"""


def test_quic_is_refused_at_once(machine: Machine, transparent: Tool) -> None:
    assert transparent("up", "--port", "9", "--user", "1").returncode == 0
    done = machine.run(sys.executable, "-c", QUIC)
    assert done.stdout.strip() in ("ConnectionRefusedError", "PermissionError"), done.stderr


def test_whose_traffic_is_exempt_must_be_known(machine: Machine, transparent: Tool) -> None:
    assert "no user 'no-such-user'" in transparent("up", "--user", "no-such-user").stderr
    with machine.gateway("127.0.0.1"):
        told = transparent("up", "--port", str(machine.door))
        assert told.returncode == 1
        assert "runs as root" in told.stderr
    assert transparent("status").returncode == 3


@pytest.mark.parametrize("arguments", [(), ("sideways",), ("up", "--port", "x"), ("up", "--what")])
def test_a_usage_fault_is_2(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(["bash", SCRIPT, *arguments], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "up|down|status" in done.stderr
