"""The script for mitmproxy's own programs: `mitmdump -s addons/proapi.py`, `mitmweb -s addons/proapi.py`.

It works from any folder. `--set proapi_config=PATH` names api.yaml; without it PROAPI_CONFIG does, or ./api.yaml.
"""

import sys
from pathlib import Path

_PROJECT = str(Path(__file__).resolve().parents[1])
if _PROJECT not in sys.path:
    sys.path.insert(0, _PROJECT)

from addons.addon_list import list_addons  # noqa: E402 - the path above first
from addons.configuration import Configuration  # noqa: E402

addons = list_addons(Configuration())
