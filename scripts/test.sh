#!/usr/bin/env bash
# The one test command: makes a test environment, then runs ruff, mypy and pytest.   scripts/test.sh [pytest options]
# PYTHON=… picks the interpreter; without it the newest that works.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
. scripts/python_choice.sh

# install_first_that_fits ENVIRONMENT REQUIREMENT…
install_first_that_fits() {
  local environment=$1 requirement
  shift
  for requirement in "$@"; do
    if timeout 180 "$environment/bin/python" -m pip install -qq --disable-pip-version-check --prefer-binary \
      -e . "$requirement" >/dev/null 2>&1; then
      return 0
    fi
  done
  return 1
}

if ! python=$(best_python); then
  echo "proapi: the tests need Python 3.11 or later; none was found that works." >&2
  echo "$venv_hint" >&2
  exit 1
fi
version=$(python_version "$python")
environment=$PWD/.venv-test-$version
make_environment "$environment" "$python" -e '.[test]'

# The vendors' SDKs are oracles, each where it fits beside mitmproxy's own pins (mitmproxy 11 holds back what the newest
# ones need, so an older one is tried next); a test that wants a missing one skips and says so.
if [ ! -e "$environment/sdks-stamp" ]; then
  echo "proapi: adding the vendors' SDKs, which some tests compare with (once; a few minutes)" >&2
  for sdk in "openai openai<3" "anthropic anthropic<1" "google-genai google-genai<2" "cohere cohere<6" botocore; do
    install_first_that_fits "$environment" $sdk ||
      echo "proapi: ${sdk%% *} does not fit beside mitmproxy on Python $version; its tests skip" >&2
  done
  touch "$environment/sdks-stamp"
fi

# All three run, whatever the first one finds; pytest comes last, so that its summary ends the output.
status=0
"$environment/bin/ruff" check . || status=1
"$environment/bin/mypy" || status=1
"$environment/bin/python" -m pytest "$@" || status=1
exit "$status"
