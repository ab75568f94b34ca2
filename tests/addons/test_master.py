"""What of the environment concerns mitmproxy."""

from addons.master import mitmproxy_options
from addons.workers import shares_doors


def test_options_from_the_environment() -> None:
    assert mitmproxy_options({}) == []
    assert mitmproxy_options({"PROAPI_CONFDIR": "/c d", "SSL_CERT_FILE": "/ca.pem"}) == [
        "confdir=/c d",
        "ssl_verify_upstream_trusted_ca=/ca.pem",
    ]


def test_only_a_worker_shares_its_doors() -> None:
    assert not shares_doors({"PROAPI_WORKERS": "3"})
    assert shares_doors({"PROAPI_SHARED_DOORS": "1"})
