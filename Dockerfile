# syntax=docker/dockerfile:1
# Two images:   docker build -t proapi .                         the gateway
#               docker build -t proapi-redirect --target redirect .   sets the transparent door's redirect, and ends

FROM python:3.13-slim AS build
WORKDIR /source
COPY setup.py README.md ./
COPY proapi_translate proapi_translate
COPY proapi_gateway proapi_gateway
COPY addons addons
COPY admin admin
# with all that a URL in api.yaml may need: db_path, cache_url, state_url
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check ".[postgresql,mysql,redis]"

FROM debian:bookworm-slim AS redirect
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends iproute2 nftables \
 && rm -rf /var/lib/apt/lists/*
COPY --chmod=755 scripts/transparent.sh /usr/local/bin/transparent.sh
ENTRYPOINT ["transparent.sh"]
CMD ["up", "--user", "10001"]

FROM python:3.13-slim
RUN useradd --uid 10001 --home-dir /app --no-create-home --shell /usr/sbin/nologin proapi \
 && install -d -o proapi -g proapi /app/data /app/logs
COPY --from=build /venv /venv
COPY api.yaml.example /app/
COPY --chmod=755 deploy/entrypoint.sh /usr/local/bin/proapi-entrypoint
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PROAPI_HOST=0.0.0.0 \
    PROAPI_CONFIG=/app/api.yaml \
    PROAPI_CONFDIR=/app/data/ca
# the base_url door, the explicit proxy's, the admin
EXPOSE 8000 8080 8001
VOLUME /app/data
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('PROAPI_PORT') or 8000}/healthz\", timeout=4)"]
# It begins as root to hand /app/data to its user, and goes on as that user; with --user it is that user from the start.
ENTRYPOINT ["proapi-entrypoint"]
CMD ["python", "-m", "addons.master"]
