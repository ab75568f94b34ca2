"""The files that apps trust us by, written once the CA is there: our certificate, and the bundle with the public roots.

They are in mitmproxy's folder, beside the CA's key. PROAPI_TRUST_DIR names a folder that gets copies: one that can be
shared with an app's container, where the key must not be seen.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from pathlib import Path

from mitmproxy import ctx

from proapi_gateway.client_trust import TrustFault, trust_in, write_bundle

logger = logging.getLogger(__name__)


class TrustFiles:
    async def running(self) -> None:
        try:
            await asyncio.to_thread(_write, ctx.options.confdir, os.environ.get("PROAPI_TRUST_DIR", ""))
        except (TrustFault, OSError) as fault:
            logger.warning("the files that apps trust us by could not be written: %s", fault)


def _write(confdir: str, folder: str) -> None:
    trust = trust_in(Path(confdir).expanduser())
    write_bundle(trust, os.environ)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for path in (trust.ca, trust.bundle):
            copy = Path(folder) / path.name
            half = copy.with_suffix(".new")
            shutil.copyfile(path, half)
            half.replace(copy)
