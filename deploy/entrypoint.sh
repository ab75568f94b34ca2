#!/bin/sh
# The container's beginning: as root only until the gateway's user is known, who may write the data folder.
#
# A folder that docker made for `-v ./data:/app/data` belongs to root: it is given to our user. One that belongs to
# somebody is left alone, and that somebody is whom the gateway runs as.
set -eu

home=${PROAPI_HOME:-/app}
number=10001

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$home/data"
  owner=$(stat -c %u "$home/data")
  group=$(stat -c %g "$home/data")
  if [ "$owner" = 0 ]; then
    chown -R "$number:$number" "$home/data"
    owner=$number
    group=$number
  fi
  exec setpriv --reuid "$owner" --regid "$group" --clear-groups --inh-caps=-all --no-new-privs "$0" "$@"
fi

config=${PROAPI_CONFIG:-$home/api.yaml}
if [ -z "${config_url:-}" ]; then
  if [ -d "$config" ]; then
    echo "proapi: $config is a folder: docker makes one where the file of -v was not there; make api.yaml first" >&2
    exit 1
  elif [ ! -e "$config" ]; then
    echo "proapi: there is no $config: the example answers, to whoever knows its token" >&2
    export PROAPI_CONFIG="$home/api.yaml.example"
  elif [ ! -r "$config" ]; then
    echo "proapi: user $(id -u) may not read $config: chown it to $(id -u), or chmod it to 644" >&2
    exit 1
  fi
fi
exec "$@"
