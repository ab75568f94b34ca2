"""mitmweb's list stays short."""

from mitmproxy.addons.view import View
from mitmproxy.test import taddons, tflow

from addons.web_flow_list import WebFlowList


def test_the_oldest_finished_flows_leave() -> None:
    view, trimmer = View(), WebFlowList(limit=20)
    with taddons.context(view, trimmer) as tctx:
        tctx.master.addons.get("view")
        flows = [tflow.tflow(resp=True) for _ in range(60)]
        for number, flow in enumerate(flows):
            flow.live = number == 0  # the oldest still runs
            view.add([flow])
            trimmer.response(flow)
        kept = list(view._store.values())
    assert 20 <= len(kept) <= 23
    assert flows[0] in kept
    assert flows[-1] in kept


def test_without_a_list_there_is_nothing_to_do() -> None:
    trimmer = WebFlowList()
    with taddons.context(trimmer):
        trimmer.response(tflow.tflow(resp=True))
        trimmer.error(tflow.tflow(err=True))
