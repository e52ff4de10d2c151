#!/usr/bin/env bash
# Installs callproof into an environment of its own, so that nothing of your side is changed.
set -euo pipefail

"$PYTHON" -m venv "$RUNNER_TEMP/callproof"
"$RUNNER_TEMP/callproof/bin/pip" install --quiet --disable-pip-version-check \
  "${SOURCE:-$GITHUB_ACTION_PATH/../../..}"
"$RUNNER_TEMP/callproof/bin/callproof" --version
