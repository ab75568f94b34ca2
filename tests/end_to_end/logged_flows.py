"""The flow log of a process under test, read from its database after (or while) it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from proapi_gateway.flow_log.database import open_database
from proapi_gateway.flow_log.models import Flow, FlowBody, FlowText
from proapi_gateway.flow_log.packing import unpack, unpack_pieces
from tests.waiting import wait_until

Row = dict[str, Any]


class LoggedFlows:
    """`server`: the lines of api.yaml that turn the log on."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "data" / "log.db"
        self.url = f"sqlite:///{self.path}"
        self.server = f"admin_server: true\ndb_path: {self.url}"

    def rows(self) -> list[Row]:
        """All flows, oldest first; `bodies`: by side, each with its bytes unpacked."""
        if not self.path.exists():
            return []
        database = open_database(self.url)
        with database.connected():
            if "flow" not in database.peewee.get_tables():
                return []
            bodies = database.rows(FlowBody.select())  # first: a flow that is written meanwhile is none too many
            flows = {row["id"]: {**row, "bodies": {}} for row in database.rows(Flow.select().order_by(Flow.id))}
            for body in bodies:
                unpacked = {"data": unpack(body["data"]), "pieces": unpack_pieces(body["pieces"])}
                flows[body["flow_id"]]["bodies"][body["side"]] = body | unpacked
        return list(flows.values())

    def wait_for(self, enough: Callable[[list[Row]], object], within_s: float = 60.0) -> list[Row]:
        """The rows, once there are enough: another process writes them, and a file tells nobody."""
        return wait_until(self.rows, enough, within_s)

    def everything(self) -> bytes:
        """All bytes of the database's files, and of all that is packed in them."""
        files = b"".join(file.read_bytes() for file in self.path.parent.iterdir())
        database = open_database(self.url)
        with database.connected():
            texts = "".join(row["text"] for row in database.rows(FlowText.select()))
        return files + texts.encode() + b"".join(body["data"] for row in self.rows() for body in row["bodies"].values())
