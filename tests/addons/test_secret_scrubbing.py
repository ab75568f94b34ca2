"""Keys taken out of a backend's words."""

from addons.secret_scrubbing import scrub
from proapi_gateway.routing import Candidate
from proapi_gateway.settings import ProviderSettings, Route, Secret


def candidate(key: str) -> Candidate:
    options = {"REFRESH_TOKEN": Secret("1//refresh-token")}
    provider = ProviderSettings(place=0, provider="p", secret_options=options)
    return Candidate(provider, Route("m", "m"), Secret(key))


def test_every_key_of_the_attempt_is_taken_out() -> None:
    text = b"Incorrect key sk-backend-key, 1//refresh-token, sk-client-key"
    assert scrub(text, candidate("sk-backend-key"), Secret("sk-client-key")) == b"Incorrect key [key], [key], [key]"


def test_words_that_serve_as_keys_stay() -> None:
    assert scrub(b"none of this", candidate("none"), Secret("")) == b"none of this"
