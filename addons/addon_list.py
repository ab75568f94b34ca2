"""The one list of our addons, in the order in which their hooks run; the same for every master."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mitmproxy import ctx, http

from proapi_gateway.gateway import Gateway
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
from .logged_tracebacks import LoggedTracebacks
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


@dataclass(frozen=True, slots=True)
class _Shared:
    """What several addons hold, some of it addons itself."""

    configuration: Configuration
    environment: Mapping[str, str]
    options: ForcedOptions
    answers: Answers
    open_exchanges: OpenExchanges
    own_addresses: OwnAddresses
    doors: Doors
    loops: LoopGuard
    recording_log: RecordingLog
    trials: TrialKeys
    reload: ConfigReload
    metrics: MetricsPage
    counts: TrafficCounts

    @property
    def gateway(self) -> Callable[[], Gateway]:
        return self.configuration.gateway


def list_addons(
    configuration: Configuration,
    media: MediaFetcher | None = None,
    environment: Mapping[str, str] = os.environ,
) -> list[object]:
    """`media`: in place of the fetcher that goes to the public internet alone."""
    shared = _make_shared(configuration, environment)
    return [
        *_list_doors(shared),
        *_list_admission(shared),
        *_list_answers(shared),
        *_list_backends(shared, media or MediaFetcher()),
        *_list_records(shared),
        *_list_interfaces(shared),
    ]


def _make_shared(configuration: Configuration, environment: Mapping[str, str]) -> _Shared:
    answers, operators, own_addresses, open_exchanges = Answers(_now), Operators(), OwnAddresses(), OpenExchanges()
    recording_log = RecordingLog(configuration.gateway)
    configuration.on_use(recording_log.use)
    return _Shared(
        configuration=configuration,
        environment=environment,
        options=ForcedOptions(),
        answers=answers,
        open_exchanges=open_exchanges,
        own_addresses=own_addresses,
        doors=Doors(configuration.hosts, own_addresses),
        loops=LoopGuard(own_addresses),
        recording_log=recording_log,
        trials=TrialKeys(workers_secret(environment), time.time),
        reload=ConfigReload(configuration, answers, operators),
        metrics=MetricsPage(configuration.gateway, open_exchanges, recording_log, answers, operators, environment),
        counts=TrafficCounts(),
    )


def _list_doors(shared: _Shared) -> list[object]:
    """The settings, and connections: of what layers they are made, and who may come in."""
    return [
        shared.configuration,
        LoggedTracebacks(shared.gateway),
        SavedLog(shared.configuration, shared.environment),
        shared.options,
        ClientPatience(shared.gateway),
        shared.open_exchanges,
        shared.own_addresses,
        shared.doors,
        shared.loops,
        SlowReaders(),
        FailoverInstaller(),  # after the doors: it lets mitmproxy choose the layers that they left open
        ProxyDoorAuth(shared.gateway),
        UpstreamProxyAuth(shared.gateway),
    ]


def _list_admission(shared: _Shared) -> list[object]:
    """Whose a request is, and whether it may be read."""
    return [
        Admission(
            shared.gateway, shared.doors, shared.answers, shared.open_exchanges, _new_request_id, shared.trials
        ),
        FlowTaps(shared.recording_log.records),  # before all that answer, rewrite a request, or translate a reply
        RequestBodies(shared.answers, lambda: shared.options.body_limit_bytes),
        ClientDepartures(asyncio.get_running_loop, _abort),
    ]


def _list_answers(shared: _Shared) -> list[object]:
    """What is answered here."""
    return [
        LocalAnswers(shared.answers, shared.open_exchanges),
        AdminRedirect(shared.answers, shared.environment),
        shared.reload,
        shared.metrics,
        StoredResponses(shared.answers, shared.gateway),  # before the passed through paths, to which it adds some
    ]


def _list_backends(shared: _Shared, media: MediaFetcher) -> list[object]:
    """What goes to a backend, and its reply on the way back."""
    answers, gateway = shared.answers, shared.gateway
    dispatch = Dispatch(answers, ErrorReplies(answers), shared.loops, asyncio.get_running_loop, _abort)
    cached = CachedReplies(answers, gateway)
    tokens = TokenTable(table_folder(shared.environment))
    translated = TranslatedPaths(dispatch, answers, tokens, media.fetch, cached)
    return [
        PassthroughPaths(dispatch, answers, translated.send),
        translated,
        dispatch,
        Replies(shared.open_exchanges, _now, (log_flow, shared.metrics.count, shared.counts.add)),
        cached,  # after it: a reply is kept when all of it is told
    ]


def _list_records(shared: _Shared) -> list[object]:
    """After all that shape a reply: what is kept of it."""
    money = TokenMoney(shared.gateway, shared.recording_log)
    return [
        shared.recording_log,
        FlowRecorder(shared.recording_log),
        money,  # after the log, from which it reads
        TokenLimits(shared.gateway, money),
        InspectedFlows(),  # after the recorder, which reads what is hidden here
    ]


def _list_interfaces(shared: _Shared) -> list[object]:
    """For the people who run it."""
    configuration, reload, trials = shared.configuration, shared.reload, shared.trials
    admin = AdminServer(configuration, shared.recording_log, reload, trials, shared.environment)
    return [
        ContentViews(),
        GatewayCommands(
            shared.gateway, reload.begin_reload, shared.open_exchanges, shared.recording_log, shared.counts
        ),
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
