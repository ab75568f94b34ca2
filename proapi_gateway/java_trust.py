"""Java's own kind of trust: a key store, which a JVM is told of by options; and proxies, which are options too.

The store is a copy of the JVM's own roots with our CA added: the option replaces them.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from .client_trust import Trust

_PASSWORD = "changeit"  # guards nothing: the store holds no secret, but Java wants one
_LIMIT_S = 60.0
_JAVA_HOME = re.compile(r"^\s*java\.home = (.+)$", re.MULTILINE)


def java_options(trust: Trust, environment: Mapping[str, str]) -> str:
    """What JAVA_TOOL_OPTIONS must hold; "" where there is no Java, or its store cannot be made. Takes seconds once."""
    java, keytool = (shutil.which(name, path=environment.get("PATH")) for name in ("java", "keytool"))
    if java is None or keytool is None:
        return ""
    store = trust.ca.with_name("proapi-java.p12")
    if not _is_newer(store, trust.ca) and not _make_store(store, java, keytool, trust):
        return ""
    address = urlsplit(trust.proxy_url)
    return (
        f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword={_PASSWORD}"
        f" -Dhttps.proxyHost={address.hostname} -Dhttps.proxyPort={address.port}"
    )


def _is_newer(store: Path, ca: Path) -> bool:
    try:
        return store.stat().st_mtime_ns >= ca.stat().st_mtime_ns
    except OSError:
        return False


def _make_store(store: Path, java: str, keytool: str, trust: Trust) -> bool:
    half = store.with_suffix(".new")
    half.unlink(missing_ok=True)
    target = ("-keystore", str(half), "-storetype", "PKCS12", "-storepass", _PASSWORD, "-noprompt")
    roots = _own_roots(java)
    if roots is not None:
        copied = ("-destkeystore", str(half), "-deststoretype", "PKCS12", "-deststorepass", _PASSWORD, "-noprompt")
        _call(keytool, "-importkeystore", "-srckeystore", str(roots), "-srcstorepass", _PASSWORD, *copied)
    if not _call(keytool, "-importcert", "-alias", "proapi", "-file", str(trust.ca), *target):
        return False
    half.replace(store)
    return True


def _own_roots(java: str) -> Path | None:
    done = subprocess.run(
        [java, "-XshowSettings:properties", "-version"], capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    home = _JAVA_HOME.search(done.stderr)
    roots = Path(home[1].strip()) / "lib" / "security" / "cacerts" if home else None
    return roots if roots is not None and roots.exists() else None


def _call(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, timeout=_LIMIT_S, check=False).returncode == 0
