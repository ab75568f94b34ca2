"""OpenAI's /v1/embeddings, as a client speaks it.

Source: openai/types/embedding_create_params.py and create_embedding_response.py of openai 3.57, read 2026-11-25.
"""

from __future__ import annotations

from ...parts import PartedClient
from .request import read_request
from .response import sum_usage, write_body, write_part

CLIENT = PartedClient(read_request, write_part, write_body, sum_usage)
