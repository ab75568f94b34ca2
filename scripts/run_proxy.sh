#!/usr/bin/env bash
# Sets up all that is needed and runs the gateway in the foreground:   scripts/run_proxy.sh [api.yaml]
# Ports, hosts and folders come from PROAPI_… variables (see README.md). Ctrl-C or SIGTERM ends it cleanly.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
config=${1:-${PROAPI_CONFIG:-$root/api.yaml}}
case $config in
  /*) ;;
  *) config=$PWD/$config ;;
esac
cd -- "$root"
. scripts/python_choice.sh

if ! python=$(best_python); then
  echo "proapi: needs Python 3.11 or later (3.12 or later brings mitmproxy's security fixes); none was found that works." >&2
  echo "$venv_hint" >&2
  echo "proapi: name one by PYTHON=/path/to/python scripts/run_proxy.sh" >&2
  exit 1
fi
environment=$root/.venv-$(python_version "$python")
make_environment "$environment" "$python" -e .

if [ ! -e "$config" ] && [ -z "${config_url:-}" ]; then
  if [ "$config" != "$root/api.yaml" ]; then
    echo "proapi: there is no $config" >&2
    exit 1
  fi
  cp -- api.yaml.example "$config"
  chmod 600 -- "$config"
  echo "proapi: made api.yaml from api.yaml.example; put your providers and tokens there" >&2
fi
export PROAPI_CONFIG=$config
# exec: signals must reach the gateway itself.
exec "$environment/bin/python" -m addons.master
