#!/usr/bin/env bash
# Installs the apps that tests/clients/ runs before the gateway, each kind in a folder of its own below .clients/.
# Made anew only when what is wanted has changed; what cannot be installed is told, and its tests skip.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
. scripts/python_choice.sh

# make_clients FOLDER LIST COMMAND…: runs the command in the fresh folder, where the list of packages lies.
make_clients() {
  local folder=$PWD/.clients/$1 list=$PWD/tests/clients/$2 stamp
  shift 2
  stamp=$({ cat "$list"; echo "$@"; } | cksum)
  [ "$(cat "$folder/stamp" 2>/dev/null)" = "$stamp" ] && return 0
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$list" "$folder"
  if (cd "$folder" && timeout 240 "$@") >"$folder/install.log" 2>&1; then
    echo "$stamp" >"$folder/stamp"
  else
    echo "proapi: could not install the clients of tests/clients/${list##*/} (see $folder/install.log); tests skip" >&2
  fi
}

if python=$(best_python); then
  make_clients python requirements.txt sh -c '"$0" -m venv . && bin/python -m pip install -q -r requirements.txt' "$python"
fi
if command -v npm >/dev/null; then
  make_clients node package.json npm install --no-audit --no-fund --no-package-lock --loglevel=error
else
  echo "proapi: no npm here; the tests of Node's clients skip" >&2
fi
