# Sourced, not run: finds Python interpreters that really work (a pyenv shim may only say that it does not).

# Told where no interpreter works: there may be one, without what python_works asks for.
venv_hint="proapi: it must come with venv; on Debian and Ubuntu that is a package: apt install python3-venv"

# Does "$1" run, is it 3.11 or later, and can it make environments?
python_works() {
  "$1" -c 'import sys, ensurepip, venv, ssl; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

python_version() {
  "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

# All candidates, best first: $PYTHON, then by version, then what pyenv holds, then python3.
python_candidates() {
  [ -n "${PYTHON:-}" ] && echo "$PYTHON"
  local minor
  for minor in 14 13 12 11; do
    echo "python3.$minor"
    ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor".*/bin/python 2>/dev/null | sort -Vr
  done
  echo python3
}

# Prints the best interpreter; status 1 where there is none.
best_python() {
  local candidate
  while IFS= read -r candidate; do
    if python_works "$candidate"; then
      echo "$candidate"
      return 0
    fi
  done < <(python_candidates)
  return 1
}

# make_environment FOLDER PYTHON REQUIREMENT…: a virtual environment with the project in it, made anew only when
# setup.py, the interpreter or the requirements have changed.
make_environment() {
  local folder=$1 python=$2 stamp
  shift 2
  stamp=$({ cat setup.py; "$python" -VV; echo "$@"; } | cksum)
  if [ "$(cat "$folder/proapi-stamp" 2>/dev/null)" = "$stamp" ]; then
    return 0
  fi
  echo "proapi: making the environment $folder with $("$python" -V) (once; this takes a minute)" >&2
  "$python" -m venv --clear "$folder" &&
    "$folder/bin/python" -m pip install -qq --disable-pip-version-check "$@" >&2 &&
    echo "$stamp" > "$folder/proapi-stamp"
}
