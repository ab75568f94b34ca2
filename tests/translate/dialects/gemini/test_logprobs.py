"""Log probabilities in OpenAI's form."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from proapi_translate.dialects.gemini.logprobs import read_logprobs
from proapi_translate.dialects.gemini.wire import LogprobsResult

HI, YO = {"token": "Hi", "logProbability": -0.1}, {"token": "ö", "logProbability": -2.5}
HI_READ = {"token": "Hi", "logprob": -0.1, "bytes": [72, 105]}
YO_READ = {"token": "ö", "logprob": -2.5, "bytes": [195, 182]}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (
            {"chosenCandidates": [HI], "topCandidates": [{"candidates": [HI, YO]}]},
            [({**HI_READ, "top_logprobs": [HI_READ, YO_READ]},)],
        ),
        (
            {"chosenCandidates": [HI, YO], "topCandidates": [{"candidates": [HI]}]},
            [({**HI_READ, "top_logprobs": [HI_READ]}, {**YO_READ, "top_logprobs": []})],
        ),
        ({"chosenCandidates": [HI]}, [({**HI_READ, "top_logprobs": []},)]),
        ({"topCandidates": [{"candidates": [HI]}]}, []),
        (
            {"chosenCandidates": [{}], "topCandidates": [{}]},
            [({"token": "", "logprob": 0.0, "bytes": [], "top_logprobs": []},)],
        ),
        ({}, []),
    ],
)
def test_tokens(result: dict[str, Any], expected: list[Any]) -> None:
    assert list(read_logprobs(msgspec.convert(result, LogprobsResult))) == expected
