from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from proapi_gateway.routing import Router
from proapi_gateway.settings import Route, ServerSettings
from proapi_translate import BackendFailure, ClientFault

from .sample_settings import block, client, settings


def _tried(router: Router, model: str) -> list[str]:
    return [candidate.route.upstream for candidate in router.candidates(model, client())]


def _firsts(router: Router, model: str, count: int) -> list[str]:
    return [_tried(router, model)[0] for _ in range(count)]


def test_the_backend_gets_the_upstream_name_of_the_alias() -> None:
    router = Router(settings(block(0, Route("gpt-3.5-turbo", "Qwen/Qwen2-7B-Instruct"))))
    (candidate,) = router.candidates("gpt-3.5-turbo", client())
    assert candidate.route.upstream == "Qwen/Qwen2-7B-Instruct"
    assert candidate.provider.place == 0
    assert candidate.api_key.reveal() == "sk-backend"


def test_the_upstream_name_of_an_alias_cannot_be_asked_for() -> None:
    with pytest.raises(ClientFault):
        Router(settings(block(0, Route("alias", "upstream")))).candidates("upstream", client())


def test_both_aliases_of_one_upstream_are_served() -> None:
    router = Router(settings(block(0, Route("qwen2-7b", "Qwen/Qwen2"), Route("gpt-3.5-turbo", "Qwen/Qwen2"))))
    assert _tried(router, "qwen2-7b") == _tried(router, "gpt-3.5-turbo") == ["Qwen/Qwen2"]


@pytest.mark.parametrize(
    ("patterns", "model", "default", "tried"),
    [
        (("all",), "a", "d", "a@0"),
        (("all",), "unknown", "d", "d@0"),
        (("unk*",), "unknown", "d", "d@0"),  # no permission on the default itself is needed
        (("a",), "a", "", "a@0"),
        (("b",), "a", "d", None),  # the permission is that of the name asked for …
        (("d",), "unknown", "d", None),  # … also where the default would serve it
        (("all",), "unknown", "", None),
        (("all",), "unknown", "unrouted", None),
        (("all",), "A", "", None),
    ],
)
def test_permission_then_routes_then_the_default_model(patterns, model, default, tried) -> None:
    router = Router(settings(block(0, "a", "d"), server=ServerSettings(default_model=default)))
    if tried:
        assert router.candidates(model, client(*patterns))[0].route.upstream == tried
        return
    with pytest.raises(ClientFault) as caught:
        router.candidates(model, client(*patterns))
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")
    assert f"`{model}`" in caught.value.message


def test_a_forbidden_and_an_unknown_model_are_answered_alike() -> None:
    router = Router(settings(block(0, "secret")))
    messages = []
    for model in ("secret", "absent"):
        with pytest.raises(ClientFault) as caught:
            router.candidates(model, client("other*"))
        messages.append(caught.value.message.replace(model, "M"))
    assert messages[0] == messages[1]


def test_members_take_turns_by_weight_and_stand_in_for_each_other() -> None:
    router = Router(settings(block(0, Route("m", "A", 1)), block(1, Route("m", "B", 2))))
    assert [_tried(router, "m") for _ in range(3)] == [["A", "B"], ["B", "A"], ["B", "A"]]


def test_members_are_told_apart_by_place_not_by_name() -> None:
    router = Router(
        settings(
            block(0, Route("m", "A"), name="same", keys=("k0",)),
            block(1, Route("m", "B"), name="same", keys=("k1",)),
            block(2, Route("m", "C"), keys=("k2",)),
            block(3, Route("m", "D"), keys=("k3",)),
        )
    )
    firsts = [router.candidates("m", client())[0] for _ in range(4)]
    assert [(each.provider.place, each.route.upstream, each.api_key.reveal()) for each in firsts] == [
        (0, "A", "k0"),
        (1, "B", "k1"),
        (2, "C", "k2"),
        (3, "D", "k3"),
    ]


def test_one_block_may_serve_a_name_by_several_upstreams() -> None:
    router = Router(settings(block(0, Route("m", "A"), Route("m", "B"))))
    assert _firsts(router, "m", 4) == ["A", "B", "A", "B"]


def test_a_weight_of_0_takes_a_member_out_also_as_a_stand_in() -> None:
    router = Router(settings(block(0, Route("m", "A", 0)), block(1, Route("m", "B", 3))))
    assert [_tried(router, "m") for _ in range(2)] == [["B"], ["B"]]


@pytest.mark.parametrize("default", ["", "other"])
def test_all_weights_of_0_are_a_clear_503_and_no_matter_of_the_default(default: str) -> None:
    blocks = block(0, Route("m", "A", 0), provider="glm"), block(1, Route("m", "B", 0), "other", name="two")
    with pytest.raises(BackendFailure) as caught:
        Router(settings(*blocks, server=ServerSettings(default_model=default))).candidates("m", client())
    assert caught.value.status == 503
    assert "glm: its weight in `balance` is 0" in caught.value.message
    assert "openai/two: its weight in `balance` is 0" in caught.value.message


def test_unusable_members_are_passed_over() -> None:
    router = Router(settings(block(0, Route("m", "A"), unavailable="KEY_A is not set"), block(1, Route("m", "B"))))
    assert [_tried(router, "m") for _ in range(2)] == [["B"], ["B"]]


def test_where_all_members_are_unusable_the_503_names_what_is_missing() -> None:
    blocks = [
        block(0, "m", name="first", keys=("sk-very-secret-key",), unavailable="environment variable KEY_A is not set"),
        block(1, "m", provider="glm", unavailable="environment variable KEY_B is not set"),
    ]
    with pytest.raises(BackendFailure) as caught:
        Router(settings(*blocks)).candidates("m", client())
    assert (caught.value.status, caught.value.code) == (503, "no_backend_available")
    assert "openai/first: environment variable KEY_A is not set" in caught.value.message
    assert "glm: environment variable KEY_B is not set" in caught.value.message
    assert "sk-very-secret-key" not in caught.value.message


def test_the_keys_of_a_pool_take_turns_and_the_next_key_comes_before_the_next_member() -> None:
    router = Router(settings(block(0, "m", keys=("a1", "a2", "a3")), block(1, "m", keys=("b1", "b2"))))
    orders = [[each.api_key.reveal() for each in router.candidates("m", client())] for _ in range(4)]
    assert orders == [
        ["a1", "a2", "a3", "b1", "b2"],
        ["b1", "b2", "a2", "a3", "a1"],
        ["a2", "a3", "a1", "b2", "b1"],
        ["b2", "b1", "a3", "a1", "a2"],
    ]


def test_the_keys_of_a_block_rotate_over_all_its_models() -> None:
    router = Router(settings(block(0, "m", "n", keys=("k1", "k2"))))
    keys = [router.candidates(model, client())[0].api_key.reveal() for model in ("m", "n", "n", "m")]
    assert keys == ["k1", "k2", "k1", "k2"]


def test_a_candidate_names_the_backend_whose_health_it_shares() -> None:
    router = Router(settings(block(0, "n"), block(1, "m", keys=("k1", "k2"))))
    assert [each.here[:2] for each in router.candidates("m", client())] == [(1, 0), (1, 1)]


def test_a_block_without_keys_is_one_candidate() -> None:
    (candidate,) = Router(settings(block(0, "m", keys=()))).candidates("m", client())
    assert candidate.api_key.reveal() == ""


@pytest.mark.parametrize(
    ("fallback", "tried"),
    [
        ({}, ["a@0"]),
        ({"a": ("b", "c")}, ["a@0", "b@1", "c@2"]),
        ({"a": ("c", "b")}, ["a@0", "c@2", "b@1"]),
        ({"a": ("b",), "b": ("c",)}, ["a@0", "b@1", "c@2"]),
        ({"a": ("b", "c"), "b": ("d",)}, ["a@0", "b@1", "c@2", "d@3"]),
        ({"a": ("a", "b", "b"), "b": ("a", "b")}, ["a@0", "b@1"]),
        ({"a": ("unrouted", "b")}, ["a@0", "b@1"]),
        ({"b": ("c",)}, ["a@0"]),
    ],
)
def test_fallback_names_follow_in_order_and_loops_are_cut(fallback, tried) -> None:
    blocks = [block(place, name) for place, name in enumerate("abcd")]
    router = Router(settings(*blocks, server=ServerSettings(fallback=fallback)))
    assert _tried(router, "a") == tried


def test_fallback_needs_no_permission_and_also_follows_the_default_model() -> None:
    server = ServerSettings(default_model="a", fallback={"a": ("b",)})
    router = Router(settings(block(0, "a"), block(1, "b"), server=server))
    assert [each.route.upstream for each in router.candidates("x", client("x"))] == ["a@0", "b@1"]


def test_fallback_serves_a_name_whose_own_members_are_out() -> None:
    blocks = block(0, "a", unavailable="KEY_A is not set"), block(1, "b")
    router = Router(settings(*blocks, server=ServerSettings(fallback={"a": ("b",)})))
    assert _tried(router, "a") == ["b@1"]


def test_a_backend_that_two_names_of_a_chain_share_is_tried_once() -> None:
    same = block(0, Route("a", "X"), Route("b", "X"), Route("b", "Y"))
    router = Router(settings(same, server=ServerSettings(fallback={"a": ("b",)})))
    assert [_tried(router, "a") for _ in range(2)] == [["X", "Y"]] * 2


def test_a_shared_backend_that_is_out_under_one_name_is_still_tried_under_the_other() -> None:
    blocks = block(0, Route("a", "X", 0), Route("b", "X", 1)), block(1, Route("a", "Y"))
    router = Router(settings(*blocks, server=ServerSettings(fallback={"a": ("b",)})))
    assert _tried(router, "a") == ["Y", "X"]


def test_a_listed_fallback_uses_up_no_turn_of_the_requests_for_that_name() -> None:
    blocks = block(0, "a"), block(1, "b", keys=("k1", "k2")), block(2, "b")
    router = Router(settings(*blocks, server=ServerSettings(fallback={"a": ("b",)})))
    alternating = []
    for _ in range(4):
        router.candidates("a", client())
        first = router.candidates("b", client())[0]
        alternating.append((first.provider.place, first.key_position))
    assert alternating == [(1, 0), (2, 0), (1, 1), (2, 0)]


def test_fallback_requests_are_themselves_spread_by_weight() -> None:
    blocks = block(0, "a"), block(1, Route("b", "B", 1)), block(2, Route("b", "C", 2))
    router = Router(settings(*blocks, server=ServerSettings(fallback={"a": ("b",)})))
    assert Counter(_tried(router, "a")[1] for _ in range(30)) == {"B": 10, "C": 20}


@pytest.mark.parametrize(
    ("model", "tried"),
    [("a", ["b@1", "c@2"]), ("b", []), ("unknown", ["b@1", "c@2"])],
)
def test_context_fallback_is_asked_for_apart(model: str, tried: list[str]) -> None:
    server = ServerSettings(default_model="a", context_fallback={"a": ("b", "c")})
    router = Router(settings(block(0, "a"), block(1, "b"), block(2, "c"), server=server))
    assert [each.route.upstream for each in router.context_candidates(model)] == tried
    assert _tried(router, "a") == ["a@0"]


def test_context_fallback_has_turns_of_its_own() -> None:
    server = ServerSettings(context_fallback={"a": ("b",)})
    router = Router(settings(block(0, "a"), block(1, "b"), block(2, "b"), server=server))
    places = []
    for _ in range(3):
        places.append(router.context_candidates("a")[0].provider.place)
        places.append(router.candidates("b", client())[0].provider.place)
    assert places == [1, 1, 2, 2, 1, 1]


def test_turns_are_shared_by_all_tokens() -> None:
    router = Router(settings(block(0, "m"), block(1, "m")))
    firsts = [router.candidates("m", client(pattern))[0].provider.place for pattern in ("m", "m*", "all", "*")]
    assert firsts == [0, 1, 0, 1]


def test_unknown_names_take_the_turns_of_the_default_and_leave_no_state() -> None:
    router = Router(settings(block(0, "d"), block(1, "d"), server=ServerSettings(default_model="d")))
    places = [router.candidates(f"unknown-{number}", client())[0].provider.place for number in range(1000)]
    assert places == [0, 1] * 500
    assert (len(router.members), len(router._chains), len(router._rotations._balancers)) == (1, 1, 1)


def test_turns_go_on_after_a_reload_where_the_weights_are_the_same() -> None:
    same = block(0, "m", keys=("k1", "k2")), block(1, "m")
    router = Router(settings(*same))
    router.candidates("m", client())
    reloaded = Router(settings(*same, block(2, "new")), router)
    assert [reloaded.candidates("m", client())[0].here[:2] for _ in range(2)] == [(1, 0), (0, 1)]


def test_turns_begin_anew_after_a_reload_that_changed_the_weights() -> None:
    router = Router(settings(block(0, Route("m", "A")), block(1, Route("m", "B"))))
    router.candidates("m", client())
    reloaded = Router(settings(block(0, Route("m", "A")), block(1, Route("m", "B", 2))), router)
    assert _firsts(reloaded, "m", 3) == ["A", "B", "B"]


def _places(router: Router, model: str = "m") -> list[str]:
    return [f"{each.api_key.reveal()}{each.location}" for each in router.candidates(model, client())]


def test_locations_take_turns_and_each_stands_in_for_the_one_before() -> None:
    router = Router(settings(replace(block(0, "m", keys=()), locations=("us", "eu", "asia"))))
    assert [_places(router) for _ in range(4)] == [
        ["us", "eu", "asia"],
        ["eu", "asia", "us"],
        ["asia", "us", "eu"],
        ["us", "eu", "asia"],
    ]


def test_a_request_goes_to_few_of_many_locations_before_it_goes_to_the_next_block() -> None:
    many = replace(block(0, "m", keys=()), locations=tuple("abcdef"))
    router = Router(settings(many, block(1, Route("m", "m", weight=0.001), keys=("k",))))
    assert _places(router) == ["a", "b", "c", "k"]
    assert _places(router) == ["b", "c", "d", "k"]


def test_each_key_is_tried_at_each_location() -> None:
    router = Router(settings(replace(block(0, "m", keys=("k", "l")), locations=("1", "2"))))
    assert _places(router) == ["k1", "l1", "k2", "l2"]
    assert len({each.identity for each in router.candidates("m", client())}) == 4


def test_locations_that_did_not_change_go_on_after_a_reload() -> None:
    at = replace(block(0, "m", keys=()), locations=("us", "eu"))
    before = Router(settings(at))
    assert _places(before)[0] == "us"
    assert _places(Router(settings(at), before))[0] == "eu"
