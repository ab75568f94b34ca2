"""Keys taken out of a backend's words."""

from types import SimpleNamespace

from addons.exchange import Sent
from addons.secret_scrubbing import scrub
from proapi_gateway.candidates import Candidate
from proapi_gateway.settings import ProviderSettings, Route, Secret
from tests.addons.exchanges import exchange


def candidate(key: str) -> Candidate:
    options = {"REFRESH_TOKEN": Secret("1//refresh-token")}
    provider = ProviderSettings(place=0, provider="p", secret_options=options)
    return Candidate(provider, Route("m", "m"), Secret(key))


def test_every_key_of_the_attempt_is_taken_out() -> None:
    sent = Sent(candidate("sk-backend-key"), access_token=Secret("ya29.short-lived"))
    client = SimpleNamespace(bearer=Secret("sk-client-key"))
    text = b"Incorrect key sk-backend-key, 1//refresh-token, sk-client-key, ya29.short-lived"
    assert scrub(text, exchange(sent=sent, client=client).secrets) == b"Incorrect key [key], [key], [key], [key]"
    assert scrub(text, exchange(client=client).secrets).endswith(b"[key], ya29.short-lived")


def test_words_that_serve_as_keys_stay() -> None:
    assert scrub(b"none of this", [Secret("none"), Secret("")]) == b"none of this"
