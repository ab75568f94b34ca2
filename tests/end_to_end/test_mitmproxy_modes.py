"""mitmproxy's own modes beside the doors, by real clients in a network namespace of their own: WireGuard in user space,
and a program that is caught by its name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.configs import TOKEN
from tests.end_to_end.running_proxy import PROJECT_ROOT

NOWHERE = "10.98.0.7"
CONFIG = f"providers:\n- {{provider: echo, model: [m]}}\ntokens:\n- {{api_key: {TOKEN}, model: [all]}}\n"
ASK = f"""
--silent --max-time 20 --connect-to api.openai.com:443:{NOWHERE}:443 https://api.openai.com/v1/chat/completions
-H authorization:Bearer\\ {TOKEN} -H content-type:application/json
-d '{{"model":"m","messages":[{{"role":"user","content":"hi"}}]}}'
""".replace("\n", " ")

BEGIN = """
set -e
ip link set lo up
{prepare}
python -m addons.master > ready 2> log &
gateway=$!
end() {{
  kill $gateway $others
  for i in $(seq 100); do kill -0 $gateway || break; sleep 0.1; done
  kill -9 $gateway
}}
trap 'set +e; end 2> /dev/null' EXIT
for i in $(seq 600); do grep -q '^proapi ready' ready && break; kill -0 $gateway; sleep 0.1; done
"""
WIREGUARD = """
wireguard-go -f wgtest > wireguard.log 2>&1 &
others=$!
for i in $(seq 100); do ip link show wgtest > /dev/null 2>&1 && break; sleep 0.1; done
sed -n 's/^PrivateKey = //p' ready > key
wg set wgtest private-key key peer "$(sed -n 's/^PublicKey = //p' ready)" allowed-ips 0.0.0.0/0 endpoint 127.0.0.1:51820
ip addr add 10.0.0.1/32 dev wgtest
ip link set wgtest up
ip route add 10.98.0.0/16 dev wgtest
curl --cacert confdir/mitmproxy-ca-cert.pem {ask}
"""
# A name that no other program of this machine has: the redirect is not bound to the namespace. mitmproxy does not tell
# when the kernel has it; until then there is no way to that address.
LOCAL = """
for i in $(seq 100); do {program} --cacert confdir/mitmproxy-ca-cert.pem {ask} && exit; sleep 0.1; done
exit 1
"""
CGROUPS = "mount -t cgroup2 none /sys/fs/cgroup"


def reply_through(script: str, folder: Path, modes: str, prepare: str = ":") -> str:
    """What the backend answered in `script`, once the gateway runs with these modes.

    The reply alone is judged, no exit status: mitmproxy's native part may crash when the gateway ends (SIGSEGV, 139).
    """
    if os.geteuid() or shutil.which("unshare") is None or not Path("/dev/net/tun").exists():
        pytest.skip("no network namespaces and tunnels here")
    (folder / "api.yaml").write_text(CONFIG)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), str(folder), os.environ["PATH"])),
        "PYTHONPATH": str(PROJECT_ROOT),
        "PROAPI_CONFIG": "api.yaml",
        "PROAPI_CONFDIR": "confdir",
        "PROAPI_MODES": modes,
    }
    text = BEGIN.format(prepare=prepare) + script
    command = ["unshare", "--net", "--mount", "bash", "-c", text]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200)
    logs = "".join(path.read_text() for name in ("ready", "log") if (path := folder / name).exists())
    if "eBPF initialization failed" in logs:
        pytest.skip("this kernel has no eBPF for us")
    assert '"choices"' in done.stdout, f"status {done.returncode}\n{done.stdout}{done.stderr}{logs}"
    return str(json.loads(done.stdout)["choices"][0]["message"]["content"])


@pytest.mark.skipif(shutil.which("wireguard-go") is None or shutil.which("wg") is None, reason="no wireguard-go, wg")
def test_a_device_of_a_wireguard_network(tmp_path: Path) -> None:
    assert reply_through(WIREGUARD.format(ask=ASK), tmp_path, "wireguard") == "hi"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="mitmproxy 11 has it on macOS and Windows alone")
def test_a_program_by_its_name(tmp_path: Path) -> None:
    program = f"caught-{os.getpid()}"
    shutil.copy(shutil.which("curl") or pytest.skip("no curl"), tmp_path / program)
    if shutil.which("sudo") is None:  # by which mitmproxy starts its redirector, also as root
        (tmp_path / "sudo").write_text('#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n')
        (tmp_path / "sudo").chmod(0o755)
    assert reply_through(LOCAL.format(program=program, ask=ASK), tmp_path, f"local:{program}", CGROUPS) == "hi"
