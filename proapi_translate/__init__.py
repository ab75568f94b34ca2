"""Wire formats in and out: any client dialect to any backend, and the reply back, whole or chunk by chunk.

Pure: no socket, no file, no clock. The two halves are `translate_request` and `ReplyTranslator` (translate.py).
"""

from __future__ import annotations

from .errors import BackendFailure, ClientFault, OwnFault, ProapiError
from .losses import Loss
from .target import Target

__all__ = ["BackendFailure", "ClientFault", "Loss", "OwnFault", "ProapiError", "Target"]
