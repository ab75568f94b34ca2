"""The log that the pages read, and what they show while there is none or its database does not answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TypeVar

import peewee
from flask import render_template
from flask.typing import ResponseReturnValue

from proapi_gateway.flow_log.database import LogDatabase

from .services import services

logger = logging.getLogger(__name__)

_FAULTS = (peewee.PeeweeException, OSError)

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


class NoLogFault(Exception):
    """There is no log to read."""


def log_database() -> LogDatabase:
    """Raises NoLogFault; a view that is `reads_log` need not care."""
    log = services().flow_log()
    if log is None:
        raise NoLogFault
    return log.database


def reads_log(view: View) -> View:
    """For a view that reads the log: where it cannot be read, it shows why."""

    @wraps(view)
    def shown(*args: object, **kwargs: object) -> ResponseReturnValue:
        try:
            return view(*args, **kwargs)
        except NoLogFault:
            return render_template("no_log.html", fault="")
        except _FAULTS as fault:
            logger.warning("admin: the log cannot be read: %s", fault)
            told = f"{type(fault).__name__}: {fault}".splitlines()[0]
            return render_template("no_log.html", fault=told), HTTPStatus.SERVICE_UNAVAILABLE

    return shown  # type: ignore[return-value]
