"""The services of the application that serves this request."""

from __future__ import annotations

from typing import cast

from flask import current_app

from proapi_gateway.admin_services import AdminServices

SERVICES = "proapi"  # the name in `app.extensions`


def services() -> AdminServices:
    return cast(AdminServices, current_app.extensions[SERVICES])
