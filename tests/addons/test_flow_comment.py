"""The comment on a flow."""

from __future__ import annotations

from types import SimpleNamespace

from addons.exchange import Exchange, Sent
from addons.flow_comment import flow_comment
from proapi_gateway.attempt_record import AttemptRecord
from proapi_gateway.surface import Endpoint, Kind
from proapi_translate import Loss, Usage

from . import exchanges


def sent(exchange: Exchange, *losses: Loss) -> Sent:
    client = exchange.snapshot.clients.identify(f"Bearer {exchanges.TOKEN}")
    (candidate,) = exchange.snapshot.router.candidates("m", client)
    made = Sent(candidate)
    made.translation = SimpleNamespace(losses=losses)  # type: ignore[assignment]
    made.reply = SimpleNamespace(usage=Usage(7, 5, cached_tokens=4))  # type: ignore[assignment]
    return made


def test_a_way_with_detours() -> None:
    exchange = exchanges.exchange(model="m", attempts=2)
    exchange.sent = sent(exchange, Loss("seed", "dropped", "it has none"), Loss("seed", "approximated", "or so"))
    exchange.history = [
        AttemptRecord("openai/a", "up", 0, "sk-a…wxyz", 429, "slow down", 12),
        AttemptRecord("openai/b", "", 1, "", None, "cut", 3),
        AttemptRecord("openai", "m", 0, "", 200, "", 34),
    ]
    assert flow_comment(exchange).split("\n") == [
        "m → openai m, attempt 2, lossy: seed",
        "• attempt 1: openai/a up (key sk-a…wxyz): 429 after 12 ms: slow down",
        "• attempt 2: openai/b: no reply after 3 ms: cut",
        "• attempt 3: openai m: 200 after 34 ms",
        "• seed dropped: it has none",
        "• seed approximated: or so",
        "• tokens: 7 in (4 cached), 5 out",
    ]


def test_what_no_backend_was_asked() -> None:
    assert flow_comment(exchanges.exchange(model="nope")) == "nope, answered by proapi itself"


def test_it_can_be_saved_whatever_the_client_asked_for() -> None:
    assert flow_comment(exchanges.exchange(model="half \ud83d")) == "half ?, answered by proapi itself"
    models = exchanges.exchange(endpoint=Endpoint(Kind.MODELS))
    assert flow_comment(models) == "models, answered by proapi itself"
