"""The folder where mitmproxy keeps its CA (PROAPI_CONFDIR), looked at before anything starts."""

from __future__ import annotations

import tempfile
from pathlib import Path

KEY_AND_CERT = "mitmproxy-ca.pem"


class CaFault(Exception):
    """There is no CA to be used. The message says where, and why."""


def check_ca_folder(confdir: Path) -> None:
    """Raises CaFault where no CA can be read, nor made: mitmproxy would log that twice with a traceback, and open a
    proxy's door whose certificates it cannot sign."""
    ca = confdir / KEY_AND_CERT
    try:
        if ca.exists():
            ca.open("rb").close()
        else:
            confdir.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=confdir).close()
    except OSError as error:
        raise CaFault(f"no CA can be read or made in {confdir} ({error.strerror}): see PROAPI_CONFDIR") from None
