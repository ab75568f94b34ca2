"""The one list of our addons, in the order in which their hooks run; the same for every master."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import Mapping

from mitmproxy import ctx, http

from proapi_gateway.media_fetcher import MediaFetcher
from proapi_gateway.token_tables import TokenTable, table_folder
from proapi_gateway.trials import TrialKeys

from .admin_redirect import AdminRedirect
from .admin_server import AdminServer
from .admission import Admission
from .answers import Answers
from .cached_replies import CachedReplies
from .client_departures import ClientDepartures
from .client_patience import ClientPatience
from .config_reload import ConfigReload
from .configuration import Configuration
from .content_views import ContentViews
from .dispatch import Dispatch
from .doors import Doors
from .error_replies import ErrorReplies
from .failover_layer import FailoverInstaller, abort_upstream
from .flow_endings import log_flow
from .flow_recorder import FlowRecorder
from .flow_taps import FlowTaps
from .forced_options import ForcedOptions
from .gateway_commands import GatewayCommands
from .inspected_flows import InspectedFlows
from .local_answers import LocalAnswers
from .log_file import SavedLog
from .loops import LoopGuard
from .metrics_page import MetricsPage
from .open_exchanges import OpenExchanges
from .operators import Operators
from .own_addresses import OwnAddresses, listening_addresses
from .passthrough_paths import PassthroughPaths
from .proxy_door_auth import ProxyDoorAuth
from .ready_line import ReadyLine
from .recording_log import RecordingLog
from .replies import Replies
from .request_bodies import RequestBodies
from .slow_readers import SlowReaders
from .stored_responses import StoredResponses
from .token_limits import TokenLimits
from .token_money import TokenMoney
from .traffic_counts import TrafficCounts
from .translated_paths import TranslatedPaths
from .trust_files import TrustFiles
from .upstream_proxy_auth import UpstreamProxyAuth
from .web_flow_list import WebFlowList
from .workers import workers_secret


def list_addons(
    configuration: Configuration,
    media: MediaFetcher | None = None,
    environment: Mapping[str, str] = os.environ,
) -> list[object]:
    """`media`: in place of the fetcher that goes to the public internet alone."""
    media = media or MediaFetcher()
    open_exchanges = OpenExchanges()
    gateway = configuration.gateway
    options = ForcedOptions()
    own_addresses = OwnAddresses()
    doors = Doors(configuration.hosts, own_addresses)
    loops = LoopGuard(own_addresses)
    answers = Answers(_now)
    recording_log = RecordingLog(gateway)
    configuration.on_use(recording_log.use)
    money = TokenMoney(gateway, recording_log)
    operators = Operators()
    reload = ConfigReload(configuration, answers, operators)
    metrics = MetricsPage(gateway, open_exchanges, recording_log, answers, operators, environment)
    trials = TrialKeys(workers_secret(environment), time.time)
    admin = AdminServer(configuration, recording_log, reload, trials, environment)
    counts = TrafficCounts()
    dispatch = Dispatch(answers, ErrorReplies(answers), loops, asyncio.get_running_loop, _abort)

    tokens = TokenTable(table_folder(environment))
    cached = CachedReplies(answers, gateway)
    translated = TranslatedPaths(dispatch, answers, tokens, media.fetch, cached)
    return [
        configuration,
        SavedLog(configuration, environment),
        options,
        ClientPatience(gateway),
        open_exchanges,
        own_addresses,
        doors,
        loops,
        SlowReaders(),
        FailoverInstaller(),  # after the doors: it lets mitmproxy choose the layers that they left open
        ProxyDoorAuth(gateway),
        UpstreamProxyAuth(gateway),
        Admission(gateway, doors, answers, open_exchanges, _new_request_id, trials),
        FlowTaps(recording_log.records),  # before all that answer, rewrite a request, or translate a reply
        RequestBodies(answers, lambda: options.body_limit_bytes),
        ClientDepartures(asyncio.get_running_loop, _abort),
        LocalAnswers(answers, open_exchanges),
        AdminRedirect(answers, environment),
        reload,
        metrics,
        StoredResponses(answers, gateway),  # before the passed through paths, among which it puts what a backend keeps
        PassthroughPaths(dispatch, answers, translated.send),
        translated,
        dispatch,
        Replies(open_exchanges, _now, (log_flow, metrics.count, counts.add)),
        cached,  # after it: a reply is kept when all of it is told
        recording_log,
        FlowRecorder(recording_log),  # after all that shape a reply
        money,  # after the log, from which it reads
        TokenLimits(gateway, money),
        InspectedFlows(),  # after the recorder, which reads what is hidden here
        ContentViews(),
        GatewayCommands(gateway, reload.begin_reload, open_exchanges, recording_log, counts),
        WebFlowList(),
        TrustFiles(configuration),
        admin,
        ReadyLine(listening_addresses, admin.url, _write_line),  # the last: all is there then
    ]


def _now() -> float:
    return asyncio.get_running_loop().time()


def _new_request_id() -> str:
    return f"req_{uuid.uuid4().hex}"


def _abort(flow: http.HTTPFlow, why: str) -> object:
    return abort_upstream(ctx.master, flow, why)


def _write_line(line: str) -> None:
    print(line, file=sys.stdout, flush=True)
