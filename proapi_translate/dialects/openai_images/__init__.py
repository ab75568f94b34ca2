"""OpenAI's /v1/images/generations, as a client speaks it.

Source: openai/types/image_generate_params.py and images_response.py of openai 3.57, read 2026-11-25.
"""

from __future__ import annotations

from ...parts import PartedClient
from .request import read_request
from .response import keep_part, sum_usage, write_body

CLIENT = PartedClient(read_request, keep_part, write_body, sum_usage)
