"""Our own seals are kept from a backend that speaks Responses itself; everything else of the body stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proapi_translate import ClientFault, Signature, Target, Thinking, translate_request
from proapi_translate.passthrough_seals import take_out_thoughts
from proapi_translate.sealed_summaries import seal_summary, unseal_summary
from proapi_translate.sealed_thoughts import seal

OURS = {"type": "reasoning", "id": "rs_1", "encrypted_content": seal(Thinking("", Signature("c2ln", "google"), True))}
THEIRS = {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gAAAAABo5kfx"}
SAID = {"role": "user", "content": "hi"}


def passed(*items: Any, **fields: Any) -> tuple[bytes, list[str]]:
    body = {"model": "m", "input": list(items), **fields}
    target = Target("openai", "gpt-5.2")
    translation = translate_request("responses", json.dumps(body).encode(), target)
    return translation.upstream.body, [loss.field for loss in translation.losses]


def test_ours_is_taken_out_and_told() -> None:
    body, lost = passed(SAID, OURS, THEIRS, temperature=1.50)
    assert json.loads(body) == {"model": "gpt-5.2", "input": [SAID, THEIRS], "temperature": 1.5}
    assert lost == ["input.reasoning"]


def test_a_summary_of_ours_becomes_plain_words() -> None:
    sealed = seal_summary("they want tea")
    body, lost = passed({"type": "compaction", "id": "cmp_1", "encrypted_content": sealed}, SAID)
    told = {"type": "message", "role": "user", "content": unseal_summary(sealed)}
    assert (json.loads(body)["input"], lost) == ([told, SAID], [])


def test_another_vendors_goes_on() -> None:
    body, lost = passed(SAID, THEIRS)
    assert json.loads(body)["input"] == [SAID, THEIRS]
    assert lost == []


@pytest.mark.parametrize("given", ["proapi1. is how they begin", [{"role": "user", "content": "proapi1.x"}], 7, None])
def test_the_mark_alone_changes_nothing(given: Any) -> None:
    assert take_out_thoughts(json.dumps({"input": given, "note": "proapi1."}).encode()) == ({}, ())


def test_a_body_that_is_no_object_is_the_clients_fault() -> None:
    with pytest.raises(ClientFault):
        take_out_thoughts(b"[proapi1.")
